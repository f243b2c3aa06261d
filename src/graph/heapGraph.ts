// A heap as a read-only graph. Everything that is costly (retainers, distances, dominators, retained sizes,
// classes) is computed when first asked for and kept: a heap snapshot doesn't change.
//
// Algorithms inside this room read the columns; analysis reads the graph through these methods.

import type { SnapshotColumns } from "../snapshot/columns.ts";
import { labelOfName, TYPE_OF_LABEL } from "../snapshot/edgeLabels.ts";
import { EdgeType, isIndexed, NodeType } from "../snapshot/format.ts";
import { ClassNamer, type ClassTable, classify, type HeapClass, inferShapes, type Shape } from "./classes.ts";
import { Collections } from "./collections.ts";
import { heldByDebuggers } from "./debuggers.ts";
import { SYSTEM_DISTANCE } from "./distances.ts";
import type { DominatorTree } from "./dominators.ts";
import type { EarlySizes } from "./earlySizes.ts";
import { type EdgePolicy, edgePolicyOf } from "./edgePolicy.ts";
import { Emitters } from "./emitters.ts";
import { type ComputeOptions, HeapSizes } from "./heapSizes.ts";
import type { EdgeIndex, NodeIndex, ObjectId } from "./ids.ts";
import { search, sortedOrder } from "./lookUp.ts";
import { findPointerSize } from "./pointerSize.ts";
import { RetainerSearch } from "./retainerSearch.ts";
import { indexRetainers, type RetainerIndex } from "./retainers.ts";
import { RootPaths } from "./rootPaths.ts";
import { Scopes } from "./scopes.ts";
import { Scratch } from "./scratch.ts";
import { Scripts } from "./scripts.ts";
import { V8Names } from "./v8Names.ts";

/** Up to here a scan of the ids (a millisecond per million) is cheaper than sorting them. */
const FEW_LOOK_UPS = 64;

/** Digits of a number that is read where it stands. */
const MOST_DIGITS = 10;
const ZERO = 0x30;

/** Read-only view of one snapshot. Sizes are bytes. */
export class HeapGraph {
  readonly columns: SnapshotColumns;
  readonly nodeCount: number;
  readonly edgeCount: number;
  /** V8's synthetic root. */
  readonly root: NodeIndex = 0 as NodeIndex;
  #policy: EdgePolicy | undefined;
  #retainers: RetainerIndex | undefined;
  readonly #sizes: HeapSizes;
  readonly #names: V8Names;
  #classes: ClassTable | undefined;
  #locatedClasses: ClassTable | undefined;
  #classNamer: ClassNamer | undefined;
  #shapes: readonly Shape[] | undefined;
  readonly #retainerSearch = new RetainerSearch(this);
  #idOrder: Uint32Array | undefined;
  #idLookUps = 0;
  #locationOrder: Uint32Array | undefined;
  /** Positions that were searched for, -1 where there is none. */
  readonly #locationAt = new Map<number, number>();
  #rootPaths: RootPaths | undefined;
  #heldByDebuggers: ReadonlySet<number> | undefined;
  #pointerSize: 4 | 8 | undefined;
  /** Working columns of whole-heap passes. */
  readonly scratch: Scratch;
  /** Views that make a V8 heap readable. */
  readonly collections: Collections = new Collections(this);
  readonly emitters: Emitters = new Emitters(this);
  readonly scopes: Scopes = new Scopes(this);
  readonly scripts: Scripts = new Scripts(this);

  /**
   * What stopped calls hold, by the names they have for it: `local x of handle()`. A snapshot says only that the stack
   * holds it; whoever took it of a stopped program knows more, and says so here.
   */
  stackNames: ReadonlyMap<number, string> = new Map();

  /** Whether holds show V8's plumbing instead of looking through it. */
  readonly internals: boolean;

  /** @param options.early what has begun to compute this graph's sizes. */
  constructor(columns: SnapshotColumns, options: { internals?: boolean; early?: EarlySizes | undefined } = {}) {
    this.internals = options.internals ?? false;
    this.columns = columns;
    this.nodeCount = columns.nodeCount;
    this.edgeCount = columns.edgeCount;
    this.#names = new V8Names(columns.strings);
    this.scratch = new Scratch(columns.nodeCount + 1);
    const spare = columns.lendSpare?.();
    if (spare) this.scratch.cutUp(spare);
    this.#sizes = new HeapSizes(columns, this.scratch, () => this.policy, options.early);
  }

  /** The same heap with V8's plumbing shown. Nodes keep their numbers; results are computed anew. */
  withInternals(): HeapGraph {
    if (this.internals) return this;
    const shown = new HeapGraph(this.columns, { internals: true });
    shown.stackNames = this.stackNames;
    return shown;
  }

  // ── one node ──────────────────────────────────────────────────────────────────────────────────────────

  /** NodeType number (snapshot/format.ts). */
  type(n: number): number {
    return this.columns.nodeType[n] as number;
  }
  typeName(n: number): string {
    return this.columns.nodeTypeNames[this.type(n)] ?? "unknown";
  }
  /** V8's name: class of an object, function name of a closure, text of a string (cut by V8 at 1,024 chars). */
  name(n: number): string {
    return this.columns.strings.get(this.columns.nodeName[n] as number);
  }
  id(n: number): ObjectId {
    return this.columns.nodeId[n] as ObjectId;
  }
  /** Bytes as V8 wrote them, before hash tables and elements are added to their owners. */
  rawSize(n: number): number {
    return this.columns.nodeSelfSize[n] as number;
  }
  /** Shallow size as DevTools shows it. */
  shallowSize(n: number): number {
    return this.shallowSizes[n] as number;
  }
  retainedSize(n: number): number {
    return this.retainedSizes[n] as number;
  }
  /** DevTools' distance, or undefined when only V8's plumbing, or nothing, reaches the node. */
  distance(n: number): number | undefined {
    const d = this.distances[n] as number;
    return d >= 0 && d < SYSTEM_DISTANCE ? d : undefined;
  }
  dominator(n: number): NodeIndex {
    return this.dominators.dominator[n] as NodeIndex;
  }
  /** Whether `a` lies on every essential path to `b`. A node dominates itself. */
  dominates(a: number, b: number): boolean {
    const { dominator } = this.dominators;
    for (let n = b; ; n = dominator[n] as number) {
      if (n === a) return true;
      if (n === 0) return false;
    }
  }
  className(n: number): string {
    if (this.#classes) return (this.#classes.classes[this.#classes.classOf[n] as number] as HeapClass).name;
    this.#classNamer ??= new ClassNamer(this.columns, this.shapes);
    return this.#classNamer.nameOf(n);
  }

  /** The node with this object id. */
  byId(id: number): NodeIndex | undefined {
    if (!this.#idOrder && this.#idLookUps++ < FEW_LOOK_UPS) {
      const at = this.columns.nodeId.indexOf(id);
      return at < 0 ? undefined : (at as NodeIndex);
    }
    this.#idOrder ??= sortedOrder(this.columns.nodeId);
    return search(this.#idOrder, this.columns.nodeId, id) as NodeIndex | undefined;
  }

  /** Where the node's class or function was defined, if the file says so. Line and column are 0-based. */
  locationOf(n: number): { scriptId: number; line: number; column: number } | undefined {
    const { node, scriptId, line, column } = this.columns.locations;
    let i = this.#locationAt.get(n);
    if (i === undefined && !this.#locationOrder && this.#locationAt.size < FEW_LOOK_UPS) {
      i = node.indexOf(n);
      this.#locationAt.set(n, i);
    }
    if (i === undefined) {
      this.#locationOrder ??= sortedOrder(node);
      i = search(this.#locationOrder, node, n);
    }
    return i === undefined || i < 0 ? undefined : { scriptId: scriptId[i] as number, line: line[i] as number, column: column[i] as number };
  }

  // ── edges ─────────────────────────────────────────────────────────────────────────────────────────────

  firstEdge(n: number): number {
    return this.columns.firstEdge[n] as number;
  }
  /** One past the last edge of n. */
  endEdge(n: number): number {
    return this.columns.firstEdge[n + 1] as number;
  }
  edgeType(e: number): number {
    return TYPE_OF_LABEL[this.columns.edgeLabel[e] as number] as number;
  }
  /** The edge's type and well-known name as one number (snapshot/edgeLabels.ts). */
  edgeLabel(e: number): number {
    return this.columns.edgeLabel[e] as number;
  }
  /** The node that edge `e` leaves. A search: about 100 ns. */
  ownerOf(e: number): NodeIndex {
    const { firstEdge } = this.columns;
    let low = 0;
    let high = this.nodeCount;
    // The last node whose edges begin at or before e; nodes without edges share their beginning with the next.
    while (low < high) {
      const mid = (low + high + 1) >>> 1;
      if ((firstEdge[mid] as number) <= e) low = mid;
      else high = mid - 1;
    }
    return low as NodeIndex;
  }
  edgeTo(e: number): NodeIndex {
    return this.columns.edgeTo[e] as NodeIndex;
  }
  /** The edge's name, or its index as text for element and hidden edges. */
  edgeName(e: number): string {
    const value = this.columns.edgeNames.at(e);
    return isIndexed(this.edgeType(e)) ? String(value) : this.columns.strings.get(value);
  }
  /**
   * The slot that an edge of a table or array is named after; NaN when its name is no whole number. Reads the digits where they
   * are: a big table has hundreds of thousands of such names, and making strings of them takes five times as long.
   */
  slotOf(e: number): number {
    const value = this.columns.edgeNames.at(e);
    if (isIndexed(this.edgeType(e))) return value;
    const { strings } = this.columns;
    const length = strings.byteLength(value);
    if (length === 0 || length > MOST_DIGITS) return Number.NaN;
    let slot = 0;
    for (let i = 0; i < length; i++) {
      const digit = strings.byteAt(value, i) ^ ZERO;
      if (digit > 9) return Number.NaN;
      slot = slot * 10 + digit;
    }
    return slot;
  }
  /** Index of an element or hidden edge. */
  edgeIndex(e: number): number {
    return this.columns.edgeNames.at(e);
  }
  /** The first edge of n with this name (and type, when given). */
  edgeNamed(n: number, name: string, type?: number): EdgeIndex | undefined {
    if (type !== undefined) {
      const label = labelOfName(type, name);
      if (label !== undefined) return this.edgeLabelled(n, label);
    }
    const end = this.endEdge(n);
    for (let e = this.firstEdge(n); e < end; e++) {
      if ((type === undefined || this.edgeType(e) === type) && this.edgeName(e) === name) return e as EdgeIndex;
    }
    return undefined;
  }
  /** The first edge of n with this label. */
  edgeLabelled(n: number, label: number): EdgeIndex | undefined {
    const { edgeLabel } = this.columns;
    const end = this.endEdge(n);
    for (let e = this.firstEdge(n); e < end; e++) if (edgeLabel[e] === label) return e as EdgeIndex;
    return undefined;
  }
  /** Target of `edgeNamed`. */
  follow(n: number, name: string, type?: number): NodeIndex | undefined {
    const e = this.edgeNamed(n, name, type);
    return e === undefined ? undefined : this.edgeTo(e);
  }

  // ── whole-heap results, computed once ─────────────────────────────────────────────────────────────────

  get policy(): EdgePolicy {
    this.#policy ??= edgePolicyOf(this.columns);
    return this.#policy;
  }
  get retainers(): RetainerIndex {
    this.#retainers ??= indexRetainers(this.columns);
    return this.#retainers;
  }
  /** The edges that point at n, in file order: searched for while few nodes are asked for, then from the index. */
  retainingEdges(n: number): Uint32Array {
    const searched = this.#retainers ? undefined : this.#retainerSearch.edgesTo(n);
    if (searched) return searched;
    const { first, edge } = this.retainers;
    return edge.subarray(first[n], first[n + 1]);
  }
  get distances(): Int32Array {
    return this.#sizes.distances;
  }
  get dominators(): DominatorTree {
    return this.#sizes.dominators;
  }
  get shallowSizes(): Uint32Array | Float64Array {
    return this.#sizes.shallow;
  }
  get retainedSizes(): Uint32Array | Float64Array {
    return this.#sizes.retained;
  }
  /** Classes by DevTools' names, plain objects split by the shapes of this snapshot. */
  get classes(): ClassTable {
    this.#classes ??= classify(this.columns, this.shapes, false, this.scratch.take().subarray(0, this.nodeCount));
    return this.#classes;
  }
  /** The same, classes of one name told apart by where they were defined. */
  get locatedClasses(): ClassTable {
    this.#locatedClasses ??= classify(this.columns, this.shapes, true, this.scratch.take().subarray(0, this.nodeCount));
    return this.#locatedClasses;
  }
  get shapes(): readonly Shape[] {
    this.#shapes ??= inferShapes(this.columns);
    return this.#shapes;
  }
  /** Uses these shapes instead of this snapshot's own, so that two snapshots are counted alike. */
  useShapes(shapes: readonly Shape[]): void {
    this.#shapes = shapes;
    this.#classNamer = undefined;
    this.#classes = undefined;
    this.#locatedClasses = undefined;
  }

  /** Why each node is alive: the root path a Node developer would name. */
  get rootPaths(): RootPaths {
    this.#rootPaths ??= new RootPaths(this);
    return this.#rootPaths;
  }

  /** The same, if somebody asked for one already. */
  get knownRootPaths(): RootPaths | undefined {
    return this.#rootPaths;
  }

  /** What debuggers alone keep alive: no part of the program. */
  get heldByDebuggers(): ReadonlySet<number> {
    this.#heldByDebuggers ??= heldByDebuggers(this);
    return this.#heldByDebuggers;
  }

  /** Whether sizes are known already, or so quickly that nobody notices. */
  get sizesAtHand(): boolean {
    return this.#sizes.areAtHand;
  }

  /**
   * Computes what `sizesAtHand` asks for, in a big heap by two threads. Only a matter of speed: whoever asks for a size
   * without it gets the same one.
   */
  computeSizes(options: ComputeOptions = {}): Promise<void> {
    return this.#sizes.compute(options, () => void this.classes);
  }

  /** Begins with what computeSizes() will do, as far as another thread does it. */
  beginSizes(): void {
    this.#sizes.begin(() => void this.classes);
  }

  /** Bytes of everything: retained by the root, and outside the heap without a node. */
  get totalSize(): number {
    return this.retainedSize(this.root) + this.columns.extraNativeBytes;
  }

  /** Whether the node is one of V8's plain values: they are shown, but nobody hunts them. */
  isPrimitive(n: number): boolean {
    const t = this.type(n);
    return (
      t === NodeType.string ||
      t === NodeType.number ||
      t === NodeType.symbol ||
      t === NodeType.bigint ||
      t === NodeType.consString ||
      t === NodeType.slicedString
    );
  }

  /** Whether this string index names a closure scope (`system / Context`, with or without its owner's name). */
  isContextName(nameIndex: number): boolean {
    return this.#names.context.is(nameIndex);
  }

  /** Whether the node's name is that of the context of a realm (`vm` makes several). */
  isNativeContext(n: number): boolean {
    return this.#names.nativeContext.is(this.columns.nodeName[n] as number);
  }

  /** Bytes of one slot of the heap: 8, or 4 where V8 compresses pointers (Chromium, some builds of Node). */
  get pointerSize(): 4 | 8 {
    this.#pointerSize ??= findPointerSize(this.columns);
    return this.#pointerSize;
  }

  /** Whether the node is one of V8's own objects: type `hidden`, or `native` by V8's newer naming. */
  isSystem(n: number): boolean {
    const type = this.type(n);
    return type === NodeType.hidden || (type === NodeType.native && this.#names.system.is(this.columns.nodeName[n] as number));
  }

  /** Value of a number node as text, when the snapshot was taken with numeric values. */
  numberText(n: number): string | undefined {
    const value = this.follow(n, "value", EdgeType.internal);
    return value === undefined ? undefined : this.name(value);
  }

  /**
   * Text of a string node. Concatenated and sliced strings are put together from their parts up to `max`
   * characters; V8 itself cuts each part at 1,024.
   */
  text(n: number, max = 1024): string {
    let text = "";
    const todo = [n];
    for (let steps = 0; todo.length > 0 && text.length < max && steps < 4096; steps++) {
      const at = todo.pop() as number;
      const parts = this.type(at) === NodeType.consString ? [this.follow(at, "second"), this.follow(at, "first")] : [];
      if (parts.every((part) => part !== undefined) && parts.length === 2) todo.push(...(parts as number[]));
      else text += this.name(at);
    }
    return text.slice(0, max);
  }
}

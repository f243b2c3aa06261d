// The name under which each node is counted, as DevTools groups them: constructor names for objects, one row
// for all functions, all strings, all compiled code; plain objects are told apart by their properties.

import type { SnapshotColumns } from "../snapshot/columns.ts";
import { NodeType } from "../snapshot/format.ts";
import { findDetached } from "./detached.ts";

/** A class of one snapshot. */
export interface HeapClass {
  /** What DevTools shows, e.g. `Session`, `(string)`, `Function`, `{id, user}`. */
  readonly name: string;
  /** Where its constructor was defined: script id, 0-based line and column. Only for objects whose file says so. */
  readonly location?: { readonly scriptId: number; readonly line: number; readonly column: number };
}

export interface ClassTable {
  readonly classes: readonly HeapClass[];
  /** Class by node. */
  readonly classOf: Uint32Array;
}

/** Rows of node types that do not go by their name. */
export const ROW_OF_TYPE: Readonly<Record<number, string>> = {
  [NodeType.hidden]: "(system)",
  [NodeType.code]: "(compiled code)",
  [NodeType.closure]: "Function",
  [NodeType.regexp]: "RegExp",
};

/** Ordered property names that make one shape; its row is `{a, b}`. */
export type Shape = readonly string[];

/**
 * Counts every node under a class. Classes are numbered in the order in which their first nodes lie in the heap. Each pass is one
 * simple loop, so that V8 has it compiled before it is half through: about 10 ns per node.
 * @param shapes splits plain objects (see `inferShapes`); none leaves them all under `Object`.
 * @param classOf the column to fill.
 * @param byLocation also splits classes of one name by where their constructor stands.
 */
export function classify(
  columns: SnapshotColumns,
  shapes: readonly Shape[],
  byLocation: boolean,
  classOf: Uint32Array = new Uint32Array(columns.nodeCount),
): ClassTable {
  const names = new ClassNames();
  nameAll(columns, names, classOf);
  const detached = findDetached(columns);
  if (detached) nameDetached(detached, names, classOf);
  if (shapes.length > 0) nameShapes(columns, shapes, names, classOf);
  if (byLocation) nameLocations(columns, names, classOf);
  return inHeapOrder(names.classes, classOf);
}

/** Classes by their keys. */
class ClassNames {
  readonly classes: HeapClass[] = [];
  readonly #byKey = new Map<string, number>();

  of(name: string): number {
    return this.#intern(name, { name });
  }

  /** The class of this name whose constructor stands there. */
  at(name: string, location: NonNullable<HeapClass["location"]>): number {
    const { scriptId, line, column } = location;
    return this.#intern(`${scriptId},${line},${column},${name}`, { name, location });
  }

  nameOf(c: number): string {
    return (this.classes[c] as HeapClass).name;
  }

  #intern(key: string, made: HeapClass): number {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    this.#byKey.set(key, this.classes.length);
    return this.classes.push(made) - 1;
  }
}

/** Object and native nodes go by their own name, looked up once per string and not per node; others by their type. */
function nameAll(
  { nodeCount, nodeType, nodeName, nodeTypeNames, strings }: SnapshotColumns,
  names: ClassNames,
  classOf: Uint32Array,
): void {
  const ofString = new Int32Array(strings.count).fill(-1);
  const ofType = new Int32Array(256).fill(-1);
  const [object, native] = [NodeType.object, NodeType.native];
  for (let n = 0; n < nodeCount; n++) {
    const type = nodeType[n] as number;
    const isNamed = type === object || type === native;
    const known = isNamed ? ofString : ofType;
    const key = isNamed ? (nodeName[n] as number) : type;
    if ((known[key] as number) < 0)
      known[key] = names.of(isNamed ? objectClassName(strings.get(key)) : (ROW_OF_TYPE[type] ?? `(${nodeTypeNames[type]})`));
    classOf[n] = known[key] as number;
  }
}

function nameDetached(detached: Uint8Array, names: ClassNames, classOf: Uint32Array): void {
  for (let n = 0; n < detached.length; n++) {
    if (detached[n] === 1) classOf[n] = names.of(`Detached ${names.nameOf(classOf[n] as number)}`);
  }
}

function nameShapes(columns: SnapshotColumns, shapes: readonly Shape[], names: ClassNames, classOf: Uint32Array): void {
  const { node, list } = columns.plainObjects;
  const shapeOf = shapeMatcher(columns, shapes);
  const ofShape = new Int32Array(shapes.length).fill(-1);
  for (let i = 0; i < node.length; i++) {
    const shape = shapeOf(list[i] as number);
    if (shape < 0) continue;
    if ((ofShape[shape] as number) < 0) ofShape[shape] = names.of(shapeName(shapes[shape] as Shape));
    classOf[node[i] as number] = ofShape[shape] as number;
  }
}

function nameLocations({ nodeType, locations }: SnapshotColumns, names: ClassNames, classOf: Uint32Array): void {
  const { node, scriptId, line, column } = locations;
  for (let i = 0; i < node.length; i++) {
    const n = node[i] as number;
    if (nodeType[n] !== NodeType.object) continue;
    const at = { scriptId: scriptId[i] as number, line: line[i] as number, column: column[i] as number };
    classOf[n] = names.at(names.nameOf(classOf[n] as number), at);
  }
}

/** Numbers classes anew, and leaves out those that no node is left in. */
function inHeapOrder(classes: readonly HeapClass[], classOf: Uint32Array): ClassTable {
  const rank = new Int32Array(classes.length).fill(-1);
  const ordered: HeapClass[] = [];
  for (let n = 0; n < classOf.length; n++) {
    const c = classOf[n] as number;
    if ((rank[c] as number) < 0) rank[c] = ordered.push(classes[c] as HeapClass) - 1;
    classOf[n] = rank[c] as number;
  }
  return { classes: ordered, classOf };
}

/** Class names of single nodes, for answers that name a few of them: the same names as classify's. */
export class ClassNamer {
  readonly #columns: SnapshotColumns;
  readonly #shapes: readonly Shape[];
  readonly #shapeOf: (list: number) => number;
  readonly #detached: Uint8Array | undefined;

  constructor(columns: SnapshotColumns, shapes: readonly Shape[]) {
    this.#columns = columns;
    this.#shapes = shapes;
    this.#shapeOf = shapeMatcher(columns, shapes);
    this.#detached = findDetached(columns);
  }

  nameOf(n: number): string {
    const { nodeType, nodeName, nodeTypeNames, strings } = this.#columns;
    const type = nodeType[n] as number;
    if (type !== NodeType.object && type !== NodeType.native) return ROW_OF_TYPE[type] ?? `(${nodeTypeNames[type]})`;
    const list = type === NodeType.object ? this.#listOf(n) : undefined;
    const shape = list === undefined ? -1 : this.#shapeOf(list);
    if (shape >= 0) return shapeName(this.#shapes[shape] as Shape);
    const name = objectClassName(strings.get(nodeName[n] as number));
    return this.#detached?.[n] === 1 ? `Detached ${name}` : name;
  }

  /** Property list of a plain object. */
  #listOf(n: number): number | undefined {
    const { node, list } = this.#columns.plainObjects;
    let low = 0;
    let high = node.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if ((node[mid] as number) < n) low = mid + 1;
      else high = mid;
    }
    return node[low] === n ? list[low] : undefined;
  }
}

/** DevTools cuts attributes off DOM nodes, at the first space: `<div id="a">` counts as `<div>`, also after `Detached `. */
export function objectClassName(name: string): string {
  const tag = /^((?:Detached )?<[^ ]*) /.exec(name);
  return tag ? `${tag[1]}>` : name;
}

const MAX_SHAPE_NAME = 120;

/** Buckets of the first pass of shape inference. */
const SHAPE_BUCKETS = 1 << 20;

/**
 * The shapes worth a row of their own: property lists that at least two, and at least one in a thousand, of the
 * plain objects have, the most frequent first, of equally frequent ones the one that comes first in the heap.
 * DevTools' rule for its `{a, b}` rows. Costs a look at each list of names, not at each object.
 *
 * Two passes, because a heap may hold millions of objects that are used as dictionaries, each with a list of its
 * own: the first counts hashes, the second looks closely only where enough objects share one.
 */
export function inferShapes(columns: SnapshotColumns): Shape[] {
  const { list, first } = columns.plainObjects;
  const lists = first.length - 1;
  const counts = new Uint32Array(lists);
  for (let i = 0; i < list.length; i++) (counts[list[i] as number] as number)++;
  const reader = new ShapeReader(columns);
  const buckets = new Uint32Array(SHAPE_BUCKETS);
  for (let l = 0; l < lists; l++) if (reader.read(l) > 0) (buckets[reader.hash % SHAPE_BUCKETS] as number) += counts[l] as number;
  const enough = Math.max(2, list.length / 1000);
  // Lists are numbered as they first occur, so this map is in the order of the heap.
  const seen = new Map<string, { shape: Shape; count: number }>();
  for (let l = 0; l < lists; l++) {
    if (reader.read(l) === 0 || (buckets[reader.hash % SHAPE_BUCKETS] as number) < enough) continue;
    const known = seen.get(reader.key);
    if (known) known.count += counts[l] as number;
    else seen.set(reader.key, { shape: reader.names, count: counts[l] as number });
  }
  return [...seen.values()]
    .filter(({ count }) => count >= enough)
    .sort((a, b) => b.count - a.count)
    .map(({ shape }) => shape);
}

/** Reads one property list at a time, as string indexes; each name is decoded once. */
class ShapeReader {
  readonly #columns: SnapshotColumns;
  /** Length of a name as shown, plus one; 0 when not known yet. */
  readonly #shownLength: Uint32Array;
  #list: number[] = [];
  hash = 0;

  constructor(columns: SnapshotColumns) {
    this.#columns = columns;
    this.#shownLength = new Uint32Array(columns.strings.count);
  }

  /** Reads the list, cut where its names pass MAX_SHAPE_NAME; returns how many there are. */
  read(l: number): number {
    const { first, names } = this.#columns.plainObjects;
    const list = this.#list;
    list.length = 0;
    let length = 1;
    let hash = 0;
    const end = first[l + 1] as number;
    for (let i = first[l] as number; i < end; i++) {
      const name = names[i] as number;
      if (list.includes(name)) continue;
      const shown = this.#shown(name);
      if (list.length > 0 && length + shown > MAX_SHAPE_NAME) break;
      length += shown + (list.length > 0 ? 2 : 0);
      list.push(name);
      hash = Math.imul(hash ^ name, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    this.hash = hash >>> 0;
    return list.length;
  }

  get key(): string {
    return this.#list.join();
  }

  get names(): string[] {
    return this.#list.map((name) => this.#columns.strings.get(name));
  }

  #shown(name: number): number {
    let length = this.#shownLength[name] as number;
    if (length === 0) {
      length = shownProperty(this.#columns.strings.get(name)).length + 1;
      this.#shownLength[name] = length;
    }
    return length - 1;
  }
}

function shownProperty(name: string): string {
  return /[,'"{}]/.test(name) ? JSON.stringify(name) : name;
}

/** `{a, b}` */
export function shapeName(shape: Shape): string {
  return `{${shape.map(shownProperty).join(", ")}}`;
}

/** Shapes by the ranks of their names, ascending. */
interface Trie {
  readonly next: Map<number, Trie>;
  /** Index of the shape that ends here, or -1. */
  end: number;
}

/** Lists of property names, as columns have them. */
export interface PropertyLists {
  readonly plainObjects: Pick<SnapshotColumns["plainObjects"], "first" | "names">;
  readonly strings: { get(index: number): string };
}

/** Shape of each property list, or -1: one that has all of the shape's names; the one with most names wins, then the first. */
export function shapeMatcher({ plainObjects, strings }: PropertyLists, shapes: readonly Shape[]): (list: number) => number {
  const { first, names } = plainObjects;
  // A name counts only if a shape has it, and then as a number, by the order of their texts.
  const rankOfName = new Map([...new Set(shapes.flat())].sort().map((name, i) => [name, i]));
  const rankOfString = new Map<number, number>();
  const root = trieOf(shapes, rankOfName);
  const known = new Int32Array(first.length - 1).fill(UNMATCHED);
  return (list) => {
    let shape = known[list] as number;
    if (shape === UNMATCHED) {
      const ranks = new Set<number>();
      const end = first[list + 1] as number;
      for (let i = first[list] as number; i < end; i++) {
        const rank = rankOf(names[i] as number);
        if (rank >= 0) ranks.add(rank);
      }
      const sorted = [...ranks].sort((a, b) => a - b);
      shape = longest(root, sorted, 0, 0, { end: -1, length: 0 }).end;
      known[list] = shape;
    }
    return shape;
  };

  function rankOf(name: number): number {
    let rank = rankOfString.get(name);
    if (rank === undefined) {
      rank = rankOfName.get(strings.get(name)) ?? -1;
      rankOfString.set(name, rank);
    }
    return rank;
  }
}

const UNMATCHED = -2;

function trieOf(shapes: readonly Shape[], rankOfName: ReadonlyMap<string, number>): Trie {
  const root: Trie = { next: new Map(), end: -1 };
  shapes.forEach((shape, index) => {
    let at = root;
    for (const rank of shape.map((name) => rankOfName.get(name) as number).sort((a, b) => a - b)) {
      let next = at.next.get(rank);
      if (!next) {
        next = { next: new Map(), end: -1 };
        at.next.set(rank, next);
      }
      at = next;
    }
    if (at.end < 0) at.end = index;
  });
  return root;
}

interface Match {
  end: number;
  length: number;
}

/** The best shape below `at` whose further names are among the ranks from position `from` on, if it is better than `best`. */
function longest(at: Trie, ranks: readonly number[], from: number, depth: number, best: Match): Match {
  if (at.end >= 0 && (depth > best.length || (depth === best.length && at.end < best.end))) {
    best.end = at.end;
    best.length = depth;
  }
  if (at.next.size > 0) {
    for (let i = from; i < ranks.length; i++) {
      const next = at.next.get(ranks[i] as number);
      if (next) longest(next, ranks, i + 1, depth + 1, best);
    }
  }
  return best;
}

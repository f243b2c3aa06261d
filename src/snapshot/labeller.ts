// The one look that every edge's name gets: while a source is read, or right after. It yields the edge's label, and
// collects the two things whole-heap passes need names for: the entries of WeakMaps and the properties of plain objects.

import type { PlainObjects, WeakPairs } from "./columns.ts";
import { EdgeLabel, property, TYPE_OF_LABEL, wellKnownNames } from "./edgeLabels.ts";
import { EdgeType, NodeType } from "./format.ts";
import { BATCH, type Kernel } from "./kernel.ts";
import type { StringTable } from "./strings.ts";

/**
 * V8 writes each WeakMap entry as two internal edges with this name, one from the key and one from the table: the value
 * lives only while both do.
 */
const WEAK_PAIR = /^\d+( \/ part of key \(.*? @\d+\) -> value \(.*? @\d+\) pair in WeakMap \(table @(\d+)\))$/s;
const SHORTEST_PAIR = 40;
const ZERO = 0x30;
const NINE = 0x39;

/** What a name means as an internal edge, beyond the well-known labels; it takes the edge's owner to tell (kernel/records.ts). */
const PAIR = 255;
const SLOPPY = 254;
/** Labels from here on depend on the edge's owner. */
const NEEDS_OWNER: number = EdgeLabel.slot;
/** Which of its two labels a string has as the name of an edge, by EdgeType number; then whether it is named by a string. */
const PLANE_OF_TYPE: Uint8Array = new Uint8Array(256).fill(2);
PLANE_OF_TYPE[EdgeType.internal] = 0;
PLANE_OF_TYPE[EdgeType.property] = 1;
PLANE_OF_TYPE[EdgeType.element] = 3;
PLANE_OF_TYPE[EdgeType.hidden] = 3;
/** For a kernel that knows no strings yet: the type is the label. */
export const UNLABELLED: Uint8Array = PLANE_OF_TYPE.map((plane) => Math.max(plane, 2));

/** Labels of a batch of edges, and what is needed to mend those that depend on their owner. */
export interface EdgeBatch {
  readonly type: Uint8Array;
  readonly name: Uint32Array;
  readonly label: Uint8Array;
  /** Numbers in the batch of edges that the kernel could not label, `specialCount` of them. */
  readonly specials: Uint32Array;
  readonly specialCount: number;
}

/** Where the kernel looks labels up. */
export interface LabelTables {
  readonly planes: Uint8Array;
  readonly labels: Uint8Array;
}
/** What the owner of an edge is to us. */
const PLAIN = 1;
const DESCRIPTORS = 2;
const NATIVE_CONTEXT = 3;
const NODE_TYPE: readonly number[] = [0, NodeType.object, NodeType.array, NodeType.hidden];
const OWNER_NAMES: ReadonlyMap<string, number> = new Map([
  ["Object", PLAIN],
  ["(map descriptors)", DESCRIPTORS],
  ["system / NativeContext", NATIVE_CONTEXT],
]);
const SLOPPY_FUNCTION_MAP = "sloppy_function_map";
const PROTO = property("__proto__");

/** Columns of the nodes, known before their edges. */
export interface OwnerColumns {
  readonly nodeCount: number;
  readonly nodeType: Uint8Array;
  readonly nodeName: Uint32Array;
  readonly nodeId: Uint32Array;
  readonly firstEdge: Uint32Array;
}

/** Takes all edges of a snapshot in order. About 3 ns per edge. */
export class EdgeLabeller {
  readonly #nodes: OwnerColumns;
  readonly #strings: StringTable;
  /** Two labels by string index, as an internal edge and as a property; 0 when it is no well-known name. */
  readonly #labels: Uint8Array;
  /** PLAIN or DESCRIPTORS by string index: what a node with this name may be. */
  readonly #ownerNames: Uint8Array;
  readonly #pairs = new Map<string, number>();
  readonly #pairEdges: { edge: number; pair: number; table: number }[] = [];
  readonly #lists = new PropertyLists();
  #owner = -1;
  #ownerEnd = 0;
  #ownerKind = 0;

  /** @param tables filled for the kernel, if it is to label edges. */
  constructor(nodes: OwnerColumns, strings: StringTable, tables?: LabelTables) {
    this.#nodes = nodes;
    this.#strings = strings;
    this.#labels = tables?.labels ?? new Uint8Array(2 * strings.count);
    tables?.planes.set(PLANE_OF_TYPE);
    this.#ownerNames = new Uint8Array(strings.count);
    this.#readNames();
  }

  /**
   * Label of edge `e`; edges come in order, each once.
   * @param type EdgeType number. @param name string index, or the index of an element or hidden edge.
   */
  take(e: number, type: number, name: number): number {
    // Constants of its own: V8 loads those of a module from memory each time.
    const INTERNAL = EdgeType.internal;
    const PROPERTY = EdgeType.property;
    if (e === this.#ownerEnd) this.#nextOwner(e);
    if (type === INTERNAL) {
      const label = this.#labels[2 * name] as number;
      if (label === 0) return INTERNAL;
      return label < NEEDS_OWNER ? label : this.#ofOwner(e, name, label);
    }
    if (type === PROPERTY) {
      const label = this.#labels[2 * name + 1] as number;
      if (this.#ownerKind === PLAIN && label !== PROTO) this.#lists.add(name);
      else if (this.#ownerKind >= DESCRIPTORS && label === 0) return this.#unfollowed(type, name);
      return label === 0 ? PROPERTY : label;
    }
    return this.#ownerKind >= DESCRIPTORS ? this.#unfollowed(type, name) : type;
  }

  /** Mends the kernel's labels for the `count` edges from `first` on, which come in order like take()'s. About 1 ns per edge. */
  mend(first: number, count: number, { type, name, label, specials, specialCount }: EdgeBatch): void {
    let s = 0;
    const take = (i: number): void => {
      label[i] = this.take(first + i, type[i] as number, name[i] as number);
    };
    for (let i = 0; i < count; ) {
      if (first + i === this.#ownerEnd) this.#nextOwner(first + i);
      const end = Math.min(count, this.#ownerEnd - first);
      if (this.#ownerKind !== 0) {
        while (i < end) take(i++);
        while (s < specialCount && (specials[s] as number) < end) s++;
      } else while (s < specialCount && (specials[s] as number) < end) take(specials[s++] as number);
      i = end;
    }
  }

  /**
   * Labels all edges at once, instead of take() or mend(). About 4 ns per edge.
   * @param label their types, which become labels. @param names what take() is given, by edge. @param kernel whose tables these are.
   * @returns false when a string that is not there is named.
   */
  labelAll(label: Uint8Array, names: Uint32Array, kernel: Kernel): boolean {
    const specials: number[] = [];
    for (let first = 0; first < label.length; first += BATCH) {
      const end = Math.min(label.length, first + BATCH);
      kernel.type.set(label.subarray(first, end));
      kernel.name.set(names.subarray(first, end));
      if (!kernel.labelEdges(end - first, this.#strings.count)) return false;
      label.set(kernel.label.subarray(0, end - first), first);
      for (const special of kernel.specials.subarray(0, kernel.specialCount)) specials.push(first + special);
    }
    this.#labelByOwner(label, names, specials);
    return true;
  }

  /** Mends labels that depend on their owner; `specials` of them are known to. */
  #labelByOwner(label: Uint8Array, names: Uint32Array, specials: readonly number[]): void {
    const { nodeCount, firstEdge } = this.#nodes;
    const take = (e: number): void => {
      const known = label[e] as number;
      label[e] = this.take(e, known < SLOPPY ? (TYPE_OF_LABEL[known] as number) : EdgeType.internal, names[e] as number);
    };
    let s = 0;
    for (let n = 0; n < nodeCount; n++) {
      const end = firstEdge[n + 1] as number;
      const kind = this.#kindOf(n);
      if (kind === 0 && !((specials[s] as number) < end)) continue;
      this.#owner = n;
      this.#ownerEnd = end;
      this.#ownerKind = kind;
      if (kind !== 0) for (let e = firstEdge[n] as number; e < end; e++) take(e);
      for (; (specials[s] as number) < end; s++) if (kind === 0) take(specials[s] as number);
      if (kind === PLAIN) this.#lists.end(n);
    }
    this.#owner = nodeCount - 1;
    this.#ownerKind = 0;
  }

  /** Labels of internal edges that depend on who owns them. */
  #ofOwner(e: number, name: number, label: number): number {
    if (label === PAIR) return this.#weakPair(e, name);
    if (label === SLOPPY) return this.#ownerKind === NATIVE_CONTEXT ? EdgeLabel.sloppyFunctionMap : EdgeType.internal;
    return this.#ownerKind === DESCRIPTORS && isDetails(Number(this.#strings.get(name))) ? EdgeLabel.descriptorSlot : label;
  }

  /** Labels of edges that distances do not follow, of the types for which V8 hardly writes any. */
  #unfollowed(type: number, name: number): number {
    const isIndexed = type === EdgeType.element || type === EdgeType.hidden;
    if (type > EdgeType.shortcut) return type;
    const isSkipped =
      this.#ownerKind === NATIVE_CONTEXT
        ? !isIndexed && this.#labels[2 * name] === SLOPPY
        : isDetails(isIndexed ? name : Number(textAt(this.#strings, name)));
    if (!isSkipped) return type;
    if (type === EdgeType.element) return EdgeLabel.descriptorElement;
    if (type === EdgeType.hidden) return EdgeLabel.descriptorHidden;
    if (type === EdgeType.property) return EdgeLabel.descriptorProperty;
    return type === EdgeType.context ? EdgeLabel.descriptorContext : EdgeLabel.descriptorShortcut;
  }

  finish(): { weakPairs: WeakPairs; plainObjects: PlainObjects } {
    if (this.#ownerKind === PLAIN) this.#lists.end(this.#owner);
    for (let n = this.#owner + 1; n < this.#nodes.nodeCount; n++) if (this.#kindOf(n) === PLAIN) this.#lists.end(n);
    const pairs = this.#pairEdges;
    return {
      weakPairs: {
        edge: Uint32Array.from(pairs, ({ edge }) => edge),
        pair: Uint32Array.from(pairs, ({ pair }) => pair),
        table: Float64Array.from(pairs, ({ table }) => table),
      },
      plainObjects: this.#lists.finish(),
    };
  }

  /** Moves on to the node that owns edge `e`; nodes without edges are passed over, but plain objects among them count. */
  #nextOwner(e: number): void {
    const { firstEdge } = this.#nodes;
    if (this.#ownerKind === PLAIN) this.#lists.end(this.#owner);
    let n = this.#owner + 1;
    for (; (firstEdge[n + 1] as number) === e; n++) if (this.#kindOf(n) === PLAIN) this.#lists.end(n);
    this.#owner = n;
    this.#ownerEnd = firstEdge[n + 1] as number;
    this.#ownerKind = this.#kindOf(n);
  }

  #kindOf(n: number): number {
    const { nodeType, nodeName } = this.#nodes;
    const kind = this.#ownerNames[nodeName[n] as number] as number;
    return kind !== 0 && nodeType[n] === NODE_TYPE[kind] ? kind : 0;
  }

  #weakPair(e: number, name: number): number {
    const match = WEAK_PAIR.exec(this.#strings.get(name));
    if (!match) return EdgeType.internal;
    const key = match[1] as string;
    const pair = this.#pairs.get(key) ?? this.#pairs.size + 1;
    this.#pairs.set(key, pair);
    const table = Number(match[2]);
    this.#pairEdges.push({ edge: e, pair, table });
    return table === this.#nodes.nodeId[this.#owner] ? EdgeLabel.weakPairOfTable : EdgeLabel.weakPairOfKey;
  }

  /** One pass over the string table, decoding only strings that may be one of ours. */
  #readNames(): void {
    const strings = this.#strings;
    const known = wellKnownNames();
    const candidates = new Set(
      [...known.keys(), ...OWNER_NAMES.keys(), SLOPPY_FUNCTION_MAP].map((name) => name.length * 256 + name.charCodeAt(0)),
    );
    for (let s = 0; s < strings.count; s++) {
      const length = strings.byteLength(s);
      if (length === 0) continue;
      const first = strings.byteAt(s, 0);
      if (first >= ZERO && first <= NINE) {
        if (length >= SHORTEST_PAIR) this.#labels[2 * s] = PAIR;
        else if (isNumber(strings, s, length)) this.#labels[2 * s] = EdgeLabel.slot;
        continue;
      }
      if (!candidates.has(length * 256 + first)) continue;
      const name = textAt(strings, s);
      const labels = known.get(name);
      if (labels) {
        this.#labels[2 * s] = labels.internal ?? 0;
        this.#labels[2 * s + 1] = labels.property ?? 0;
      } else if (name === SLOPPY_FUNCTION_MAP) this.#labels[2 * s] = SLOPPY;
      else this.#ownerNames[s] = OWNER_NAMES.get(name) ?? 0;
    }
  }
}

function isNumber(strings: StringTable, index: number, length: number): boolean {
  for (let i = 0; i < length; i++) {
    const digit = strings.byteAt(index, i);
    if (digit < ZERO || digit > NINE) return false;
  }
  return true;
}

/** A string that is no valid JSON is none of our names; whoever prints it will be told what is wrong. */
function textAt(strings: StringTable, index: number): string {
  try {
    return strings.get(index);
  } catch {
    return "";
  }
}

/** Descriptor arrays hold (key, details, value) triples from slot 2 on. */
function isDetails(slot: number): boolean {
  return slot >= 2 && slot % 3 === 1;
}

/** Interns lists of names: an open hash table over lists that lie one after the other in one column. */
class PropertyLists {
  #nodes: Uint32Array = new Uint32Array(1024);
  #listOf: Uint32Array = new Uint32Array(1024);
  #count = 0;
  #names: Uint32Array = new Uint32Array(4096);
  /** The list being read lies behind the last one kept. */
  #end = 0;
  #first: Uint32Array = new Uint32Array(256);
  #lists = 0;
  #hash = 0;
  #slots: Int32Array = new Int32Array(512).fill(-1);
  #hashes: Int32Array = new Int32Array(256);

  add(name: number): void {
    const end = this.#end;
    if (end === this.#names.length) this.#names = grown(this.#names);
    this.#names[end] = name;
    this.#end = end + 1;
    this.#hash = mix(this.#hash ^ name);
  }

  end(node: number): void {
    const count = this.#count;
    if (count === this.#nodes.length) {
      this.#nodes = grown(this.#nodes);
      this.#listOf = grown(this.#listOf);
    }
    this.#nodes[count] = node;
    this.#listOf[count] = this.#intern();
    this.#count = count + 1;
    this.#end = this.#first[this.#lists] as number;
    this.#hash = 0;
  }

  finish(): PlainObjects {
    return {
      node: this.#nodes.slice(0, this.#count),
      list: this.#listOf.slice(0, this.#count),
      first: this.#first.slice(0, this.#lists + 1),
      names: this.#names.slice(0, this.#end),
    };
  }

  #intern(): number {
    const start = this.#first[this.#lists] as number;
    const length = this.#end - start;
    const mask = this.#slots.length - 1;
    let slot = this.#hash & mask;
    for (let list = this.#slots[slot] as number; list >= 0; list = this.#slots[slot] as number) {
      if (this.#hashes[list] === this.#hash && this.#same(list, start, length)) return list;
      slot = (slot + 1) & mask;
    }
    const list = this.#lists++;
    if (list + 2 > this.#first.length) {
      this.#first = grown(this.#first);
      const hashes = new Int32Array(this.#first.length);
      hashes.set(this.#hashes);
      this.#hashes = hashes;
    }
    this.#first[list + 1] = this.#end;
    this.#hashes[list] = this.#hash;
    this.#slots[slot] = list;
    if (this.#lists * 2 > this.#slots.length) this.#rehash();
    return list;
  }

  #same(list: number, start: number, length: number): boolean {
    const other = this.#first[list] as number;
    if ((this.#first[list + 1] as number) - other !== length) return false;
    for (let i = 0; i < length; i++) if (this.#names[other + i] !== this.#names[start + i]) return false;
    return true;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let list = 0; list < this.#lists; list++) {
      let slot = (this.#hashes[list] as number) & mask;
      while ((slots[slot] as number) >= 0) slot = (slot + 1) & mask;
      slots[slot] = list;
    }
    this.#slots = slots;
  }
}

/** A round of Murmur3's mixing. */
function mix(value: number): number {
  let h = Math.imul(value, 0xcc9e2d51);
  h = (h << 15) | (h >>> 17);
  return Math.imul(h, 0x1b873593) ^ (h >>> 13);
}

function grown(column: Uint32Array): Uint32Array {
  const bigger = new Uint32Array(column.length * 2);
  bigger.set(column);
  return bigger;
}

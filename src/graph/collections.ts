// What is inside Maps, Sets, arrays and buffers. V8 keeps the entries of a Map in one flat hash table; which
// slot is a key and which a value follows from the table's size alone.

import { internal } from "../snapshot/edgeLabels.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import type { HeapGraph } from "./heapGraph.ts";
import type { KeyPreview } from "./labels.ts";

/** Slots of a FixedArray before its elements: map and length. */
const ARRAY_HEADER = 2;
/** Slots before the buckets of an ordered hash table: elements, deleted, buckets. */
const TABLE_HEADER = 3;
/** Entries per bucket (V8's load factor). */
const LOAD = 2;

const TABLE = internal("table");
const ELEMENTS = internal("elements");

export type CollectionKind = "Map" | "Set";

/** Slots of one entry: a Map has key, value, chain; a Set key, chain. */
function entrySize(kind: CollectionKind): number {
  return kind === "Map" ? 3 : 2;
}

/** Index of the first entry slot in a table of this many bytes. */
function firstEntry(kind: CollectionKind, tableBytes: number, slotBytes: number): number {
  const slots = tableBytes / slotBytes - ARRAY_HEADER;
  const buckets = Math.floor((slots - TABLE_HEADER) / (1 + LOAD * entrySize(kind)));
  return TABLE_HEADER + buckets;
}

export interface CollectionEntry {
  /** Node of the key, or of the member of a Set; undefined for small integers, which have no node. */
  readonly key: number | undefined;
  /** Node of the value; undefined for Sets and small integers. */
  readonly value: number | undefined;
}

/** Slots of a table that hold a node, in order, each once: as many as it has edges at most, however big it says it is. */
interface Parts {
  readonly slots: Uint32Array;
  readonly nodes: Uint32Array;
}

export class Collections {
  readonly #graph: HeapGraph;
  #slots: { readonly table: number; readonly parts: Parts } | undefined;

  constructor(graph: HeapGraph) {
    this.#graph = graph;
  }

  /** Whether the node is a Map or Set instance (subclasses too): an object with a hash table. */
  kindOf(node: number): CollectionKind | undefined {
    const graph = this.#graph;
    if (graph.type(node) !== NodeType.object) return undefined;
    const table = this.tableOf(node);
    if (table === undefined) return undefined;
    const name = graph.name(node);
    if (name === "Map" || name === "Set") return name;
    if (name === "WeakMap" || name === "WeakSet") return undefined;
    return this.#inheritedKind(node);
  }

  tableOf(node: number): number | undefined {
    const graph = this.#graph;
    const edge = graph.edgeLabelled(node, TABLE);
    if (edge === undefined) return undefined;
    const to = graph.edgeTo(edge);
    return graph.type(to) === NodeType.array ? to : undefined;
  }

  /** What the slot of a hash table holds. */
  slotIn(kind: CollectionKind, table: number, slot: number): "key" | "value" | undefined {
    const first = firstEntry(kind, this.#graph.rawSize(table), this.#graph.pointerSize);
    if (slot < first) return undefined;
    const part = (slot - first) % entrySize(kind);
    return part === 0 ? "key" : kind === "Map" && part === 1 ? "value" : undefined;
  }

  /** The key that belongs to the value in `slot`. */
  keyOfValue(table: number, slot: number): KeyPreview {
    // To search the table anew for each of its values would be quadratic.
    if (this.#slots?.table !== table) this.#slots = { table, parts: this.#partsOf(table, () => true) };
    const { slots, nodes } = this.#slots.parts;
    const at = lowerBound(slots, slot - 1);
    return slots[at] === slot - 1 ? this.previewKey(nodes[at] as number) : { kind: "number", text: undefined };
  }

  /** The edges of a table that lie in its slots and are accepted. Of several edges of one slot the first counts. */
  #partsOf(table: number, accept: (edge: number, slot: number) => boolean): Parts {
    const graph = this.#graph;
    const from = graph.firstEdge(table);
    const most = graph.endEdge(table) - from;
    const end = Math.min(Math.floor(graph.rawSize(table) / graph.pointerSize) - ARRAY_HEADER, 2 ** 32);
    const slots = new Uint32Array(most);
    const nodes = new Uint32Array(most);
    let count = 0;
    let isInOrder = true;
    for (let e = from; e < from + most; e++) {
      const slot = graph.slotOf(e);
      // What is no slot (NaN) falls out here.
      if (!(slot >= 0 && slot < end) || !accept(e, slot)) continue;
      if (count > 0 && slot <= (slots[count - 1] as number)) isInOrder = false;
      slots[count] = slot;
      nodes[count++] = graph.edgeTo(e);
    }
    const parts = { slots: slots.subarray(0, count), nodes: nodes.subarray(0, count) };
    return isInOrder ? parts : sorted(parts);
  }

  previewKey(key: number): KeyPreview {
    const graph = this.#graph;
    const type = graph.type(key);
    if (type === NodeType.number) return { kind: "number", text: graph.numberText(key) };
    if (graph.isPrimitive(key)) return { kind: "string", text: graph.text(key) };
    return { kind: "object", className: graph.className(key), id: graph.id(key) };
  }

  /**
   * Entries of a Map or members of a Set, in insertion order. Entries of two small integers leave no trace in a
   * snapshot, so this can be fewer than `size` in the program.
   */
  entries(node: number): CollectionEntry[] {
    const entries: CollectionEntry[] = [];
    this.#eachEntry(node, (key, value) => entries.push({ key, value }));
    return entries;
  }

  /** How many `entries` there are; 60 ns each, where a list of them costs ten times as much. */
  count(node: number): number {
    let count = 0;
    this.#eachEntry(node, () => count++);
    return count;
  }

  /** Entries that hold a node, without the holes of deleted ones and without chains. */
  #eachEntry(node: number, take: (key: number | undefined, value: number | undefined) => void): void {
    const graph = this.#graph;
    const kind = this.kindOf(node);
    const table = this.tableOf(node);
    if (!kind || table === undefined) return;
    const first = firstEntry(kind, graph.rawSize(table), graph.pointerSize);
    const size = entrySize(kind);
    const { slots, nodes } = this.#partsOf(table, (edge, slot) => {
      if (slot < first || (slot - first) % size === size - 1 || graph.edgeType(edge) === EdgeType.weak) return false;
      return !graph.isSystem(graph.edgeTo(edge));
    });
    for (let at = 0; at < slots.length; at++) {
      const part = ((slots[at] as number) - first) % size;
      if (part !== 0) take(undefined, nodes[at]);
      else if (size > 2 && slots[at + 1] === (slots[at] as number) + 1) take(nodes[at], nodes[++at]);
      else take(nodes[at], undefined);
    }
  }

  /** Elements of an array: how many have a node, and the array's capacity in slots. */
  elements(node: number): { present: number; capacity: number; last: number } {
    const graph = this.#graph;
    let present = 0;
    let last = -1;
    let capacity = 0;
    for (let e = graph.firstEdge(node); e < graph.endEdge(node); e++) {
      const type = graph.edgeType(e);
      if (type === EdgeType.element) {
        present++;
        last = Math.max(last, graph.edgeIndex(e));
      } else if (graph.edgeLabel(e) === ELEMENTS) {
        capacity = Math.max(0, Math.floor(graph.rawSize(graph.edgeTo(e)) / graph.pointerSize - ARRAY_HEADER));
      }
    }
    return { present, capacity, last };
  }

  /** Bytes of the memory behind an ArrayBuffer, typed array, Buffer or DataView; undefined for other nodes. */
  bufferBytes(node: number): number | undefined {
    const graph = this.#graph;
    if (graph.type(node) !== NodeType.object) return undefined;
    const buffer = graph.follow(node, "buffer", EdgeType.internal) ?? node;
    const store = graph.follow(buffer, "backing_store", EdgeType.internal);
    return store === undefined ? undefined : graph.rawSize(store);
  }

  /** Walks the prototypes of a subclass instance: V8 gives only the subclass's name. */
  #inheritedKind(node: number): CollectionKind | undefined {
    const graph = this.#graph;
    let proto = graph.follow(node, "__proto__", EdgeType.property);
    for (let depth = 0; proto !== undefined && depth < 8; depth++) {
      const name = graph.name(proto);
      if ((name === "Map" || name === "Set") && graph.edgeNamed(proto, "forEach", EdgeType.property) !== undefined) return name;
      proto = graph.follow(proto, "__proto__", EdgeType.property);
    }
    return undefined;
  }
}

/** The first position whose slot is not below this one. */
function lowerBound(slots: Uint32Array, slot: number): number {
  let low = 0;
  for (let high = slots.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if ((slots[middle] as number) < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** V8 lists slots in order; other files need not. */
function sorted({ slots, nodes }: Parts): Parts {
  const order = Uint32Array.from(slots, (_, i) => i).sort((a, b) => (slots[a] as number) - (slots[b] as number) || a - b);
  const first = order.filter((at, i) => i === 0 || slots[at] !== slots[order[i - 1] as number]);
  return { slots: first.map((at) => slots[at] as number), nodes: first.map((at) => nodes[at] as number) };
}

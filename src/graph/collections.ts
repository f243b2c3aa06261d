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

export class Collections {
  readonly #graph: HeapGraph;
  #slots: { readonly table: number; readonly nodes: ReadonlyMap<number, number> } | undefined;

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
    const key = this.#slotsOf(table).get(slot - 1);
    return key === undefined ? { kind: "number", text: undefined } : this.previewKey(key);
  }

  /** Nodes by slot, kept for the table asked for last: to search it anew for each of its values is quadratic. */
  #slotsOf(table: number): ReadonlyMap<number, number> {
    if (this.#slots?.table !== table) {
      const graph = this.#graph;
      const nodes = new Map<number, number>();
      for (let e = graph.firstEdge(table); e < graph.endEdge(table); e++) {
        const slot = graph.slotOf(e);
        if (!nodes.has(slot)) nodes.set(slot, graph.edgeTo(e));
      }
      this.#slots = { table, nodes };
    }
    return this.#slots.nodes;
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
    const graph = this.#graph;
    const kind = this.kindOf(node);
    const table = this.tableOf(node);
    if (!kind || table === undefined) return [];
    const first = firstEntry(kind, graph.rawSize(table), graph.pointerSize);
    const size = entrySize(kind);
    const bySlot = new Map<number, { key: number | undefined; value: number | undefined }>();
    for (let e = graph.firstEdge(table); e < graph.endEdge(table); e++) {
      if (graph.edgeType(e) === EdgeType.weak) continue;
      const slot = graph.slotOf(e);
      if (!Number.isInteger(slot) || slot < first) continue;
      const part = (slot - first) % size;
      if (part >= (kind === "Map" ? 2 : 1)) continue;
      const to = graph.edgeTo(e);
      if (graph.isSystem(to)) continue; // the hole of a deleted entry
      const entry = bySlot.get(Math.floor((slot - first) / size)) ?? { key: undefined, value: undefined };
      if (part === 0) entry.key = to;
      else entry.value = to;
      bySlot.set(Math.floor((slot - first) / size), entry);
    }
    return [...bySlot.entries()].sort((a, b) => a[0] - b[0]).map(([, entry]) => entry);
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

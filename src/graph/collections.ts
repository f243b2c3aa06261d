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
  #slots: { readonly table: number; readonly nodes: Uint32Array } | undefined;

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
    const key = this.#slotsOf(table)[slot - 1];
    return key === undefined || key === 0 ? { kind: "number", text: undefined } : this.previewKey(key - 1);
  }

  /** 1 + node by slot, kept for the table asked for last: to search it anew for each of its values is quadratic. */
  #slotsOf(table: number): Uint32Array {
    if (this.#slots?.table !== table) {
      const graph = this.#graph;
      const nodes = new Uint32Array(this.#slotCount(table));
      for (let e = graph.firstEdge(table); e < graph.endEdge(table); e++) {
        const slot = graph.slotOf(e);
        // Of several edges of one slot the first counts; what is no slot (NaN, or beyond the table) falls out here.
        if (nodes[slot] === 0) nodes[slot] = graph.edgeTo(e) + 1;
      }
      this.#slots = { table, nodes };
    }
    return this.#slots.nodes;
  }

  #slotCount(table: number): number {
    return Math.max(0, Math.floor(this.#graph.rawSize(table) / this.#graph.pointerSize) - ARRAY_HEADER);
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
    const table = this.#entriesOf(node);
    if (!table) return [];
    const { parts, size, kind } = table;
    const entries: CollectionEntry[] = [];
    const nodeIn = (slot: number): number | undefined => ((parts[slot] ?? 0) === 0 ? undefined : (parts[slot] as number) - 1);
    for (let at = 0; at < parts.length; at += size) {
      const key = nodeIn(at);
      const value = kind === "Map" ? nodeIn(at + 1) : undefined;
      if (key !== undefined || value !== undefined) entries.push({ key, value });
    }
    return entries;
  }

  /** How many `entries` there are; 60 ns each, where a list of them costs ten times as much. */
  count(node: number): number {
    const table = this.#entriesOf(node);
    if (!table) return 0;
    const { parts, size } = table;
    let count = 0;
    for (let at = 0; at < parts.length; at += size) if (parts[at] !== 0 || (size > 2 && (parts[at + 1] ?? 0) !== 0)) count++;
    return count;
  }

  /** 1 + node by slot, from the first entry's key on, without the holes of deleted entries and without chains. */
  #entriesOf(node: number): { parts: Uint32Array; size: number; kind: CollectionKind } | undefined {
    const graph = this.#graph;
    const kind = this.kindOf(node);
    const table = this.tableOf(node);
    if (!kind || table === undefined) return undefined;
    const first = firstEntry(kind, graph.rawSize(table), graph.pointerSize);
    const size = entrySize(kind);
    const parts = new Uint32Array(Math.max(0, this.#slotCount(table) - first));
    for (let e = graph.firstEdge(table); e < graph.endEdge(table); e++) {
      if (graph.edgeType(e) === EdgeType.weak) continue;
      const at = graph.slotOf(e) - first;
      if (!(at >= 0 && at < parts.length) || at % size === size - 1) continue;
      const to = graph.edgeTo(e);
      if (!graph.isSystem(to)) parts[at] = to + 1;
    }
    return { parts, size, kind };
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

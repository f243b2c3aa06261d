// Types counted straight from the node records, without a graph: raw sizes as V8 wrote them, plain objects in one
// row. What it gives up (retained sizes, shapes, sizes moved to owners) buys a hundredth of the time and memory.

import { NodeType } from "../snapshot/format.ts";
import type { NodeScanner } from "../snapshot/scan.ts";
import { objectClassName, ROW_OF_TYPE } from "./classes.ts";
import type { HeapGraph } from "./heapGraph.ts";

/** Count and raw shallow bytes of one type. */
export interface RawCount {
  count: number;
  shallow: number;
}

/** Added and removed between two snapshots of one epoch, by object id. */
export interface RawDifference {
  before: number;
  now: number;
  added: number;
  removed: number;
  /** Raw shallow bytes. */
  addedBytes: number;
  removedBytes: number;
}

/**
 * V8 numbers its own objects odd. Even numbers are of native objects that the embedder reports; they are handed
 * out anew in every snapshot, so such an object is never the same one twice.
 */
export function isNativeId(id: number): boolean {
  return id % 2 === 0;
}

/** Keys below this are node types; above, string numbers of object and native nodes. */
const FIRST_NAME = 256;

function keyOf(type: number, name: number): number {
  return type === NodeType.object || type === NodeType.native ? name + FIRST_NAME : type;
}

/** A column that grows with the biggest key. */
class Sums {
  values = new Float64Array(1 << 14);

  grow(key: number): void {
    const bigger = new Float64Array(Math.max(this.values.length * 2, key + 1));
    bigger.set(this.values);
    this.values = bigger;
  }
}

/** Counts every node of the file by type. Nodes of size 0 are no objects of their own and are not counted. */
export function countRawTypes(scanner: NodeScanner): Map<string, RawCount> {
  const counts = new Sums();
  const sizes = new Sums();
  scanner.scan(({ count, type, name, selfSize }) => {
    for (let i = 0; i < count; i++) {
      const size = selfSize[i] as number;
      if (size === 0) continue;
      const key = keyOf(type[i] as number, name[i] as number);
      if (key >= counts.values.length) {
        counts.grow(key);
        sizes.grow(key);
      }
      (counts.values[key] as number)++;
      (sizes.values[key] as number) += size;
    }
  });
  const rows = new Map<string, RawCount>();
  for (const [key, name] of namesOf(scanner, counts.values)) {
    const row = rows.get(name) ?? { count: 0, shallow: 0 };
    row.count += counts.values[key] as number;
    row.shallow += sizes.values[key] as number;
    rows.set(name, row);
  }
  return rows;
}

/** The same count from an open graph, for sources that cannot be read from both ends (a pipe, gzip). */
export function countRawGraph(graph: HeapGraph): Map<string, RawCount> {
  const rows = new Map<string, RawCount>();
  for (let n = 0; n < graph.nodeCount; n++) {
    const shallow = graph.rawSize(n);
    if (shallow === 0) continue;
    const type = graph.type(n);
    const named = type === NodeType.object || type === NodeType.native;
    const name = named ? objectClassName(graph.name(n)) : (ROW_OF_TYPE[type] ?? `(${graph.typeName(n)})`);
    const row = rows.get(name);
    if (row) {
      row.count++;
      row.shallow += shallow;
    } else rows.set(name, { count: 1, shallow });
  }
  return rows;
}

/** Class name of every key that was counted. */
function namesOf(scanner: NodeScanner, counts: Float64Array): Map<number, string> {
  const keys: number[] = [];
  const wanted = new Set<number>();
  for (let key = 0; key < counts.length; key++) {
    if (counts[key] === 0) continue;
    keys.push(key);
    if (key >= FIRST_NAME) wanted.add(key - FIRST_NAME);
  }
  const strings = scanner.strings(wanted);
  return new Map(
    keys.map((key) => {
      if (key >= FIRST_NAME) return [key, objectClassName(strings.get(key - FIRST_NAME) ?? "")];
      return [key, ROW_OF_TYPE[key] ?? `(${scanner.header.nodeTypeNames[key]})`];
    }),
  );
}

/** Object ids as bits, in pages that exist only where ids do: V8's ids are dense, those of native objects are not. */
export class IdBits {
  readonly #pages: (Uint32Array | undefined)[] = [];

  add(id: number): void {
    const page = id >>> 16;
    let words = this.#pages[page];
    if (!words) {
      words = new Uint32Array(2048);
      this.#pages[page] = words;
    }
    const bit = id & 0xffff;
    words[bit >>> 5] = (words[bit >>> 5] as number) | (1 << (bit & 31));
  }

  has(id: number): boolean {
    const words = this.#pages[id >>> 16];
    if (!words) return false;
    const bit = id & 0xffff;
    return ((words[bit >>> 5] as number) & (1 << (bit & 31))) !== 0;
  }
}

/**
 * Compares two files by object id: what is only in the newer one, and only in the older. Reads the older nodes
 * twice and keeps two bits per object. Both files must be of one epoch. Native objects have no lasting id and are
 * left out.
 */
export function compareRaw(before: NodeScanner, now: NodeScanner): Map<string, RawDifference> {
  const old = new IdBits();
  const fresh = new IdBits();
  const counts = {
    before: new Sums(),
    now: new Sums(),
    added: new Sums(),
    removed: new Sums(),
    addedBytes: new Sums(),
    removedBytes: new Sums(),
  };
  before.scan(({ count, id }) => {
    for (let i = 0; i < count; i++) old.add(id[i] as number);
  });
  now.scan(({ count, type, name, id, selfSize }) => {
    for (let i = 0; i < count; i++) {
      fresh.add(id[i] as number);
      if (selfSize[i] === 0 || isNativeId(id[i] as number)) continue;
      const key = keyOf(type[i] as number, name[i] as number);
      while (key >= counts.now.values.length) for (const sums of [counts.now, counts.added, counts.addedBytes]) sums.grow(key);
      (counts.now.values[key] as number)++;
      if (old.has(id[i] as number)) continue;
      (counts.added.values[key] as number)++;
      (counts.addedBytes.values[key] as number) += selfSize[i] as number;
    }
  });
  before.scan(({ count, type, name, id, selfSize }) => {
    for (let i = 0; i < count; i++) {
      if (selfSize[i] === 0 || isNativeId(id[i] as number)) continue;
      const key = keyOf(type[i] as number, name[i] as number);
      while (key >= counts.before.values.length) for (const sums of [counts.before, counts.removed, counts.removedBytes]) sums.grow(key);
      (counts.before.values[key] as number)++;
      if (fresh.has(id[i] as number)) continue;
      (counts.removed.values[key] as number)++;
      (counts.removedBytes.values[key] as number) += selfSize[i] as number;
    }
  });
  const rows = new Map<string, RawDifference>();
  const rowOf = (name: string): RawDifference => {
    let row = rows.get(name);
    if (!row) {
      row = { before: 0, now: 0, added: 0, removed: 0, addedBytes: 0, removedBytes: 0 };
      rows.set(name, row);
    }
    return row;
  };
  for (const [key, name] of namesOf(now, counts.now.values)) {
    const row = rowOf(name);
    row.now += counts.now.values[key] as number;
    row.added += counts.added.values[key] as number;
    row.addedBytes += counts.addedBytes.values[key] as number;
  }
  for (const [key, name] of namesOf(before, counts.before.values)) {
    const row = rowOf(name);
    row.before += counts.before.values[key] as number;
    row.removed += counts.removed.values[key] as number;
    row.removedBytes += counts.removedBytes.values[key] as number;
  }
  return rows;
}

// Types counted straight from the node records, without a graph: raw sizes as V8 wrote them, plain objects in one
// row. What it gives up (retained sizes, shapes, sizes moved to owners) buys a hundredth of the time and memory.

import { NodeType } from "../snapshot/format.ts";
import { FIRST_NAME } from "../snapshot/kernel.ts";
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

/** The types whose rows are classes, as bits: their keys are names; those of others are types. */
const NAMED: number = (1 << NodeType.object) | (1 << NodeType.native);

function keyOf(type: number, name: number): number {
  return (NAMED >>> type) & 1 ? name + FIRST_NAME : type;
}

const PAGE_BITS = 9;
const IN_PAGE = (1 << PAGE_BITS) - 1;

/** Some sums for each key, in pages that exist only where keys do: few of a snapshot's strings are names of classes. */
class Sums {
  readonly width: number;
  readonly #pages: (Float64Array | undefined)[] = [];

  /** @param width sums of each key; the first is a count. */
  constructor(width: number) {
    this.width = width;
  }

  /** The page of a key; its sums begin at `(key & IN_PAGE) * width`. */
  page(key: number): Float64Array {
    return this.#pages[key >>> PAGE_BITS] ?? this.#open(key >>> PAGE_BITS);
  }

  /** The sum number `i` of a key. */
  of(key: number, i: number): number {
    return this.page(key)[(key & IN_PAGE) * this.width + i] as number;
  }

  /** Keys that were counted, in order. */
  keys(): number[] {
    return this.#pages.flatMap((page, p) => {
      const first = p << PAGE_BITS;
      return page ? Array.from({ length: IN_PAGE + 1 }, (_, i) => first + i).filter((key) => this.of(key, 0) !== 0) : [];
    });
  }

  #open(number: number): Float64Array {
    const page = new Float64Array((IN_PAGE + 1) * this.width);
    this.#pages[number] = page;
    return page;
  }
}

/** Counts every node of the file by type. Nodes of size 0 are no objects of their own and are not counted. */
export function countRawTypes(scanner: NodeScanner): Map<string, RawCount> {
  const sums = new Map<number, RawCount>();
  scanner.tally(NAMED, (key, objects, bytes) => addTo(sums, key, objects, bytes));
  const rows = new Map<string, RawCount>();
  const keys = [...sums.keys()].sort((a, b) => a - b);
  for (const [key, name] of namesOf(scanner, keys)) {
    const { count, shallow } = sums.get(key) as RawCount;
    addTo(rows, name, count, shallow);
  }
  return rows;
}

function addTo<K>(rows: Map<K, RawCount>, key: K, count: number, shallow: number): void {
  const row = rows.get(key);
  if (row) {
    row.count += count;
    row.shallow += shallow;
  } else rows.set(key, { count, shallow });
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
    addTo(rows, name, 1, shallow);
  }
  return rows;
}

/** Class name of every key that was counted. */
function namesOf(scanner: NodeScanner, keys: readonly number[]): Map<number, string> {
  const wanted = keys.filter((key) => key >= FIRST_NAME).map((key) => key - FIRST_NAME);
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
  before.scan(({ count, id }) => {
    for (let i = 0; i < count; i++) old.add(id[i] as number);
  });
  const added = compareWith(now, old, fresh);
  const removed = compareWith(before, fresh, undefined);
  const rows = new Map<string, RawDifference>();
  const rowOf = (name: string): RawDifference => {
    let row = rows.get(name);
    if (!row) {
      row = { before: 0, now: 0, added: 0, removed: 0, addedBytes: 0, removedBytes: 0 };
      rows.set(name, row);
    }
    return row;
  };
  for (const [key, name] of namesOf(now, added.keys())) {
    const row = rowOf(name);
    row.now += added.of(key, 0);
    row.added += added.of(key, 1);
    row.addedBytes += added.of(key, 2);
  }
  for (const [key, name] of namesOf(before, removed.keys())) {
    const row = rowOf(name);
    row.before += removed.of(key, 0);
    row.removed += removed.of(key, 1);
    row.removedBytes += removed.of(key, 2);
  }
  return rows;
}

/** For each key: its objects, those of them that `others` does not have, and their bytes. Notes all ids in `seen`. */
function compareWith(scanner: NodeScanner, others: IdBits, seen: IdBits | undefined): Sums {
  const sums = new Sums(3);
  scanner.scan(({ count, type, name, id, selfSize }) => {
    for (let i = 0; i < count; i++) {
      seen?.add(id[i] as number);
      if (selfSize[i] === 0 || isNativeId(id[i] as number)) continue;
      const key = keyOf(type[i] as number, name[i] as number);
      const page = sums.page(key);
      const at = (key & IN_PAGE) * 3;
      (page[at] as number)++;
      if (others.has(id[i] as number)) continue;
      (page[at + 1] as number)++;
      (page[at + 2] as number) += selfSize[i] as number;
    }
  });
  return sums;
}

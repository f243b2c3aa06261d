// Which abstract paths gain without end, in objects or in bytes, and which only look like it.

import { isScopeWord } from "../../graph/abstractPaths.ts";
import { PathFlag } from "../../graph/pathBook.ts";
import type { GrowthRounds, LastHeap } from "./growthRounds.ts";
import { judgeBytes, judgeTrend, type Trend } from "./trend.ts";

/** A path and what its series says. */
export interface Candidate {
  readonly path: number;
  readonly measure: "objects" | "bytes";
  readonly series: readonly number[];
  readonly trend: Trend;
}

export interface Candidates {
  /** Paths that grow and lie below no other that does. */
  readonly growing: readonly Candidate[];
  readonly open: readonly Candidate[];
  /** What changed much and is accused of nothing. */
  readonly cleared: readonly Candidate[];
}

/** Objects that a window must gain for a path to be worth a word; strings come along by the dozen. */
const OBJECTS_PER_WINDOW = 2;
const TEXTS_PER_WINDOW = 10;
/** Bytes that a steady number of objects must gain in all. */
const LEAST_BYTES = 24 * 1024;
/** Bytes that an object in a table accounts for: its entry, and the room that a table has to grow. */
const BYTES_PER_ENTRY = 32;
/** From this part of its bytes on a table is as big as what is in it makes it. */
const EXPLAINED = 0.25;
/** Changes below this are not even listed as looked at. */
const NOTABLE = 40;

/** Judges every path of the rounds so far. */
export function findCandidates(rounds: GrowthRounds, last: LastHeap): Candidates {
  const { book } = rounds;
  const all = new Map<number, Candidate>();
  const bodies = new Bodies(rounds, last);
  for (let path = 1; path < book.size; path++) {
    if (book.has(path, PathFlag.plumbing | PathFlag.v8 | PathFlag.passing)) continue;
    const found = byObjects(rounds, last, path) ?? bodies.judge(path);
    if (found) all.set(path, found);
  }
  for (const found of byType(rounds, last, all)) all.set(found.path, found);
  dropTables(rounds, all);
  const growing = [...all.values()].filter(({ trend }) => trend.kind === "grows");
  const isTop = topmost(rounds, new Set(growing.map(({ path }) => path)));
  const open = [...all.values()].filter(({ trend }) => trend.kind === "still open");
  const isOpenTop = topmost(rounds, new Set([...growing, ...open].map(({ path }) => path)));
  return {
    growing: growing.filter(({ path }) => isTop(path)),
    open: open.filter(({ path }) => isOpenTop(path)),
    cleared: [...all.values()].filter(({ trend }) => trend.kind !== "grows" && trend.kind !== "still open"),
  };
}

function byObjects(rounds: GrowthRounds, last: LastHeap, path: number): Candidate | undefined {
  const primitive = rounds.book.has(path, PathFlag.primitive);
  const series = rounds.counts(path);
  const windows = series.length - 1;
  const least = (primitive ? TEXTS_PER_WINDOW : OBJECTS_PER_WINDOW) * Math.max(1, windows);
  const lowest = Math.min(...series);
  const change = Math.max(...series) - lowest;
  const born = rounds.bornOn(last, path);
  const newest = born?.[windows] ?? 0;
  if (change < least && newest < NOTABLE) return undefined;
  const trend = judgeTrend({ values: series, seconds: rounds.seconds(), born, least });
  if (trend.kind === "steady" || trend.kind === "too little") return undefined;
  if (trend.kind !== "grows" && trend.kind !== "still open" && Math.max(change, newest) < NOTABLE) return undefined;
  return { path, measure: "objects", series, trend };
}

/** Bytes of a path with the parts of its objects: tables, elements, backing stores. */
class Bodies {
  readonly #rounds: GrowthRounds;
  readonly #bodies: Float64Array[] = [];
  /** Bytes of the last round that were there in the first: a body that only consists of them moved here, it did not grow. */
  readonly #old: Float64Array;
  /** Objects and texts that each path's object holds itself, in the last round. */
  readonly #held: Float64Array;

  constructor(rounds: GrowthRounds, last: LastHeap) {
    this.#rounds = rounds;
    const { book } = rounds;
    for (let round = 0; round < rounds.count; round++) this.#bodies.push(rounds.bytesOf(round));
    this.#old = Float64Array.from(last.oldBytes);
    this.#held = new Float64Array(book.size);
    for (let path = 1; path < book.size; path++) {
      if (book.has(path, PathFlag.plumbing)) continue;
      const owner = book.above(path);
      this.#held[owner] = (this.#held[owner] as number) + rounds.ends(path).last;
    }
    for (const body of [...this.#bodies, this.#old]) {
      // Parts come after what they are parts of.
      for (let path = book.size - 1; path > 0; path--) {
        if (!book.has(path, PathFlag.plumbing) || book.has(path, PathFlag.v8)) continue;
        const owner = book.parent(path);
        body[owner] = (body[owner] as number) + (body[path] as number);
      }
    }
  }

  judge(path: number): Candidate | undefined {
    const first = this.#bodies[0]?.[path] ?? 0;
    const now = this.#bodies.at(-1)?.[path] ?? 0;
    const before = Math.max(first, this.#old[path] ?? 0);
    if (now - before < LEAST_BYTES || now < before * 1.02) return undefined;
    // A table grows with what is in it, a filling cache's too: whether that gathers, the counts of the objects tell.
    if ((this.#held[path] as number) * BYTES_PER_ENTRY >= EXPLAINED * now) return undefined;
    const { book } = this.#rounds;
    const word = book.words.word(book.type(path));
    // Functions grow with what V8 learns of them, Node's own native tables with what is entered there.
    if (word.startsWith("f ") || word.startsWith("Node / ") || this.#rounds.ends(path).first === 0) return undefined;
    const series = this.#bodies.map((body) => body[path] ?? 0);
    const trend = judgeBytes({ values: series, least: LEAST_BYTES });
    return trend.kind === "steady" || trend.kind === "too little" ? undefined : { path, measure: "bytes", series, trend };
  }
}

/**
 * Objects that two paths lead to at the same price may change sides between two rounds, and then neither path grows. Their
 * type does: what grows as a type and on no path is looked for where most of its new objects are.
 */
function byType(rounds: GrowthRounds, last: LastHeap, known: ReadonlyMap<number, Candidate>): Candidate[] {
  const { book } = rounds;
  const byType = new Map<number, number[]>();
  for (let path = 1; path < book.size; path++) {
    if (book.has(path, PathFlag.plumbing | PathFlag.v8 | PathFlag.passing | PathFlag.primitive)) continue;
    const list = byType.get(book.type(path));
    if (list) list.push(path);
    else byType.set(book.type(path), [path]);
  }
  const grows = (path: number): boolean => {
    for (let at = path; at > 0; at = book.parent(at)) if (known.get(at)?.trend.kind === "grows") return true;
    return false;
  };
  const found: Candidate[] = [];
  for (const [type, paths] of byType) {
    if (isScopeWord(book.words.word(type)) || paths.length < 2 || paths.length > 2000) continue;
    const values = sumOf(paths.map((path) => rounds.counts(path)));
    const windows = values.length - 1;
    const least = Math.max(OBJECTS_PER_WINDOW * windows, 6);
    if ((values[windows] as number) - (values[0] as number) < least) continue;
    const born = last.born && sumOf(paths.map((path) => rounds.bornOn(last, path) as number[]));
    const trend = judgeTrend({ values, seconds: rounds.seconds(), born, least });
    if (trend.kind !== "grows") continue;
    const young = (path: number): number => {
      const ages = rounds.bornOn(last, path);
      const { first, last: now } = rounds.ends(path);
      return ages ? ages.slice(1).reduce((a, b) => a + b, 0) : now - first;
    };
    const best = paths.reduce((a, b) => (young(b) > young(a) ? b : a));
    const total = values[windows] as number;
    if (paths.some(grows) || young(best) < (total - (values[0] as number)) / 2) continue;
    found.push({ path: best, measure: "objects", series: values, trend });
  }
  return found;
}

function sumOf(series: readonly (readonly number[])[]): number[] {
  const total = new Array<number>(series[0]?.length ?? 0).fill(0);
  for (const one of series) for (const [i, value] of one.entries()) total[i] = (total[i] as number) + value;
  return total;
}

/** A holder whose table grows with what is in it: what gathers says more. */
function dropTables({ book }: GrowthRounds, all: Map<number, Candidate>): void {
  for (const { path, measure, trend } of [...all.values()]) {
    if (measure !== "objects" || trend.kind !== "grows") continue;
    for (let at = book.parent(path); at > 0; at = book.parent(at)) {
      if (all.get(at)?.measure === "bytes") all.delete(at);
      if (!book.has(at, PathFlag.plumbing)) break;
    }
  }
}

/** What grows below something that grows is its consequence. */
function topmost(rounds: GrowthRounds, grows: ReadonlySet<number>): (path: number) => boolean {
  const { book } = rounds;
  return (path) => {
    for (let at = book.parent(path); at > 0; at = book.parent(at)) if (grows.has(at)) return false;
    return true;
  };
}

import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeOffHeap } from "../../../src/analysis/hunt/offHeap.ts";
import type { Counters } from "../../../src/analysis/hunt/result.ts";
import { judgeBytes, judgeTrend, type TrendKind } from "../../../src/analysis/hunt/trend.ts";

const least = 6;

test.each<{ name: string; values: number[]; born?: number[]; kind: TrendKind }>([
  { name: "a leak, its objects all there", values: [100, 200, 300, 400], born: [100, 100, 100, 100], kind: "grows" },
  { name: "a leak that varies", values: [0, 13, 21, 29, 44], born: [0, 13, 8, 8, 15], kind: "grows" },
  { name: "a leak of few objects", values: [7, 9, 12, 14, 17, 19], born: [7, 2, 3, 2, 3, 2], kind: "grows" },
  { name: "counts alone", values: [100, 210, 290, 405], kind: "grows" },
  { name: "nothing", values: [5, 5, 5, 5], born: [5, 0, 0, 0], kind: "steady" },
  { name: "next to nothing", values: [5, 5, 6, 6], born: [5, 0, 1, 0], kind: "too little" },
  { name: "a full cache whose entries change", values: [50, 50, 50, 50], born: [0, 0, 0, 50], kind: "replaced" },
  { name: "requests in flight, more by accident", values: [10, 25, 40, 60], born: [0, 0, 0, 60], kind: "replaced" },
  { name: "a cache that was filling and is full", values: [10, 60, 100, 100], born: [10, 50, 40, 0], kind: "full" },
  { name: "a batch that was flushed", values: [10, 300, 20, 30], born: [10, 0, 0, 20], kind: "falls back" },
  { name: "a batch not yet flushed", values: [10, 20, 600], born: [10, 5, 585], kind: "replaced" },
  { name: "two rounds", values: [10, 200], born: [10, 190], kind: "still open" },
  { name: "growth that slows down", values: [0, 400, 600, 700, 750], born: [0, 400, 200, 100, 50], kind: "still open" },
  { name: "one wave, then little", values: [10, 10, 10, 400], born: [10, 0, 0, 390], kind: "replaced" },
])("$name: $kind", ({ values, born, kind }) => {
  expect(judgeTrend({ values, born, least, seconds: values.map((_, i) => 10 * i) }).kind).toBe(kind);
});

test("windows of unlike length are weighed by their length", () => {
  const values = [0, 10, 20, 120, 130];
  expect(judgeTrend({ values, least, seconds: [0, 10, 20, 120, 130] })).toEqual({ kind: "grows", grewIn: 4, of: 4 });
});

test("a straight line grows, whatever its slope and where it begins", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 5000 }),
      fc.integer({ min: 0, max: 100_000 }),
      fc.integer({ min: 4, max: 20 }),
      (slope, begin, rounds) => {
        const values = Array.from({ length: rounds }, (_, i) => begin + slope * i);
        const born = values.map((_, i) => (i === 0 ? begin : slope));
        expect(judgeTrend({ values, born, least: 2 * (rounds - 1) }).kind).toBe("grows");
        expect(judgeTrend({ values, least: 2 * (rounds - 1) }).kind).toBe("grows");
      },
    ),
  );
});

test("what ends where it began never grows", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 3, maxLength: 12 }), (middle) => {
      const values = [7, ...middle, 7];
      expect(["grows", "still open"]).not.toContain(judgeTrend({ values, least }).kind);
    }),
  );
});

test.each<{ name: string; values: number[]; kind: TrendKind }>([
  { name: "a buffer replaced by a bigger one each time", values: [1e5, 2e5, 3e5, 4e5], kind: "grows" },
  { name: "an array that doubles now and then", values: [4e4, 4e4, 8e4, 8e4, 16e4], kind: "grows" },
  { name: "a table that grew once", values: [4e4, 8e4, 8e4, 8e4], kind: "full" },
  { name: "a table that grew twice and rests", values: [28_816, 57_488, 114_832, 114_832], kind: "still open" },
  { name: "a table that grew twice and rests long", values: [28_816, 57_488, 114_832, 114_832, 114_832, 114_832], kind: "full" },
  { name: "a buffer that is emptied", values: [4e4, 8e4, 1e4, 9e4], kind: "falls back" },
  { name: "one jump and then a trickle", values: [80, 24_136, 24_136, 25_096, 25_096], kind: "full" },
  { name: "little", values: [4e4, 4.1e4, 4.2e4, 4.3e4], kind: "too little" },
])("bytes: $name: $kind", ({ values, kind }) => {
  expect(judgeBytes({ values, least: 24 * 1024 }).kind).toBe(kind);
});

// ── outside the heap ──────────────────────────────────────────────────────────────────────────────────────────

/** Readings once a second; `outside` says what is neither heap nor external. */
function stretch(from: number, count: number, outside: (second: number) => number, heapPace = 0): Counters[] {
  return Array.from({ length: count }, (_, i) => {
    const [heapTotal, external] = [6e6 + heapPace * (from + i), 2e6];
    return {
      seconds: from + i,
      rss: heapTotal + external + outside(from + i),
      heapUsed: 5e6,
      heapTotal,
      external,
      arrayBuffers: 1e5,
      handles: 3,
    };
  });
}

test("a native leak shows before the first snapshot, and in the levels after each", () => {
  const pace = (second: number): number => 40e6 + 1.5e6 * second;
  const flat = (level: number) => (): number => level;
  const rising = [stretch(0, 7, pace), stretch(10, 10, flat(80e6)), stretch(22, 10, flat(98e6)), stretch(34, 10, flat(116e6))];
  expect(judgeOffHeap(rising, [])).toMatchObject({ grows: true, outside: 1.5e6, heap: 0, external: 0 });
  const warmUp = [stretch(0, 7, pace), stretch(10, 10, flat(80e6)), stretch(22, 10, flat(81e6)), stretch(34, 10, flat(80e6))];
  expect(judgeOffHeap(warmUp, [])).toMatchObject({ grows: false });
  const bySnapshots = [stretch(0, 7, flat(40e6)), stretch(10, 10, flat(80e6)), stretch(22, 10, flat(98e6)), stretch(34, 10, flat(116e6))];
  expect(judgeOffHeap(bySnapshots, [])).toMatchObject({ grows: false });
});

test("what snapshots leave with the allocator becomes less each time, and what V8 gives back may stay with the process", () => {
  const pace = (second: number): number => 45e6 + 0.32e6 * second;
  const flat = (level: number) => (): number => level;
  const settling = [stretch(0, 7, pace), stretch(10, 10, flat(78.7e6)), stretch(22, 10, flat(82.6e6)), stretch(34, 10, flat(84.3e6))];
  expect(judgeOffHeap(settling, [])).toMatchObject({ grows: false });
  const steadyRss = [0, 10, 22, 34].map((from) => stretch(from, 7, (second) => 40e6 + 0.4e6 * second, -0.4e6));
  expect(judgeOffHeap(steadyRss, [])).toMatchObject({ grows: false });
});

test("what V8 commits and gives back is no growth of the process", () => {
  // As read from a cache that replaces its pages: memory of the process, of which the heap.
  const readings = [
    [53.4, 9.7],
    [54.3, 9.7],
    [55.4, 14.4],
    [56.4, 14.4],
    [57, 14.4],
    [55.4, 11.8],
    [53.3, 7.8],
  ] as const;
  const calm = readings.map(([rss, heapTotal], seconds) => ({
    ...{ seconds, heapUsed: 5e6, external: 1.4e6, arrayBuffers: 1e5, handles: 3 },
    ...{ rss: rss * 1e6, heapTotal: heapTotal * 1e6 },
  }));
  const level = (from: number, value: number): Counters[] => stretch(from, 7, () => value);
  expect(judgeOffHeap([calm, level(10, 103e6), level(22, 112e6), level(34, 122e6)], [])).toMatchObject({ grows: false });
});

test("what V8 keeps beside a growing heap is no leak outside of it", () => {
  const beside = (second: number): number => 40e6 + 0.2e6 * second;
  const rounds = (heapPace: number): Counters[][] => [0, 10, 22, 34].map((from) => stretch(from, 7, beside, heapPace));
  expect(judgeOffHeap(rounds(2e6), [])).toMatchObject({ grows: false });
  expect(judgeOffHeap(rounds(0), [])).toMatchObject({ grows: true });
});

test("too few readings say nothing", () => {
  expect(judgeOffHeap([], [])).toBeUndefined();
  expect(judgeOffHeap([stretch(0, 2, () => 1e6)], [])).toBeUndefined();
});

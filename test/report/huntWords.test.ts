import { describe, expect, test } from "vitest";
import type { Cleared, SuspectKind } from "../../src/analysis/hunt/result.ts";
import { adviceFor, clearedWords, growthWords, headlineWords, kindWords, offHeapAdvice, verdictWords } from "../../src/report/huntWords.ts";
import { leak, listeners, log, offHeap, sessions } from "./huntResults.ts";

/** Written as records, so that a kind without its row here does not compile. */
const KINDS: Readonly<Record<SuspectKind, RegExp>> = {
  map: /Delete from cache .*LRU/,
  set: /Delete from cache .*WeakSet/,
  array: /Take out of cache/,
  dictionary: /Delete keys from cache .*Map with a bound/,
  listener: /off cache .*removeListener\(\).*once\(\).*AbortSignal/,
  timer: /clearInterval\(\) or clearTimeout\(\)/,
  promise: /settle .*Promise\.race\(\)/,
  "async context": /AsyncLocalStorage\.run\(\)/,
  list: /Cut cache off/,
  "closure chain": /share one scope/,
  "weak map": /holds the keys/,
  "module cache": /require\.cache/,
  handle: /destroy\(\), close\(\) or terminate\(\)/,
  buffer: /Buffer\.from\(slice\)/,
  text: /\+=/,
  code: /Compile once/,
  object: /what cache holds/,
};

describe("every kind has a name and a sentence of what to do", () => {
  test.each(Object.entries(KINDS) as [SuspectKind, RegExp][])("%s", (kind, says) => {
    const advice = adviceFor(kind, "cache");
    expect(advice).toMatch(says);
    expect(advice).toMatch(/^[A-Z][^\n]*\.$/);
    expect(advice.length).toBeLessThan(320);
    expect(adviceFor(kind)).not.toMatch(/undefined/);
    expect(kindWords(kind)).toMatch(/^[a-z]/);
  });

  test("no two say the same", () => {
    const kinds = Object.keys(KINDS) as SuspectKind[];
    expect(new Set(kinds.map((kind) => adviceFor(kind))).size).toBe(kinds.length);
    expect(new Set(kinds.map(kindWords)).size).toBe(kinds.length);
  });

  test("a long name does not bury the advice", () => {
    expect(adviceFor("map", "n".repeat(5000)).length).toBeLessThan(250);
    expect(adviceFor("map", "")).toContain("Delete from the holder");
  });
});

test("growth in words: by objects, by bytes, per run, and without times", () => {
  expect(headlineWords(sessions)).toBe("Session +200/s (+3.1 MB/min, 92 % of all growth, 5 of 5 rounds)");
  expect(headlineWords(listeners)).toBe("onTick() +1.1/s (+140 kB/min, +11 per run, 4.1 % of all growth, 5 of 5 rounds)");
  expect(headlineWords(log)).toBe("AccessLog.pending +227 kB/min (no more objects, 3 % of all growth, 3 of 5 rounds)");
  const timeless = { objectsPerSecond: undefined, bytesPerSecond: undefined, objectsPerRun: 2.5, of: 1, grewIn: 1 };
  expect(growthWords({ ...sessions, ...timeless })).toEqual({
    rate: "+10,419",
    facts: ["+2.7 MB", "+2.5 per run", "92 % of all growth", "1 of 1 round"],
  });
});

test("why not, and the verdict", () => {
  const reasons: Readonly<Record<Cleared["why"], string>> = {
    steady: "same",
    replaced: "take the place",
    full: "bound",
    "fills up": "fills up",
    "falls back": "falls back",
    passing: "passes",
    V8: "V8",
    "too little": "too little",
    "still open": "not decided",
  };
  for (const [why, says] of Object.entries(reasons)) expect(clearedWords(why as Cleared["why"])).toContain(says);
  expect(["leak", "no leak", "undecided"].map((verdict) => verdictWords(verdict as "leak"))).toEqual([
    "leak found",
    "no leak found",
    "undecided",
  ]);
});

test("outside the heap: owners first where V8 names some, nothing where nothing grows", () => {
  const { offHeap: grown } = offHeap;
  expect(grown && offHeapAdvice(grown)).toMatch(/^Look first at the owners .*MALLOC_ARENA_MAX=2/);
  expect(grown && offHeapAdvice({ ...grown, native: [] })).toMatch(/^Start the program once/);
  expect(leak.offHeap && offHeapAdvice(leak.offHeap)).toBeUndefined();
});

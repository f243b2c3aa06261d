// The rule of `expectNoLeak`: what stays with every run is growth, whatever else comes and goes.
import fc from "fast-check";
import { expect, test } from "vitest";
import { growsWithRuns, swells } from "../../src/analysis/withRuns.ts";

const RUNS = [10, 20, 10, 20, 70, 10];

test("whatever stays with each run is found, however much of the last round is still on its way", () => {
  const rate = fc.integer({ min: 1, max: 1000 });
  fc.assert(
    fc.property(rate, fc.nat(3), fc.nat(50), (perRun, onceARound, onItsWay) => {
      const counts = RUNS.map((runs) => runs * perRun + Math.min(onceARound, perRun));
      counts.push((counts.pop() as number) + Math.min(onItsWay, perRun));
      return growsWithRuns(counts, RUNS);
    }),
  );
  // one in every third run
  expect(growsWithRuns([3, 7, 3, 7, 23, 4], RUNS)).toBe(true);
});

test("what comes once a round, fills up, is replaced, or is only on its way is no growth", () => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      (count) =>
        !growsWithRuns(
          RUNS.map(() => count),
          RUNS,
        ),
    ),
  );
  fc.assert(fc.property(fc.nat(1000), (count) => !growsWithRuns([0, 0, 0, 0, 0, count], RUNS)));
  // a cache with a bound: the oldest go, or no more come
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 129 }), (bound) => {
      let left = bound;
      const newest = [...RUNS].reverse().map((runs) => {
        const stay = Math.min(left, runs);
        left -= stay;
        return stay;
      });
      return !growsWithRuns(newest.reverse(), RUNS);
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 129 }), (bound) => {
      let left = bound;
      const oldest = RUNS.map((runs) => {
        const stay = Math.min(left, runs);
        left -= stay;
        return stay;
      });
      return !growsWithRuns(oldest, RUNS);
    }),
  );
});

test("a table that grows by leaps swells; one that stops, shrinks or gains a little does not", () => {
  expect(swells([184, 392, 392, 704, 704, 1200, 1900], RUNS)).toBe(true);
  expect(swells([184, 392, 704, 704, 704, 704, 704], RUNS)).toBe(false);
  expect(swells([184, 392, 704, 504, 704, 1200, 1900], RUNS)).toBe(false);
  expect(swells([184, 200, 210, 220, 230, 240, 250], RUNS)).toBe(false);
  expect(swells([500, 500, 500, 500, 500, 500, 1900], RUNS)).toBe(false);
});

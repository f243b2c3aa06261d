// What grew, round by round, against objgraph's rules: the baseline is the highest count so far unless told otherwise.
import fc from "fast-check";
import { expect, test } from "vitest";
import { addRound, type BaselineMode, type GrowthRound, type GrowthState, newGrowthState } from "../../src/analysis/growth.ts";
import type { HeapGraph } from "../../src/graph/heapGraph.ts";
import { buildHeap } from "../builder/heap.ts";

type Counts = Readonly<Record<string, number>>;

/** A heap with so many objects of each class; `size` bytes each. */
function heapOf(counts: Counts, size = 40): HeapGraph {
  return buildHeap((h) => {
    for (const [type, count] of Object.entries(counts)) for (let i = 0; i < count; i++) h.object(type, { size });
  });
}

async function rounds(series: readonly Counts[], baseline: BaselineMode, state = newGrowthState()): Promise<Record<string, number>[]> {
  const told: Record<string, number>[] = [];
  for (const counts of series) told.push(deltas(await addRound(state, heapOf(counts), { baseline, limit: 0 })));
  return told;
}

function deltas({ rows }: GrowthRound): Record<string, number> {
  return Object.fromEntries(rows.map((row) => [row.type, row.delta]));
}

test("a type that drops from 100 to 60 and comes back to 90 has not grown over its peak", async () => {
  const series = [100, 60, 90, 100, 101].map((n) => ({ Session: n }));
  expect(await rounds(series, "peak")).toEqual([{}, {}, {}, {}, { Session: 1 }]);
  expect(await rounds(series, "previous")).toEqual([{}, {}, { Session: 30 }, { Session: 10 }, { Session: 1 }]);
  expect(await rounds(series, "first")).toEqual([{}, {}, {}, {}, { Session: 1 }]);
});

test("a type that appears later began at 0", async () => {
  const series = [{ A: 5 }, { A: 5, B: 2 }, { A: 6, B: 3 }];
  expect(await rounds(series, "first")).toEqual([{}, { B: 2 }, { B: 3, A: 1 }]);
  expect(await rounds(series, "peak")).toEqual([{}, { B: 2 }, { B: 1, A: 1 }]);
});

test("a type that was gone has its peak still", async () => {
  const series = [{ A: 5 }, {}, { A: 4 }, { A: 7 }];
  expect(await rounds(series, "peak")).toEqual([{}, {}, {}, { A: 2 }]);
  expect(await rounds(series, "previous")).toEqual([{}, {}, { A: 4 }, { A: 3 }]);
});

test("random series, against the definitions", async () => {
  const series = fc.array(fc.record({ A: fc.nat(6), B: fc.nat(6), C: fc.nat(2) }), { minLength: 2, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(series, fc.constantFrom<BaselineMode>("peak", "previous", "first"), async (list, mode) => {
      const told = await rounds(list, mode);
      list.forEach((now, i) => {
        const before = list.slice(0, i);
        const expected = Object.entries(now).flatMap(([type, count]) => {
          const past = before.map((counts) => (counts as Counts)[type] as number);
          const base = mode === "peak" ? Math.max(...past) : mode === "first" ? past[0] : past.at(-1);
          return i > 0 && count > (base as number) ? [[type, count - (base as number)] as const] : [];
        });
        expect(told[i]).toEqual(Object.fromEntries(expected));
      });
    }),
    { numRuns: 150 },
  );
});

test("the state is plain JSON: a hunt goes on after it was written down", async () => {
  const series = [{ A: 3 }, { A: 5 }, { A: 4 }, { A: 9 }];
  const whole = await rounds(series, "peak");
  let state = newGrowthState();
  const told: Record<string, number>[] = [];
  for (const counts of series) {
    told.push(...(await rounds([counts], "peak", state)));
    state = JSON.parse(JSON.stringify(state)) as GrowthState;
  }
  expect(told).toEqual(whole);
});

test("class names that are property names of every object", async () => {
  const state = newGrowthState();
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  await addRound(state, heapOf({}));
  const heap = buildHeap((h) => names.forEach((name) => void h.object(name)));
  const { rows } = await addRound(JSON.parse(JSON.stringify(state)) as GrowthState, heap, { limit: 0 });
  expect(rows.map((row) => [row.type, row.total, row.delta]).sort()).toEqual(names.map((name) => [name, 1, 1]).sort());
});

test("the same number of objects but more bytes is growth too", async () => {
  const state = newGrowthState();
  await addRound(state, heapOf({ Buffer: 4 }, 40));
  const { rows, heapDelta } = await addRound(state, heapOf({ Buffer: 4 }, 400));
  expect(rows).toMatchObject([{ type: "Buffer", delta: 0, bytesDelta: 4 * 360, bytes: 1600, trend: [4, 4], grewIn: 0, of: 1 }]);
  expect(heapDelta).toBe(4 * 360);
});

test("trend, rounds grown in, limit and order", async () => {
  const state = newGrowthState();
  let last: GrowthRound | undefined;
  for (let i = 1; i <= 30; i++) last = await addRound(state, heapOf({ A: i, B: i * 2, C: i % 2 }), { limit: 1, baseline: "first" });
  expect(last?.rows).toMatchObject([{ type: "B", total: 60, delta: 58, grewIn: 19, of: 19 }]);
  expect(last?.rows[0]?.trend).toEqual([2, ...Array.from({ length: 19 }, (_, i) => (i + 12) * 2)]);
  expect(last?.omitted).toBe(1);
  expect(last?.round).toBe(30);
});

test("V8's own rows are left out and counted", async () => {
  const state = newGrowthState();
  await addRound(state, heapOf({}));
  const heap = stringsAnd(9);
  const round = await addRound(state, heap, { limit: 2 });
  expect(round.rows.map((row) => row.type)).toEqual(["Session", "(string)"]);
  expect(round.internal).toEqual({ rows: 1, delta: 4, bytesDelta: 4 * 32 });
  const all = await addRound(await addFirst(), heap, { internals: true, limit: 0 });
  expect(all.rows.map((row) => row.type)).toContain("(array)");
});

test("the strings of an object do not push it out of the table, nor a stray object a leak of strings", async () => {
  const few = await addRound(await addFirst(), stringsAnd(19), { limit: 1 });
  expect(few.rows.map((row) => row.type)).toEqual(["Session"]);
  const many = await addRound(await addFirst(), stringsAnd(21), { limit: 1 });
  expect(many.rows.map((row) => row.type)).toEqual(["(string)"]);
});

/** That many strings, four of V8's arrays, and one Session. */
function stringsAnd(strings: number): HeapGraph {
  return buildHeap((h) => {
    for (let i = 0; i < strings; i++) h.text(`${i}`);
    for (let i = 0; i < 4; i++) h.array(2);
    h.object("Session");
  });
}

async function addFirst(): Promise<GrowthState> {
  const state = newGrowthState();
  await addRound(state, heapOf({}));
  return state;
}

// ── plain objects, whose rows depend on the shapes known ────────────────────────────────────────────────────────

/** `Object`s by the one property that they have. */
function plainObjects(counts: Counts): HeapGraph {
  return buildHeap((h) => {
    const value = h.text("v");
    for (const [property, count] of Object.entries(counts)) {
      for (let i = 0; i < count; i++) h.property(h.object("Object"), property, value);
    }
  });
}

test("a shape seen for the first time is counted in the round before as well", async () => {
  const state = newGrowthState();
  const first = plainObjects({ common: 3000, id: 2 });
  await addRound(state, first, {});
  expect(state.shapes).toEqual([["common"]]);
  const round = await addRound(state, plainObjects({ common: 3000, id: 9 }), {}, async () => first);
  expect(round.rows.map((row) => [row.type, row.delta])).toEqual([["{id}", 7]]);
});

test("what was split off does not stay in the peak of the row it came from", async () => {
  const state = newGrowthState();
  const first = plainObjects({ common: 3000, id: 2 });
  await addRound(state, first, {});
  await addRound(state, plainObjects({ common: 3000, id: 9 }), {}, async () => first);
  const round = await addRound(state, plainObjects({ common: 3000, id: 9, odd: 1 }), {});
  expect(round.rows.map((row) => [row.type, row.delta])).toEqual([["Object", 1]]);
});

test("without the round before, a new shape began at 0", async () => {
  const state = newGrowthState();
  await addRound(state, plainObjects({ id: 2 }), {});
  const round = await addRound(state, plainObjects({ id: 2, user: 5 }), {});
  expect(round.rows.map((row) => [row.type, row.delta])).toEqual([["{user}", 5]]);
});

// objgraph's get_new_ids: which ids are in one snapshot and not in the other.
import fc from "fast-check";
import { expect, test } from "vitest";
import { IdSet, newObjects } from "../../src/analysis/newObjects.ts";
import { NodeType } from "../../src/snapshot/format.ts";
import { graphOf } from "../builder/columns.ts";

// V8 numbers its own objects odd.
const odd = (n: number): number => 2 * n + 1;
const ids = fc.uniqueArray(fc.integer({ min: 1, max: 60 }).map(odd), { minLength: 1, maxLength: 20 });
const typeOf = (id: number): string => ["A", "B", "C"][((id - 1) / 2) % 3] as string;

function heapOf(list: readonly number[]): ReturnType<typeof graphOf> {
  return graphOf({ nodes: list.map((id) => ({ type: NodeType.object, name: typeOf(id), id, size: 8 * (1 + (id % 5)) })), edges: [] });
}

test("added and removed by type, against set arithmetic", () => {
  fc.assert(
    fc.property(ids, ids, (old, now) => {
      const result = newObjects(heapOf(old), heapOf(now), { limit: 0, ids: 0 });
      const expected = ["A", "B", "C"].flatMap((type) => {
        const before = old.filter((id) => typeOf(id) === type);
        const after = now.filter((id) => typeOf(id) === type);
        const fresh = after.filter((id) => !before.includes(id)).sort((a, b) => b - a);
        const gone = before.filter((id) => !after.includes(id));
        if (fresh.length + gone.length === 0) return [];
        const bytes = fresh.reduce((sum, id) => sum + 8 * (1 + (id % 5)), 0);
        return [{ type, before: before.length, now: after.length, added: fresh.length, removed: gone.length, bytes, ids: fresh }];
      });
      expect([...result.rows].sort((a, b) => (a.type < b.type ? -1 : 1))).toEqual(expected);
      expect(result.added).toBe(now.filter((id) => !old.includes(id)).length);
      expect(result.removed).toBe(old.filter((id) => !now.includes(id)).length);
      const net = result.rows.map((row) => row.added - row.removed);
      expect(net).toEqual([...net].sort((a, b) => b - a));
    }),
    { numRuns: 500 },
  );
});

test("rows and ids are cut, and the cut is told", () => {
  const result = newObjects(heapOf([odd(3)]), heapOf([3, 6, 9, 12, 15, 18, 21, 24, 4, 7].map(odd)), { limit: 1 });
  expect(result.rows).toMatchObject([{ type: "A", added: 7, ids: [24, 21, 18, 15, 12].map(odd) }]);
  expect([result.omitted, result.added]).toEqual([1, 9]);
});

test("native objects have even ids that do not last: they are neither new nor gone", () => {
  const result = newObjects(
    graphOf({ nodes: [{ type: NodeType.native, name: "Node / TCP", id: 8, size: 64 }], edges: [] }),
    graphOf({ nodes: [{ type: NodeType.native, name: "Node / TCP", id: 10, size: 64 }], edges: [] }),
  );
  expect(result).toMatchObject({ rows: [], added: 0, removed: 0 });
});

test("a set of ids has what it was given", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffffffff })), fc.integer({ min: 0, max: 0xffffffff }), (list, other) => {
      const set = new IdSet(Uint32Array.from(list));
      expect(list.every((id) => set.has(id))).toBe(true);
      expect(set.has(other)).toBe(list.includes(other));
    }),
  );
});

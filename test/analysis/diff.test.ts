// Two snapshots by class, against DevTools' definition of its Comparison view done the slow way.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type DiffRow, diffRaw, diffSnapshots } from "../../src/analysis/diff.ts";
import type { HeapGraph } from "../../src/graph/heapGraph.ts";
import { NodeType } from "../../src/snapshot/format.ts";
import { arbitraryHeap } from "../builder/arbitrary.ts";
import { graphOf, type PlainHeap, type PlainNode } from "../builder/columns.ts";
import { buildHeap } from "../builder/heap.ts";
import { naiveShallow } from "../builder/naive.ts";
import { naiveClassNames, naiveShapes } from "../builder/naiveClasses.ts";

type Sums = Record<string, { added: number; removed: number; addedSize: number; removedSize: number }>;

/** Per class, a merge of both lists of objects sorted by id. */
function naiveDiff(before: PlainHeap, now: PlainHeap): Sums {
  const shapes = naiveShapes(now);
  const listed = (heap: PlainHeap): { id: number; size: number; type: string }[] => {
    const [sizes, names] = [naiveShallow(heap), naiveClassNames(heap, shapes)];
    return heap.nodes
      .map(({ id }, n) => ({ id, size: sizes[n] as number, type: names[n] as string }))
      .filter(({ size }) => size > 0)
      .sort((a, b) => a.id - b.id);
  };
  const [old, fresh] = [listed(before), listed(now)];
  const sums: Sums = {};
  for (const type of new Set([...old, ...fresh].map((object) => object.type))) {
    const [a, b] = [old.filter((object) => object.type === type), fresh.filter((object) => object.type === type)];
    const row = { added: 0, removed: 0, addedSize: 0, removedSize: 0 };
    while (a.length > 0 || b.length > 0) {
      const [first, second] = [a[0]?.id ?? Number.POSITIVE_INFINITY, b[0]?.id ?? Number.POSITIVE_INFINITY];
      const gone = first <= second ? a.shift() : undefined;
      const come = second <= first ? b.shift() : undefined;
      if (gone && come) continue;
      if (gone) row.removed++;
      if (come) row.added++;
      row.removedSize += gone?.size ?? 0;
      row.addedSize += come?.size ?? 0;
    }
    if (row.added + row.removed > 0) sums[type] = row;
  }
  return sums;
}

function sumsOf(rows: readonly DiffRow[]): Sums {
  return Object.fromEntries(
    rows.map(({ type, added, removed, addedSize, removedSize }) => [type, { added, removed, addedSize, removedSize }]),
  );
}

/** The heap with some ids moved on, as if those objects had been replaced. */
function withOtherIds(heap: PlainHeap, moved: readonly boolean[]): PlainHeap {
  return { ...heap, nodes: heap.nodes.map((node, n) => ({ ...node, id: moved[n % moved.length] ? node.id + 1000 : node.id })) };
}

test("every row, against a merge of both lists by id", () => {
  fc.assert(
    fc.property(
      arbitraryHeap(14, 30),
      arbitraryHeap(14, 30),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
      (old, other, moved) => {
        for (const now of [other, withOtherIds(old, moved)]) {
          const result = diffSnapshots(graphOf(old), graphOf(now), { limit: 0, internals: true });
          const expected = naiveDiff(old, now);
          expect(sumsOf(result.rows)).toEqual(expected);
          const all = Object.values(expected);
          expect(result.total.added).toBe(all.reduce((sum, row) => sum + row.added, 0));
          expect(result.total.sizeDelta).toBe(all.reduce((sum, row) => sum + row.addedSize - row.removedSize, 0));
          for (const row of result.rows) {
            expect([row.delta, row.sizeDelta]).toEqual([row.added - row.removed, row.addedSize - row.removedSize]);
          }
        }
      },
    ),
    { numRuns: 400 },
  );
});

function nodes(...list: readonly Partial<PlainNode>[]): HeapGraph {
  const root = { type: NodeType.synthetic, name: "", id: 1, size: 0 };
  return graphOf({ nodes: [root, ...list.map((node) => ({ type: NodeType.object, name: "A", id: 3, size: 8, ...node }))], edges: [] });
}

test("an object of another class than before is deleted there and new here", () => {
  const before = nodes({ type: NodeType.consString, name: "ab", size: 32 });
  const now = nodes({ type: NodeType.string, name: "ab", size: 24 });
  expect(sumsOf(diffSnapshots(before, now).rows)).toEqual({
    "(string)": { added: 1, removed: 0, addedSize: 24, removedSize: 0 },
    "(concatenated string)": { added: 0, removed: 1, addedSize: 0, removedSize: 32 },
  });
});

test("an object that only grew is neither, and ids of native objects are ids too", () => {
  expect(diffSnapshots(nodes({ size: 8 }), nodes({ size: 80 })).rows).toEqual([]);
  const handle = (id: number): HeapGraph => nodes({ type: NodeType.native, name: "Node / TCP", id });
  expect(diffSnapshots(handle(8), handle(10)).rows).toMatchObject([{ type: "Node / TCP", added: 1, removed: 1, delta: 0 }]);
});

test("an id that several nodes have is matched as often as both have it", () => {
  const result = diffSnapshots(nodes({}, {}, { name: "B" }, { name: "B" }), nodes({}, {}, {}, { name: "B" }));
  expect(sumsOf(result.rows)).toEqual({
    A: { added: 1, removed: 0, addedSize: 8, removedSize: 0 },
    B: { added: 0, removed: 1, addedSize: 0, removedSize: 8 },
  });
});

/** Plain objects `{name}` and `{id}`, by how many of each. */
function plainObjects(names: number, ids: number): HeapGraph {
  return buildHeap((h) => {
    const value = h.text("v");
    for (const [property, count] of [["name", names] as const, ["id", ids] as const]) {
      for (let i = 0; i < count; i++) h.property(h.object("Object", { id: (property === "id" ? 10_001 : 101) + 2 * i }), property, value);
    }
  });
}

test("both snapshots are split by the shapes of the newer one", () => {
  const [before, now] = [plainObjects(5, 1), plainObjects(1, 4)];
  const own = [...before.shapes];
  // `{name}` is too rare to be a row in the newer snapshot, so the five of the older one count as `Object`.
  expect(sumsOf(diffSnapshots(before, now).rows)).toMatchObject({ "{id}": { added: 3, removed: 0 }, Object: { added: 0, removed: 4 } });
  expect(before.shapes).toEqual(own);
});

test("classes of one name are rows of their own, told apart by their place", () => {
  const heap = (lines: readonly number[]): HeapGraph =>
    buildHeap((h) => {
      h.at(h.closure("Item", h.moduleScope("file:///app/lib/a.js", {}), "file:///app/lib/a.js"), 3, 0);
      h.moduleScope("file:///app/b.js", {});
      lines.forEach((line, i) => void h.at(h.object("Item", { id: 1001 + 2 * i }), 3, line, 7));
    });
  const { rows } = diffSnapshots(heap([4, 4]), heap([4, 4, 9, 9]));
  expect(rows.map(({ type, classKey, location, added }) => [type, classKey, location, added])).toEqual([
    ["Item", "3,9,7,Item", "lib/a.js:10", 2],
  ]);
});

test("order, limit, and V8's own rows", () => {
  const before = nodes({ name: "Old", id: 3, size: 400 });
  const now = nodes(
    ...[5, 7, 9].map((id) => ({ name: "Many", id, size: 8 })),
    { name: "Big", id: 11, size: 100 },
    { type: NodeType.hidden, name: "system / Map", id: 13, size: 40 },
  );
  const types = (options: object): string[] => diffSnapshots(before, now, options).rows.map((row) => row.type);
  expect(types({})).toEqual(["Big", "Many", "Old"]);
  expect(types({ sort: "delta" })).toEqual(["Many", "Big", "Old"]);
  expect(types({ sort: "removedSize", limit: 1 })).toEqual(["Old"]);
  expect(types({ internals: true })).toContain("(system)");
  const cut = diffSnapshots(before, now, { limit: 1 });
  expect(cut).toMatchObject({
    omitted: 2,
    internal: { rows: 1, delta: 1, sizeDelta: 40 },
    total: { added: 5, removed: 1, sizeDelta: -236 },
  });
});

test("a raw comparison becomes the same table", () => {
  const result = diffRaw(
    new Map([
      ["A", { added: 2, removed: 1, addedBytes: 16, removedBytes: 8 }],
      ["Same", { added: 0, removed: 0, addedBytes: 0, removedBytes: 0 }],
    ]),
  );
  expect(result.rows).toEqual([
    { type: "A", classKey: ",A", location: undefined, added: 2, removed: 1, delta: 1, addedSize: 16, removedSize: 8, sizeDelta: 8 },
  ]);
  expect(result).toMatchObject({ raw: true, omitted: 0, total: { added: 2, removed: 1 } });
});

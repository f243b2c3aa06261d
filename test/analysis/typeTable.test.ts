// Counts and sizes by type, against a count by hand and what removing all objects of a type would free.
import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePredicate } from "../../src/analysis/predicates.ts";
import { countTypes, isInternalType, mostCommonTypes } from "../../src/analysis/typeTable.ts";
import { arbitraryHeap } from "../builder/arbitrary.ts";
import { graphOf } from "../builder/columns.ts";
import { buildHeap } from "../builder/heap.ts";
import { bruteForceDominators, bruteForceRetained, naiveShallow } from "../builder/naive.ts";
import { naiveClassNames, naiveShapes } from "../builder/naiveClasses.ts";

test("every row, by hand", () => {
  fc.assert(
    fc.property(arbitraryHeap(14, 30), (heap) => {
      const graph = graphOf(heap);
      const names = naiveClassNames(heap, naiveShapes(heap));
      const sizes = naiveShallow(heap);
      const idom = bruteForceDominators(heap);
      const retained = bruteForceRetained(heap);
      const shown = heap.nodes.map((_, n) => n).filter((n) => (sizes[n] as number) > 0);
      const above = (n: number): number[] => (n === 0 ? [] : [idom[n] as number, ...above(idom[n] as number)]);
      const rows = [...new Set(shown.map((n) => names[n] as string))].map((type) => {
        const nodes = shown.filter((n) => names[n] === type);
        // What lies below another object of the type is in that one's retained size already.
        const tops = nodes.filter((n) => !above(n).some((d) => nodes.includes(d)));
        const sum = (list: readonly number[], of: readonly number[]): number => list.reduce((total, n) => total + (of[n] as number), 0);
        return { type, count: nodes.length, shallow: sum(nodes, sizes), retained: sum(tops, retained) };
      });
      const table = mostCommonTypes(graph, { limit: 0, internals: true });
      const byType = (a: { type: string }, b: { type: string }): number => (a.type < b.type ? -1 : 1);
      const found = table.rows.map(({ type, count, shallow, retained: bytes }) => ({ type, count, shallow, retained: bytes }));
      expect(found.sort(byType)).toEqual(rows.sort(byType));
      expect(table.total).toEqual({ count: shown.length, shallow: heap.nodes.reduce((sum, node) => sum + node.size, 0) });
      expect([...countTypes(graph).values()].map(({ type, count }) => [type, count]).sort()).toEqual(
        rows.map(({ type, count }) => [type, count]).sort(),
      );
      const plain = mostCommonTypes(graph, { limit: 2 });
      const open = rows.filter((row) => !isInternalType(row.type));
      expect(plain.rows.length + plain.omitted).toBe(open.length);
      // Of a few types it finds retained sizes in another way.
      for (const row of plain.rows) expect(row).toEqual(table.rows.find(({ type }) => type === row.type));
      const few = mostCommonTypes(graph, { limit: 3, internals: true }).rows;
      expect(few).toEqual(table.rows.slice(0, few.length));
      expect(plain.internal.count).toBe(rows.filter((row) => isInternalType(row.type)).reduce((sum, row) => sum + row.count, 0));
    }),
    { numRuns: 800 },
  );
});

test("order, ties in heap order, filter", () => {
  const graph = buildHeap((h) => {
    for (const name of ["B", "A", "C", "C", "C", "A", "B"]) h.object(name, { size: name === "A" ? 800 : 80 });
  });
  const types = (options: object): string[] => mostCommonTypes(graph, options).rows.map((row) => row.type);
  const own = (options: object): string[] => types({ filter: parsePredicate("A,B,C"), ...options });
  expect(own({})).toEqual(["C", "B", "A"]);
  expect(own({ sort: "shallow" })).toEqual(["A", "C", "B"]);
  expect(own({ limit: 1 })).toEqual(["C"]);
  expect(own({ filter: parsePredicate("B,A") })).toEqual(["B", "A"]);
  expect(own({ filter: () => false })).toEqual([]);
});

test("nothing at all is an empty table, not a crash", () => {
  const graph = graphOf({ nodes: [{ type: 9, name: "", id: 1, size: 0 }], edges: [] });
  expect(mostCommonTypes(graph)).toMatchObject({ rows: [], omitted: 0, total: { count: 0, shallow: 0 } });
});

test("long names tell classes of one name apart, with their place", () => {
  const graph = buildHeap((h) => {
    h.at(h.closure("Item", h.moduleScope("file:///app/lib/a.js", {}), "file:///app/lib/a.js"), 3, 0);
    h.moduleScope("file:///app/b.js", {});
    for (const line of [4, 4, 9]) h.at(h.object("Item"), 3, line);
  });
  const rows = mostCommonTypes(graph, { long: true, filter: parsePredicate("Item & object") }).rows;
  expect(rows.map(({ type, location, count }) => [type, location, count])).toEqual([
    ["Item", "lib/a.js:5", 2],
    ["Item", "lib/a.js:10", 1],
  ]);
});

// What is remembered of a heap counts as the heap itself does, by any shapes.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newGrowthState } from "../../src/analysis/growth.ts";
import { countTypes } from "../../src/analysis/typeTable.ts";
import { recounted, remembered } from "../../src/breakpoint/growthMemory.ts";
import { HeapGraph } from "../../src/graph/heapGraph.ts";
import { decode } from "../builder/columns.ts";
import { type SnapshotFiles, writeSnapshots } from "../support/snapshots.ts";

let files: SnapshotFiles;
beforeAll(() => {
  files = writeSnapshots();
});
afterAll(() => files.remove());

test.each([
  ["its own shapes", (graph: HeapGraph) => graph.shapes],
  ["none", () => []],
  ["one that many have", () => [["constructor"]]],
  ["a narrower and a wider one", () => [["configurable"], ["configurable", "enumerable"]]],
])("%s", (_, shapesOf) => {
  const graph = new HeapGraph(decode(readFileSync(files.after)));
  const shapes = shapesOf(graph);
  // Through JSON, as it is kept.
  const memory = JSON.parse(JSON.stringify(remembered(newGrowthState(), graph, undefined)));
  const sorted = (counts: ReadonlyMap<string, unknown>): unknown[] => [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  const expected = [...countTypes(graph, shapes)].map(([type, { count, shallow }]) => [type, { type, count, shallow }] as const);
  expect(sorted(recounted(memory, shapes))).toEqual(sorted(new Map(expected)));
});

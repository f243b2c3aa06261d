// Sizes that were begun before the strings were there are those that one thread computes from the whole snapshot.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { mostCommonTypes } from "../../src/analysis/typeTable.ts";
import { EarlySizes } from "../../src/graph/earlySizes.ts";
import { HeapGraph } from "../../src/graph/heapGraph.ts";
import type { SnapshotColumns } from "../../src/snapshot/columns.ts";
import { EdgeLabel, TYPE_OF_LABEL } from "../../src/snapshot/edgeLabels.ts";
import { EdgeType } from "../../src/snapshot/format.ts";
import { PracticeHeap } from "../../src/snapshot/practice.ts";
import { byWriteHeapSnapshot, otherNodes, temporaryFolder } from "../builder/captures.ts";
import { fastColumns } from "../builder/fastColumns.ts";

const { path: folder, remove } = temporaryFolder();
afterAll(remove);

const opened = (file: Buffer): Promise<SnapshotColumns> => fastColumns(file, folder);

/** As columns are before there are names. */
function unnamed(columns: SnapshotColumns): SnapshotColumns {
  return { ...columns, edgeLabel: columns.edgeLabel.map((label) => TYPE_OF_LABEL[label] as number) };
}

async function early(columns: SnapshotColumns, begunWith = unnamed(columns)): Promise<{ graph: HeapGraph; isUsed: boolean }> {
  const sizes = new EarlySizes();
  await sizes.begin(begunWith);
  let isUsed = false;
  const finish = sizes.finish.bind(sizes);
  sizes.finish = async (...given) => {
    const done = await finish(...given);
    isUsed = done !== undefined;
    return done;
  };
  const graph = new HeapGraph(columns, { early: sizes });
  await graph.computeSizes();
  return { graph, isUsed };
}

function expectAlike(one: HeapGraph, columns: SnapshotColumns): void {
  const alone = new HeapGraph(columns);
  expect(Array.from(one.shallowSizes)).toEqual(Array.from(alone.shallowSizes));
  expect(Array.from(one.retainedSizes)).toEqual(Array.from(alone.retainedSizes));
  expect(one.dominators.dominator).toEqual(alone.dominators.dominator);
  expect(one.distances).toEqual(alone.distances);
  const everything = { limit: 0, internals: true };
  expect(mostCommonTypes(one, everything)).toEqual(mostCommonTypes(alone, everything));
}

test("the thread is built where it is looked for", () => {
  expect(existsSync(fileURLToPath(new URL("../../dist/graph/earlySizesThread.js", import.meta.url)))).toBe(true);
});

test.each([
  ["this Node", process.execPath, {}],
  ["this Node with V8's internals", process.execPath, { exposeInternals: true }],
  ...otherNodes.map((node) => [node, node, {}] as const),
] as const)("the same sizes: %s", async (_, node, options) => {
  const columns = await opened(byWriteHeapSnapshot(folder, { exposeNumericValues: true, ...options }, node));
  expect(columns.weakPairs.edge.length).toBeGreaterThan(0);
  const { graph, isUsed } = await early(columns);
  expect(isUsed).toBe(true);
  expectAlike(graph, columns);
});

test("a wrong guess of what names would say is noticed", async () => {
  const columns = await opened(byWriteHeapSnapshot(folder, {}));
  const table = columns.edgeLabel.indexOf(EdgeLabel.weakPairOfTable);
  const odd = unnamed(columns);
  odd.edgeLabel[table - 1] = EdgeType.hidden;
  const { graph, isUsed } = await early(columns, odd);
  expect(isUsed).toBe(false);
  expectAlike(graph, columns);
});

test("a thread that has ended costs nothing but time", async () => {
  const columns = new PracticeHeap().decode();
  const sizes = new EarlySizes();
  const spared = sizes.begin(unnamed(columns));
  await sizes.end();
  await spared;
  const graph = new HeapGraph(columns, { early: sizes });
  await graph.computeSizes();
  expectAlike(graph, columns);
});

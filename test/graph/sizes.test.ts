// Sizes by two threads and with lent columns are the sizes that one thread computes.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { mostCommonTypes } from "../../src/analysis/typeTable.ts";
import { computeDominators, dominatorsInSteps } from "../../src/graph/dominators.ts";
import { edgePolicyOf } from "../../src/graph/edgePolicy.ts";
import { HeapGraph } from "../../src/graph/heapGraph.ts";
import type { SnapshotColumns } from "../../src/snapshot/columns.ts";
import { arbitraryHeap } from "../builder/arbitrary.ts";
import { bySignal, byWriteHeapSnapshot, temporaryFolder } from "../builder/captures.ts";
import { columnsOf } from "../builder/columns.ts";
import { fastColumns } from "../builder/fastColumns.ts";

const { path: folder, remove } = temporaryFolder();
afterAll(remove);

const opened = (file: Buffer): Promise<SnapshotColumns> => fastColumns(file, folder);

test("the second thread is built where it is looked for", () => {
  expect(existsSync(fileURLToPath(new URL("../../dist/graph/sizesThread.js", import.meta.url)))).toBe(true);
});

test.each([
  ["with a user root", () => bySignal(folder)],
  ["with V8's internals", () => byWriteHeapSnapshot(folder, { exposeInternals: true })],
])("two threads say what one says: %s", async (_, capture) => {
  const columns = await opened(await capture());
  const one = new HeapGraph(columns);
  await one.computeSizes({ threads: 1 });
  const two = new HeapGraph(columns);
  await two.computeSizes({ threads: 2 });
  expect(two.shallowSizes).toEqual(one.shallowSizes);
  expect(two.distances).toEqual(one.distances);
  expect(Array.from(two.retainedSizes)).toEqual(Array.from(one.retainedSizes));
  expect(mostCommonTypes(two, { limit: 0, internals: true })).toEqual(mostCommonTypes(one, { limit: 0, internals: true }));
});

test("dominators in steps of any length are the same", () => {
  fc.assert(
    fc.property(arbitraryHeap(), fc.integer({ min: 1, max: 9 }), (heap, step) => {
      const columns = columnsOf(heap);
      const policy = edgePolicyOf(columns);
      const whole = computeDominators(columns, policy);
      const steps = dominatorsInSteps(columns, policy, { step });
      let taken = 0;
      let last = steps.next();
      for (; last.done !== true; last = steps.next()) taken++;
      expect(taken).toBeGreaterThanOrEqual(Math.floor((2 * columns.nodeCount - 2) / step / 2));
      expect(last.value.order).toEqual(whole.order);
      expect(last.value.idom).toEqual(whole.idom);
    }),
    { numRuns: 300 },
  );
});

test.each([
  [1, "at once"],
  [2, "at once"],
  [1, "after a step"],
  [2, "after a step"],
] as const)("whoever thinks better of it gets no sizes, and gets them later (%i threads, %s)", async (threads, when) => {
  const columns = await opened(await bySignal(folder));
  const graph = new HeapGraph(columns);
  const cancel = new AbortController();
  const waiting = graph.computeSizes({ threads, signal: cancel.signal });
  const abort = (): void => cancel.abort(new Error("cancelled"));
  if (when === "at once") abort();
  else setImmediate(abort);
  await expect(waiting).rejects.toThrow("cancelled");
  await graph.computeSizes({ threads });
  const other = new HeapGraph(columns);
  expect(Array.from(graph.retainedSizes)).toEqual(Array.from(other.retainedSizes));
  expect(graph.distances).toEqual(other.distances);
});

test("ids that were lent are read again", async () => {
  const columns = await opened(await bySignal(folder));
  const ids = Array.from(columns.nodeId);
  const graph = new HeapGraph(columns);
  await graph.computeSizes({ ids: false, threads: 2 });
  const rows = mostCommonTypes(graph, { limit: 0 });
  expect(Array.from(columns.nodeId)).toEqual(ids);
  expect(graph.byId(ids[100] as number)).toBe(100);
  expect(mostCommonTypes(new HeapGraph(columns), { limit: 0 })).toEqual(rows);
});

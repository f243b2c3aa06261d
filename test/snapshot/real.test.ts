// Snapshots of real processes, node by node and edge by edge against an independent parser.
import { afterAll, expect, test } from "vitest";
import { HeapGraph } from "../../src/graph/heapGraph.ts";
import { byInspector, bySignal, byWriteHeapSnapshot, otherNodes, temporaryFolder } from "../builder/captures.ts";
import { decode, fileOf, unpacked } from "../builder/columns.ts";
import { referenceNodes } from "../builder/parserAdapter.ts";
import { parsed } from "../builder/rewrite.ts";

const { path: folder, remove } = temporaryFolder();
afterAll(remove);

/** All nodes and edges alike; returns the graph, for more questions. */
function compare(file: Buffer): HeapGraph {
  const graph = new HeapGraph(decode(file));
  const { columns } = graph;
  const reference = referenceNodes(parsed(file));
  expect(graph.nodeCount).toBe(reference.length);
  expect(graph.nodeCount).toBeGreaterThan(10_000);
  const wrong: unknown[] = [];
  let edges = 0;
  reference.forEach((node, n) => {
    const ours = {
      type: graph.typeName(n),
      name: graph.name(n),
      id: graph.id(n) as number,
      selfSize: graph.rawSize(n),
      edges: Array.from({ length: graph.endEdge(n) - graph.firstEdge(n) }, (_, i) => {
        const e = graph.firstEdge(n) + i;
        return `${columns.edgeTypeNames[graph.edgeType(e)]} ${graph.edgeName(e)} @${graph.id(graph.edgeTo(e))}`;
      }),
    };
    edges += node.edges.length;
    if (JSON.stringify(ours) !== JSON.stringify(node)) wrong.push({ ours, theirs: node });
  });
  expect(wrong.slice(0, 3)).toEqual([]);
  expect(graph.edgeCount).toBe(edges);
  return graph;
}

const named = (graph: HeapGraph, name: string): number[] => {
  const found: number[] = [];
  for (let n = 0; n < graph.nodeCount; n++) if (graph.name(n) === name && graph.typeName(n) === "object") found.push(n);
  return found;
};

test.each([{}, { exposeNumericValues: true }, { exposeInternals: true }, { exposeInternals: true, exposeNumericValues: true }])(
  "v8.writeHeapSnapshot(%j)",
  (options) => {
    const graph = compare(byWriteHeapSnapshot(folder, options));
    // The class itself has a prototype of the same name.
    expect(named(graph, "Session").filter((n) => graph.edgeNamed(n, "constructor") === undefined)).toHaveLength(4);
    expect(graph.policy.userRoots.length).toBe("exposeInternals" in options ? 0 : 1);
    const halves = named(graph, "Session")
      .map((n) => graph.follow(n, "half"))
      .filter((n) => n !== undefined);
    const values = halves.map((n) => graph.numberText(n)).sort();
    expect(values).toEqual("exposeNumericValues" in options ? ["1.5", "2.5", "3.5", "4.5"] : values.map(() => undefined));
  },
);

test("--heapsnapshot-signal", async () => {
  compare(await bySignal(folder));
});

test("HeapProfiler.takeHeapSnapshot of an inspector session", () => {
  const graph = compare(byInspector(folder, { captureNumericValue: true, exposeInternals: true }));
  expect(graph.policy.userRoots).toEqual([]);
});

test.each(otherNodes)("%s", (node) => {
  const graph = compare(byWriteHeapSnapshot(folder, { exposeNumericValues: true }, node));
  expect(graph.totalSize).toBeGreaterThan(2e6);
  expect(graph.policy.userRoots).toHaveLength(1);
});

test("written out again, a real heap is the same", () => {
  const columns = decode(byWriteHeapSnapshot(folder, {}));
  const again = decode(fileOf(columns));
  expect(unpacked(again)).toEqual(unpacked(columns));
});

test("odd strings arrive as the program made them", () => {
  const graph = new HeapGraph(decode(byWriteHeapSnapshot(folder, {})));
  const texts = new Set<string>();
  for (let n = 0; n < graph.nodeCount; n++) if (graph.isPrimitive(n)) texts.add(graph.text(n, 2000));
  for (const text of ['quote " backslash \\ newline \n nul ', "left part of a long string, piece 0;piece 1;"]) {
    expect([...texts].some((one) => one.startsWith(text))).toBe(true);
  }
});

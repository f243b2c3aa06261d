// A list of three hundred thousand nodes, deeper than any stack: nothing may recurse, nothing may be quadratic, and all of it must be right.
import { expect, test } from "vitest";
import { retainingPaths } from "../../src/analysis/paths.ts";
import { HeapGraph } from "../../src/graph/heapGraph.ts";
import { encodeSnapshot } from "../../src/snapshot/encode.ts";
import { EdgeType, NodeType } from "../../src/snapshot/format.ts";
import { columnsOf, decode, type PlainEdge, type PlainNode } from "../builder/columns.ts";

const LENGTH = 300_000;

/** root -> global -> list -> Edit -> Edit -> …, each with a way back to the one before it. */
function listHeap(): HeapGraph {
  const nodes: PlainNode[] = [
    { type: NodeType.synthetic, name: "", id: 1, size: 0 },
    { type: NodeType.object, name: "global / ", id: 3, size: 32 },
    { type: NodeType.object, name: "History", id: 5, size: 32 },
  ];
  const edges: PlainEdge[] = [
    { from: 0, type: EdgeType.shortcut, name: "1", to: 1 },
    { from: 1, type: EdgeType.property, name: "history", to: 2 },
    { from: 2, type: EdgeType.property, name: "latest", to: 3 },
  ];
  for (let i = 0; i < LENGTH; i++) {
    const n = nodes.push({ type: NodeType.object, name: "Edit", id: 7 + 2 * i, size: 40 }) - 1;
    if (i > 0) edges.push({ from: n, type: EdgeType.property, name: "next", to: n - 1 });
    if (i < LENGTH - 1) edges.push({ from: n, type: EdgeType.property, name: "previous", to: n + 1 });
  }
  return new HeapGraph(decode(...encodeSnapshot(columnsOf({ nodes, edges }))));
}

test("a linked list of three hundred thousand objects", () => {
  const graph = listHeap();
  const last = graph.nodeCount - 1;
  expect(last).toBe(LENGTH + 2);
  expect([graph.retainers.first[last], graph.retainers.first[last + 1]]).toEqual([graph.edgeCount - 1, graph.edgeCount]);
  expect(graph.distance(last)).toBe(LENGTH + 2);
  expect(graph.dominator(last)).toBe(last - 1);
  expect(graph.dominator(3)).toBe(2);
  expect(graph.retainedSize(3)).toBe(40 * LENGTH);
  expect(graph.retainedSize(last - 9)).toBe(400);
  expect(graph.dominates(2, last)).toBe(true);
  expect(graph.rootPaths.costOf(last)).toBe(graph.rootPaths.costOf(3) + 10 * (LENGTH - 1));
  expect(graph.rootPaths.pathTo(last)?.nodes).toHaveLength(LENGTH + 2);
  expect(graph.rootPaths.pathAvoiding(last, new Set([LENGTH / 2]))).toBeUndefined();
  const { paths } = retainingPaths(graph, last);
  expect(paths[0]?.steps.map(({ object, folded }) => [object.title, folded])).toEqual([
    ["History", 0],
    ["Edit", 0],
    ["Edit", 0],
    ["Edit", LENGTH - 3],
  ]);
});

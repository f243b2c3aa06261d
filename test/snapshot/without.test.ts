// A heap with some nodes taken out, against the same rule written naively over nodes as objects.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HeapGraph } from "../../src/graph/heapGraph.ts";
import { without } from "../../src/snapshot/without.ts";
import { decode } from "../builder/columns.ts";
import { type SnapshotFiles, writeSnapshots } from "../support/snapshots.ts";

let files: SnapshotFiles;
beforeAll(() => {
  files = writeSnapshots();
});
afterAll(() => files.remove());

/** Each node as one line: id, type, name, size, place, class, and its edges by type, name and target. */
function lines(graph: HeapGraph, keep: (n: number) => boolean, follow: (e: number) => boolean): Map<number, string> {
  const found = new Map<number, string>();
  for (let n = 0; n < graph.nodeCount; n++) {
    if (!keep(n)) continue;
    const edges: string[] = [];
    for (let e = graph.firstEdge(n); e < graph.endEdge(n); e++) {
      if (!follow(e) || !keep(graph.edgeTo(e))) continue;
      edges.push(`${graph.edgeLabel(e)} ${graph.edgeName(e)} @${graph.id(graph.edgeTo(e))} ${graph.policy.weakMapTable(e)}`);
    }
    const at = graph.locationOf(n);
    found.set(graph.id(n), `${graph.typeName(n)} ${graph.name(n)} ${graph.rawSize(n)} ${JSON.stringify(at)} ${edges.join("|")}`);
  }
  return found;
}

/** Nodes reachable from the root without the unwanted nodes and edges. */
function reachable(graph: HeapGraph, nodes: ReadonlySet<number>, unwanted: (e: number) => boolean): Set<number> {
  const reached = new Set([0]);
  for (const n of reached) {
    for (let e = graph.firstEdge(n); e < graph.endEdge(n); e++) {
      const to = graph.edgeTo(e);
      if (!nodes.has(to) && !unwanted(e)) reached.add(to);
    }
  }
  return reached;
}

test("every node and edge that stays is as it was", () => {
  const graph = new HeapGraph(decode(readFileSync(files.after)));
  const sessions = [...Array(graph.nodeCount).keys()].filter((n) => graph.name(n) === "Session" && graph.typeName(n) === "object");
  const nodes = new Set(sessions.slice(0, 30));
  const oneIn = (e: number): boolean => e % 1009 === 7;
  const edges = new Set([...Array(graph.edgeCount).keys()].filter(oneIn));
  const left = new HeapGraph(without(decode(readFileSync(files.after)), { nodes, edges }));
  const reached = reachable(graph, nodes, oneIn);
  const expected = lines(
    graph,
    (n) => reached.has(n),
    (e) => !oneIn(e),
  );
  expect(left.nodeCount).toBe(expected.size);
  expect(left.nodeCount).toBeLessThan(graph.nodeCount - 30);
  const all = lines(
    left,
    () => true,
    () => true,
  );
  expect([...all.keys()]).toEqual([...expected.keys()]);
  const wrong = [...all].filter(([id, line]) => line !== expected.get(id));
  expect(wrong.slice(0, 2)).toEqual([]);
});

test("what only the unwanted nodes held goes with them", () => {
  const graph = new HeapGraph(decode(readFileSync(files.after)));
  const counts = (of: HeapGraph, type: string): number => {
    const c = of.classes.classes.findIndex(({ name }) => name === type);
    return c < 0 ? 0 : of.classes.classOf.filter((one, n) => one === c && of.shallowSize(n) > 0).length;
  };
  const [store] = [...Array(graph.nodeCount).keys()].filter((n) => graph.name(n) === "Store" && graph.edgeNamed(n, "byUser") !== undefined);
  const left = new HeapGraph(without(decode(readFileSync(files.after)), { nodes: [store as number] }));
  // The one made last is on the stack of the program that wrote the file.
  expect([counts(graph, "Session"), counts(left, "Session")]).toEqual([65, 1]);
  expect(left.totalSize).toBeLessThan(graph.totalSize);
});

// What debuggers hold is no reason for anything to live, whosever debugger it is.
import { expect, test } from "vitest";
import { retainingPaths } from "../../src/analysis/paths.ts";
import type { HeapGraph } from "../../src/graph/heapGraph.ts";
import { holdersOf } from "../../src/graph/holds.ts";
import { buildHeap } from "../builder/heap.ts";

const HANDLES = "(Global handles)";

function nodesNamed(graph: HeapGraph, name: string): number[] {
  return Array.from({ length: graph.nodeCount }, (_, n) => n).filter((n) => graph.name(n) === name);
}

function titles(graph: HeapGraph, nodes: Iterable<number>): string[] {
  return [...nodes].map((n) => graph.name(n)).sort();
}

test("scope objects and what only they lead to are left out, what the program holds as well is not", () => {
  const graph = buildHeap((h) => {
    const target = h.object("Target");
    const owner = h.global("owner", h.object("Owner"));
    h.property(owner, "target", target);
    const scope = h.object("ScopeObject");
    h.property(scope, "local", target);
    h.property(scope, "made", h.object("OfTheDebugger"));
    h.held(HANDLES, scope, "12 / DevTools debugger");
    h.held(HANDLES, target, "13 / DevTools console");
  });
  expect(titles(graph, graph.heldByDebuggers)).toEqual(["OfTheDebugger", "ScopeObject"]);
  const [target] = nodesNamed(graph, "Target");
  expect(
    titles(
      graph,
      holdersOf(graph, target as number).map(({ holder }) => holder),
    ),
  ).toEqual(["Owner"]);
});

test("a handle of the program on the same object makes it the program's, with all it holds", () => {
  const graph = buildHeap((h) => {
    const shared = h.object("Shared");
    h.property(shared, "part", h.object("Part"));
    h.held(HANDLES, shared, "12 / DevTools console");
    h.held(HANDLES, shared, "native");
  });
  expect(graph.heldByDebuggers.size).toBe(0);
});

test("without a debugger nothing is left out", () => {
  const graph = buildHeap((h) => {
    h.held(HANDLES, h.object("Native"), "native");
  });
  expect(graph.heldByDebuggers.size).toBe(0);
});

test("what a stopped call holds has the name of its variable, and is told before the interpreter's temporaries", () => {
  const graph = buildHeap((h) => {
    const list = h.object("List");
    const item = h.object("Item");
    h.property(list, "item", item);
    h.held("(Stack roots)", list);
    h.held("(Stack roots)", item);
  });
  const [list] = nodesNamed(graph, "List");
  const [item] = nodesNamed(graph, "Item");
  graph.stackNames = new Map([[list as number, "local list of f()"]]);
  const [path] = retainingPaths(graph, item as number).paths;
  expect(path?.root).toMatchObject({ kind: "stack", name: "stack" });
  expect(path?.steps.map(({ label }) => label)).toEqual([
    { kind: "root", name: "local list of f() (until it returns)" },
    { kind: "property", name: "item" },
  ]);
});

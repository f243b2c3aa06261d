// Cheapest root paths by Bellman and Ford: all edges, again and again, until nothing gets cheaper. Prices of steps
// are those of src (they are opinions); what is checked is that nothing cheaper exists.
import type { HeapGraph } from "../../src/graph/heapGraph.ts";
import { NO_COST } from "../../src/graph/rootPaths.ts";
import { developerRoots, isDebuggerHandle, rootCategories } from "../../src/graph/roots.ts";
import { EdgeType } from "../../src/snapshot/format.ts";

/** Price of beginning at each node where a path may begin. */
export function startCosts(graph: HeapGraph): Map<number, number> {
  const starts = new Map<number, number>();
  const offer = (node: number, cost: number): void => {
    starts.set(node, Math.min(cost, starts.get(node) ?? Number.POSITIVE_INFINITY));
  };
  const named = developerRoots(graph);
  for (const { node, cost } of named) offer(node, cost);
  for (const { node, cost } of rootCategories(graph)) {
    for (let e = graph.firstEdge(node); e < graph.endEdge(node); e++) {
      if (graph.edgeType(e) !== EdgeType.weak && !isDebuggerHandle(graph, e)) offer(graph.edgeTo(e), cost);
    }
  }
  for (const root of graph.policy.userRoots) if (!starts.has(root)) offer(root, 300);
  return starts;
}

/** Price of the cheapest path to each node, NO_COST where there is none. */
export function bruteForceCosts(graph: HeapGraph, avoid: ReadonlySet<number> = new Set()): number[] {
  const starts = startCosts(graph);
  const { costs } = graph.rootPaths;
  const cost = Array.from({ length: graph.nodeCount }, (_, n) => (avoid.has(n) ? NO_COST : (starts.get(n) ?? NO_COST)));
  for (let changed = true; changed; ) {
    changed = false;
    for (let n = 0; n < graph.nodeCount; n++) {
      if (cost[n] === NO_COST) continue;
      for (let e = graph.firstEdge(n); e < graph.endEdge(n); e++) {
        const to = graph.edgeTo(e);
        const step = costs.of(n, e);
        if (step < 0 || avoid.has(to) || (cost[n] as number) + step >= (cost[to] as number)) continue;
        cost[to] = (cost[n] as number) + step;
        changed = true;
      }
    }
  }
  return cost;
}

// The objects from which V8 copies `{ id, user }` each time that it is evaluated. They are objects like any other to a snapshot,
// but their properties may hold markers of V8's own, and a program that prints such a one ends in V8's fatal error.

import type { HeapGraph } from "../graph/heapGraph.ts";
import { EdgeType } from "../graph/kinds.ts";

const SITE = "system / AllocationSite";

/** The nodes that a program may have in its hands. */
export function withoutTemplates(graph: HeapGraph, nodes: readonly number[]): number[] {
  const templates = templatesIn(graph);
  return nodes.filter((n) => !templates.has(n));
}

function templatesIn(graph: HeapGraph): Set<number> {
  const { nodeName } = graph.columns;
  const isSite = new Map<number, boolean>();
  const found = new Set<number>();
  for (let n = 0; n < graph.nodeCount; n++) {
    const name = nodeName[n] as number;
    if (!isSite.has(name)) isSite.set(name, graph.name(n) === SITE);
    if (isSite.get(name) !== true) continue;
    const template = graph.follow(n, "transition_info", EdgeType.internal);
    if (template !== undefined) found.add(template);
  }
  return found;
}

// One object as a plain value: what every table, path and picture says about a node.

import { describe } from "../graph/describe.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import type { NodeKind } from "../graph/labels.ts";
import type { SourcePlace } from "../graph/scripts.ts";

export interface ObjectSummary {
  /** V8's object id, printed as @id. */
  readonly id: number;
  /** Class it is counted under. */
  readonly type: string;
  readonly kind: NodeKind;
  /** Heap text: class, function or scope name, or the text of a string. */
  readonly title: string;
  /** Heap text: `{id, user}`, `2,000 entries`. */
  readonly preview: string | undefined;
  /** `path:line` where its class or function was defined. */
  readonly location: string | undefined;
  /** The same place in full; line and column are 1-based. */
  readonly place: SourcePlace | undefined;
  /** Bytes; undefined where nobody asked for sizes and they would have taken longer than the answer (see `glance`). */
  readonly shallowSize: number | undefined;
  readonly retainedSize: number | undefined;
  /** DevTools' distance; undefined when only V8's plumbing reaches it, or with the sizes. */
  readonly distance: number | undefined;
}

export interface SizedSummary extends ObjectSummary {
  readonly shallowSize: number;
  readonly retainedSize: number;
}

/** Computes retained sizes and distances of the whole snapshot when first called on it. */
export function summarize(graph: HeapGraph, n: number): SizedSummary {
  return {
    ...facts(graph, n),
    shallowSize: graph.shallowSize(n),
    retainedSize: graph.retainedSize(n),
    distance: graph.distance(n),
  };
}

/**
 * The same, for answers that are not about sizes: in a big heap sizes are told only when they are known already. A
 * retaining path takes a third of the time that they do.
 */
export function glance(graph: HeapGraph, n: number): ObjectSummary {
  if (graph.sizesAtHand) return summarize(graph, n);
  return { ...facts(graph, n), shallowSize: undefined, retainedSize: undefined, distance: undefined };
}

function facts(graph: HeapGraph, n: number): Omit<ObjectSummary, "shallowSize" | "retainedSize" | "distance"> {
  const { kind, title, preview, location } = describe(graph, n);
  return {
    id: graph.id(n),
    type: graph.className(n),
    kind,
    title,
    preview,
    location,
    place: graph.scripts.placeOf(n),
  };
}

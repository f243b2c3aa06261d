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
  /** Bytes. */
  readonly shallowSize: number;
  readonly retainedSize: number;
  /** DevTools' distance; undefined when only V8's plumbing reaches it. */
  readonly distance: number | undefined;
}

/** Computes retained sizes and distances of the whole snapshot when first called on it. */
export function summarize(graph: HeapGraph, n: number): ObjectSummary {
  const { kind, title, preview, location } = describe(graph, n);
  return {
    id: graph.id(n),
    type: graph.className(n),
    kind,
    title,
    preview,
    location,
    place: graph.scripts.placeOf(n),
    shallowSize: graph.shallowSize(n),
    retainedSize: graph.retainedSize(n),
    distance: graph.distance(n),
  };
}

// A cache that fills grows like a leak until it is full. Most bounded ones say how much they may hold, in a property of
// the collection's owner: `max`, `limit`, `capacity`. Where that number is still above the count, growth proves nothing.

import type { HeapGraph } from "../../graph/heapGraph.ts";
import { EdgeType, NodeType } from "../../graph/kinds.ts";

const BOUND_NAME = /^[#_]?(?:max|maximum|limit|cap|capacity|bound|highwatermark)(?:[A-Z_].*)?$|(?:Max|Limit|Capacity|_max|_limit)$/i;
/** Names with these are about something else: a time, a depth, a single item. */
const OTHER_BOUND = /age|ttl|time|ms$|listeners|depth|length$|retries|attempts|delay|header|body/i;

/** A bound that somebody near the holder declares. */
export interface Bound {
  /** Name of the property, heap text. */
  readonly name: string;
  readonly value: number;
}

/**
 * The smallest declared bound above `count` among the number properties of the given objects (the holder and those that
 * hold it). Undefined when none is declared, or the count has passed it.
 */
export function boundAbove(graph: HeapGraph, owners: readonly number[], count: number): Bound | undefined {
  let best: Bound | undefined;
  for (const owner of owners) {
    const type = graph.type(owner);
    if (type !== NodeType.object && type !== NodeType.closure) continue;
    for (let e = graph.firstEdge(owner); e < graph.endEdge(owner); e++) {
      const edgeType = graph.edgeType(e);
      if (edgeType !== EdgeType.property && edgeType !== EdgeType.context) continue;
      const to = graph.edgeTo(e);
      if (graph.type(to) !== NodeType.number) continue;
      const name = graph.edgeName(e);
      if (!BOUND_NAME.test(name) || OTHER_BOUND.test(name)) continue;
      const value = Number(graph.numberText(to));
      if (!Number.isFinite(value) || value <= count || value > count * MOST_AHEAD + 1000) continue;
      if (!best || value < best.value) best = { name, value };
    }
  }
  return best;
}

/** A bound this many times above the count is none that matters. */
const MOST_AHEAD = 50;

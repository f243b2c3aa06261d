// objgraph's show_refs: what an object holds, outwards to a depth. The biggest parts come first, because a cut
// must leave what matters.

import type { HeapGraph } from "../graph/heapGraph.ts";
import { heldBy } from "../graph/holds.ts";
import type { HoldLabel } from "../graph/labels.ts";
import type { Picture } from "./picture.ts";
import { byClass, PictureBuilder, type PictureOptions } from "./pictureBuilder.ts";

/** The picture of what the targets hold: breadth-first, `maxDepth` (default 3) levels, `tooMany` (10) per card. */
export function refs(graph: HeapGraph, targets: readonly number[], options: PictureOptions = {}): Picture {
  const { maxDepth = 3, tooMany = 10, maxNodes = 40, extraIgnore, filter } = options;
  const builder = new PictureBuilder(graph, options);
  const queue: { node: number; depth: number }[] = [];
  for (const target of targets) {
    builder.card(target).isTarget = true;
    queue.push({ node: target, depth: 0 });
  }
  for (let head = 0; head < queue.length; head++) {
    const { node, depth } = queue[head] as { node: number; depth: number };
    const parts = partsOf(node);
    if (depth >= maxDepth) {
      (builder.nodes.get(node) as { more: number }).more = [...parts.keys()].filter((held) => !builder.hasEdge(node, held)).length;
      if (parts.size > 0) builder.cutByDepth++;
      continue;
    }
    let drawn = 0;
    const left: number[] = [];
    for (const [held, labels] of parts) {
      const isNew = !builder.has(held);
      if (drawn >= tooMany || (isNew && builder.size >= maxNodes)) {
        left.push(held);
        continue;
      }
      builder.card(held);
      builder.edge(node, held, labels);
      drawn++;
      if (isNew) queue.push({ node: held, depth: depth + 1 });
    }
    if (left.length > 0)
      builder.more.push({
        at: node,
        count: left.length,
        byClass: byClass(
          graph,
          left.map((n) => [n, 1] as const),
        ),
      });
  }
  return builder.finish("refs");

  /** What a node holds, biggest first, plain values last. */
  function partsOf(node: number): Map<number, HoldLabel[]> {
    if (graph.isPrimitive(node)) return new Map();
    const parts = new Map<number, HoldLabel[]>();
    for (const hold of heldBy(graph, node)) {
      if (extraIgnore?.(graph, hold.held) || (filter && !filter(graph, hold.held))) continue;
      const known = parts.get(hold.held);
      if (known) known.push(hold.label);
      else parts.set(hold.held, [hold.label]);
    }
    const rank = (n: number): number => (graph.isPrimitive(n) ? -1 : graph.retainedSize(n));
    return new Map([...parts].sort((a, b) => rank(b[0]) - rank(a[0])));
  }
}

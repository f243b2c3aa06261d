// Distance of each node as DevTools shows it: breadth-first from the user roots at 1, then from the root for
// everything else at a base that marks "reached only through V8's own plumbing".

import type { SnapshotColumns } from "../snapshot/columns.ts";
import { EDGE_LABELS, EdgeLabel } from "../snapshot/edgeLabels.ts";
import { EdgeType } from "../snapshot/format.ts";
import { pairAt } from "./edgePolicy.ts";
import { NumberStack, Scratch } from "./scratch.ts";

/** Distances from here up mean: reachable, but not from the program's globals. */
export const SYSTEM_DISTANCE = 100_000_000;
/** Not reachable at all. */
export const NO_DISTANCE: number = -5;

/** 1 for labels of edges that the walk never follows. */
const SKIPPED: Uint8Array = new Uint8Array(EDGE_LABELS);
SKIPPED[EdgeType.weak] = 1;
SKIPPED[EdgeLabel.descriptorElement] = 1;
SKIPPED[EdgeLabel.descriptorHidden] = 1;
SKIPPED[EdgeLabel.descriptorSlot] = 1;
SKIPPED[EdgeLabel.sloppyFunctionMap] = 1;
SKIPPED[EdgeLabel.descriptorProperty] = 1;
SKIPPED[EdgeLabel.descriptorContext] = 1;
SKIPPED[EdgeLabel.descriptorShortcut] = 1;
/** A WeakMap value is as far as the later of key and table: of an entry's two edges the first is skipped. */
const PAIR = 2;
SKIPPED[EdgeLabel.weakPairOfKey] = PAIR;
SKIPPED[EdgeLabel.weakPairOfTable] = PAIR;

/** What the walk reads. */
export type DistanceColumns = Pick<SnapshotColumns, "nodeCount" | "firstEdge" | "edgeLabel" | "edgeTo" | "weakPairs">;

/** Int32Array by node. About 12 ns per edge. */
export function computeDistances(
  columns: DistanceColumns,
  userRoots: readonly number[],
  scratch: Scratch = new Scratch(columns.nodeCount),
): Int32Array {
  const { nodeCount, firstEdge, edgeLabel, edgeTo, weakPairs } = columns;
  const column = scratch.take();
  const distance = new Int32Array(column.buffer, column.byteOffset, nodeCount).fill(NO_DISTANCE);
  const pairSeen = new Set<number>();
  let here = new NumberStack();
  let there = new NumberStack();

  for (const root of userRoots) {
    distance[root] = 1;
    here.push(root);
  }
  walk(2);
  const base = userRoots.length > 0 ? SYSTEM_DISTANCE : 0;
  distance[0] = base;
  here.push(0);
  walk(base + 1);
  return distance;

  /** Level by level, so that only the borders of what was reached are kept. */
  function walk(first: number): void {
    const unreached = NO_DISTANCE;
    for (let next = first; here.size > 0; next++) {
      const { size, values } = here;
      for (let i = 0; i < size; i++) {
        const n = values[i] as number;
        const end = firstEdge[n + 1] as number;
        for (let e = firstEdge[n] as number; e < end; e++) {
          const to = edgeTo[e] as number;
          if (distance[to] !== unreached) continue;
          const skipped = SKIPPED[edgeLabel[e] as number] as number;
          if (skipped !== 0 && (skipped === 1 || isFirstOfPair(e))) continue;
          distance[to] = next;
          there.push(to);
        }
      }
      here.size = 0;
      [here, there] = [there, here];
    }
  }

  function isFirstOfPair(e: number): boolean {
    const pair = weakPairs.pair[pairAt(weakPairs, e)] as number;
    // A third edge of the same name begins another pair, as in DevTools.
    if (pairSeen.delete(pair)) return false;
    pairSeen.add(pair);
    return true;
  }
}

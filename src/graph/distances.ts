// Distance of each node as DevTools shows it: breadth-first from the user roots at 1, then from the root for
// everything else at a base that marks "reached only through V8's own plumbing".

import type { SnapshotColumns } from "../snapshot/columns.ts";
import { EDGE_LABELS, EdgeLabel, internal } from "../snapshot/edgeLabels.ts";
import { EdgeType } from "../snapshot/format.ts";
import { sharedNumbers } from "../snapshot/shared.ts";
import type { EdgePolicy } from "./edgePolicy.ts";
import { Scratch } from "./scratch.ts";

/** Distances from here up mean: reachable, but not from the program's globals. */
export const SYSTEM_DISTANCE = 100_000_000;
/** Not reachable at all. */
export const NO_DISTANCE: number = -5;

/** 1 for labels of edges that the walk never follows; EdgePolicy.isDistanceEdge says the same of single edges. */
const SKIPPED: Uint8Array = new Uint8Array(EDGE_LABELS);
SKIPPED[EdgeType.weak] = 1;
for (const details of [EdgeLabel.descriptorElement, EdgeLabel.descriptorHidden, EdgeLabel.descriptorSlot]) SKIPPED[details] = 1;
/** Labels that need a closer look. */
const SPECIAL = 2;
for (const special of [internal("sloppy_function_map"), EdgeLabel.weakPairOfKey, EdgeLabel.weakPairOfTable]) SKIPPED[special] = SPECIAL;

/** Int32Array by node. About 12 ns per edge. */
export function computeDistances(
  columns: SnapshotColumns,
  policy: Pick<EdgePolicy, "userRoots" | "isDistanceEdge" | "weakMapPair">,
  scratch: Scratch = new Scratch(columns.nodeCount + 1),
): Int32Array {
  const { nodeCount, firstEdge, edgeLabel, edgeTo } = columns;
  const distance = new Int32Array(sharedNumbers(nodeCount).buffer).fill(NO_DISTANCE);
  const queue = scratch.take();
  const pairSeen = new Set<number>();
  let tail = 0;

  for (const root of policy.userRoots) {
    distance[root] = 1;
    queue[tail++] = root;
  }
  walk();
  const base = policy.userRoots.length > 0 ? SYSTEM_DISTANCE : 0;
  distance[0] = base;
  queue[0] = 0;
  tail = 1;
  walk();
  scratch.give(queue);
  return distance;

  function walk(): void {
    for (let head = 0; head < tail; head++) {
      const n = queue[head] as number;
      const next = (distance[n] as number) + 1;
      const end = firstEdge[n + 1] as number;
      for (let e = firstEdge[n] as number; e < end; e++) {
        const to = edgeTo[e] as number;
        if (distance[to] !== NO_DISTANCE) continue;
        const skipped = SKIPPED[edgeLabel[e] as number];
        if (skipped === 1 || (skipped === SPECIAL && !isFollowed(n, e))) continue;
        distance[to] = next;
        queue[tail++] = to;
      }
    }
  }

  function isFollowed(n: number, e: number): boolean {
    if (!policy.isDistanceEdge(n, e)) return false;
    // A WeakMap value is as far as the later of key and table: skip the pair's first edge.
    const pair = policy.weakMapPair(e);
    if (pair === 0 || pairSeen.has(pair)) return true;
    pairSeen.add(pair);
    return false;
  }
}

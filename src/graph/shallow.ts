// Shallow sizes as DevTools shows them. V8 keeps the parts of one object in several nodes (a Map and its hash
// table, an array and its elements), and a reader wants them as one number: each node of type hidden or array
// that is owned by exactly one other node gives its size to that owner.

import type { SnapshotColumns } from "../snapshot/columns.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import type { EdgePolicy } from "./edgePolicy.ts";

const UNVISITED = 0xffffffff;
const MANY = 0xfffffffe;

/**
 * Bytes by node; the sum over all nodes stays what V8 wrote. Without a user root (files taken with
 * `exposeInternals`) DevTools transfers nothing, and neither do we.
 */
export function computeShallowSizes(columns: SnapshotColumns, policy: EdgePolicy): Uint32Array | Float64Array {
  const { nodeCount, firstEdge, edgeLabel, edgeTo, nodeType, nodeSelfSize } = columns;
  const sizes = nodeSelfSize.slice();
  if (policy.userRoots.length === 0) return sizes;
  const owner = new Uint32Array(nodeCount);
  const todo: number[] = [];
  for (let n = 0; n < nodeCount; n++) {
    if (isPart(columns, n)) owner[n] = UNVISITED;
    else {
      owner[n] = n;
      todo.push(n);
    }
  }
  while (todo.length > 0) {
    const n = todo.pop() as number;
    const mine = owner[n] as number;
    const end = firstEdge[n + 1] as number;
    for (let e = firstEdge[n] as number; e < end; e++) {
      if (edgeLabel[e] === EdgeType.weak) continue;
      const to = edgeTo[e] as number;
      const theirs = owner[to] as number;
      if (theirs === UNVISITED) owner[to] = mine;
      else if (theirs === MANY || theirs === to || theirs === mine) continue;
      else owner[to] = MANY;
      todo.push(to);
    }
  }
  for (let n = 0; n < nodeCount; n++) {
    const o = owner[n] as number;
    if (o === UNVISITED || o === MANY || o === n) continue;
    if (nodeType[o] === NodeType.synthetic || o === 0) continue;
    const sum = (sizes[o] as number) + (sizes[n] as number);
    if (sum > 0xffffffff && sizes instanceof Uint32Array) continue; // stays with the part rather than wrap around
    sizes[o] = sum;
    sizes[n] = 0;
  }
  return sizes;
}

function isPart(columns: SnapshotColumns, n: number): boolean {
  const type = columns.nodeType[n];
  if (type === NodeType.hidden || type === NodeType.array) return true;
  return type === NodeType.native && columns.strings.get(columns.nodeName[n] as number) === "system / ExternalStringData";
}

// Shallow sizes as DevTools shows them. V8 keeps the parts of one object in several nodes (a Map and its hash
// table, an array and its elements), and a reader wants them as one number: each node of type hidden or array
// that is owned by exactly one other node gives its size to that owner.

import type { SnapshotColumns } from "../snapshot/columns.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import { sharedNumbers } from "../snapshot/shared.ts";
import type { EdgePolicy } from "./edgePolicy.ts";
import { NumberStack, Scratch } from "./scratch.ts";

const UNVISITED = 0xffffffff;
const MANY = 0xfffffffe;

/**
 * Bytes by node; the sum over all nodes stays what V8 wrote. Without a user root (files taken with
 * `exposeInternals`) DevTools transfers nothing, and neither do we. About 12 ns per edge.
 *
 * Ownership is a fixpoint that does not depend on the order of visits: a part belongs to nobody, then to one owner,
 * then to many, never back. So each whole node is looked at once, and only parts that changed once more.
 */
export function computeShallowSizes(
  columns: SnapshotColumns,
  policy: Pick<EdgePolicy, "userRoots">,
  scratch: Scratch = new Scratch(columns.nodeCount + 1),
): Uint32Array | Float64Array {
  const { nodeCount, firstEdge, edgeLabel, edgeTo, nodeType, nodeSelfSize } = columns;
  if (policy.userRoots.length === 0) return nodeSelfSize;
  const owner = scratch.take();
  const isPart = partTest(columns);
  for (let n = 0; n < nodeCount; n++) owner[n] = isPart(n) ? UNVISITED : n;
  const changed = new NumberStack();
  for (let n = 0; n < nodeCount; n++) {
    if (owner[n] !== n) continue;
    spread(n, n);
    while (changed.size > 0) {
      const part = changed.pop();
      spread(part, owner[part] as number);
    }
  }
  const sizes = nodeSelfSize instanceof Uint32Array ? sharedNumbers(nodeCount) : new Float64Array(nodeCount);
  sizes.set(nodeSelfSize);
  for (let n = 0; n < nodeCount; n++) {
    const o = owner[n] as number;
    if (o === UNVISITED || o === MANY || o === n) continue;
    if (nodeType[o] === NodeType.synthetic || o === 0) continue;
    const sum = (sizes[o] as number) + (sizes[n] as number);
    if (sum > 0xffffffff && sizes instanceof Uint32Array) continue; // stays with the part rather than wrap around
    sizes[o] = sum;
    sizes[n] = 0;
  }
  scratch.give(owner);
  return sizes;

  /** What `n` points at belongs to `mine` as well. */
  function spread(n: number, mine: number): void {
    const end = firstEdge[n + 1] as number;
    for (let e = firstEdge[n] as number; e < end; e++) {
      const to = edgeTo[e] as number;
      const theirs = owner[to] as number;
      if (theirs === to || theirs === MANY || theirs === mine || edgeLabel[e] === EdgeType.weak) continue;
      owner[to] = theirs === UNVISITED ? mine : MANY;
      changed.push(to);
    }
  }
}

/** Nodes that may be parts of others: their own size means nothing to a reader. */
function partTest({ nodeType, nodeName, strings }: SnapshotColumns): (n: number) => boolean {
  const native = new Map<number, boolean>();
  return (n) => {
    const type = nodeType[n];
    if (type === NodeType.hidden || type === NodeType.array) return true;
    if (type !== NodeType.native) return false;
    const name = nodeName[n] as number;
    let is = native.get(name);
    if (is === undefined) {
      is = strings.get(name) === "system / ExternalStringData";
      native.set(name, is);
    }
    return is;
  };
}

// Shallow sizes as DevTools shows them. V8 keeps the parts of one object in several nodes (a Map and its hash
// table, an array and its elements), and a reader wants them as one number: each node of type hidden or array
// that is owned by exactly one other node gives its size to that owner.

import type { SnapshotColumns } from "../snapshot/columns.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import { sharedNumbers } from "../snapshot/shared.ts";
import { NumberStack, Scratch } from "./scratch.ts";

const UNVISITED = 0xffffffff;
const MANY = 0xfffffffe;

/**
 * Bytes by node; the sum over all nodes stays what V8 wrote. Not for files without a user root (taken with
 * `exposeInternals`): there DevTools transfers nothing. About 7 ns per edge.
 *
 * Ownership is a fixpoint that does not depend on the order of visits: a part belongs to nobody, then to one owner,
 * then to many, never back. So each whole node is looked at once, and only parts that changed once more.
 * @param externals see `externalStringNames`.
 */
export function computeShallowSizes(
  columns: ShallowColumns,
  externals: ReadonlySet<number>,
  scratch: Scratch = new Scratch(columns.nodeCount + 1),
): Uint32Array | Float64Array {
  const { nodeCount, nodeType, nodeName, nodeSelfSize } = columns;
  const owner = scratch.take();
  for (let n = 0; n < nodeCount; n++) {
    const type = nodeType[n];
    const isPart =
      type === NodeType.hidden || type === NodeType.array || (type === NodeType.native && externals.has(nodeName[n] as number));
    owner[n] = isPart ? UNVISITED : n;
  }
  const changed = new NumberStack();
  for (let n = 0; n < nodeCount; n++) {
    if (owner[n] !== n) continue;
    spread(columns, owner, changed, n, n);
    while (changed.size > 0) {
      const part = changed.pop();
      spread(columns, owner, changed, part, owner[part] as number);
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
}

/** What `n` points at belongs to `mine` as well. A function of its own, since V8 compiles a closure anew each time it is made. */
function spread({ firstEdge, edgeLabel, edgeTo }: ShallowColumns, owner: Uint32Array, changed: NumberStack, n: number, mine: number): void {
  const end = firstEdge[n + 1] as number;
  for (let e = firstEdge[n] as number; e < end; e++) {
    const to = edgeTo[e] as number;
    const theirs = owner[to] as number;
    if (theirs === to || theirs === MANY || theirs === mine || edgeLabel[e] === EdgeType.weak) continue;
    owner[to] = theirs === UNVISITED ? mine : MANY;
    changed.push(to);
  }
}

/** What the transfer reads. */
export type ShallowColumns = Pick<
  SnapshotColumns,
  "nodeCount" | "firstEdge" | "edgeLabel" | "edgeTo" | "nodeType" | "nodeName" | "nodeSelfSize"
>;

/** String indexes that name the text of strings outside the heap: like hidden nodes and arrays it is part of another node. */
export function externalStringNames({ nodeCount, nodeType, nodeName, strings }: SnapshotColumns): ReadonlySet<number> {
  const names = new Set<number>();
  for (let n = 0; n < nodeCount; n++) if (nodeType[n] === NodeType.native) names.add(nodeName[n] as number);
  return new Set([...names].filter((name) => strings.get(name) === "system / ExternalStringData"));
}

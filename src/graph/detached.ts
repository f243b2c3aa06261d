// Which native objects are no longer in use: DOM nodes outside the document, and in Node the wrappers of closed
// handles. V8 marks a few; DevTools lets the mark spread along native objects and prefixes their names.

import type { SnapshotColumns } from "../snapshot/columns.ts";
import { TYPE_OF_LABEL } from "../snapshot/edgeLabels.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import { positionsOf } from "./lookUp.ts";

const ATTACHED = 1;
const DETACHED = 2;

/** 1 for each node that DevTools calls `Detached …`; undefined when the file says nothing of it. */
export function findDetached(columns: SnapshotColumns): Uint8Array | undefined {
  const { nodeCount, nodeType, nodeDetachedness, firstEdge, edgeLabel, edgeTo } = columns;
  if (!nodeDetachedness || positionsOf(nodeDetachedness, DETACHED).next().done) return undefined;
  const seen = new Uint8Array(nodeCount);
  const detached = new Uint8Array(nodeCount);
  const attachedTodo: number[] = [];
  const detachedTodo: number[] = [];
  for (let n = 0; n < nodeCount; n++) {
    const state = nodeDetachedness[n] as number;
    if (state !== 0) add(n, state);
  }
  // Attached first: what both reach is attached.
  for (let n = attachedTodo.pop(); n !== undefined; n = attachedTodo.pop()) spread(n, ATTACHED);
  for (let n = detachedTodo.pop(); n !== undefined; n = detachedTodo.pop()) spread(n, DETACHED);
  return detached;

  function add(n: number, state: number): void {
    if (seen[n]) return;
    seen[n] = 1;
    if (nodeType[n] !== NodeType.native) return;
    if (state === ATTACHED) attachedTodo.push(n);
    else {
      detached[n] = 1;
      detachedTodo.push(n);
    }
  }

  function spread(n: number, state: number): void {
    const end = firstEdge[n + 1] as number;
    for (let e = firstEdge[n] as number; e < end; e++) {
      const type = TYPE_OF_LABEL[edgeLabel[e] as number];
      if (type !== EdgeType.hidden && type !== EdgeType.weak) add(edgeTo[e] as number, state);
    }
  }
}

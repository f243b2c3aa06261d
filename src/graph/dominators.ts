// Immediate dominators by SEMI-NCA (Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems",
// 2005; also Georgiadis, Tarjan, Werneck, JGAA 10(1), 2006), over the edges that DevTools calls essential.
// Simple, nearly linear in practice, and never quadratic on the long lists that break iterative schemes.
//
// Everything happens in depth-first numbers: number order is a valid order for both passes, and parents always
// have smaller numbers than children.

import type { SnapshotColumns } from "../snapshot/columns.ts";
import type { EdgePolicy } from "./edgePolicy.ts";

export interface DominatorTree {
  /** Immediate dominator by node; the root is its own. */
  readonly dominator: Uint32Array;
  /** Nodes in depth-first order: a dominator always comes before what it dominates. */
  readonly order: Uint32Array;
}

const UNSEEN = 0xffffffff;

/**
 * Builds the dominator tree of the whole snapshot. Nodes that no essential path reaches hang under the root:
 * first those without any essential retainer (with what they reach), then leftover cycles one by one.
 */
export function computeDominators(columns: SnapshotColumns, policy: EdgePolicy): DominatorTree {
  const { nodeCount, edgeCount, firstEdge, edgeTo } = columns;
  const essential = new Uint8Array(edgeCount);
  for (let n = 0; n < nodeCount; n++) {
    const end = firstEdge[n + 1] as number;
    for (let e = firstEdge[n] as number; e < end; e++) if (policy.isEssential(n, e)) essential[e] = 1;
  }

  const number = new Uint32Array(nodeCount).fill(UNSEEN); // node -> depth-first number
  const order = new Uint32Array(nodeCount); // and back
  const parent = new Uint32Array(nodeCount); // by number
  let next = 0;
  const cursor = firstEdge.slice(0, nodeCount);

  depthFirst(0, 0);
  if (next < nodeCount) {
    const held = findHeld();
    for (let n = 0; n < nodeCount; n++) if (number[n] === UNSEEN && held[n] === 0) depthFirst(n, 0);
  }
  const firstOfCycles = next;
  for (let n = 0; n < nodeCount && next < nodeCount; n++) if (number[n] === UNSEEN) visit(n, 0);

  const idom = semiNca();
  const dominator = new Uint32Array(nodeCount);
  for (let i = 1; i < nodeCount; i++) dominator[order[i] as number] = order[idom[i] as number] as number;
  return { dominator, order };

  function visit(n: number, parentNumber: number): void {
    number[n] = next;
    order[next] = n;
    parent[next] = parentNumber;
    next++;
  }

  function depthFirst(start: number, parentNumber: number): void {
    visit(start, parentNumber);
    let n = start;
    for (;;) {
      const end = firstEdge[n + 1] as number;
      let e = cursor[n] as number;
      while (e < end && (essential[e] === 0 || number[edgeTo[e] as number] !== UNSEEN)) e++;
      if (e < end) {
        cursor[n] = e + 1;
        const to = edgeTo[e] as number;
        visit(to, number[n] as number);
        n = to;
      } else {
        cursor[n] = end;
        if (n === start) return;
        n = order[parent[number[n] as number] as number] as number;
      }
    }
  }

  /** 1 for nodes with an essential retainer. */
  function findHeld(): Uint8Array {
    const held = new Uint8Array(nodeCount);
    for (let e = 0; e < edgeCount; e++) if (essential[e] === 1) held[edgeTo[e] as number] = 1;
    return held;
  }

  /**
   * Predecessors over essential edges, all in depth-first numbers, so that the core below walks memory in order.
   * Leftover cycles are nobody's dominators: DevTools leaves what they hold where it was.
   */
  function predecessors(): { first: Uint32Array; from: Uint32Array } {
    const first = new Uint32Array(nodeCount + 1);
    for (let e = 0; e < edgeCount; e++) if (essential[e] === 1) (first[number[edgeTo[e] as number] as number] as number)++;
    let sum = 0;
    for (let i = 0; i <= nodeCount; i++) {
      const here = first[i] as number;
      first[i] = sum;
      sum += here;
    }
    const from = new Uint32Array(sum);
    for (let n = 0; n < nodeCount; n++) {
      const mine = number[n] as number;
      const end = firstEdge[n + 1] as number;
      for (let e = firstEdge[n] as number; e < end; e++) {
        if (essential[e] === 0) continue;
        const to = number[edgeTo[e] as number] as number;
        const at = first[to] as number;
        from[at] = mine;
        first[to] = at + 1;
      }
    }
    for (let i = nodeCount; i > 0; i--) first[i] = first[i - 1] as number;
    first[0] = 0;
    return { first, from };
  }

  function semiNca(): Uint32Array {
    const preds = predecessors();
    // Two columns that nothing needs any more: memory touched for the first time is what costs most here.
    const semi = cursor;
    const label = number;
    // The ancestor links of the path compression: begins as the tree's parents and is shortened.
    const ancestor = parent.slice();
    const path: number[] = [];
    for (let i = 0; i < nodeCount; i++) {
      semi[i] = i;
      label[i] = i;
    }
    for (let i = nodeCount - 1; i > 0; i--) {
      let best = parent[i] as number;
      if (i < firstOfCycles) {
        const end = preds.first[i + 1] as number;
        for (let r = preds.first[i] as number; r < end; r++) {
          const p = preds.from[r] as number;
          if (p >= firstOfCycles) continue;
          const u = evaluate(p, i);
          if (u < best) best = u;
        }
      }
      semi[i] = best;
    }
    // Second pass, in place: climb from the parent until at or above the semidominator.
    const idom = ancestor; // no longer needed as such
    idom.set(parent);
    for (let i = 1; i < nodeCount; i++) {
      let d = idom[i] as number;
      const s = semi[i] as number;
      while (d > s) d = idom[d] as number;
      idom[i] = d;
    }
    return idom;

    /** Smallest semidominator on the tree path from p up to, not including, the first ancestor numbered <= limit. */
    function evaluate(p: number, limit: number): number {
      if (p <= limit) return p;
      let v = p;
      let depth = 0;
      while ((ancestor[v] as number) > limit) {
        path[depth++] = v;
        v = ancestor[v] as number;
      }
      let best = label[v] as number;
      if ((semi[v] as number) < (semi[best] as number)) best = v;
      label[v] = best;
      for (let k = depth - 1; k >= 0; k--) {
        const w = path[k] as number;
        const own = label[w] as number;
        if ((semi[own] as number) < (semi[best] as number)) best = own;
        label[w] = best;
        ancestor[w] = ancestor[v] as number;
      }
      return semi[label[p] as number] as number;
    }
  }
}

/**
 * Retained size of each node in bytes: its own size and that of all it dominates.
 * @param sizes what to add up per node (shallow sizes).
 */
export function computeRetainedSizes(tree: DominatorTree, sizes: ArrayLike<number>): Float64Array {
  const { dominator, order } = tree;
  const retained = Float64Array.from(sizes);
  for (let i = order.length - 1; i > 0; i--) {
    const n = order[i] as number;
    const d = dominator[n] as number;
    retained[d] = (retained[d] as number) + (retained[n] as number);
  }
  return retained;
}

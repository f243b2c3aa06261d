// Immediate dominators by SEMI-NCA (Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems",
// 2005; also Georgiadis, Tarjan, Werneck, JGAA 10(1), 2006), over the edges that DevTools calls essential.
// Simple, nearly linear in practice, and never quadratic on the long lists that break iterative schemes.
//
// Everything happens in depth-first numbers: number order is a valid order for both passes, and parents always
// have smaller numbers than children. A node's semidominator is the smallest number among what its predecessors
// offer. One with a smaller number than the node offers just itself, which is settled while the depth-first walk
// passes that edge; only predecessors with greater numbers (over cross and back edges) have to be kept in a list.
//
// Which edges are essential depends on what the page owns: such a node is not kept alive by one that the page does not
// own. Since the order of a depth-first walk is free, it begins with the roots of the page; then nearly all that the page
// owns is told by a number below `ownedEnd`, and no walk of its own is needed to find it.

import type { SnapshotColumns } from "../snapshot/columns.ts";
import { EDGE_LABELS, EdgeLabel } from "../snapshot/edgeLabels.ts";
import { EdgeType } from "../snapshot/format.ts";
import { type EdgePolicy, hasBit } from "./edgePolicy.ts";
import { NumberStack, Scratch } from "./scratch.ts";

/** Who dominates whom. Numbers are depth-first numbers: in their order memory is walked nearly in order too. */
export class DominatorTree {
  /** Nodes by number: a dominator always comes before what it dominates. */
  readonly order: Uint32Array;
  /** Number of the immediate dominator by number; the root, number 0, is its own. */
  readonly idom: Uint32Array;
  /** Takes the dominators by node when somebody asks for them. */
  readonly column: Uint32Array;
  #dominator: Uint32Array | undefined;

  constructor(order: Uint32Array, idom: Uint32Array, column: Uint32Array) {
    this.order = order;
    this.idom = idom;
    this.column = column;
  }

  /** Immediate dominator by node. */
  get dominator(): Uint32Array {
    if (!this.#dominator) {
      const { order, idom } = this;
      const dominator = this.column;
      for (let i = 0; i < order.length; i++) dominator[order[i] as number] = order[idom[i] as number] as number;
      this.#dominator = dominator;
    }
    return this.#dominator;
  }
}

const UNSEEN = 0xffffffff;
const WEAK: number = EdgeType.weak;

/** 1 for labels of edges that keep nothing alive; EdgePolicy.isEssential says the same of single edges. */
const LOOSE: Uint8Array = new Uint8Array(EDGE_LABELS);
LOOSE[EdgeType.weak] = 1;
LOOSE[EdgeLabel.weakPairOfTable] = 1;
const LOOSE_FROM_ROOT: Uint8Array = LOOSE.slice();
LOOSE[EdgeType.shortcut] = 1;
LOOSE[EdgeLabel.descriptorShortcut] = 1;

/** What the tree is made from. */
export type DominatorColumns = Pick<SnapshotColumns, "nodeCount" | "firstEdge" | "edgeLabel" | "edgeTo">;

/**
 * Builds the dominator tree of the whole snapshot. Nodes that no essential path reaches hang under the root:
 * first those without any essential retainer (with what they reach), then leftover cycles one by one. About 40 ns
 * per edge; five columns of four bytes a node, and four bytes for each edge to a smaller depth-first number.
 */
export function computeDominators(
  columns: DominatorColumns,
  { pageEdges }: Pick<EdgePolicy, "pageEdges">,
  scratch: Scratch = new Scratch(columns.nodeCount + 1),
): DominatorTree {
  const { nodeCount, firstEdge, edgeLabel, edgeTo } = columns;
  const number = scratch.take().fill(UNSEEN); // node -> depth-first number
  const order = scratch.take(); // and back
  const parent = scratch.take(); // by number, as all below
  const semi = scratch.take(); // smallest number offered so far
  const first = scratch.zeros(); // how many predecessors with greater numbers, then where they begin
  const pending = new NumberStack(); // edges to go on with, of the nodes on the way down
  let next = 0;
  /** Nodes with numbers below are the page's, but for the root. */
  let ownedEnd = 0;
  /** The page's other nodes: what it reaches over edges that keep nothing alive, and nothing else. One bit each. */
  let ownedBeyond: Uint32Array | undefined;

  visit(0, 0);
  if (pageEdges) {
    const beyond = new NumberStack();
    for (const e of pageEdges) {
      const to = edgeTo[e] as number;
      if (to === 0 || LOOSE_FROM_ROOT[edgeLabel[e] as number] === 1) beyond.push(to);
      else if (number[to] === UNSEEN) {
        visit(to, 0);
        depthFirst(to, beyond);
      }
    }
    ownedEnd = next;
    ownedBeyond = reachedBeyond(beyond);
  }
  depthFirst(0);
  if (next < nodeCount) {
    const held = findHeld();
    for (let n = 0; n < nodeCount; n++) {
      if (number[n] !== UNSEEN || held[n] === 1) continue;
      visit(n, 0);
      depthFirst(n);
    }
  }
  // What is left are cycles that nothing reaches. They dominate nobody: DevTools leaves what they hold where it was.
  const walked = next;
  for (let n = 0; n < nodeCount && next < nodeCount; n++) if (number[n] === UNSEEN) visit(n, 0);

  const from = predecessors();
  // Columns are reused as soon as their content is spent: memory is what this costs most.
  const ancestor = number; // nobody needs the numbers by node any more
  ancestor.set(parent);
  const label = semi; // an offer is spent when its node's turn comes
  const semidominator = first; // first[i + 1] is spent when i is done: there goes the semidominator of i
  semidominators();
  scratch.give(label);
  scratch.cutUp(from);
  immediateDominators();
  scratch.give(first);
  const idom = parent;
  return new DominatorTree(order.subarray(0, nodeCount), idom.subarray(0, nodeCount), ancestor.subarray(0, nodeCount));

  function visit(n: number, parentNumber: number): void {
    number[n] = next;
    order[next] = n;
    parent[next] = parentNumber;
    semi[next] = parentNumber;
    next++;
  }

  /**
   * Walks everything not seen yet that `start` reaches, and settles what each edge offers.
   * @param beyond for the walks of what the page owns: takes where edges lead that keep nothing alive, but own.
   */
  function depthFirst(start: number, beyond?: NumberStack): void {
    let n = start;
    let mine = number[n] as number;
    let e = firstEdge[n] as number;
    for (;;) {
      const end = firstEdge[n + 1] as number;
      const loose = n === 0 ? LOOSE_FROM_ROOT : LOOSE;
      // What the page owns is not kept alive by what it doesn't, but for the root.
      const outside = beyond === undefined && isOutside(n, mine);
      let down = -1;
      while (e < end) {
        const to = edgeTo[e] as number;
        const label = edgeLabel[e] as number;
        e++;
        if (loose[label] === 1) {
          if (beyond !== undefined && label !== WEAK) beyond.push(to);
          continue;
        }
        const theirs = number[to] as number;
        if (outside && isOwned(to, theirs)) continue;
        if (theirs === UNSEEN) {
          visit(to, mine);
          if (firstEdge[to + 1] === firstEdge[to]) continue;
          down = to;
          break;
        }
        if (theirs < mine) (first[theirs] as number)++;
        else if (mine < (semi[theirs] as number)) semi[theirs] = mine;
      }
      if (down >= 0) {
        pending.push(e);
        n = down;
        mine = number[n] as number;
        e = firstEdge[n] as number;
      } else {
        if (n === start) return;
        mine = parent[mine] as number;
        n = order[mine] as number;
        e = pending.pop();
      }
    }
  }

  /** What the page owns although no essential edge leads there from what it owns; with the root it owns all. */
  function reachedBeyond(todo: NumberStack): Uint32Array | undefined {
    if ((first[0] as number) > 0) todo.push(0); // an essential edge of the page leads to the root
    let bits: Uint32Array | undefined;
    while (todo.size > 0) {
      const n = todo.pop();
      if (n !== 0 && (number[n] as number) < ownedEnd) continue;
      bits ??= new Uint32Array((nodeCount + 31) >>> 5);
      if (hasBit(bits, n)) continue;
      bits[n >>> 5] = (bits[n >>> 5] as number) | (1 << (n & 31));
      const end = firstEdge[n + 1] as number;
      for (let e = firstEdge[n] as number; e < end; e++) if (edgeLabel[e] !== WEAK) todo.push(edgeTo[e] as number);
    }
    return bits;
  }

  /** Whether the page owns the node, by its number. For the root the answer does not matter: nothing dominates it. */
  function isOwned(n: number, itsNumber: number): boolean {
    return itsNumber < ownedEnd || (ownedBeyond !== undefined && hasBit(ownedBeyond, n));
  }

  /** Whether a node keeps nothing of the page alive. */
  function isOutside(n: number, itsNumber: number): boolean {
    return pageEdges !== undefined && n !== 0 && !isOwned(n, itsNumber);
  }

  /** 1 for nodes with an essential retainer. */
  function findHeld(): Uint8Array {
    const held = new Uint8Array(nodeCount);
    for (let n = 0; n < nodeCount; n++) {
      const end = firstEdge[n + 1] as number;
      const loose = n === 0 ? LOOSE_FROM_ROOT : LOOSE;
      const outside = isOutside(n, number[n] as number);
      for (let e = firstEdge[n] as number; e < end; e++) {
        const to = edgeTo[e] as number;
        if (loose[edgeLabel[e] as number] === 0 && to !== n && !(outside && isOwned(to, number[to] as number))) held[to] = 1;
      }
    }
    return held;
  }

  /** Predecessors with greater numbers: those of i are from[first[i]] … from[first[i + 1] - 1]. */
  function predecessors(): Uint32Array {
    let sum = 0;
    for (let i = 0; i < nodeCount; i++) {
      sum += first[i] as number;
      first[i] = sum;
    }
    first[nodeCount] = sum;
    const list = new Uint32Array(sum);
    for (let n = 0; n < nodeCount; n++) {
      const mine = number[n] as number;
      if (mine >= walked) continue;
      const end = firstEdge[n + 1] as number;
      const loose = n === 0 ? LOOSE_FROM_ROOT : LOOSE;
      const outside = isOutside(n, mine);
      for (let e = firstEdge[n] as number; e < end; e++) {
        const to = edgeTo[e] as number;
        if (loose[edgeLabel[e] as number] === 1) continue;
        const theirs = number[to] as number;
        if (theirs >= mine || (outside && isOwned(to, theirs))) continue;
        const at = (first[theirs] as number) - 1;
        first[theirs] = at;
        list[at] = mine;
      }
    }
    return list;
  }

  /** First pass, from the last number to the first. */
  function semidominators(): void {
    const path: number[] = [];
    for (let i = nodeCount - 1; i > 0; i--) {
      let best = label[i] as number;
      const end = first[i + 1] as number;
      for (let r = first[i] as number; r < end; r++) {
        // The smallest semidominator on the tree path from p up to, not including, the first ancestor above i.
        const p = from[r] as number;
        let offered: number;
        if ((ancestor[p] as number) <= i) offered = label[p] as number;
        else {
          let v = p;
          let depth = 0;
          do {
            path[depth++] = v;
            v = ancestor[v] as number;
          } while ((ancestor[v] as number) > i);
          const top = ancestor[v] as number;
          offered = label[v] as number;
          while (depth > 0) {
            const w = path[--depth] as number;
            const own = label[w] as number;
            if (own < offered) offered = own;
            else label[w] = offered;
            ancestor[w] = top;
          }
        }
        if (offered < best) best = offered;
      }
      label[i] = best;
      semidominator[i + 1] = best;
    }
  }

  /** Second pass, in place of the parents: climb until at or above the semidominator. */
  function immediateDominators(): void {
    for (let i = 1; i < nodeCount; i++) {
      let d = parent[i] as number;
      const s = semidominator[i + 1] as number;
      while (d > s) d = parent[d] as number;
      parent[i] = d;
    }
  }
}

/**
 * Retained size of each node in bytes: its own size and that of all it dominates.
 * @param sizes what to add up per node (shallow sizes).
 */
export function computeRetainedSizes(
  tree: DominatorTree,
  sizes: Uint32Array | Float64Array,
  scratch: Scratch = new Scratch(sizes.length + 1),
): Uint32Array | Float64Array {
  const { idom, order } = tree;
  let total = 0;
  for (let n = 0; n < sizes.length; n++) total += sizes[n] as number;
  // A heap below 4 GiB needs no numbers of eight bytes.
  const isSmall = total <= 0xffffffff;
  const byNumber = isSmall ? scratch.take() : new Float64Array(sizes.length);
  for (let i = 0; i < order.length; i++) byNumber[i] = sizes[order[i] as number] as number;
  for (let i = order.length - 1; i > 0; i--) {
    const d = idom[i] as number;
    byNumber[d] = (byNumber[d] as number) + (byNumber[i] as number);
  }
  const retained = isSmall ? scratch.take().subarray(0, sizes.length) : new Float64Array(sizes.length);
  for (let i = 0; i < order.length; i++) retained[order[i] as number] = byNumber[i] as number;
  if (byNumber instanceof Uint32Array) scratch.give(byNumber);
  return retained;
}

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

import { DepthFirstWalk, type DominatorColumns, LOOSE, LOOSE_FROM_ROOT } from "./depthFirst.ts";
import type { EdgePolicy } from "./edgePolicy.ts";
import { Scratch } from "./scratch.ts";

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

/** Nodes of a step: about a tenth of a second. */
const STEP: number = 1 << 19;

/**
 * Builds the dominator tree of the whole snapshot. Nodes that no essential path reaches hang under the root:
 * first those without any essential retainer (with what they reach), then leftover cycles one by one. About 40 ns
 * per edge; five columns of four bytes a node, and four bytes for each edge to a smaller depth-first number.
 * @param onWalked called when about half of the work is done.
 */
export function computeDominators(
  columns: DominatorColumns,
  policy: Pick<EdgePolicy, "pageEdges">,
  scratch?: Scratch,
  onWalked?: () => void,
): DominatorTree {
  const steps = dominatorsInSteps(columns, policy, { scratch, onWalked });
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

interface StepOptions {
  readonly scratch?: Scratch | undefined;
  readonly onWalked?: (() => void) | undefined;
  /** Nodes of a step. */
  readonly step?: number;
}

/** As computeDominators(), in steps of about a tenth of a second, between which whoever waits can think better of it. */
export function* dominatorsInSteps(
  columns: DominatorColumns,
  { pageEdges }: Pick<EdgePolicy, "pageEdges">,
  { scratch = new Scratch(columns.nodeCount + 1), onWalked, step = STEP }: StepOptions = {},
): Generator<void, DominatorTree> {
  const walk = new DepthFirstWalk(columns, pageEdges, scratch, step);
  yield* walk.visitAll();
  onWalked?.();
  const { nodeCount } = columns;
  const { order, parent, number, semi, first } = walk;
  const from = placesOf(first, nodeCount);
  for (let end = walk.walked; end > 0; end -= step) {
    predecessors(columns, walk, from, Math.max(0, end - step), end);
    yield;
  }
  // Columns are reused as soon as their content is spent: memory is what this costs most.
  const ancestor = number; // nobody needs the numbers by node any more
  ancestor.set(parent);
  const semidominator = first; // first[i + 1] is spent when i is done: there goes the semidominator of i
  for (let end = nodeCount; end > 1; end -= step) {
    semidominators({ from, first, label: semi, ancestor, semidominator }, Math.max(1, end - step), end);
    yield;
  }
  scratch.give(semi);
  scratch.cutUp(from);
  immediateDominators(parent, semidominator, nodeCount);
  scratch.give(first);
  return new DominatorTree(order.subarray(0, nodeCount), parent.subarray(0, nodeCount), ancestor.subarray(0, nodeCount));
}

/** Makes places of the walk's counts: lists of predecessors will be filled from their ends. @returns room for all of them. */
function placesOf(first: Uint32Array, nodeCount: number): Uint32Array {
  let sum = 0;
  for (let i = 0; i < nodeCount; i++) {
    sum += first[i] as number;
    first[i] = sum;
  }
  first[nodeCount] = sum;
  return new Uint32Array(sum);
}

/**
 * Lists the nodes with numbers from `begin` to `end` as predecessors of those with smaller numbers; to be called from the last
 * numbers to the first. Then the predecessors of i are in `list` from [first[i]] to [first[i + 1] - 1], ascending: who reads them
 * goes through the columns in one direction.
 */
function predecessors(columns: DominatorColumns, walk: DepthFirstWalk, list: Uint32Array, begin: number, end: number): void {
  const { firstEdge, edgeLabel, edgeTo } = columns;
  const { number, order, first } = walk;
  const [looseFromRoot, looseElsewhere] = [LOOSE_FROM_ROOT, LOOSE];
  for (let mine = end - 1; mine >= begin; mine--) {
    const n = order[mine] as number;
    const edgesEnd = firstEdge[n + 1] as number;
    const loose = n === 0 ? looseFromRoot : looseElsewhere;
    const outside = walk.isOutside(n, mine);
    for (let e = firstEdge[n] as number; e < edgesEnd; e++) {
      const to = edgeTo[e] as number;
      if (loose[edgeLabel[e] as number] === 1) continue;
      const theirs = number[to] as number;
      if (theirs >= mine || (outside && walk.isOwned(to, theirs))) continue;
      const at = (first[theirs] as number) - 1;
      first[theirs] = at;
      list[at] = mine;
    }
  }
}

interface SemidominatorColumns {
  /** Predecessors with greater numbers: those of i from first[i] to first[i + 1] - 1. */
  readonly from: Uint32Array;
  readonly first: Uint32Array;
  /** The smallest number offered on the way up to the ancestor; at first, what was offered directly. */
  readonly label: Uint32Array;
  /** By number; at first the parent. */
  readonly ancestor: Uint32Array;
  /** Takes the semidominator of i at i + 1. */
  readonly semidominator: Uint32Array;
}

/** First pass, over the numbers from the one before `stop` down to `start`; to be called from the last numbers to the first. */
function semidominators(columns: SemidominatorColumns, start: number, stop: number): void {
  const { from, first, label, ancestor, semidominator } = columns;
  const path: number[] = [];
  for (let i = stop - 1; i >= start; i--) {
    let best = label[i] as number; // an offer is spent when its node's turn comes
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
function immediateDominators(parent: Uint32Array, semidominator: Uint32Array, nodeCount: number): void {
  for (let i = 1; i < nodeCount; i++) {
    let d = parent[i] as number;
    const s = semidominator[i + 1] as number;
    while (d > s) d = parent[d] as number;
    parent[i] = d;
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

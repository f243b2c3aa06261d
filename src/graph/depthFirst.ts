// The depth-first walk over essential edges: it numbers all nodes, and settles on its way what each edge to a greater number
// offers to the dominators (dominators.ts).

import type { SnapshotColumns } from "../snapshot/columns.ts";
import { EDGE_LABELS, EdgeLabel } from "../snapshot/edgeLabels.ts";
import { EdgeType } from "../snapshot/format.ts";
import { hasBit } from "./edgePolicy.ts";
import { NumberStack, type Scratch } from "./scratch.ts";

const UNSEEN = 0xffffffff;
const WEAK: number = EdgeType.weak;

/** 1 for labels of edges that keep nothing alive; EdgePolicy.isEssential says the same of single edges. */
export const LOOSE: Uint8Array = new Uint8Array(EDGE_LABELS);
LOOSE[EdgeType.weak] = 1;
LOOSE[EdgeLabel.weakPairOfTable] = 1;
export const LOOSE_FROM_ROOT: Uint8Array = LOOSE.slice();
LOOSE[EdgeType.shortcut] = 1;
LOOSE[EdgeLabel.descriptorShortcut] = 1;

/** What the tree is made from. */
export type DominatorColumns = Pick<SnapshotColumns, "nodeCount" | "firstEdge" | "edgeLabel" | "edgeTo">;

/**
 * The depth-first walk. A class with methods, and no closures over the columns: V8 compiles a closure anew each time it is
 * made, so that whoever has practised on a small heap would begin again with the true one.
 */
export class DepthFirstWalk {
  /** Depth-first number by node. */
  readonly number: Uint32Array;
  /** Node by number. */
  readonly order: Uint32Array;
  /** By number, as all below: number of the node that the walk came from. */
  readonly parent: Uint32Array;
  /** Smallest number offered so far. */
  readonly semi: Uint32Array;
  /** How many predecessors with greater numbers. */
  readonly first: Uint32Array;
  /** Nodes with numbers from here on were not walked from. */
  walked = 0;
  readonly #step: number;
  readonly #columns: DominatorColumns;
  readonly #pageEdges: readonly number[] | undefined;
  /** Edges to go on with, of the nodes on the way down. */
  readonly #pending = new NumberStack();
  #next = 0;
  /** Nodes with numbers below are the page's, but for the root. */
  #ownedEnd = 0;
  /** The page's other nodes: what it reaches over edges that keep nothing alive, and nothing else. One bit each. */
  #ownedBeyond: Uint32Array | undefined;

  constructor(columns: DominatorColumns, pageEdges: readonly number[] | undefined, scratch: Scratch, step: number) {
    this.#step = step;
    this.#columns = columns;
    this.#pageEdges = pageEdges;
    this.number = scratch.take().fill(UNSEEN);
    this.order = scratch.take();
    this.parent = scratch.take();
    this.semi = scratch.take();
    this.first = scratch.zeros();
  }

  /** Gives every node a number, and settles what each edge offers. */
  *visitAll(): Generator<void, void> {
    this.#visit(0, 0);
    if (this.#pageEdges) yield* this.#visitPage(this.#pageEdges);
    yield* this.#walk(0, undefined);
    this.walked = this.#next;
    if (this.#next < this.#columns.nodeCount) yield* this.#visitOrphans();
  }

  /** Walks from `start` in steps, see #depthFirst. */
  *#walk(start: number, beyond: NumberStack | undefined): Generator<void, void> {
    let paused = this.#depthFirst(start, start, beyond);
    while (paused >= 0) {
      yield;
      paused = this.#depthFirst(start, paused, beyond);
    }
  }

  /** Visits what no essential path from the root reaches. */
  *#visitOrphans(): Generator<void, void> {
    const { number } = this;
    const orphans = this.#orphans();
    const held = this.#heldBy(orphans);
    for (const n of orphans) {
      if (number[n] !== UNSEEN || hasBit(held, n)) continue;
      this.#visit(n, 0);
      yield* this.#walk(n, undefined);
    }
    // What is left are cycles that nothing reaches. They dominate nobody: DevTools leaves what they hold where it was.
    this.walked = this.#next;
    for (const n of orphans) if (number[n] === UNSEEN) this.#visit(n, 0);
  }

  /** Whether a node keeps nothing of the page alive. */
  isOutside(n: number, itsNumber: number): boolean {
    return this.#pageEdges !== undefined && n !== 0 && !this.isOwned(n, itsNumber);
  }

  /** Whether the page owns the node, by its number. For the root the answer does not matter: nothing dominates it. */
  isOwned(n: number, itsNumber: number): boolean {
    const beyond = this.#ownedBeyond;
    return itsNumber < this.#ownedEnd || (beyond !== undefined && hasBit(beyond, n));
  }

  #visit(n: number, parentNumber: number): void {
    const next = this.#next++;
    this.number[n] = next;
    this.order[next] = n;
    this.parent[next] = parentNumber;
    this.semi[next] = parentNumber;
  }

  *#visitPage(pageEdges: readonly number[]): Generator<void, void> {
    const { edgeLabel, edgeTo } = this.#columns;
    const beyond = new NumberStack();
    for (const e of pageEdges) {
      const to = edgeTo[e] as number;
      if (to === 0 || LOOSE_FROM_ROOT[edgeLabel[e] as number] === 1) beyond.push(to);
      else if (this.number[to] === UNSEEN) {
        this.#visit(to, 0);
        yield* this.#walk(to, beyond);
      }
    }
    this.#ownedEnd = this.#next;
    this.#ownedBeyond = this.#reachedBeyond(beyond);
  }

  /**
   * Walks what is not seen yet of what `start` reaches, and settles what each edge offers.
   * @param from where to go on: `start`, or where the walk has paused.
   * @returns the node before which it pauses, or -1 when it is done.
   * @param beyond for the walks of what the page owns: takes where edges lead that keep nothing alive, but own.
   */
  #depthFirst(start: number, from: number, beyond: NumberStack | undefined): number {
    const { firstEdge, edgeLabel, edgeTo } = this.#columns;
    const { number, order, parent, semi, first } = this;
    const pending = this.#pending;
    // Constants of its own: V8 loads those of a module from memory each time.
    const [unseen, weak, looseFromRoot, looseElsewhere] = [UNSEEN, WEAK, LOOSE_FROM_ROOT, LOOSE];
    const pauseAt = this.#next + this.#step;
    let n = from;
    let mine = number[n] as number;
    let e = firstEdge[n] as number;
    for (;;) {
      const end = firstEdge[n + 1] as number;
      const loose = n === 0 ? looseFromRoot : looseElsewhere;
      // What the page owns is not kept alive by what it doesn't, but for the root.
      const outside = beyond === undefined && this.isOutside(n, mine);
      let down = -1;
      while (e < end) {
        const to = edgeTo[e] as number;
        const label = edgeLabel[e] as number;
        e++;
        if (loose[label] === 1) {
          if (beyond !== undefined && label !== weak) beyond.push(to);
          continue;
        }
        const theirs = number[to] as number;
        if (outside && this.isOwned(to, theirs)) continue;
        if (theirs === unseen) {
          this.#visit(to, mine);
          if (firstEdge[to + 1] === firstEdge[to]) continue;
          down = to;
          break;
        }
        if (theirs < mine) (first[theirs] as number)++;
        else if (mine < (semi[theirs] as number)) semi[theirs] = mine;
      }
      if (down >= 0) {
        pending.push(e);
        if (this.#next >= pauseAt) return down;
        n = down;
        mine = number[n] as number;
        e = firstEdge[n] as number;
      } else {
        if (n === start) return -1;
        mine = parent[mine] as number;
        n = order[mine] as number;
        e = pending.pop();
      }
    }
  }

  /** What the page owns although no essential edge leads there from what it owns; with the root it owns all. */
  #reachedBeyond(todo: NumberStack): Uint32Array | undefined {
    const { nodeCount, firstEdge, edgeLabel, edgeTo } = this.#columns;
    if ((this.first[0] as number) > 0) todo.push(0); // an essential edge of the page leads to the root
    let bits: Uint32Array | undefined;
    while (todo.size > 0) {
      const n = todo.pop();
      if (n !== 0 && (this.number[n] as number) < this.#ownedEnd) continue;
      bits ??= new Uint32Array((nodeCount + 31) >>> 5);
      if (hasBit(bits, n)) continue;
      bits[n >>> 5] = (bits[n >>> 5] as number) | (1 << (n & 31));
      const end = firstEdge[n + 1] as number;
      for (let e = firstEdge[n] as number; e < end; e++) if (edgeLabel[e] !== WEAK) todo.push(edgeTo[e] as number);
    }
    return bits;
  }

  /** Nodes that were not visited. */
  #orphans(): Uint32Array {
    const { number } = this;
    const { nodeCount } = this.#columns;
    const [unseen, next] = [UNSEEN, this.#next];
    const orphans = new Uint32Array(nodeCount - next);
    for (let n = 0, i = 0; i < orphans.length; n++) if (number[n] === unseen) orphans[i++] = n;
    return orphans;
  }

  /** Which nodes have an essential retainer among `owners`, which are orphans: one bit each. Nothing else can retain an orphan. */
  #heldBy(owners: Uint32Array): Uint32Array {
    const { nodeCount, firstEdge, edgeLabel, edgeTo } = this.#columns;
    const { number } = this;
    const held = new Uint32Array((nodeCount + 31) >>> 5);
    for (const n of owners) {
      const end = firstEdge[n + 1] as number;
      const outside = this.isOutside(n, UNSEEN);
      for (let e = firstEdge[n] as number; e < end; e++) {
        const to = edgeTo[e] as number;
        if (LOOSE[edgeLabel[e] as number] === 1 || to === n || (outside && this.isOwned(to, number[to] as number))) continue;
        held[to >>> 5] = (held[to >>> 5] as number) | (1 << (to & 31));
      }
    }
    return held;
  }
}

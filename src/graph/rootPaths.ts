// For every node the cheapest path from a root, as one tree: Dijkstra's algorithm with Dial's bucket queue
// ("Algorithm 360: shortest-path forest with topological ordering", CACM 12(11), 1969), since prices are small
// integers. The tree grows only as far as somebody asks: the path to a node is final once the queue has come to its
// price, and what a person asks about is usually cheap to reach, while most of a big heap is not. The order in which
// nodes are asked for changes nothing, since growing goes on where it stopped.
//
// The price of a step says how much a Node developer would call it a reason: a property costs little, a step
// through compiled code or a prototype much. So the cheapest path is usually the one the developer would name,
// where the merely shortest one often runs through V8's or Node's own plumbing.

import { EdgeType } from "../snapshot/format.ts";
import type { HeapGraph } from "./heapGraph.ts";
import { developerRoots, isDebuggerHandle, type PathStart, type RootKind, rootCategories } from "./roots.ts";
import { NumberStack } from "./scratch.ts";
import { StepCosts } from "./stepCosts.ts";

export const NO_COST = 0xffffffff;
/** Buckets of the queue: more than the price of any one step. */
const BUCKETS = 4096;

/** A variable of a stopped call is told rather than the temporaries of the interpreter that hold the same objects. */
const NAMELESS = 100;

/** How a node comes to be alive. */
export interface RootPath {
  readonly kind: RootKind;
  /** Name of V8's root category; undefined when the path begins at a developer's root. */
  readonly category: string | undefined;
  /** How the root holds the first node; undefined when that node is the root itself. */
  readonly held: string | undefined;
  /** From the first node to the asked one. */
  readonly nodes: readonly number[];
  /** edges[i] leads from nodes[i] to nodes[i + 1]. */
  readonly edges: readonly number[];
}

/** The cheapest root path of every node. Whole heap: about 12 ns per edge; 8 bytes per node that it comes to. */
export class RootPaths {
  readonly #graph: HeapGraph;
  readonly costs: StepCosts;
  /**
   * Two numbers a node, side by side since they are wanted together: 1 + the price of the cheapest path found so far, or 0
   * where none was, and 1 + the last edge of that path, or 0 at a beginning. What nobody has come to stays untouched memory.
   */
  readonly #found: Uint32Array;
  readonly #starts: Map<number, PathStart & { category?: string }>;
  readonly #queue = new BucketQueue();

  constructor(graph: HeapGraph) {
    this.#graph = graph;
    this.costs = new StepCosts(graph);
    this.#found = new Uint32Array(2 * graph.nodeCount);
    this.#starts = collectStarts(graph);
    for (const { node, cost } of this.#starts.values()) {
      this.#found[2 * node] = cost + 1;
      this.#queue.push(node, cost);
    }
  }

  /** Price of the cheapest path to the node, NO_COST when there is none. */
  costOf(node: number): number {
    this.#growTo(node);
    return ((this.#found[2 * node] as number) - 1) >>> 0;
  }

  /** Whether some non-debugger root reaches the node over strong edges. */
  reaches(node: number): boolean {
    if (this.#found[2 * node] === 0) this.#growTo(node);
    return this.#found[2 * node] !== 0;
  }

  isStart(node: number): boolean {
    if (!this.#starts.has(node)) return false;
    this.#growTo(node);
    return this.#found[2 * node + 1] === 0;
  }

  /** The node before this one on its path; undefined at a beginning. */
  before(node: number): { node: number; edge: number } | undefined {
    this.#growTo(node);
    const edge = (this.#found[2 * node + 1] as number) - 1;
    return edge < 0 ? undefined : { node: this.#graph.ownerOf(edge), edge };
  }

  /** The node before this one on the cheapest path found so far, which costs nothing to ask. */
  foundBefore(node: number): number | undefined {
    const edge = (this.#found[2 * node + 1] as number) - 1;
    return edge < 0 ? undefined : this.#graph.ownerOf(edge);
  }

  /** The cheapest path to the node, or undefined when only weak edges or debuggers reach it. */
  pathTo(node: number): RootPath | undefined {
    if (!this.reaches(node)) return undefined;
    const nodes = [node];
    const edges: number[] = [];
    for (let at = this.before(node); at; at = this.before(at.node)) {
      nodes.push(at.node);
      edges.push(at.edge);
    }
    return this.#pathFrom(nodes.reverse(), edges.reverse());
  }

  /** Whether the node's cheapest path passes through `other`. */
  passes(node: number, other: number): boolean {
    for (let at: { node: number } | undefined = { node }; at; at = this.before(at.node)) if (at.node === other) return true;
    return false;
  }

  /** The cheapest path to `node` that avoids `avoid`, or undefined if there is none; see searchAvoiding(). */
  pathAvoiding(node: number, avoid: ReadonlySet<number>): RootPath | undefined {
    return this.searchAvoiding(node, avoid).path;
  }

  /**
   * The cheapest path to `node` that avoids `avoid`. Searches backwards and stops where a known path is clean, so it stays near
   * the node unless `avoid` holds almost everything around it.
   * @returns no path if there is none. Where it `gaveUp` after `maxNodes` nodes, there may be one, or a cheaper one.
   */
  searchAvoiding(node: number, avoid: ReadonlySet<number>, maxNodes = 200_000): { path: RootPath | undefined; gaveUp: boolean } {
    if (avoid.has(node)) return { path: undefined, gaveUp: false };
    const clean = new Map<number, boolean>();
    const next = new Map<number, { node: number; edge: number }>();
    const best = new Map<number, number>([[node, 0]]);
    const done = new Set<number>();
    // A binary heap would do; paths near a node are short, so a bucket list by price is simpler.
    const buckets: number[][] = [[node]];
    const graph = this.#graph;
    let bestEnd = -1;
    let beginsThere = false; // the path begins at bestEnd instead of coming down its cheapest path
    let bestTotal = Number.POSITIVE_INFINITY;
    let price = 0;
    for (; price < buckets.length && price < bestTotal && done.size < maxNodes; price++) {
      for (const n of buckets[price] ?? []) {
        if (done.has(n) || best.get(n) !== price) continue;
        done.add(n);
        if (this.reaches(n) && this.#isClean(n, avoid, clean)) {
          const total = price + this.costOf(n);
          if (total < bestTotal) {
            bestTotal = total;
            bestEnd = n;
            beginsThere = false;
          }
          continue;
        }
        // A root may hold this node as well, at a higher price than the path that is not wanted.
        const start = this.#starts.get(n);
        if (start && price + start.cost < bestTotal) {
          bestTotal = price + start.cost;
          bestEnd = n;
          beginsThere = true;
        }
        for (const edge of graph.retainingEdges(n)) {
          const from = graph.ownerOf(edge);
          if (avoid.has(from) || !this.reaches(from)) continue;
          const step = this.costs.of(from, edge);
          if (step < 0) continue;
          const total = price + step;
          if (total >= (best.get(from) ?? Number.POSITIVE_INFINITY)) continue;
          best.set(from, total);
          next.set(from, { node: n, edge });
          const bucket = buckets[total];
          if (bucket) bucket.push(from);
          else buckets[total] = [from];
        }
      }
    }
    const gaveUp = price < buckets.length && price < bestTotal;
    if (bestEnd < 0) return { path: undefined, gaveUp };
    const head = beginsThere ? this.#pathFrom([bestEnd], []) : (this.pathTo(bestEnd) as RootPath);
    const nodes = [...head.nodes];
    const edges = [...head.edges];
    for (let at = next.get(bestEnd); at; at = next.get(at.node)) {
      nodes.push(at.node);
      edges.push(at.edge);
    }
    return { path: { ...head, nodes, edges }, gaveUp };
  }

  /** Whether the cheapest path of n meets none of `avoid`; remembers what it learns on the way. */
  #isClean(n: number, avoid: ReadonlySet<number>, known: Map<number, boolean>): boolean {
    const trail: number[] = [];
    let verdict = true;
    for (let at: { node: number } | undefined = { node: n }; at; at = this.before(at.node)) {
      const seen = known.get(at.node);
      if (seen !== undefined) {
        verdict = seen;
        break;
      }
      if (avoid.has(at.node)) {
        verdict = false;
        break;
      }
      trail.push(at.node);
    }
    for (const t of trail) known.set(t, verdict);
    return verdict;
  }

  #pathFrom(nodes: number[], edges: number[]): RootPath {
    const start = this.#starts.get(nodes[0] as number);
    return { kind: start?.kind ?? "v8", category: start?.category, held: start?.held, nodes, edges };
  }

  /**
   * The whole tree, for passes over all nodes: [2n] is 0 where nothing leads to node n, [2n + 1] is 0 where a path begins,
   * else one more than the last edge of the path. 12 ns per edge, once.
   */
  wholeTree(): Uint32Array {
    this.#growTo(undefined);
    return this.#found;
  }

  /** How the path that begins at this node begins; undefined when it begins elsewhere. */
  startAt(node: number): (PathStart & { category?: string }) | undefined {
    return this.#starts.get(node);
  }

  /** Grows the tree until the node's path is final: nothing in the queue is cheaper, and no step is free. Without a node, all of it. */
  #growTo(node: number | undefined): void {
    const { firstEdge, edgeTo } = this.#graph.columns;
    const found = this.#found;
    const queue = this.#queue;
    const { costs } = this;
    for (;;) {
      const price = node === undefined ? 0 : (found[2 * node] as number);
      if (price !== 0 && price - 1 <= queue.price) return;
      if (!queue.next()) return;
      const { price: here, node: n } = queue;
      if (found[2 * n] !== here + 1) continue; // a cheaper way was found after this one had been queued
      const end = firstEdge[n + 1] as number;
      for (let e = firstEdge[n] as number; e < end; e++) {
        const to = edgeTo[e] as number;
        const known = found[2 * to] as number;
        if (known !== 0 && known <= here + 1) continue;
        const step = costs.of(n, e);
        if (step < 0) continue;
        const total = here + step;
        if (known !== 0 && total + 1 >= known) continue;
        found[2 * to] = total + 1;
        found[2 * to + 1] = e + 1;
        queue.push(to, total);
      }
    }
  }
}

/** Developer's roots, then everything a root category holds, at the category's price. */
function collectStarts(graph: HeapGraph): Map<number, PathStart & { category?: string }> {
  const starts = new Map<number, PathStart & { category?: string }>();
  const offer = (start: PathStart & { category?: string }): void => {
    const known = starts.get(start.node);
    if (!known || start.cost < known.cost) starts.set(start.node, start);
  };
  for (const start of developerRoots(graph)) offer(start);
  for (const category of rootCategories(graph)) {
    for (let e = graph.firstEdge(category.node); e < graph.endEdge(category.node); e++) {
      if (graph.edgeType(e) === EdgeType.weak || isDebuggerHandle(graph, e)) continue;
      const { kind, name } = category;
      const node = graph.edgeTo(e);
      const nameless = kind === "stack" && graph.stackNames.size > 0 && !graph.stackNames.has(node);
      offer({ node, kind, cost: category.cost + (nameless ? NAMELESS : 0), held: graph.edgeName(e), category: name });
    }
  }
  for (const root of graph.policy.userRoots) {
    if (!starts.has(root)) offer({ node: root, kind: "global", cost: 300, held: undefined });
  }
  return starts;
}

/** Dial's queue: circular buckets, a stack each. A node whose price falls is queued again; whoever takes it out compares. */
class BucketQueue {
  readonly #buckets: (NumberStack | undefined)[] = new Array(BUCKETS);
  #size = 0;
  /** What `next` took out; the price never falls. */
  price = 0;
  node = 0;

  push(node: number, price: number): void {
    let bucket = this.#buckets[price % BUCKETS];
    if (!bucket) {
      bucket = new NumberStack();
      this.#buckets[price % BUCKETS] = bucket;
    }
    bucket.push(node);
    this.#size++;
  }

  /** Takes out one of the cheapest; false when there is none. */
  next(): boolean {
    if (this.#size === 0) return false;
    let bucket = this.#buckets[this.price % BUCKETS];
    while (!bucket || bucket.size === 0) bucket = this.#buckets[++this.price % BUCKETS];
    this.node = bucket.pop();
    this.#size--;
    return true;
  }
}

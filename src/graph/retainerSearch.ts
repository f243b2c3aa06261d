// Retainers of a few nodes, without an index of all. One pass over the edge column finds the edges that point at any of
// many wanted nodes, for a sixth of what the index costs; so each pass looks for the node that was asked for and for those
// that a question will most likely ask for next: what is on its root path, and, once they are known, its holders and what
// is on theirs. A guess that is wrong costs next to nothing; one that lacks costs a pass.

import { NodeType } from "../snapshot/format.ts";
import type { HeapGraph } from "./heapGraph.ts";
import { NumberStack } from "./scratch.ts";

/** Passes that together take less than an index of all edges. */
const PASSES = 5;
/** Nodes guessed for one pass. */
const GUESSES = 512;
/** Holders of one node that are guessed: whoever fans in by thousands is not told one by one. */
const HOLDERS_GUESSED = 64;
/** Guesses with more retaining edges are forgotten: they would cost memory, and are asked for rarely. */
const GUESSED_EDGES = 1 << 17;
/** A power of two; the filter has to stay in the processor's first cache. */
const FILTER = 1 << 15;

/** Holders of these types are never followed (holds.ts), and every object of a class points at its shape. */
const NOT_GUESSED: ReadonlySet<number> = new Set([NodeType.objectShape, NodeType.code, NodeType.synthetic]);

export class RetainerSearch {
  readonly #graph: HeapGraph;
  readonly #found = new Map<number, Uint32Array>();
  /** Nodes found whose holders have not been guessed yet. */
  #unfollowed: number[] = [];
  #passes = 0;

  constructor(graph: HeapGraph) {
    this.#graph = graph;
  }

  /**
   * The edges that point at n, in file order; undefined when an index of all is now the cheaper way. About 2 ns per edge
   * of the heap, or nothing when n was found on the way.
   */
  edgesTo(n: number): Uint32Array | undefined {
    const known = this.#found.get(n);
    if (known || this.#passes === PASSES) return known;
    this.#passes++;
    const wanted = this.#guesses(n);
    const edges = findEdgesTo(this.#graph.columns.edgeTo, wanted);
    wanted.forEach((node, i) => {
      const found = edges[i];
      if (!found) return;
      this.#found.set(node, found);
      this.#unfollowed.push(node);
    });
    return this.#found.get(n);
  }

  /** n, then what may be asked for next. */
  #guesses(n: number): number[] {
    const graph = this.#graph;
    const guesses = new Set<number>([n]);
    // A path is walked as it is known so far: it must not cost anything to guess.
    const addPath = (from: number): void => {
      for (let at: number | undefined = from; at !== undefined && guesses.size < GUESSES; at = graph.knownRootPaths?.foundBefore(at)) {
        if (at !== n && guesses.has(at)) return;
        if (!this.#found.has(at) && !NOT_GUESSED.has(graph.type(at))) guesses.add(at);
      }
    };
    addPath(n);
    for (const node of this.#unfollowed) {
      const edges = this.#found.get(node) as Uint32Array;
      for (const edge of edges.subarray(0, HOLDERS_GUESSED)) addPath(graph.ownerOf(edge));
    }
    this.#unfollowed = [];
    return [...guesses];
  }
}

/**
 * The edges that point at each of the nodes, in file order; undefined for any but the first that has more than
 * GUESSED_EDGES. The nodes are distinct.
 */
export function findEdgesTo(edgeTo: Uint32Array, nodes: readonly number[]): (Uint32Array | undefined)[] {
  const mask = FILTER - 1;
  const filter = new Uint8Array(FILTER);
  // A hash table with chains: 1 + the last node of a slot, and before each node of a slot the one before it.
  const last = new Uint16Array(FILTER);
  const before = new Uint16Array(nodes.length + 1);
  nodes.forEach((n, i) => {
    filter[n & mask] = 1;
    before[i + 1] = last[n & mask] as number;
    last[n & mask] = i + 1;
  });
  const found = nodes.map(() => new NumberStack());
  const { length } = edgeTo;
  const inFours = length & ~3;
  for (let four = 0; four < length; four += 4) {
    if (four < inFours) {
      const any =
        (filter[(edgeTo[four] as number) & mask] as number) |
        (filter[(edgeTo[four + 1] as number) & mask] as number) |
        (filter[(edgeTo[four + 2] as number) & mask] as number) |
        (filter[(edgeTo[four + 3] as number) & mask] as number);
      if (any === 0) continue;
    }
    const end = Math.min(four + 4, length);
    for (let e = four; e < end; e++) {
      const to = edgeTo[e] as number;
      let i = last[to & mask] as number;
      while (i !== 0 && nodes[i - 1] !== to) i = before[i] as number;
      if (i === 0) continue;
      const edges = found[i - 1] as NumberStack;
      if (i === 1 || edges.size <= GUESSED_EDGES) edges.push(e);
    }
  }
  return found.map((edges, i) => (i > 0 && edges.size > GUESSED_EDGES ? undefined : edges.values.slice(0, edges.size)));
}

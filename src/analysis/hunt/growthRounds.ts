// The rounds of a hunt, folded as they come: of each snapshot remain the objects and bytes of every abstract path, and the
// highest object id. Only the last heap is kept, for it alone can show who holds what.

import { abstractPaths } from "../../graph/abstractPaths.ts";
import type { HeapGraph } from "../../graph/heapGraph.ts";
import { NodeType } from "../../graph/kinds.ts";
import { PathBook, PathFlag } from "../../graph/pathBook.ts";

/** What is known of a round besides its heap. */
export interface RoundFacts {
  /** Since the first round; undefined when nobody knows. */
  readonly seconds: number | undefined;
  /** Ids compare only between rounds of one epoch; undefined when that is unknown (then ids are looked at). */
  readonly epoch: string | undefined;
}

interface Fold extends RoundFacts {
  /** Objects and bytes by path, as many as there were paths. */
  readonly count: Uint32Array;
  readonly bytes: Float64Array;
  /** Native memory by name. */
  readonly native: ReadonlyMap<string, number>;
  readonly lastId: number;
  readonly heapBytes: number;
  readonly objects: number;
}

/** The last heap, with what a judgement needs of it. */
export interface LastHeap {
  readonly graph: HeapGraph;
  /** Path of each node; 0 where none is. */
  readonly paths: Uint32Array;
  /** Objects on each path that were first seen in round i: born[path * rounds + i]. Undefined when ids do not compare. */
  readonly born: Uint32Array | undefined;
  /** Bytes on each path that came after the first round (without ids: all that the path gained). */
  readonly youngBytes: Float64Array;
  /** Bytes on each path that were there in the first round, here or on another path. Zeros when ids do not compare. */
  readonly oldBytes: Float64Array;
  /** Of each path, 1 + the node that is cheapest to reach among those that gathered; 0 where none is. */
  readonly example: Uint32Array;
}

export class GrowthRounds {
  readonly book: PathBook = new PathBook();
  readonly #folds: Fold[] = [];
  #last: { graph: HeapGraph; paths: Uint32Array } | undefined;

  get count(): number {
    return this.#folds.length;
  }

  /** Adds a heap, and lets go of the one before. About 150 ns an object beyond its root paths. */
  add(graph: HeapGraph, facts: RoundFacts): void {
    const { book } = this;
    const paths = abstractPaths(graph, book);
    const { heldByDebuggers, nodeCount, columns } = graph;
    const { nodeId, nodeSelfSize, nodeType } = columns;
    const count = new Uint32Array(book.size);
    const bytes = new Float64Array(book.size);
    let lastId = 0;
    let heapBytes = 0;
    let objects = 0;
    const native = new Map<string, number>();
    for (let n = 0; n < nodeCount; n++) {
      if (nodeType[n] === NodeType.native) native.set(graph.name(n), (native.get(graph.name(n)) ?? 0) + (nodeSelfSize[n] as number));
      const path = paths[n] as number;
      if (path === 0) continue;
      const id = nodeId[n] as number;
      if (id > lastId && COUNTED.has(nodeType[n] as number)) lastId = id;
      if (heldByDebuggers.size > 0 && heldByDebuggers.has(n)) {
        paths[n] = 0;
        continue;
      }
      const size = nodeSelfSize[n] as number;
      bytes[path] = (bytes[path] as number) + size;
      heapBytes += size;
      if (book.has(path, PathFlag.plumbing)) continue;
      count[path] = (count[path] as number) + 1;
      objects++;
    }
    this.#folds.push({ ...facts, count, bytes, native, lastId, heapBytes, objects });
    this.#last = { graph, paths };
  }

  /** Lets go of the last heap. */
  rest(): void {
    this.#last = undefined;
  }

  /** Takes the heap of the last round back, after all: its paths are numbered again as they were. */
  restore(graph: HeapGraph): void {
    this.#last = { graph, paths: abstractPaths(graph, this.book) };
  }

  /** Native memory of the last round by name, and what it gained since the first, the biggest gain first. */
  natives(): { name: string; bytes: number; delta: number }[] {
    const first = this.#folds[0]?.native;
    return [...(this.#folds.at(-1)?.native ?? [])]
      .map(([name, bytes]) => ({ name, bytes, delta: bytes - (first?.get(name) ?? 0) }))
      .sort((a, b) => b.delta - a.delta || b.bytes - a.bytes)
      .slice(0, NATIVES);
  }

  /** Objects on a path, by round. */
  counts(path: number): number[] {
    return this.#folds.map(({ count }) => count[path] ?? 0);
  }
  /** Bytes of a path alone, by round. */
  bytes(path: number): number[] {
    return this.#folds.map(({ bytes }) => bytes[path] ?? 0);
  }
  /** Bytes of every path in one round (from 0), a column of its own. */
  bytesOf(round: number): Float64Array {
    const column = new Float64Array(this.book.size);
    column.set((this.#folds[round] as Fold).bytes);
    return column;
  }
  /** Objects on a path in the first and in the last round; cheaper than `counts`. */
  ends(path: number): { readonly first: number; readonly last: number } {
    return { first: this.#folds[0]?.count[path] ?? 0, last: this.#folds.at(-1)?.count[path] ?? 0 };
  }
  /** Of the whole heap, by round. */
  heap(): { bytes: number; objects: number }[] {
    return this.#folds.map(({ heapBytes, objects }) => ({ bytes: heapBytes, objects }));
  }
  /** When the rounds were; undefined when that is not known of all. */
  seconds(): number[] | undefined {
    const times = this.#folds.map(({ seconds }) => seconds);
    return times.every((time) => time !== undefined) ? (times as number[]) : undefined;
  }

  /** Whether object ids of all rounds mean the same objects. */
  get comparable(): boolean {
    const [first] = this.#folds;
    return this.#folds.every(
      ({ epoch, lastId }, i) => epoch === first?.epoch && (i === 0 || lastId >= (this.#folds[i - 1] as Fold).lastId),
    );
  }

  /** What the last heap says of the ages of its objects. There must have been a round. */
  lastHeap(): LastHeap {
    const { graph, paths } = this.#last as { graph: HeapGraph; paths: Uint32Array };
    const rounds = this.#folds.length;
    const { size } = this.book;
    const known = this.comparable;
    const born = known ? new Uint32Array(size * rounds) : undefined;
    const youngBytes = new Float64Array(size);
    const oldBytes = new Float64Array(size);
    const example = new Uint32Array(size);
    const marks = this.#folds.map(({ lastId }) => lastId);
    const tree = graph.rootPaths.wholeTree();
    const { nodeId, nodeSelfSize, nodeType } = graph.columns;
    const price = (n: number, window: number): number => (tree[2 * n] as number) + (window === rounds - 1 ? NEWEST : 0);
    const best = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
    for (let n = 0; n < graph.nodeCount; n++) {
      const path = paths[n] as number;
      if (path === 0) continue;
      let window = 0;
      if (born) {
        const id = nodeId[n] as number;
        while (window < rounds - 1 && id > (marks[window] as number)) window++;
        born[path * rounds + window] = (born[path * rounds + window] as number) + 1;
      }
      if (known && window === 0) {
        if (COUNTED.has(nodeType[n] as number)) oldBytes[path] = (oldBytes[path] as number) + (nodeSelfSize[n] as number);
        continue;
      }
      youngBytes[path] = (youngBytes[path] as number) + (nodeSelfSize[n] as number);
      const cost = price(n, window);
      if (cost >= (best[path] as number)) continue;
      best[path] = cost;
      example[path] = n + 1;
    }
    if (!known) for (let path = 1; path < size; path++) youngBytes[path] = this.#gain(path);
    return { graph, paths, born, youngBytes, oldBytes, example };
  }

  /** Of the last heap: how many objects of a path were first seen in each round. */
  bornOn({ born }: LastHeap, path: number): number[] | undefined {
    const rounds = this.#folds.length;
    return born && [...born.subarray(path * rounds, (path + 1) * rounds)];
  }

  /** Bytes that came on a path and below it since the first round. */
  youngBelow({ youngBytes }: LastHeap, path: number): number {
    const { book } = this;
    const inside = new Uint8Array(book.size);
    inside[path] = 1;
    let total = youngBytes[path] as number;
    for (let at = path + 1; at < book.size; at++) {
      if (inside[book.parent(at)] !== 1) continue;
      inside[at] = 1;
      total += youngBytes[at] as number;
    }
    return total;
  }

  /** Whether a node of the last heap came after the first round; all of them where ids do not compare. */
  isYoung({ graph }: LastHeap): (node: number) => boolean {
    if (!this.comparable) return () => true;
    const { nodeId } = graph.columns;
    const mark = this.#folds[0]?.lastId ?? 0;
    return (node) => (nodeId[node] as number) > mark;
  }

  #gain(path: number): number {
    return Math.max(0, (this.#folds.at(-1)?.bytes[path] ?? 0) - (this.#folds[0]?.bytes[path] ?? 0));
  }
}

const NATIVES = 8;

/** V8 counts the ids of these upwards; embedders' nodes have ids of another kind. */
const COUNTED: ReadonlySet<number> = new Set([NodeType.object, NodeType.closure, NodeType.string, NodeType.array]);

/** An example of the newest may be gone the next moment: another is taken where there is one. */
const NEWEST = 100_000;

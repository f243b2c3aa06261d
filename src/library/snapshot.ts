// A snapshot as the library's users hold it: opaque, asked through the functions beside it. Objects are named by
// V8's ids, so that no position of a node ever leaks out of this program.

import { nodeById } from "../analysis/objects.ts";
import { isProperRoot as isRootNode, type NodePredicate, parsePredicate } from "../analysis/predicates.ts";
import { type SizedSummary, summarize } from "../analysis/summary.ts";
import { HeapGraph } from "../graph/heapGraph.ts";
import { readSnapshot } from "../snapshot/open.ts";

/** A condition: what the command line takes as text, or a function over an object's summary. */
export type Predicate = string | ((object: SizedSummary) => boolean);

/** One opened heap snapshot. */
export interface Snapshot {
  /** Where it came from, for messages. */
  readonly name: string;
  readonly nodeCount: number;
  readonly edgeCount: number;
  /** Bytes of the whole heap. */
  readonly totalSize: number;
}

const graphs = new WeakMap<Snapshot, HeapGraph>();

/** Wraps a graph for users. */
export function wrapGraph(graph: HeapGraph, name: string): Snapshot {
  const snapshot: Snapshot = {
    name,
    nodeCount: graph.nodeCount,
    edgeCount: graph.edgeCount,
    get totalSize() {
      return graph.totalSize;
    },
  };
  graphs.set(snapshot, graph);
  return snapshot;
}

/** @throws TypeError when the value did not come from `openSnapshot` or `snapshot()`. */
export function graphOf(snapshot: Snapshot): HeapGraph {
  const graph = graphs.get(snapshot);
  if (!graph) throw new TypeError("not a snapshot of leakhunt: use openSnapshot(path) or target.snapshot()");
  return graph;
}

/**
 * Opens a .heapsnapshot file (plain or gzip, "-" for standard input).
 * @throws LeakhuntError `CANNOT_READ` or `BAD_SNAPSHOT`.
 */
export async function openSnapshot(path: string, options: { signal?: AbortSignal } = {}): Promise<Snapshot> {
  return wrapGraph(new HeapGraph(await readSnapshot(path, options)), path);
}

/** An object as users name it: `1234`, `"@1234"`, or any value with an `id`. */
export type ObjectRef = number | string | { readonly id: number };

/** @throws LeakhuntError `NO_SUCH_OBJECT`. */
export function nodeOf(snapshot: Snapshot, ref: ObjectRef): number {
  const id = typeof ref === "number" ? ref : typeof ref === "string" ? Number(ref.replace(/^@/, "")) : ref.id;
  return nodeById(graphOf(snapshot), id, snapshot.name);
}

/** Turns a user's condition into one over nodes. */
export function conditionOf(predicate: Predicate): NodePredicate {
  if (predicate === isProperRoot) return isRootNode;
  if (typeof predicate === "string") return parsePredicate(predicate);
  return (graph, node) => predicate(summarize(graph, node));
}

/** objgraph's is_proper_module: for findBackrefChain, a root that a Node developer would name. */
export const isProperRoot: Predicate = "root";

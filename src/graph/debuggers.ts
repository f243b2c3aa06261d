// Debuggers hold what they show: V8 makes an object of every scope of a stopped frame for each client that is told of the
// stop, and a handle for every value that was evaluated. Whoever asks why an object is alive must not be told "because
// you look at it", so the objects that live for a debugger alone are known here, and left out by the questions.

import { EdgeType } from "../snapshot/format.ts";
import type { HeapGraph } from "./heapGraph.ts";
import { isDebuggerHandle, rootCategories } from "./roots.ts";

/** A scope object leads to its property array and no further; an expression may have made more. */
const MAX_DEPTH = 6;
const MAX_CANDIDATES = 20_000;

const UNKNOWN = 0;
const CANDIDATE = 1;
const HELD_ELSEWHERE = 2;

/**
 * The nodes that only handles of debuggers keep alive, whosever they are; empty when no debugger held anything. Without
 * such handles it costs a look at V8's roots, with them one pass over all edges.
 */
export function heldByDebuggers(graph: HeapGraph): ReadonlySet<number> {
  const handles = debuggerHandles(graph);
  if (handles.size === 0) return new Set();
  const state = new Uint8Array(graph.nodeCount);
  const candidates = candidatesBehind(graph, handles, state);
  markHeldElsewhere(graph, handles, state);
  for (const n of candidates) if (state[n] === HELD_ELSEWHERE) spread(graph, n, state);
  return new Set(candidates.filter((n) => state[n] === CANDIDATE));
}

function debuggerHandles(graph: HeapGraph): Set<number> {
  const found = new Set<number>();
  for (const { node, name } of rootCategories(graph)) {
    if (name !== "(Global handles)") continue;
    for (let e = graph.firstEdge(node); e < graph.endEdge(node); e++) if (isDebuggerHandle(graph, e)) found.add(e);
  }
  return found;
}

function candidatesBehind(graph: HeapGraph, handles: ReadonlySet<number>, state: Uint8Array): number[] {
  const found: number[] = [];
  const add = (n: number): void => {
    if (state[n] !== UNKNOWN || found.length >= MAX_CANDIDATES) return;
    state[n] = CANDIDATE;
    found.push(n);
  };
  for (const handle of handles) add(graph.edgeTo(handle));
  let from = 0;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const end = found.length;
    for (; from < end; from++) for (const to of strongTargets(graph, found[from] as number)) add(to);
  }
  return found;
}

/** One pass over all edges: which candidates something else holds as well. */
function markHeldElsewhere(graph: HeapGraph, handles: ReadonlySet<number>, state: Uint8Array): void {
  const { edgeTo } = graph.columns;
  for (let n = 0; n < graph.nodeCount; n++) {
    if (state[n] !== UNKNOWN) continue;
    for (let e = graph.firstEdge(n); e < graph.endEdge(n); e++) {
      const to = edgeTo[e] as number;
      if (state[to] === CANDIDATE && !handles.has(e) && graph.edgeType(e) !== EdgeType.weak) state[to] = HELD_ELSEWHERE;
    }
  }
}

/** What is held elsewhere holds its own parts. */
function spread(graph: HeapGraph, from: number, state: Uint8Array): void {
  const todo = [from];
  for (let n = todo.pop(); n !== undefined; n = todo.pop()) {
    for (const to of strongTargets(graph, n)) {
      if (state[to] !== CANDIDATE) continue;
      state[to] = HELD_ELSEWHERE;
      todo.push(to);
    }
  }
}

function* strongTargets(graph: HeapGraph, n: number): Generator<number> {
  for (let e = graph.firstEdge(n); e < graph.endEdge(n); e++) if (graph.edgeType(e) !== EdgeType.weak) yield graph.edgeTo(e);
}

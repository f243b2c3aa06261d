// The second thread of a live capture: it is started before the target writes its snapshot, practises on a small heap until
// V8 has compiled what computes sizes, and then waits for the true one. All columns are in shared memory.
//
// It begins when the edges have been read and before the strings have, so of each edge it knows the type and not the
// name. One name matters to dominators, that of a WeakMap entry's edge from the table: V8 writes such an edge right after a
// weak one from the same table to the same value, which nothing else does as far as is known. Whoever asked compares what
// was guessed with what the names say, and believes the answer only if it is the same.

import { setImmediate as turn } from "node:timers/promises";
import { type MessagePort, parentPort } from "node:worker_threads";
import { EdgeLabel } from "../snapshot/edgeLabels.ts";
import { EdgeType } from "../snapshot/format.ts";
import { PracticeHeap } from "../snapshot/practice.ts";
import type { DominatorColumns } from "./depthFirst.ts";
import { computeDominators, computeRetainedSizes } from "./dominators.ts";
import { edgePolicyOf } from "./edgePolicy.ts";
import { Scratch } from "./scratch.ts";
import { computeShallowSizes, externalStringNames, type ShallowColumns } from "./shallow.ts";

/** The first message. */
export interface TreeJob {
  /** The labels are types; that column is this thread's own. */
  readonly columns: DominatorColumns;
  readonly pageEdges: readonly number[] | undefined;
}

/** The second one, when there are strings. */
export interface SizesJob {
  readonly columns: Pick<ShallowColumns, "nodeType" | "nodeName" | "nodeSelfSize">;
  /** See `computeShallowSizes`; undefined when nothing is transferred. */
  readonly externals: ReadonlySet<number> | undefined;
}

/** What the thread says: true when about half of the first job is done, and then the answer to both. */
export type EarlyMessage = true | EarlyAnswer;

export interface EarlyAnswer {
  /** What a DominatorTree is made of. */
  readonly order: Uint32Array;
  readonly idom: Uint32Array;
  readonly column: Uint32Array;
  /** Edges that were taken for those of WeakMap tables, ascending. */
  readonly tableEdges: readonly number[];
  readonly shallow: Uint32Array | Float64Array;
  readonly retained: Uint32Array | Float64Array;
}

/** Passes over the small heap, after which V8 has compiled the loops for good: more would only take processor time from others. */
const PASSES = 6;

/** Marks the edges that look like those of WeakMap tables. */
function markTableEdges({ nodeCount, firstEdge, edgeLabel, edgeTo }: DominatorColumns): number[] {
  const { internal, weak } = EdgeType;
  const found: number[] = [];
  for (let n = 0; n < nodeCount; n++) {
    const end = firstEdge[n + 1] as number;
    for (let e = (firstEdge[n] as number) + 1; e < end; e++) {
      if (edgeLabel[e] !== internal || edgeLabel[e - 1] !== weak || edgeTo[e - 1] !== edgeTo[e]) continue;
      edgeLabel[e] = EdgeLabel.weakPairOfTable;
      found.push(e);
    }
  }
  return found;
}

/**
 * A job whose objects V8 knows already. What came as a message has other hidden classes than what was made here, and meeting
 * them V8 throws away what it had compiled for those of the practice.
 */
function alike({ columns: { nodeCount, firstEdge, edgeLabel, edgeTo }, pageEdges }: TreeJob): TreeJob {
  return { columns: { nodeCount, firstEdge, edgeLabel, edgeTo }, pageEdges: pageEdges && Array.from(pageEdges) };
}

/** The first job; what is returned does the second. */
function begin(first: TreeJob, onWalked: () => void): (job: SizesJob) => EarlyAnswer {
  const { columns, pageEdges } = alike(first);
  const scratch = new Scratch(columns.nodeCount + 1);
  const tableEdges = markTableEdges(columns);
  const tree = computeDominators(columns, { pageEdges }, scratch, onWalked);
  return (job) => {
    const { nodeType, nodeName, nodeSelfSize } = job.columns;
    const { nodeCount, firstEdge, edgeLabel, edgeTo } = columns;
    const all = { nodeCount, firstEdge, edgeLabel, edgeTo, nodeType, nodeName, nodeSelfSize };
    const shallow = job.externals ? computeShallowSizes(all, job.externals, scratch) : nodeSelfSize;
    const retained = computeRetainedSizes(tree, shallow, scratch);
    const { order, idom, column } = tree;
    return { order, idom, column, tableEdges, shallow, retained };
  };
}

function post(port: MessagePort, message: EarlyMessage): void {
  port.postMessage(message);
}

if (parentPort) {
  const port = parentPort;
  let finish: ReturnType<typeof begin> | undefined;
  port.on("message", (job: TreeJob | SizesJob) => {
    if ("pageEdges" in job) finish = begin(job, () => post(port, true));
    else if (finish) post(port, finish(job));
  });
  const columns = new PracticeHeap().decode();
  const { pageEdges } = edgePolicyOf(columns);
  const externals = externalStringNames(columns);
  for (let i = 0; i < PASSES && !finish; i++) {
    begin({ columns: { ...columns, edgeLabel: columns.edgeLabel.slice() }, pageEdges }, () => {})({ columns, externals });
    await turn();
  }
}

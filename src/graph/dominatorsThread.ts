// The second thread of a live capture: it is started while the target writes its snapshot, practises on a small heap until
// V8 has compiled what computes dominators, and then waits for the true one. All columns are in shared memory.

import { setImmediate as turn } from "node:timers/promises";
import { parentPort } from "node:worker_threads";
import { PracticeHeap } from "../snapshot/practice.ts";
import { computeDominators, type DominatorColumns } from "./dominators.ts";
import { edgePolicyOf } from "./edgePolicy.ts";

export interface DominatorsJob {
  readonly columns: DominatorColumns;
  readonly pageEdges: readonly number[] | undefined;
}

/** What a DominatorTree is made of. */
export interface DominatorsDone {
  readonly order: Uint32Array;
  readonly idom: Uint32Array;
  readonly column: Uint32Array;
}

/** Said once, when there is nothing left to practise. */
export type Ready = "ready";
/** After so many passes over the small heap V8 has compiled the loops for good: measured on 20, 22, 24 and 26. */
const PASSES = 24;

if (parentPort) {
  const port = parentPort;
  let job: DominatorsJob | undefined;
  port.once("message", (asked: DominatorsJob) => {
    job = asked;
    const { order, idom, column } = computeDominators(job.columns, job);
    const done: DominatorsDone = { order, idom, column };
    port.postMessage(done);
  });
  const columns = new PracticeHeap().decode();
  for (let i = 0; i < PASSES && !job; i++) {
    computeDominators(columns, edgePolicyOf(columns));
    await turn();
  }
  if (!job) port.postMessage("ready" satisfies Ready);
}

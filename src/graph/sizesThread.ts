// The second thread of whole-heap work: shallow sizes and distances, while the first computes dominators, which need
// neither. Both threads read the same columns; nothing is copied, and since each result is written by one of them, none
// depends on which is faster.

import { parentPort, workerData } from "node:worker_threads";
import { computeDistances, type DistanceColumns } from "./distances.ts";
import { Scratch } from "./scratch.ts";
import { computeShallowSizes, type ShallowColumns } from "./shallow.ts";

export interface SizesJob {
  readonly columns: DistanceColumns & ShallowColumns;
  readonly userRoots: readonly number[];
  readonly externals: ReadonlySet<number>;
}

export interface SizesDone {
  readonly shallow: Uint32Array | Float64Array;
  readonly distances: Int32Array;
}

if (parentPort) {
  const { columns, userRoots, externals } = workerData as SizesJob;
  const scratch = new Scratch(columns.nodeCount + 1);
  const shallow = userRoots.length > 0 ? computeShallowSizes(columns, externals, scratch) : columns.nodeSelfSize;
  const done: SizesDone = { shallow, distances: computeDistances(columns, userRoots, scratch) };
  parentPort.postMessage(done);
}

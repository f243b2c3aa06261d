// Starts the second thread of whole-heap work (sizesThread.ts).

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { builtFile } from "../builtFiles.ts";
import type { SnapshotColumns } from "../snapshot/columns.ts";
import { externalStringNames } from "./shallow.ts";
import type { SizesDone, SizesJob } from "./sizesThread.ts";

const SIZES_THREAD = builtFile("graph/sizesThread.js");

/**
 * Shallow sizes and distances by another thread; undefined where there can be none, then they are for this one, or when `signal`
 * ended it.
 */
export async function sizesBeside(
  columns: SnapshotColumns,
  userRoots: readonly number[],
  signal?: AbortSignal,
): Promise<SizesDone | undefined> {
  if (availableParallelism() < 2) return undefined;
  const { nodeCount, firstEdge, edgeLabel, edgeTo, nodeType, nodeName, nodeSelfSize, weakPairs } = columns;
  const job: SizesJob = {
    columns: { nodeCount, firstEdge, edgeLabel, edgeTo, nodeType, nodeName, nodeSelfSize, weakPairs },
    userRoots,
    externals: externalStringNames(columns),
  };
  const worker = new Worker(SIZES_THREAD, { workerData: job, resourceLimits: { maxYoungGenerationSizeMb: 2 } });
  const stop = (): void => void worker.terminate();
  signal?.addEventListener("abort", stop, { once: true });
  const done = await new Promise<SizesDone | undefined>((resolve) => {
    worker.once("message", resolve);
    worker.once("error", () => resolve(undefined));
    worker.once("exit", () => resolve(undefined));
  });
  signal?.removeEventListener("abort", stop);
  return done;
}

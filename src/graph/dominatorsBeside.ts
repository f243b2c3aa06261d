// Starts the second thread of a live capture (dominatorsThread.ts), and asks it.

import { Worker } from "node:worker_threads";
import { type DominatorColumns, DominatorTree } from "./dominators.ts";
import type { DominatorsDone, DominatorsJob, Ready } from "./dominatorsThread.ts";

/** The compiled thread, also when this module runs from source: Node 20 runs no .ts in a thread. */
const THREAD = new URL(import.meta.url.endsWith(".ts") ? "../../dist/graph/dominatorsThread.js" : "./dominatorsThread.js", import.meta.url);

export class DominatorsThread {
  readonly #worker: Worker;
  /** Resolves when the thread has practised or has ended. */
  readonly ready: Promise<void>;

  /** Does not keep the process alive. compute() or end() must be called. */
  constructor() {
    this.#worker = new Worker(THREAD, { resourceLimits: { maxYoungGenerationSizeMb: 2 } });
    this.#worker.unref();
    this.ready = new Promise((resolve) => {
      this.#worker.once("message", () => resolve());
      this.#worker.once("error", () => resolve());
      this.#worker.once("exit", () => resolve());
    });
  }

  /** The dominators, after which the thread ends; undefined when there is no such thread any more. Asked once. */
  async compute(
    { nodeCount, firstEdge, edgeLabel, edgeTo }: DominatorColumns,
    pageEdges: readonly number[] | undefined,
  ): Promise<DominatorTree | undefined> {
    const worker = this.#worker;
    worker.ref();
    const answer = new Promise<DominatorsDone | undefined>((resolve) => {
      worker.on("message", (message: DominatorsDone | Ready) => {
        if (message !== "ready") resolve(message);
      });
      worker.once("error", () => resolve(undefined));
      worker.once("exit", () => resolve(undefined));
    });
    const job: DominatorsJob = { columns: { nodeCount, firstEdge, edgeLabel, edgeTo }, pageEdges };
    worker.postMessage(job);
    const done = await answer;
    void this.end();
    return done && new DominatorTree(done.order, done.idom, done.column);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

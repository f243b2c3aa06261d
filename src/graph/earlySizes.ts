// Starts the second thread of a live capture (earlySizesThread.ts), asks it, and judges its answer.

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { builtFile } from "../builtFiles.ts";
import type { SnapshotColumns } from "../snapshot/columns.ts";
import type { Unnamed } from "../snapshot/decodeAlong.ts";
import { EdgeLabel } from "../snapshot/edgeLabels.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import { sharedBytes } from "../snapshot/shared.ts";
import { DominatorTree } from "./dominators.ts";
import type { EarlyAnswer, EarlyMessage, SizesJob, TreeJob } from "./earlySizesThread.ts";
import type { EdgePolicy } from "./edgePolicy.ts";
import { externalStringNames } from "./shallow.ts";

const THREAD = builtFile("graph/earlySizesThread.js");

export interface Sizes {
  readonly dominators: DominatorTree;
  readonly shallow: Uint32Array | Float64Array;
  readonly retained: Uint32Array | Float64Array;
}

/** Sizes of one snapshot, by a thread of their own that begins before the snapshot is complete. */
export class EarlySizes {
  readonly #worker: Worker;
  readonly #exit: Promise<undefined>;
  #pageEdges: readonly number[] | undefined;
  #isBegun = false;

  /** Starts the thread, which does not keep the process alive. finish() or end() must be called. */
  constructor() {
    this.#worker = new Worker(THREAD, { resourceLimits: { maxYoungGenerationSizeMb: 2 } });
    this.#worker.on("error", () => {}); // it ends, then
    this.#exit = new Promise((resolve) => this.#worker.once("exit", () => resolve(undefined)));
    this.#worker.unref();
  }

  /**
   * Begins with the dominators: once, and before the labels of the edges are more than types. Resolves when the thread can spare
   * its processor for a while: where there are but two, one of them is the target's, and this thread's work takes longest.
   */
  begin(columns: Unnamed): Promise<unknown> {
    const { nodeCount, firstEdge, edgeTo } = columns;
    this.#pageEdges = pageEdgesByType(columns);
    const edgeLabel = sharedBytes(columns.edgeLabel.length);
    edgeLabel.set(columns.edgeLabel);
    this.#post({ columns: { nodeCount, firstEdge, edgeLabel, edgeTo }, pageEdges: this.#pageEdges });
    this.#isBegun = true;
    return availableParallelism() > 2
      ? Promise.resolve()
      : Promise.race([this.#heard((message) => message === true || undefined), this.#exit]);
  }

  /**
   * The sizes of what begin() was given, now with names; the thread ends.
   * @returns undefined when there are none, or they were made from a wrong guess.
   */
  async finish(columns: SnapshotColumns, { pageEdges, userRoots }: EdgePolicy): Promise<Sizes | undefined> {
    try {
      const isGuessed = this.#isBegun && String(pageEdges) === String(this.#pageEdges);
      const done = isGuessed ? await this.#ask(columns, userRoots.length > 0) : undefined;
      if (!done || !isEqual(done.tableEdges, tableEdgesOf(columns))) return undefined;
      return { dominators: new DominatorTree(done.order, done.idom, done.column), shallow: done.shallow, retained: done.retained };
    } finally {
      void this.end(); // which takes longer than one wants to wait
    }
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(columns: SnapshotColumns, isTransferred: boolean): Promise<EarlyAnswer | undefined> {
    const worker = this.#worker;
    worker.ref();
    const { nodeType, nodeName, nodeSelfSize } = columns;
    this.#post({ columns: { nodeType, nodeName, nodeSelfSize }, externals: isTransferred ? externalStringNames(columns) : undefined });
    return Promise.race([this.#heard((message) => (message === true ? undefined : message)), this.#exit]);
  }

  /** What `find` makes of the first message of which it makes anything. */
  #heard<T>(find: (message: EarlyMessage) => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const hear = (message: EarlyMessage): void => {
        const found = find(message);
        if (found === undefined) return;
        this.#worker.off("message", hear);
        resolve(found);
      };
      this.#worker.on("message", hear);
    });
  }

  #post(job: TreeJob | SizesJob): void {
    this.#worker.postMessage(job);
  }
}

/** EdgePolicy.pageEdges as far as types tell: a Node heap has no DOM trees. */
function pageEdgesByType({ nodeType, firstEdge, edgeLabel, edgeTo }: Unnamed): number[] | undefined {
  const edges = Array.from({ length: firstEdge[1] as number }, (_, e) => e);
  if (edges.every((e) => nodeType[edgeTo[e] as number] === NodeType.synthetic)) return undefined;
  return edges.filter((e) => edgeLabel[e] === EdgeType.shortcut);
}

function tableEdgesOf({ weakPairs, edgeLabel }: SnapshotColumns): number[] {
  return [...weakPairs.edge].filter((e) => edgeLabel[e] === EdgeLabel.weakPairOfTable);
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

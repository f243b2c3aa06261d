// Starts the second thread of a live capture (dominatorsThread.ts), asks it, and judges its answer.

import { Worker } from "node:worker_threads";
import type { SnapshotColumns } from "../snapshot/columns.ts";
import type { Unnamed } from "../snapshot/decodeAlong.ts";
import { EdgeLabel } from "../snapshot/edgeLabels.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import { sharedBytes } from "../snapshot/shared.ts";
import { DominatorTree } from "./dominators.ts";
import type { DominatorsDone, DominatorsJob } from "./dominatorsThread.ts";
import type { EdgePolicy } from "./edgePolicy.ts";

/** The compiled thread, also when this module runs from source: Node 20 runs no .ts in a thread. */
const THREAD = new URL(import.meta.url.endsWith(".ts") ? "../../dist/graph/dominatorsThread.js" : "./dominatorsThread.js", import.meta.url);

/** Dominators of one snapshot, by a thread of their own. */
export class DominatorsThread {
  readonly #worker: Worker;
  #pageEdges: readonly number[] | undefined;
  #answer: Promise<DominatorsDone | undefined> | undefined;

  /** Starts the thread, which does not keep the process alive. end() must be called. */
  constructor() {
    this.#worker = new Worker(THREAD, { resourceLimits: { maxYoungGenerationSizeMb: 2 } });
    this.#worker.on("error", () => {}); // then there is no answer
    this.#worker.unref();
  }

  /** Begins, before the strings are there. Called once. */
  begin(columns: Unnamed): void {
    const { nodeCount, firstEdge, edgeTo } = columns;
    this.#pageEdges = pageEdgesByType(columns);
    const edgeLabel = sharedBytes(columns.edgeLabel.length);
    edgeLabel.set(columns.edgeLabel);
    const job: DominatorsJob = { columns: { nodeCount, firstEdge, edgeLabel, edgeTo }, pageEdges: this.#pageEdges };
    this.#worker.postMessage(job);
    this.#answer = new Promise((resolve) => {
      this.#worker.once("message", resolve);
      this.#worker.once("exit", () => resolve(undefined));
    });
  }

  /**
   * The tree of these columns, which begin() was given without names; the thread ends.
   * @returns undefined when there is none, or it was made from a wrong guess.
   */
  async tree(columns: SnapshotColumns, { pageEdges }: EdgePolicy): Promise<DominatorTree | undefined> {
    this.#worker.ref();
    const done = await this.#answer;
    await this.end();
    if (!done || String(pageEdges) !== String(this.#pageEdges) || !isEqual(done.tableEdges, tableEdgesOf(columns))) return undefined;
    return new DominatorTree(done.order, done.idom, done.column);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** EdgePolicy.pageEdges as far as types tell: a Node heap has no DOM trees. */
function pageEdgesByType({ nodeType, firstEdge, edgeLabel, edgeTo }: Unnamed): number[] | undefined {
  const end = firstEdge[1] as number;
  const edges = Array.from({ length: end }, (_, e) => e);
  if (edges.every((e) => nodeType[edgeTo[e] as number] === NodeType.synthetic)) return undefined;
  return edges.filter((e) => edgeLabel[e] === EdgeType.shortcut);
}

function tableEdgesOf({ weakPairs, edgeLabel }: SnapshotColumns): number[] {
  return [...weakPairs.edge].filter((e) => edgeLabel[e] === EdgeLabel.weakPairOfTable);
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

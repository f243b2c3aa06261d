// What a heap weighs: distances, dominators, shallow and retained sizes, each computed when first asked for and kept. In a
// big heap two threads share the work, and for a live target it may have begun before the snapshot was complete.

import { setImmediate } from "node:timers/promises";
import type { SnapshotColumns } from "../snapshot/columns.ts";
import { computeDistances } from "./distances.ts";
import { computeDominators, computeRetainedSizes, type DominatorTree, dominatorsInSteps } from "./dominators.ts";
import type { EarlySizes } from "./earlySizes.ts";
import type { EdgePolicy } from "./edgePolicy.ts";
import type { Scratch } from "./scratch.ts";
import { computeShallowSizes, externalStringNames } from "./shallow.ts";
import { sizesBeside } from "./sizesBeside.ts";

/** Dominators of so many edges take less than a tenth of a second. */
const FEW_EDGES = 1_500_000;
/** With more edges than this a second thread is faster, its start included. */
const TWO_THREADS = 3_000_000;

export interface ComputeOptions {
  /** False when no id will be asked for: their memory is used meanwhile. */
  readonly ids?: boolean;
  /** By the size of the heap unless told. */
  readonly threads?: 1 | 2;
  /** Asked for between two steps, so that Ctrl-C is heard. */
  readonly signal?: AbortSignal | undefined;
}

/** Sizes are bytes, by node. */
export class HeapSizes {
  readonly #columns: SnapshotColumns;
  readonly #scratch: Scratch;
  readonly #policy: () => EdgePolicy;
  readonly #early: EarlySizes | undefined;
  #distances: Int32Array | undefined;
  #dominators: DominatorTree | undefined;
  #shallow: Uint32Array | Float64Array | undefined;
  #retained: Uint32Array | Float64Array | undefined;
  #areComputed = false;
  /** Resolves when what had begun early is done. */
  #finishing: Promise<void> | undefined;

  /** @param early what has begun to compute the sizes of this heap. */
  constructor(columns: SnapshotColumns, scratch: Scratch, policy: () => EdgePolicy, early: EarlySizes | undefined) {
    this.#columns = columns;
    this.#scratch = scratch;
    this.#policy = policy;
    this.#early = early;
  }

  get distances(): Int32Array {
    this.#distances ??= computeDistances(this.#columns, this.#policy().userRoots, this.#scratch);
    return this.#distances;
  }
  get dominators(): DominatorTree {
    this.#dominators ??= computeDominators(this.#columns, this.#policy(), this.#scratch);
    return this.#dominators;
  }
  get shallow(): Uint32Array | Float64Array {
    this.#shallow ??=
      this.#policy().userRoots.length > 0
        ? computeShallowSizes(this.#columns, externalStringNames(this.#columns), this.#scratch)
        : this.#columns.nodeSelfSize;
    return this.#shallow;
  }
  get retained(): Uint32Array | Float64Array {
    this.#retained ??= computeRetainedSizes(this.dominators, this.shallow, this.#scratch);
    return this.#retained;
  }

  /** Whether sizes are known already, or so quickly that nobody notices. */
  get areAtHand(): boolean {
    return this.#columns.edgeCount <= FEW_EDGES || this.#areComputed;
  }

  /** Asks for what was begun early, if anything was; compute() will wait for it. `meanwhile` as there. */
  begin(meanwhile: () => void): void {
    if (!this.#early) return;
    this.#finishing ??= this.#finishEarly(this.#early, meanwhile);
    this.#finishing.catch(() => {}); // who waits for it is told
  }

  /**
   * Computes what `areAtHand` asks for. Only a matter of speed: whoever asks for a size without it gets the same one.
   * @param meanwhile what this thread may as well do while another one computes.
   */
  async compute(options: ComputeOptions, meanwhile: () => void): Promise<void> {
    this.begin(meanwhile);
    await this.#finishing;
    this.#areComputed = true;
    if (this.#finishing) {
      void this.retained; // by this thread, if the other gave no answer
      return;
    }
    const two = (options.threads ?? (this.#columns.edgeCount > TWO_THREADS ? 2 : 1)) === 2;
    if (options.ids === false && two) {
      const lent = this.#columns.lendIds?.();
      if (lent) this.#scratch.give(lent);
    }
    options.signal?.throwIfAborted();
    const beside = two && !this.#shallow && !this.#distances;
    const other = beside ? sizesBeside(this.#columns, this.#policy().userRoots, options.signal) : undefined;
    other?.catch(() => {}); // told below, when this thread has done its part
    await this.#computeDominators(options.signal);
    const done = await other;
    options.signal?.throwIfAborted();
    if (done) {
      this.#shallow = done.shallow;
      this.#distances = done.distances;
    }
    void this.retained;
    void this.distances;
  }

  async #computeDominators(signal: AbortSignal | undefined): Promise<void> {
    if (this.#dominators) return;
    const steps = dominatorsInSteps(this.#columns, this.#policy(), { scratch: this.#scratch });
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) {
        this.#dominators = value;
        return;
      }
      await setImmediate();
      signal?.throwIfAborted();
    }
  }

  /** Distances are left until somebody asks. */
  async #finishEarly(early: EarlySizes, meanwhile: () => void): Promise<void> {
    const asked = early.finish(this.#columns, this.#policy());
    meanwhile();
    const sizes = await asked;
    if (sizes) {
      this.#dominators = sizes.dominators;
      this.#shallow = sizes.shallow;
      this.#retained = sizes.retained;
    }
  }
}

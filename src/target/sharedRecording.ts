// Recording allocations where one leakhunt holds the target and another asks: one recording at a time for a process, since
// it sets flags of the whole process, and it ends with whoever asked for it.
import { allocationsBusy, notRecorded } from "../errors.ts";
import type { AllocationMode, AllocationRecording, RecordingFacts, SampledStack } from "./allocations.ts";
import type { Target } from "./target.ts";

/** The one recording of a process. */
export class RecordingSlot {
  #now: AllocationRecording | "starting" | undefined;

  /** Rejects with ALLOCATIONS_BUSY while there is one. */
  async open(target: Target, mode: AllocationMode): Promise<AllocationRecording> {
    if (this.#now !== undefined) throw allocationsBusy();
    this.#now = "starting";
    try {
      const recording = await target.recordAllocations(mode);
      this.#now = recording;
      return { begin: () => recording.begin(), stacks: () => recording.stacks(), stop: () => this.close() };
    } catch (error) {
      this.#now = undefined;
      throw error;
    }
  }

  /** Ends it, if there is one. Never rejects. */
  async close(): Promise<void> {
    if (typeof this.#now === "object") await this.#now.stop();
    this.#now = undefined;
  }

  /** A recording for another leakhunt: lasts until that one cancels it or is gone, or the target is. */
  async serve(target: Target, mode: AllocationMode, signal: AbortSignal, tell: (message: object) => void): Promise<void> {
    await this.open(target, mode);
    tell({ progress: true });
    const ended = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    await Promise.race([ended, target.gone]);
    await this.close();
  }

  /** Answers about the recording that `serve` keeps. */
  async tell(method: "begin" | "stacks"): Promise<unknown> {
    return typeof this.#now === "object" ? this.#now[method]() : undefined;
  }
}

/** How another leakhunt is asked; `onProgress` hears that the recording is there, the promise settles at its end. */
export type Ask = (method: string, params?: object, options?: { signal: AbortSignal; onProgress: () => void }) => Promise<unknown>;

/** A recording that another leakhunt makes for us. Rejects with ALLOCATIONS_BUSY, NOT_RECORDED. */
export async function recordThrough(ask: Ask, mode: AllocationMode): Promise<AllocationRecording> {
  const ending = new AbortController();
  let ended: Promise<unknown> | undefined;
  await new Promise<void>((resolve, reject) => {
    ended = ask("record", { mode }, { signal: ending.signal, onProgress: resolve });
    // an older leakhunt knows no recordings, and answers at once
    ended.then(() => reject(notRecorded()), reject);
  });
  return {
    begin: async () => (await ask("begin")) as RecordingFacts,
    stacks: async () => (await ask("stacks")) as readonly SampledStack[],
    stop: async () => {
      ending.abort();
      await ended?.catch(() => {});
    },
  };
}

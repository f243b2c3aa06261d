// Cheap readings of a process between two snapshots of a hunt: its memory counters, once a second. They cost the target some
// microseconds, and they alone show memory that is outside the JavaScript heap.

import { setTimeout as sleep } from "node:timers/promises";
import type { Counters } from "../analysis/hunt/result.ts";
import { LeakhuntError } from "../errors.ts";
import type { Live } from "./session.ts";

const EVERY_MS = 1000;

export class Watch {
  readonly #live: Live;
  readonly #signal: AbortSignal;
  readonly #began: number = performance.now();
  /** Readings without a snapshot in between; the first stretch is before the first snapshot. */
  readonly stretches: Counters[][] = [];
  /** How long it only waited, in milliseconds. */
  waitedMs = 0;

  constructor(live: Live, signal: AbortSignal) {
    this.#live = live;
    this.#signal = signal;
  }

  /** Seconds since the watch began. */
  get seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  /** All readings so far. */
  get all(): Counters[] {
    return this.stretches.flat();
  }

  /**
   * Reads once a second for `ms`, or until `until` is done where that takes longer. Ends early when the target goes.
   * Rejects with the signal's reason.
   */
  async stretch(ms: number, onReading: (now: Counters, left: number) => void, until?: Promise<unknown>): Promise<void> {
    const began = performance.now();
    const stretch: Counters[] = [];
    this.stretches.push(stretch);
    const end = began + ms;
    let isDone = until === undefined;
    void until?.then(
      () => {
        isDone = true;
      },
      () => {
        isDone = true;
      },
    );
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#live.gone !== undefined) return;
      const reading = await this.#read();
      if (reading) {
        stretch.push(reading);
        onReading(reading, Math.max(0, end - performance.now()));
      }
      const left = end - performance.now();
      if (left <= 0 && isDone) {
        this.waitedMs += performance.now() - began;
        return;
      }
      await this.#pause(left > 0 ? Math.min(EVERY_MS, left) : EVERY_MS / 4);
    }
  }

  /** One reading; undefined from a target that is too busy, which is no reason to end a hunt. */
  async #read(): Promise<Counters | undefined> {
    try {
      const { rss, heapUsed, heapTotal, external, arrayBuffers, handles } = await this.#live.held.memory();
      return { seconds: this.seconds, rss, heapUsed, heapTotal, external, arrayBuffers, handles };
    } catch (error) {
      if (error instanceof LeakhuntError) return undefined;
      throw error;
    }
  }

  async #pause(ms: number): Promise<void> {
    try {
      await sleep(ms, undefined, { signal: this.#signal });
    } catch {
      this.#signal.throwIfAborted();
    }
  }
}

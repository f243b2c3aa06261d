// While a target stands still in a debugger its heap does not change: one snapshot answers every question of that stop,
// and the snapshot of the stop before is what `growth` compares with. Each thread has stops of its own, and stands still
// also while questions are about another.

import type { Hunt, SnapshotEntry } from "../hunts/hunt.ts";

export interface Standstill {
  /** 1 for the first stop of this session. */
  readonly number: number;
  /** `app.js:12`, for a person. */
  readonly place: string;
  /** The snapshot that shows it; undefined while none was taken, or when code ran in the target since. */
  readonly entry: SnapshotEntry | undefined;
}

interface Thread {
  now: Standstill | undefined;
  before: Standstill | undefined;
}

export class Stops {
  #count = 0;
  /** By key of its hunt. */
  readonly #threads = new Map<string, Thread>();
  #selected = "";

  /** Questions are about the target of this hunt from now on. */
  select({ key }: Hunt): void {
    this.#selected = key;
  }

  /** The stop at which the target stands, if it does. */
  get now(): Standstill | undefined {
    return this.#threads.get(this.#selected)?.now;
  }

  /** The last stop before this one of which there is a snapshot. */
  get before(): Standstill | undefined {
    return this.#threads.get(this.#selected)?.before;
  }

  stopped(place: string, key: string = this.#selected): void {
    this.movedOn(key);
    this.#thread(key).now = { number: ++this.#count, place, entry: undefined };
  }

  movedOn(key: string = this.#selected): void {
    const thread = this.#thread(key);
    if (thread.now?.entry) thread.before = thread.now;
    thread.now = undefined;
  }

  /** Code ran in the target while it stood: its snapshot shows what was. */
  changed(): void {
    const thread = this.#thread(this.#selected);
    if (thread.now) thread.now = { ...thread.now, entry: undefined };
  }

  taken(entry: SnapshotEntry): void {
    const thread = this.#thread(this.#selected);
    if (thread.now) thread.now = { ...thread.now, entry };
  }

  /** The snapshot that a question without a source is about: that of this stop, else the last one of the hunt. */
  latest(hunt: Hunt): SnapshotEntry | undefined {
    const now = this.#threads.get(hunt.key)?.now;
    return now ? now.entry : hunt.record.snapshots.at(-1);
  }

  /** The target of that hunt is let go. */
  forget(key: string): void {
    this.#threads.delete(key);
  }

  #thread(key: string): Thread {
    const thread = this.#threads.get(key) ?? { now: undefined, before: undefined };
    this.#threads.set(key, thread);
    return thread;
  }
}

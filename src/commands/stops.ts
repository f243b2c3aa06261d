// While a target stands still in a debugger its heap does not change: one snapshot answers every question of that stop,
// and the snapshot of the stop before is what `growth` compares with.

import type { Hunt, SnapshotEntry } from "../hunts/hunt.ts";

export interface Standstill {
  /** 1 for the first stop of this session. */
  readonly number: number;
  /** `app.js:12`, for a person. */
  readonly place: string;
  /** The snapshot that shows it; undefined while none was taken, or when code ran in the target since. */
  readonly entry: SnapshotEntry | undefined;
}

export class Stops {
  #count = 0;
  #now: Standstill | undefined;
  #before: Standstill | undefined;

  /** The stop at which the target stands, if it does. */
  get now(): Standstill | undefined {
    return this.#now;
  }

  /** The last stop before this one of which there is a snapshot. */
  get before(): Standstill | undefined {
    return this.#before;
  }

  stopped(place: string): void {
    this.movedOn();
    this.#now = { number: ++this.#count, place, entry: undefined };
  }

  movedOn(): void {
    if (this.#now?.entry) this.#before = this.#now;
    this.#now = undefined;
  }

  /** Code ran in the target while it stood: its snapshot shows what was. */
  changed(): void {
    if (this.#now) this.#now = { ...this.#now, entry: undefined };
  }

  taken(entry: SnapshotEntry): void {
    if (this.#now) this.#now = { ...this.#now, entry };
  }

  /** The snapshot that a question without a source is about: that of this stop, else the last one of the hunt. */
  latest(hunt: Hunt): SnapshotEntry | undefined {
    return this.#now ? this.#now.entry : hunt.record.snapshots.at(-1);
  }

  /** Another target is held, or none. */
  clear(): void {
    this.#now = undefined;
    this.#before = undefined;
  }
}

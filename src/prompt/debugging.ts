// The debugger under the prompt: opened when it is first needed, which frame is looked at, and what of its comings and
// goings the session must know (a target that stands still needs one snapshot; one that is let go must run on).

import type { Session } from "../commands/session.ts";
import { debuggedElsewhere, notStopped, targetGone } from "../errors.ts";
import type { Debugger, Frame, Stop } from "../target/debugger.ts";
import type { Inspector } from "../target/inspector.ts";
import { openDebugger } from "../target/liveDebugger.ts";
import { LocalHold } from "../target/shared.ts";
import { nameStack } from "./stackNames.ts";

/** A target that was started for this prompt has an owner, who ends it and knows how it ended. */
export interface Owner {
  readonly whyGone: () => Promise<string>;
  readonly leave: () => Promise<void>;
}

export class Debugging {
  readonly session: Session;
  /** Ends when the prompt does. */
  readonly outer: AbortSignal;
  /** Called at a stop that no verb waits for. */
  onStop: ((stop: Stop) => void) | undefined;
  #debugger: Debugger | undefined;
  #opening: Promise<Debugger> | undefined;
  #frame = 0;
  #waiting = 0;
  #end: () => void = () => {};
  /** The line that `list` goes on from. */
  listFrom: number | undefined;
  #owner: Owner | undefined;

  constructor(session: Session) {
    this.session = session;
    this.outer = session.signal;
  }

  /** The debugger, once it was needed. */
  get opened(): Debugger | undefined {
    return this.#debugger;
  }

  get stop(): Stop | undefined {
    return this.#debugger?.stop;
  }

  /** The frame that is looked at; undefined while the target runs. */
  get frame(): Frame | undefined {
    return this.stop?.frames[this.#frame];
  }

  /** @throws LeakhuntError `NOT_STOPPED` while the target runs, `TARGET_GONE` when it has ended. */
  needFrame(): Frame {
    const { frame } = this;
    const gone = this.session.live?.gone;
    if (!frame) throw gone === undefined ? notStopped() : targetGone(gone);
    return frame;
  }

  /** Looks at another frame. */
  select(index: number): void {
    this.#frame = index;
    this.listFrom = undefined;
  }

  /** The wire to the target, for questions that the debugger has no word for. */
  get inspector(): Inspector {
    return this.#hold().target.inspector;
  }

  /**
   * The debugger of the live target; turned on at the first call.
   * @throws LeakhuntError `USAGE` when another leakhunt holds the target.
   */
  open(): Promise<Debugger> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** Uses a debugger that was opened elsewhere, by `run`. */
  use(debug: Debugger, owner?: Owner): void {
    this.#owner = owner;
    this.#opening = Promise.resolve(debug);
    this.#debugger = debug;
    this.#end = debug.onChange((stop) => this.#changed(stop));
    this.session.onRelease = () => this.close();
    this.session.onTaken = ({ graph }) => nameStack(this, graph);
    if (debug.stop) this.#changed(debug.stop);
  }

  /** While `work` runs, a stop is its business and nobody else's. */
  async awaiting<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    try {
      return await work();
    } finally {
      this.#waiting--;
    }
  }

  /** Leaves the target as it was found. */
  async close(): Promise<void> {
    const debug = this.#debugger;
    this.#debugger = undefined;
    this.#opening = undefined;
    this.session.onRelease = undefined;
    this.session.onTaken = undefined;
    this.#end();
    this.session.stops.clear();
    const owner = this.#owner;
    this.#owner = undefined;
    if (owner) await owner.leave();
    // A target that is gone has nothing to be put back.
    else await debug?.close().catch(() => {});
  }

  /** Whether the target was started for this prompt. */
  get startedHere(): boolean {
    return this.#owner !== undefined;
  }

  /** How the target ended, as well as anybody knows. */
  async whyGone(why: string): Promise<string> {
    return (await this.#owner?.whyGone()) ?? why;
  }

  async #open(): Promise<Debugger> {
    await this.session.attach({ kind: "current" });
    const { target } = this.#hold();
    const { pid, port } = target.identity;
    this.use(await openDebugger(target.inspector, { pid, port, whyGone: async () => targetGone(await target.gone) }));
    return this.#debugger as Debugger;
  }

  #hold(): LocalHold {
    const held = this.session.live?.held;
    if (!(held instanceof LocalHold)) throw debuggedElsewhere(this.session.live?.hunt.record.holder?.pid);
    return held;
  }

  #changed(stop: Stop | undefined): void {
    this.#frame = 0;
    this.listFrom = undefined;
    if (!stop) {
      this.session.stops.movedOn();
      return;
    }
    const { file, line } = stop.frames[0]?.place ?? { file: "native code", line: 0 };
    this.session.stops.stopped(`${file}:${line}`);
    if (this.#waiting === 0) this.onStop?.(stop);
  }
}

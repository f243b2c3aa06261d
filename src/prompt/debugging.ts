// The debuggers under the prompt, one for each thread that needed one: which frame is looked at, and what of its comings
// and goings the session must know (a target that stands still needs one snapshot; one that is let go must run on).

import type { Live, Session } from "../commands/session.ts";
import { debuggedElsewhere, notStopped, targetGone } from "../errors.ts";
import { targetName } from "../hunts/hunt.ts";
import type { Debugger, Frame, Stop } from "../target/debugger.ts";
import type { Inspector } from "../target/inspector.ts";
import { openDebugger } from "../target/liveDebugger.ts";
import { type HeldTarget, LocalHold } from "../target/shared.ts";
import type { Target } from "../target/target.ts";
import { guardWorker } from "../target/workerGuard.ts";
import { nameStack } from "./stackNames.ts";

/** A target that was started for this prompt has an owner, who ends it and knows how it ended. */
export interface Owner {
  readonly whyGone: () => Promise<string>;
  readonly leave: () => Promise<void>;
}

/** What is known of one thread under a debugger. */
interface Station {
  /** Key of its hunt. */
  readonly key: string;
  readonly live: Live;
  /** The process it belongs to. */
  readonly main: HeldTarget;
  readonly owner: Owner | undefined;
  readonly debugger: Debugger;
  readonly end: () => void;
  /** To be called when the debugger was closed. */
  readonly unguard: () => void;
  frame: number;
  listFrom: number | undefined;
}

export class Debugging {
  readonly session: Session;
  /** Ends when the prompt does. */
  readonly outer: AbortSignal;
  /** Called at a stop that no verb waits for. */
  onStop: ((stop: Stop) => void) | undefined;
  /** Told of other targets than the one that questions are about: one has stopped, a child was started. */
  onNews: ((text: string) => void) | undefined;
  /** Threads that were left stay under their debuggers. By key of their hunts. */
  readonly #stations = new Map<string, Station>();
  readonly #opening = new Map<string, Promise<Debugger>>();
  #waiting = 0;
  #onElsewhere: () => void = () => {};

  constructor(session: Session) {
    this.session = session;
    this.outer = session.signal;
  }

  /** The debugger, once it was needed. */
  get opened(): Debugger | undefined {
    return this.#here?.debugger;
  }

  get stop(): Stop | undefined {
    return this.opened?.stop;
  }

  /** The frame that is looked at; undefined while the target runs. */
  get frame(): Frame | undefined {
    return this.stop?.frames[this.#here?.frame ?? 0];
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
    const here = this.#here;
    if (here) Object.assign(here, { frame: index, listFrom: undefined });
  }

  /** The line that `list` goes on from. */
  get listFrom(): number | undefined {
    return this.#here?.listFrom;
  }

  set listFrom(line: number | undefined) {
    const here = this.#here;
    if (here) here.listFrom = line;
  }

  /** The wire to the target, for questions that the debugger has no word for. */
  get inspector(): Inspector {
    return this.#hold().target.inspector;
  }

  /** Where the live target stands, by its hunt. */
  get #here(): Station | undefined {
    const key = this.session.live?.hunt.key;
    return key === undefined ? undefined : this.#stations.get(key);
  }

  /**
   * The debugger of the live target; turned on at the first call.
   * @throws LeakhuntError `USAGE` when another leakhunt holds the target.
   */
  async open(): Promise<Debugger> {
    // also of a target that is gone: it knows best how
    if (this.opened) return this.opened;
    const { hunt } = await this.session.attach({ kind: "current" });
    const known = this.opened ?? this.#opening.get(hunt.key);
    if (known) return known;
    const opening = this.#open();
    this.#opening.set(hunt.key, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(hunt.key);
    }
  }

  /** Uses a debugger of the live target that was opened elsewhere, by `run`. */
  use(debug: Debugger, owner?: Owner): void {
    const { live } = this.session;
    if (live) this.#useAt(live, debug, owner);
  }

  /** Turns on the debugger of a target that is held besides. */
  async openAt(live: Live): Promise<void> {
    if (this.#stations.has(live.hunt.key) || !(live.held instanceof LocalHold)) return;
    this.#useAt(live, await this.#debuggerOf(live.held.target));
  }

  #useAt(live: Live, debug: Debugger, owner?: Owner): void {
    const { key } = live.hunt;
    const end = debug.onChange((stop) => this.#changed(key, stop));
    const unguard = guardWorker(live.held.identity);
    this.#stations.set(key, { key, live, main: live.held.main, owner, debugger: debug, end, unguard, frame: 0, listFrom: undefined });
    this.session.onRelease = ({ held }) => this.close(held.main);
    this.session.onTaken = ({ graph }) => nameStack(this, graph);
    if (debug.stop) this.#changed(key, debug.stop);
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

  /** Says that a target has stopped which questions are not about. */
  tell({ held }: Live, stop: Stop): void {
    const name = targetName(held.identity);
    this.onNews?.(`${name} stopped at ${placeOf(stop)} (${wayTo(name, this.session.live)})`);
  }

  /** Resolves when another thread stops than the one that questions are about. */
  stoppedElsewhere(): Promise<undefined> {
    return new Promise((resolve) => {
      this.#onElsewhere = () => resolve(undefined);
    });
  }

  /** Leaves all threads of a process as they were found. */
  async close(main: HeldTarget): Promise<void> {
    const left = [...this.#stations.values()].filter((station) => station.main === main);
    for (const { key, end } of left) {
      this.#stations.delete(key);
      end();
      this.session.stops.forget(key);
    }
    if (this.#stations.size === 0) {
      this.session.onRelease = undefined;
      this.session.onTaken = undefined;
    }
    const owner = left.find((station) => station.owner)?.owner;
    if (owner) await owner.leave();
    // A target that is gone has nothing to be put back.
    else await Promise.all(left.map((station) => station.debugger.close().catch(() => {})));
    for (const { unguard } of left) unguard();
  }

  /** Whether the target was started for this prompt. */
  get startedHere(): boolean {
    return this.#owner !== undefined;
  }

  /** Who started the process that questions are about, if that was for this prompt. */
  get #owner(): Owner | undefined {
    const main = this.session.live?.held.main;
    return [...this.#stations.values()].find((station) => station.main === main && station.owner)?.owner;
  }

  /** How the target ended, as well as anybody knows. */
  async whyGone(why: string): Promise<string> {
    return (await this.#owner?.whyGone()) ?? why;
  }

  async #open(): Promise<Debugger> {
    const debug = await this.#debuggerOf(this.#hold().target);
    this.use(debug);
    return debug;
  }

  #debuggerOf(target: Target): Promise<Debugger> {
    const { pid, port } = target.identity;
    return openDebugger(target.inspector, { pid, port, whyGone: async () => targetGone(await target.gone) });
  }

  #hold(): LocalHold {
    const held = this.session.live?.held;
    if (!(held instanceof LocalHold)) throw debuggedElsewhere(this.session.live?.hunt.holder?.pid);
    return held;
  }

  #changed(key: string, stop: Stop | undefined): void {
    const station = this.#stations.get(key);
    if (!station) return;
    station.frame = 0;
    station.listFrom = undefined;
    if (!stop) {
      this.session.stops.movedOn(key);
      return;
    }
    this.session.stops.stopped(placeOf(stop), key);
    if (station === this.#here) {
      if (this.#waiting === 0) this.onStop?.(stop);
      return;
    }
    this.tell(station.live, stop);
    this.#onElsewhere();
  }
}

function placeOf(stop: Stop): string {
  const { file, line } = stop.frames[0]?.place ?? { file: "native code", line: 0 };
  return `${file}:${line}`;
}

/** The verb that leads to a thread or process. */
function wayTo(name: string, live: Live | undefined): string {
  const [pid, threadId = "0"] = name.split("/");
  return String(live?.held.identity.pid) === pid ? `\`thread ${threadId}\`` : `\`process ${name}\``;
}

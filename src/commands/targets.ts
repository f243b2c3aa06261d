// Which targets a session holds: the one that questions are about, and other processes beside it. A process is let go as a
// whole, whichever of its threads was asked about; a thread that was left stays held with it.

import { setTimeout as sleep } from "node:timers/promises";
import { busyDebugging } from "../errors.ts";
import type { Hunt } from "../hunts/hunt.ts";
import type { TargetSource } from "../target/attach.ts";
import { type HeldTarget, LocalHold } from "../target/shared.ts";
import type { Detached, Target } from "../target/target.ts";
import { matches, Reach, type Reached, type ReachOwner, type Wanted } from "./reach.ts";
import type { Source } from "./source.ts";
import type { Stops } from "./stops.ts";

export interface Live {
  /** Another one when the leakhunt that held the target has ended and we took over. */
  held: HeldTarget;
  readonly hunt: Hunt;
  /** Why the target is no longer there. */
  gone: string | undefined;
  /** It is no longer there because its process is not. */
  processGone: boolean;
  /** Another leakhunt asked this one to let go. */
  askedToEnd: boolean;
  /** Started by this leakhunt, which ends it, or by a program of it. */
  readonly started: boolean;
}

/** What holding targets needs of the session. */
export interface TargetsOwner extends ReachOwner {
  readonly stops: Stops;
  /** Called before a target is let go: whoever debugs it must leave it as it was found. */
  readonly onRelease: ((live: Live) => Promise<void>) | undefined;
  /** Called when the target goes (with the reason), or another leakhunt wants it let go. */
  readonly onLost: ((why: string | undefined) => void) | undefined;
  /** This hunt is the current one. */
  makeCurrent(hunt: Hunt): void;
}

export class Targets {
  readonly #owner: TargetsOwner;
  readonly #reach: Reach;
  #live: Live | undefined;
  /** Other processes that are held, the last one left at the end. */
  #parked: Live[] = [];

  constructor(owner: TargetsOwner) {
    this.#owner = owner;
    this.#reach = new Reach(owner);
  }

  /** The target that questions without a source are about, if there is one. */
  get live(): Live | undefined {
    return this.#live;
  }

  /** Whether a process is held: questions are about it, or it is held besides. */
  holds(pid: number): "current" | "held" | undefined {
    if (this.#live?.held.identity.pid === pid) return "current";
    return this.#parked.some(({ held }) => held.identity.pid === pid) ? "held" : undefined;
  }

  /**
   * Attaches to what the source names, through another leakhunt if that one holds it, and makes it the current
   * hunt.
   * @throws LeakhuntError with exit code 3 when it cannot be reached, `USAGE` for a file.
   */
  async attach(source: Source): Promise<Live> {
    const wanted = this.#reach.wanted(source);
    const now = this.#live;
    if (now && matches(now.held.identity, wanted.process)) {
      // a worker that has ended is looked for again only when it is named
      const isHere = threadIdOf(now.held) === wanted.thread && (now.gone === undefined || now.processGone || unnamed(source));
      return isHere ? now : this.#toThread(now, wanted.thread);
    }
    if (this.#owner.onRelease) throw busyDebugging(now?.held.identity.pid);
    // Only when the other one was reached: a mistyped pid must not cost the session that is held.
    const reached = await this.#reach.reach(wanted);
    await this.#leave();
    return this.#makeLive(reached, false);
  }

  /**
   * Attaches like `attach`, but what was held so far stays held, and coming back to it finds its object ids as they were.
   * Only an inspector of ours that is in the way is closed first: cluster workers all want the port of their primary.
   */
  async switchTo(source: Source): Promise<Live> {
    const wanted = this.#reach.wanted(source);
    const now = this.#live;
    if (now && matches(now.held.identity, wanted.process)) return this.attach(source);
    const parked = this.#parked.find(({ held }) => matches(held.identity, wanted.process));
    if (parked) {
      const live = await this.#toThread(parked, wanted.thread);
      this.#parked = [...this.#parked.filter((each) => each !== parked), ...(now ? [now] : [])];
      return live;
    }
    const inTheWay = await this.#leaveWhoIsInTheWay(wanted.process);
    try {
      const reached = await this.#reach.reach(wanted);
      if (this.#live) this.#parked.push(this.#live);
      return this.#makeLive(reached, false);
    } catch (error) {
      if (inTheWay && this.#live === undefined) await this.#comeBack(inTheWay);
      throw error;
    }
  }

  /**
   * Attaches to a process that a program of `run` started, and holds it besides: questions stay about what they are about.
   * Rejects as `attach` does.
   */
  async holdBesides(source: Source): Promise<Live> {
    const reached = await this.#reach.reach(this.#reach.wanted(source));
    const live = newLive(reached, true);
    this.#parked.unshift(live);
    this.#watch(live);
    return live;
  }

  /** Holds a target that was just started, and makes it the current hunt. */
  async adopt(target: Target): Promise<Live> {
    return this.#makeLive(await this.#reach.adopt(target), true);
  }

  /** The leakhunt that held the target has ended: takes its place. */
  async takeOver(live: Live): Promise<void> {
    // A guard may be closing the inspector behind it.
    await sleep(500, undefined, { signal: this.#owner.signal });
    const { held } = await this.#reach.reach(sameAgain(live.held));
    live.held = held;
    live.gone = undefined;
    live.processGone = false;
    this.#watch(live);
  }

  /** Lets the target go; the inspector is closed if leakhunt opened it. Other processes stay held: see `resume`. */
  async release(end = false): Promise<Detached | undefined> {
    const live = this.#live;
    if (!live) return undefined;
    const done = await this.#letGo(live, end);
    return live.started ? undefined : done;
  }

  /** Goes back to a target that is still held, when there is none that questions are about. */
  resume(): Live | undefined {
    const live = this.#live === undefined ? this.#parked.pop() : undefined;
    return live && this.#lookAt(live);
  }

  async #letGo(live: Live, end: boolean): Promise<Detached> {
    await this.#owner.onRelease?.(live);
    // what the target says while it is let go is no news
    if (this.#live === live) this.#live = undefined;
    this.#owner.stops.forget(live.hunt.key);
    return this.#reach.letGo(live.held, end);
  }

  async #leave(): Promise<void> {
    const left = this.#live?.held.identity.pid;
    if ((await this.release())?.closed) this.#owner.notice(`inspector closed, ${left ?? "the target"} runs on`);
  }

  async #leaveWhoIsInTheWay(wanted: TargetSource): Promise<Live | undefined> {
    for (const live of [...this.#parked, ...(this.#live ? [this.#live] : [])]) {
      if (live.started || !(await this.#reach.isInTheWay(live.held, wanted))) continue;
      const { pid, port } = live.held.identity;
      this.#parked = this.#parked.filter((each) => each !== live);
      await this.#letGo(live, false);
      this.#owner.notice(`inspector of ${pid ?? "the target"} closed: port ${port} is wanted by the other process too`);
      return live;
    }
    return undefined;
  }

  /** What was let go for another process that could not be reached. Its object ids are new. */
  async #comeBack({ held, started }: Live): Promise<void> {
    this.#makeLive(await this.#reach.reach(sameAgain(held)), started);
  }

  #makeLive(reached: Reached, started: boolean): Live {
    const live = newLive(reached, started);
    this.#watch(live);
    return this.#lookAt(live);
  }

  /** Questions without a source are about this target from now on. */
  #lookAt(live: Live): Live {
    this.#live = live;
    this.#owner.stops.select(live.hunt);
    this.#owner.makeCurrent(live.hunt);
    return live;
  }

  async #toThread({ held, started }: Live, threadId: number): Promise<Live> {
    return this.#makeLive(this.#reach.threadOf(await held.thread(threadId)), started);
  }

  /** Keeps in mind why a target is no longer there, or that another leakhunt wants it let go. */
  #watch(live: Live): void {
    const { held } = live;
    void held.gone.then((why) => {
      if (live.held !== held) return;
      live.gone = why;
      // Without a worker there is still its process.
      if (held.main !== held && this.#live === live && !live.processGone) this.#owner.notice(why);
    });
    void held.main.gone.then((why) => {
      if (live.held !== held) return;
      live.gone = why;
      live.processGone = true;
      if (this.#parked.includes(live)) void this.#dropParked(live, why);
      else if (this.#live !== live) return;
      // Whoever holds the target for us can be replaced by the next capture; the target cannot.
      else if (held.shared) this.#owner.notice(why);
      else this.#owner.onLost?.(why);
    });
    if (!(held instanceof LocalHold)) return;
    void held.askedToEnd.then(() => {
      if (this.#parked.includes(live)) void this.#dropParked(live, "another leakhunt asked this one to detach");
      if (this.#live !== live) return;
      live.askedToEnd = true;
      this.#owner.notice("another leakhunt asked this one to detach");
      this.#owner.onLost?.(undefined);
    });
  }

  /** Another process than the one that questions are about is no longer there. */
  async #dropParked(live: Live, why: string): Promise<void> {
    this.#parked = this.#parked.filter((each) => each !== live);
    this.#owner.notice(why);
    await this.#letGo(live, false);
  }
}

function newLive({ held, hunt }: Reached, started: boolean): Live {
  return { held, hunt, gone: undefined, processGone: false, askedToEnd: false, started };
}

/** The same thread of the same process. */
function sameAgain({ identity }: HeldTarget): Wanted {
  const { pid, startTime, url, worker } = identity;
  return { process: pid === undefined ? { url } : { pid, expectStartTime: startTime }, thread: worker?.threadId ?? 0 };
}

function unnamed(source: Source): boolean {
  return source.kind === "current" && source.thread === undefined;
}

function threadIdOf(held: HeldTarget): number {
  return held.identity.worker?.threadId ?? 0;
}

// The rounds of a hunt in a running process: watch, take a snapshot, judge, wait or drive load, until the evidence is clear.

import { GrowthHunt, ROUNDS_TO_JUDGE } from "../analysis/hunt/growthHunt.ts";
import { judgeOffHeap } from "../analysis/hunt/offHeap.ts";
import type { Counters, HuntResult, HuntRound } from "../analysis/hunt/result.ts";
import { LeakhuntError, targetGone } from "../errors.ts";
import type { SnapshotEntry } from "../hunts/hunt.ts";
import { formatBytes } from "../report/units.ts";
import type { TargetIdentity } from "../target/target.ts";
import { Allocations } from "./allocations.ts";
import { collectGarbage } from "./garbage.ts";
import { withGlobals } from "./globals.ts";
import { rememberSuspects, reported, resultOf, roundOf } from "./huntResult.ts";
import { runLoad } from "./load.ts";
import { withOriginals } from "./originals.ts";
import type { Live, Session, TakeOptions } from "./session.ts";
import type { Loaded } from "./shelf.ts";
import type { Options } from "./verb.ts";
import { Watch } from "./watch.ts";

/** More rounds than this are taken only when asked for. */
const MOST_ROUNDS = 8;
/** The process is watched this long before the first snapshot disturbs its memory. */
const FIRST_WATCH_MS = 6000;
/** After a load, what it began may come to its end. */
const SETTLE_MS = 1500;

/**
 * Hunts in a live target. Options: rounds, interval (ms), load, force, keep, numbers, output.
 * Rejects with `TARGET_GONE` when it ends before three rounds, `LOAD_FAILED`, and as captures do.
 */
export async function huntLive(session: Session, live: Live, options: Options): Promise<HuntResult> {
  const allocations = await Allocations.start(session, live, options);
  try {
    return await new LiveHunt(session, live, options, allocations).run();
  } finally {
    await allocations?.stop();
  }
}

class LiveHunt {
  readonly #session: Session;
  readonly #live: Live;
  readonly #options: Options;
  readonly #allocations: Allocations | undefined;
  readonly #watch: Watch;
  readonly #hunt: GrowthHunt = new GrowthHunt();
  readonly #rounds: HuntRound[] = [];
  readonly #notes: string[] = [];
  #last: Loaded | undefined;

  constructor(session: Session, live: Live, options: Options, allocations: Allocations | undefined) {
    this.#allocations = allocations;
    this.#session = session;
    this.#live = live;
    this.#options = options;
    this.#watch = new Watch(live, session.signal);
  }

  async run(): Promise<HuntResult> {
    const first = Math.min(FIRST_WATCH_MS, this.#options["interval"] as number);
    await this.#watch.stretch(first, this.#tell("watching"));
    for (;;) {
      const ended = await this.#takeRound();
      const stopped = ended ?? this.#whyStop();
      if (stopped !== undefined) return this.#finish(stopped);
      await this.#between();
      if (this.#live.gone !== undefined) return this.#finish(this.#endOfTarget(this.#live.gone));
    }
  }

  /** Takes a snapshot and folds it in. Where the target ends but enough rounds are there, says so instead. */
  async #takeRound(): Promise<string | undefined> {
    const done = this.#rounds.length;
    const { force, keep, numbers } = this.#options;
    const how: TakeOptions = { force: force === true, keep: keep as number, numbers: numbers !== false, quiet: done > 0 };
    const { seconds } = this.#watch;
    // Two heaps at once would double our memory.
    this.#hunt.rest();
    this.#last = undefined;
    this.#session.shelf.clear();
    collectGarbage();
    try {
      const { loaded, entry, captured } = await this.#session.take(this.#live, how);
      this.#last = loaded;
      this.#hunt.add(loaded.graph, { seconds, epoch: entry.epoch });
      this.#rounds.push(roundOf(this.#hunt, done, loaded.name, seconds, captured.pauseMs));
      await this.#allocations?.round();
      if (!captured.epochKept && done > 0)
        this.#notes.push(
          `object ids were reset before round ${done + 1} by another debugger that left: ages of objects are no evidence here`,
        );
      return undefined;
    } catch (error) {
      if (!(error instanceof LeakhuntError) || error.code !== "TARGET_GONE") throw error;
      return this.#endOfTarget(error.message);
    }
  }

  /** @throws LeakhuntError `TARGET_GONE` when there is too little to judge. */
  #endOfTarget(why: string): string {
    if (this.#rounds.length < ROUNDS_TO_JUDGE) throw targetGone(why);
    this.#notes.push("the target ended: judged by the rounds before");
    return "the target ended";
  }

  /** Why the hunt is over, as a clause; undefined while it should go on. */
  #whyStop(): string | undefined {
    const wanted = this.#options["rounds"] as number | undefined;
    const rounds = this.#rounds.length;
    if (wanted !== undefined) return rounds >= wanted ? `${wanted} rounds were asked for` : undefined;
    if (rounds < ROUNDS_TO_JUDGE) return undefined;
    const { settled, because } = this.#hunt.decide();
    if (settled) return "the evidence is clear";
    return rounds >= MOST_ROUNDS ? `${MOST_ROUNDS} rounds did not decide it: ${because}` : undefined;
  }

  /** Waits for the interval, or until the load has run and settled. */
  async #between(): Promise<void> {
    const load = this.#options["load"] as string | undefined;
    if (load === undefined) {
      await this.#watch.stretch(this.#options["interval"] as number, this.#tell("waiting"));
      return;
    }
    const about = { pid: this.#live.held.identity.pid, round: this.#rounds.length + 1 };
    const running = runLoad(load, about, this.#session.signal);
    await this.#watch.stretch(SETTLE_MS, this.#tell("load"), running);
    await running;
    await this.#watch.stretch(SETTLE_MS, this.#tell("settling"));
  }

  #tell(phase: string): (now: Counters, left: number) => void {
    return ({ rss, heapUsed }, left) => {
      const next = left > 0 ? ` in ${Math.ceil(left / 1000)} s` : "";
      this.#session.progress({
        phase: `${phase}, round ${this.#rounds.length + 1}${next}: rss ${formatBytes(rss)}, heap ${formatBytes(heapUsed)}`,
        bytes: 0,
        fraction: undefined,
      });
    };
  }

  async #finish(stopped: string): Promise<HuntResult> {
    const session = this.#session;
    session.progress(undefined);
    session.clock = { ...session.clock, waitedMs: this.#watch.waitedMs };
    const loaded = this.#last ?? (await this.#openLast());
    const judgement = this.#hunt.judge();
    rememberSuspects(session, loaded, judgement);
    const { identity } = this.#live.held;
    const attributed = this.#allocations?.attribute(judgement, this.#hunt, { loaded, file: this.#lastFile() });
    // V8's records of allocations, and the code that it compiles anew for them, are such growth themselves.
    const isDisturbed = this.#allocations !== undefined;
    const result = resultOf(judgement, {
      target: targetName(identity),
      stopped,
      rounds: this.#rounds,
      runs: this.#options["load"] === undefined ? 0 : this.#rounds.length - 1,
      counters: this.#watch.all,
      offHeap: isDisturbed ? undefined : judgeOffHeap(this.#watch.stretches, this.#hunt.natives()),
      notes: [...this.#notes, ...(attributed?.notes ?? [])],
      attributed,
    });
    const since = Date.parse(identity.startedAt);
    const told = await withOriginals(await withGlobals(result, loaded.graph, since), since);
    return reported(session, loaded, this.#options, told);
  }

  #lastEntry(): SnapshotEntry {
    return this.#live.hunt.record.snapshots.at(-1) as SnapshotEntry;
  }

  #lastFile(): string {
    return this.#live.hunt.pathOf(this.#lastEntry());
  }

  /** The heap of the last round again: it was let go of for one that never came. */
  async #openLast(): Promise<Loaded> {
    const loaded = await this.#session.shelf.open(this.#live.hunt, this.#lastEntry());
    this.#hunt.restore(loaded.graph);
    return loaded;
  }
}

/** `4242 (node v20.20.2, node server.js)`, `worker 1 of 4242 (…)`. Not cleaned for a terminal. */
function targetName({ pid, host, port, nodeVersion, command, worker }: TargetIdentity): string {
  const whole = pid === undefined ? `${host}:${port}` : String(pid);
  const thread = worker === undefined ? "" : `worker ${worker.threadId} of `;
  return `${thread}${whole} (node ${nodeVersion}, ${worker?.file ?? command})`;
}

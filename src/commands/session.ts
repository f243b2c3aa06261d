// What the three doors share while they run: the target they hold, the hunt it belongs to, the snapshots that are
// open. It turns a source into a graph, and makes sure that on any way out the target is let go.

import { existsSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LeakhuntError, noCurrentHunt, noSuchProcess, usage } from "../errors.ts";
import type { NodeIndex } from "../graph/ids.ts";
import { alone } from "../hunts/home.ts";
import { Hunt, isAlive, type LastTable, readCurrent, type SnapshotEntry, startTimeOf } from "../hunts/hunt.ts";
import { rememberRefusal } from "../hunts/refusals.ts";
import { costText } from "../report/captureText.ts";
import { attachTarget, type TargetSource } from "../target/attach.ts";
import { connectHold, type HeldCapture, type HeldTarget, LocalHold } from "../target/shared.ts";
import type { CaptureCost, Detached, PreviousCapture } from "../target/target.ts";
import { type Answered, KeptAnswers, type SourceOptions } from "./kept.ts";
import { Meanwhile } from "./meanwhile.ts";
import { Rows } from "./rows.ts";
import { type Loaded, type Progress, Shelf, type Subject } from "./shelf.ts";
import { parseSource, type Source } from "./source.ts";

export interface SessionOptions {
  readonly home: string;
  readonly signal: AbortSignal;
  /** Snapshots kept per hunt. Default 3. */
  readonly keep?: number | undefined;
  readonly onProgress?: ((progress: Progress | undefined) => void) | undefined;
  /** A sentence for the person at the terminal, besides the answers. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

export interface Live {
  /** Another one when the leakhunt that held the target has ended and we took over. */
  held: HeldTarget;
  readonly hunt: Hunt;
  /** Why the target is no longer there. */
  gone: string | undefined;
  /** Another leakhunt asked this one to let go. */
  askedToEnd: boolean;
}

export interface Taken {
  readonly entry: SnapshotEntry;
  readonly captured: HeldCapture;
  readonly cost: CaptureCost;
  readonly loaded: Loaded;
}

export interface TakeOptions {
  readonly force?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  /** Whether the values of numbers are in it; true when left out. */
  readonly numbers?: boolean | undefined;
  /** Snapshots kept in the hunt, this one included. */
  readonly keep?: number | undefined;
  /** What is done while V8 writes. */
  readonly meanwhile?: Meanwhile | undefined;
}

export class Session {
  readonly home: string;
  signal: AbortSignal;
  /** Called when the target goes (with the reason), or another leakhunt wants it let go. */
  onLost: ((why: string | undefined) => void) | undefined;
  readonly #options: SessionOptions;
  #live: Live | undefined;
  /** Opened snapshots. */
  readonly shelf: Shelf = new Shelf(this);
  readonly #rows: Rows;
  readonly #kept: KeptAnswers;
  readonly #told = new Set<string>();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.home = options.home;
    this.signal = options.signal;
    this.#kept = new KeptAnswers(this.home, () => this.currentHunt());
    this.#rows = new Rows(this.home, this.shelf, () => this.currentHunt());
  }

  progress(progress: Progress | undefined): void {
    this.#options.onProgress?.(progress);
  }

  notice(text: string): void {
    this.#options.onNotice?.(text);
  }

  /** The target this session holds, if it holds one. */
  get live(): Live | undefined {
    return this.#live;
  }

  // ── reaching the target ───────────────────────────────────────────────────────────────────────────────

  /**
   * Attaches to what the source names, through another leakhunt if that one holds it, and makes it the current
   * hunt.
   * @throws LeakhuntError with exit code 3 when it cannot be reached, `USAGE` for a file.
   */
  async attach(source: Source): Promise<Live> {
    const wanted = this.#targetSource(source);
    if (this.#live && this.#isSame(this.#live, wanted)) return this.#live;
    // Only when the other one was reached: a mistyped pid must not cost the session that is held.
    const { held, hunt } = await this.#reach(wanted);
    const left = this.#live?.held.identity.pid;
    if ((await this.release())?.closed) this.notice(`inspector closed, ${left ?? "the target"} runs on`);
    const live: Live = { held, hunt, gone: undefined, askedToEnd: false };
    this.#live = live;
    this.#watch(live);
    this.#rows.makeCurrent(hunt);
    return live;
  }

  /** Whoever comes while another leakhunt attaches waits for it, and then goes through it: one session per target. */
  #reach(wanted: TargetSource): Promise<{ held: HeldTarget; hunt: Hunt }> {
    return alone(this.home, lockName(wanted), this.signal, async () => {
      const held = (await this.#viaHolder(wanted)) ?? (await this.#hold(wanted));
      const hunt = Hunt.of(held.identity, this.home);
      if (held instanceof LocalHold) await this.#share(held, hunt);
      return { held, hunt };
    });
  }

  /** The leakhunt that held the target has ended: takes its place. */
  async #takeOver(live: Live): Promise<void> {
    const { pid, startTime, url } = live.held.identity;
    // A guard may be closing the inspector behind it.
    await sleep(500, undefined, { signal: this.signal });
    const { held } = await this.#reach(pid === undefined ? { url } : { pid, expectStartTime: startTime });
    live.held = held;
    live.gone = undefined;
    this.#watch(live);
  }

  /** Keeps in mind why the target is no longer there, or that another leakhunt wants it let go. */
  #watch(live: Live): void {
    const { held } = live;
    void held.gone.then((why) => {
      if (live.held !== held) return;
      live.gone = why;
      if (this.#live !== live) return;
      // Whoever holds the target for us can be replaced by the next capture; the target cannot.
      if (held.shared) this.notice(why);
      else this.onLost?.(why);
    });
    if (!(held instanceof LocalHold)) return;
    void held.askedToEnd.then(() => {
      live.askedToEnd = true;
      this.notice("another leakhunt asked this one to detach");
      this.onLost?.(undefined);
    });
  }

  /** Lets the target go; the inspector is closed if leakhunt opened it. */
  async release(end = false): Promise<Detached | undefined> {
    const live = this.#live;
    if (!live) return undefined;
    this.#live = undefined;
    const { pid, host, port } = live.held.identity;
    // Whoever attaches next must not find the inspector that is about to be closed.
    const letGo = (): Promise<Detached> => live.held.detach(end);
    const name = lockName(pid === undefined ? { host, port } : { pid });
    // A full disk is no reason to stay: detaching a second time only repeats the answer.
    const done = live.held.shared ? await letGo() : await alone(this.home, name, new AbortController().signal, letGo).catch(letGo);
    if (live.held instanceof LocalHold && existsSync(live.hunt.folder)) forgetHolder(live.hunt);
    return done;
  }

  async #hold(wanted: TargetSource): Promise<LocalHold> {
    const target = await attachTarget(wanted, { signal: this.signal, onNotice: (text) => this.notice(text) }).catch((error: unknown) => {
      const ownHandler = error instanceof LeakhuntError && error.code === "OWN_SIGNAL_HANDLER";
      if (ownHandler && "pid" in wanted) rememberRefusal(this.home, wanted.pid, "own SIGUSR1 handler");
      throw error;
    });
    return new LocalHold(target);
  }

  async #share(held: LocalHold, hunt: Hunt): Promise<void> {
    const socket = hunt.socketPath();
    try {
      await held.share(socket);
      hunt.update((record) => {
        record.holder = { pid: process.pid, socket };
      });
    } catch (error) {
      this.notice(`other leakhunt commands cannot share this session (${(error as Error).message})`);
    }
  }

  async #viaHolder(wanted: TargetSource): Promise<HeldTarget | undefined> {
    for (const hunt of Hunt.all(this.home)) {
      const { holder, target } = hunt.record;
      if (!holder || !isAlive(holder.pid) || holder.pid === process.pid || !matches(target, wanted)) continue;
      const held = await connectHold(holder.socket);
      if (held) return held;
    }
    return undefined;
  }

  #targetSource(source: Source): TargetSource {
    switch (source.kind) {
      case "pid":
        return { pid: source.pid };
      case "port":
        return { host: source.host, port: source.port };
      case "url":
        return { url: source.url };
      case "file":
        throw existsSync(source.path)
          ? usage(`${source.path} is a file, and this needs a running process`)
          : usage(`${JSON.stringify(basename(source.path))} names no process`, "give a pid, host:port or a ws:// url");
      default:
        return this.#currentTarget();
    }
  }

  #currentTarget(): TargetSource {
    const { target } = this.currentHunt().record;
    if (target.pid === undefined) return { url: target.url };
    if (!isAlive(target.pid)) throw noSuchProcess(target.pid);
    return { pid: target.pid, expectStartTime: target.startTime };
  }

  #isSame(live: Live, wanted: TargetSource): boolean {
    return matches(live.held.identity, wanted);
  }

  /** @throws LeakhuntError `NO_CURRENT_HUNT`. */
  currentHunt(): Hunt {
    if (this.#live) return this.#live.hunt;
    const key = readCurrent(this.home).hunt;
    const hunt = key === undefined ? undefined : Hunt.open(key, this.home);
    if (!hunt) throw noCurrentHunt();
    return hunt;
  }

  /** The person has been told what a snapshot of this target costs. */
  toldCost(hunt: Hunt): void {
    this.#told.add(hunt.key);
  }

  // ── snapshots ─────────────────────────────────────────────────────────────────────────────────────────

  /** What the last capture of this target and kind really cost, to predict the next. */
  previousCapture(hunt: Hunt, numbers = true): PreviousCapture | undefined {
    const last = hunt.record.snapshots.findLast((each) => (each.numbers ?? true) === numbers);
    return last && { nodes: last.nodes, heapUsed: last.heapUsed, pauseMs: last.pauseMs, fileBytes: last.bytes };
  }

  /** Takes a snapshot of the live target, keeps it in the hunt and opens it. Says first what it will cost. */
  async take(live: Live, options: TakeOptions = {}): Promise<Taken> {
    try {
      return await this.#takeOnce(live, options);
    } catch (error) {
      if (!(error instanceof LeakhuntError) || error.code !== "HOLDER_GONE") throw error;
      await this.#takeOver(live);
      return this.#takeOnce(live, options);
    }
  }

  async #takeOnce(live: Live, options: TakeOptions): Promise<Taken> {
    const { held, hunt } = live;
    const { numbers = true } = options;
    const previous = this.previousCapture(hunt, numbers);
    const cost = await held.predict(previous);
    // Said once per target: every round of a loop costs about the same.
    if (!options.quiet && !this.#told.has(hunt.key)) this.notice(costText(cost, numbers));
    this.#told.add(hunt.key);
    const { heapUsed } = await held.memory();
    const { number, path } = hunt.nextSnapshot();
    const meanwhile = options.meanwhile ?? new Meanwhile({});
    meanwhile.follow(path);
    const captured = await this.#capture(held, path, { previous, force: options.force, numbers }, cost).catch(async (error: unknown) => {
      await meanwhile.cancel();
      throw error;
    });
    this.shelf.clear();
    try {
      const graph = await this.shelf.read(path, meanwhile);
      const entry: SnapshotEntry = {
        number,
        file: `${number}.heapsnapshot`,
        takenAt: new Date().toISOString(),
        epoch: captured.epoch,
        bytes: captured.bytes,
        nodes: graph.nodeCount,
        heapUsed,
        pauseMs: captured.pauseMs,
        ...(numbers ? {} : { numbers }),
      };
      hunt.addSnapshot(entry, options.keep ?? this.#options.keep ?? 3);
      const loaded = this.shelf.keep(path, graph, hunt, entry);
      return { entry, captured, cost, loaded };
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
  }

  async #capture(
    held: HeldTarget,
    path: string,
    options: { previous: PreviousCapture | undefined; force: boolean | undefined; numbers: boolean },
    cost: CaptureCost,
  ): Promise<HeldCapture> {
    const began = Date.now();
    // V8 tells nothing while it builds its graph, so until bytes come the clock is the only measure.
    const timed = (): number => Math.min(0.95, (Date.now() - began) / Math.max(1, cost.pauseMs));
    let phase = "building graph";
    let bytes = 0;
    let fraction: number | undefined;
    const tell = (): void => this.progress({ phase, bytes, fraction: fraction ?? timed() });
    const ticker = setInterval(tell, 200);
    try {
      return await held.capture(path, {
        ...options,
        signal: this.signal,
        onProgress: (progress) => {
          ({ phase, bytes, fraction } = progress);
          tell();
        },
      });
    } finally {
      clearInterval(ticker);
      this.progress(undefined);
    }
  }

  /**
   * The graph a question is about: the file, a new snapshot of the process named, or for the current hunt its
   * last snapshot (a new one when there is none, or with `fresh`).
   */
  async load(sourceText: string | undefined, options: SourceOptions = {}): Promise<Loaded> {
    const source = parseSource(sourceText);
    if (source.kind === "file") return this.shelf.openFile(source.path);
    if (source.kind === "current" && !options.fresh) {
      const hunt = this.currentHunt();
      const last = hunt.record.snapshots.at(-1);
      if (last) return this.shelf.open(hunt, last);
    }
    const meanwhile = new Meanwhile(options);
    try {
      return (await this.take(await this.attach(source), { force: options.force, meanwhile })).loaded;
    } catch (error) {
      await meanwhile.cancel();
      throw error;
    }
  }

  /** The file behind a source, for questions that need no graph: a new snapshot of the process named is taken first. */
  async file(
    sourceText: string | undefined,
    options: { fresh?: boolean | undefined; force?: boolean | undefined },
  ): Promise<{ path: string; snapshot: string; takenAt: string | undefined }> {
    const source = parseSource(sourceText);
    if (source.kind === "file") return { path: source.path, snapshot: source.path, takenAt: undefined };
    const hunt = source.kind === "current" ? this.currentHunt() : (await this.attach(source)).hunt;
    const last = hunt.record.snapshots.at(-1);
    const entry = last && source.kind === "current" && !options.fresh ? last : (await this.take(await this.attach(source), options)).entry;
    return {
      path: hunt.pathOf(entry),
      snapshot: `snapshot ${entry.number} of ${hunt.record.target.pid ?? hunt.key}`,
      takenAt: entry.takenAt,
    };
  }

  /** The last two snapshots of the hunt, older first. */
  lastTwo(hunt: Hunt): readonly [SnapshotEntry, SnapshotEntry] | undefined {
    const snapshots = hunt.record.snapshots;
    const [before, now] = snapshots.slice(-2);
    return before && now ? [before, now] : undefined;
  }

  /** Remembers what the rows of a printed table are, for `path 1`. `isGrowth`: they are what grew since the snapshot before. */
  remember(loaded: Subject, rows: LastTable["rows"], isGrowth = false): void {
    this.#rows.remember(loaded, rows, isGrowth);
  }

  /** Answers a question about one snapshot: as it was answered before, or by `compute`. See KeptAnswers. */
  answer<V>(
    sourceText: string | undefined,
    options: SourceOptions,
    question: string | undefined,
    compute: (loaded: Loaded) => Promise<V> | V,
  ): Promise<Answered<V>> {
    const known = this.#kept.unread(sourceText, options);
    return this.#kept.answer(known, question, async () => {
      const loaded = await this.load(sourceText, options);
      return { subject: loaded, compute: () => compute(loaded) };
    });
  }

  /** The same about objects that words name. Only ids are sure to mean the same objects again. */
  answerAbout<V>(
    words: readonly string[],
    sourceText: string | undefined,
    question: string | undefined,
    compute: (loaded: Loaded, nodes: NodeIndex[]) => Promise<V> | V,
  ): Promise<Answered<V>> {
    const areIds = words.length > 0 && words.every((word) => /^@\d+$/.test(word));
    const full = question !== undefined && areIds ? `${question} ${words.join()}` : undefined;
    const known = sourceText === undefined ? this.#rows.printedIn() : this.#kept.unread(sourceText, {});
    return this.#kept.answer(known, full, async () => {
      const { loaded, nodes } = await this.objects(words, sourceText);
      return { subject: loaded, compute: () => compute(loaded, nodes) };
    });
  }

  /** The objects that words name, in the snapshot that printed them, or in the source when one is given. */
  objects(words: readonly string[], sourceText: string | undefined): Promise<{ loaded: Loaded; nodes: NodeIndex[] }> {
    return this.#rows.objects(words, sourceText === undefined ? undefined : () => this.load(sourceText));
  }
}

function forgetHolder(hunt: Hunt): void {
  try {
    hunt.update((record) => {
      if (record.holder?.pid === process.pid) record.holder = undefined;
    });
  } catch {
    // A record that cannot be written names a process that is about to end: nobody will believe it.
  }
}

function lockName(wanted: TargetSource): string {
  if ("pid" in wanted) return `attaching-${wanted.pid}`;
  return "url" in wanted ? `attaching-${wanted.url}` : `attaching-${wanted.host}-${wanted.port}`;
}

function matches(
  identity: { pid: number | undefined; startTime: string | undefined; host: string; port: number; url: string },
  wanted: TargetSource,
): boolean {
  if ("pid" in wanted) {
    return identity.pid === wanted.pid && (identity.startTime === undefined || identity.startTime === startTimeOf(wanted.pid));
  }
  return "url" in wanted ? identity.url === wanted.url : identity.host === wanted.host && identity.port === wanted.port;
}

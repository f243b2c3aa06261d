// What the three doors share while they run: the target they hold, the hunt it belongs to, the snapshots that are
// open. It turns a source into a graph, and makes sure that on any way out the target is let go.

import { rmSync } from "node:fs";
import { LeakhuntError, noCurrentHunt } from "../errors.ts";
import type { NodeIndex } from "../graph/ids.ts";
import { Hunt, type LastTable, readCurrent, type SnapshotEntry } from "../hunts/hunt.ts";
import { costText } from "../report/captureText.ts";
import type { HeldCapture, HeldTarget } from "../target/shared.ts";
import type { CaptureCost, Detached, PreviousCapture } from "../target/target.ts";
import { type Answered, KeptAnswers, type SourceOptions } from "./kept.ts";
import { Meanwhile } from "./meanwhile.ts";
import { Rows } from "./rows.ts";
import { type Loaded, type Progress, Shelf, type Subject, subjectOf } from "./shelf.ts";
import { parseSource, type Source } from "./source.ts";
import { Stops } from "./stops.ts";
import { type Live, Targets } from "./targets.ts";

export type { Live } from "./targets.ts";

export interface SessionOptions {
  readonly home: string;
  readonly signal: AbortSignal;
  /** Snapshots kept per hunt. Default 3. */
  readonly keep?: number | undefined;
  readonly onProgress?: ((progress: Progress | undefined) => void) | undefined;
  /** A sentence for the person at the terminal, besides the answers. */
  readonly onNotice?: ((text: string) => void) | undefined;
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
  /** What is held. */
  readonly targets: Targets = new Targets(this);
  /** Opened snapshots. */
  readonly shelf: Shelf = new Shelf(this);
  /** Where the target stands still, when a debugger stopped it. */
  readonly stops: Stops = new Stops();
  /** Called before the target is let go: whoever debugs it must leave it as it was found. */
  onRelease: ((live: Live) => Promise<void>) | undefined;
  /** When the question at hand was asked (milliseconds of performance.now()), how long V8 has worked for it, how long we only waited. */
  clock: { began: number; v8Ms: number; waitedMs?: number } = { began: 0, v8Ms: 0 };
  /** Called with each new snapshot before anybody asks it anything. */
  onTaken: ((loaded: Loaded) => Promise<void>) | undefined;
  /** The snapshot that `@id`s of the line at hand are looked up in, when they stand for an expression. */
  about: Loaded | undefined;
  readonly #rows: Rows;
  readonly #kept: KeptAnswers;
  readonly #told = new Set<string>();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.home = options.home;
    this.signal = options.signal;
    this.#kept = new KeptAnswers(this.home, () => this.currentHunt(), this.stops);
    this.#rows = new Rows(this.home, this.shelf, () => this.currentHunt());
  }

  makeCurrent(hunt: Hunt): void {
    this.#rows.makeCurrent(hunt);
  }

  progress(progress: Progress | undefined): void {
    this.#options.onProgress?.(progress);
  }

  notice(text: string): void {
    this.#options.onNotice?.(text);
  }

  // ── targets: see Targets ──────────────────────────────────────────────────────────────────────────────

  /** The target that questions without a source are about, if the session holds one. */
  get live(): Live | undefined {
    return this.targets.live;
  }

  /** Attaches to what a source names, and makes it the current hunt. See `Targets.attach`. */
  attach(source: Source): Promise<Live> {
    return this.targets.attach(source);
  }

  /** Lets the target go. See `Targets.release`. */
  release(end = false): Promise<Detached | undefined> {
    return this.targets.release(end);
  }

  /** @throws LeakhuntError `NO_CURRENT_HUNT`. */
  currentHunt(): Hunt {
    if (this.live) return this.live.hunt;
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
      await this.targets.takeOver(live);
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
    this.clock.v8Ms += captured.pauseMs;
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
      this.stops.taken(entry);
      const loaded = this.shelf.keep(path, graph, hunt, entry);
      await this.onTaken?.(loaded);
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
      const last = this.stops.latest(hunt);
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
    const last = this.stops.latest(hunt);
    const entry = last && source.kind === "current" && !options.fresh ? last : (await this.take(await this.attach(source), options)).entry;
    return {
      path: hunt.pathOf(entry),
      snapshot: subjectOf(hunt, entry).name,
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
    const known = sourceText === undefined ? (this.about ?? this.#rows.printedIn()) : this.#kept.unread(sourceText, {});
    return this.#kept.answer(known, full, async () => {
      const { loaded, nodes } = await this.objects(words, sourceText);
      return { subject: loaded, compute: () => compute(loaded, nodes) };
    });
  }

  /** Ids that the last table printed. */
  lastIds(): readonly number[] {
    return this.#rows.ids();
  }

  /** The objects that words name, in the snapshot that printed them, or in the source when one is given. */
  objects(words: readonly string[], sourceText: string | undefined): Promise<{ loaded: Loaded; nodes: NodeIndex[] }> {
    const { about } = this;
    if (sourceText === undefined && about) return this.#rows.objects(words, async () => about);
    return this.#rows.objects(words, sourceText === undefined ? undefined : () => this.load(sourceText));
  }
}

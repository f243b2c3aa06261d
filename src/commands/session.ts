// What the three doors share while they run: the target they hold, the hunt it belongs to, the snapshots that are
// open. It turns a source into a graph, and makes sure that on any way out the target is let go.

import { existsSync, rmSync } from "node:fs";
import { basename, isAbsolute } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { GrowthState } from "../analysis/growth.ts";
import { IdSet } from "../analysis/newObjects.ts";
import { nodeById, typicalOfType } from "../analysis/objects.ts";
import { cannotReadFile, LeakhuntError, noCurrentHunt, noSnapshots, noSuchProcess, noSuchRow, noSuchType, usage } from "../errors.ts";
import { HeapGraph } from "../graph/heapGraph.ts";
import type { NodeIndex } from "../graph/ids.ts";
import { alone } from "../hunts/home.ts";
import { Hunt, isAlive, type LastTable, readCurrent, type SnapshotEntry, startTimeOf, writeCurrent } from "../hunts/hunt.ts";
import { costText } from "../report/captureText.ts";
import { readSnapshot } from "../snapshot/open.ts";
import { attachTarget, type TargetSource } from "../target/attach.ts";
import { connectHold, type HeldCapture, type HeldTarget, LocalHold } from "../target/shared.ts";
import type { CaptureCost, Detached, PreviousCapture } from "../target/target.ts";
import { parseSource, type Source } from "./source.ts";

/** Something is under way; phases follow each other. */
export interface Progress {
  readonly phase: string;
  readonly bytes?: number | undefined;
  /** 0 to 1, where it can be told. */
  readonly fraction?: number | undefined;
}

export interface SessionOptions {
  readonly home: string;
  readonly signal: AbortSignal;
  /** Snapshots kept per hunt. Default 3. */
  readonly keep?: number | undefined;
  readonly onProgress?: ((progress: Progress | undefined) => void) | undefined;
  /** A sentence for the person at the terminal, besides the answers. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

/** A graph, and what to call it. */
export interface Loaded {
  readonly graph: HeapGraph;
  /** `snapshot 3 of 4242`, or the file. */
  readonly name: string;
  readonly takenAt: string | undefined;
  readonly from: LastTable["source"];
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
  /** Snapshots kept in the hunt, this one included. */
  readonly keep?: number | undefined;
}

/** Sets of ids held for `ls`. */
const IDS_KEPT = 8;

export class Session {
  readonly home: string;
  signal: AbortSignal;
  /** Called when the target goes (with the reason), or another leakhunt wants it let go. */
  onLost: ((why: string | undefined) => void) | undefined;
  readonly #options: SessionOptions;
  #live: Live | undefined;
  #cache: { path: string; loaded: Loaded } | undefined;
  #table: LastTable | undefined;
  readonly #ids = new Map<string, IdSet>();
  #stdinTaken = false;
  readonly #told = new Set<string>();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.home = options.home;
    this.signal = options.signal;
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
    this.#makeCurrent(hunt);
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

  /** Rows of a table about something else must not be taken for rows of this hunt. */
  #makeCurrent(hunt: Hunt): void {
    const source = this.#lastTable?.source;
    const isAboutIt = source !== undefined && "hunt" in source && source.hunt === hunt.key;
    if (!isAboutIt) this.#table = undefined;
    writeCurrent(isAboutIt ? { hunt: hunt.key } : { hunt: hunt.key, table: undefined }, this.home);
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
    const target = await attachTarget(wanted, { signal: this.signal, onNotice: (text) => this.notice(text) });
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

  /** What the last capture of this target really cost, to predict the next. */
  previousCapture(hunt: Hunt): PreviousCapture | undefined {
    const last = hunt.record.snapshots.at(-1);
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
    const previous = this.previousCapture(hunt);
    const cost = await held.predict(previous);
    // Said once per target: every round of a loop costs about the same.
    if (!options.quiet && !this.#told.has(hunt.key)) this.notice(costText(cost));
    this.#told.add(hunt.key);
    const { heapUsed } = await held.memory();
    const { number, path } = hunt.nextSnapshot();
    const captured = await this.#capture(held, path, { previous, force: options.force }, cost);
    // The last graph is not needed any more, and two at once would double our memory.
    this.#cache = undefined;
    try {
      const graph = await this.#read(path);
      const entry: SnapshotEntry = {
        number,
        file: `${number}.heapsnapshot`,
        takenAt: new Date().toISOString(),
        epoch: captured.epoch,
        bytes: captured.bytes,
        nodes: graph.nodeCount,
        heapUsed,
        pauseMs: captured.pauseMs,
      };
      hunt.addSnapshot(entry, options.keep ?? this.#options.keep ?? 3);
      const loaded = this.#remember(path, graph, hunt, entry);
      return { entry, captured, cost, loaded };
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
  }

  async #capture(
    held: HeldTarget,
    path: string,
    options: { previous: PreviousCapture | undefined; force: boolean | undefined },
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

  async #read(path: string): Promise<HeapGraph> {
    try {
      return new HeapGraph(
        await readSnapshot(path, {
          signal: this.signal,
          onProgress: (done, of) => this.progress({ phase: "reading", bytes: done, fraction: of ? done / of : undefined }),
        }),
      );
    } finally {
      this.progress(undefined);
    }
  }

  #remember(path: string, graph: HeapGraph, hunt: Hunt, entry: SnapshotEntry): Loaded {
    const loaded: Loaded = {
      graph,
      name: `snapshot ${entry.number} of ${hunt.record.target.pid ?? hunt.key}`,
      takenAt: entry.takenAt,
      from: { hunt: hunt.key, snapshot: entry.number },
    };
    this.#cache = { path, loaded };
    return loaded;
  }

  /** Opens a kept snapshot. */
  async open(hunt: Hunt, entry: SnapshotEntry): Promise<Loaded> {
    const path = hunt.pathOf(entry);
    if (this.#cache?.path === path) return this.#cache.loaded;
    return this.#remember(path, await this.#read(path), hunt, entry);
  }

  /** Ids of the objects of a kept snapshot; the one that is open stays open. */
  async idsOf(hunt: Hunt, entry: SnapshotEntry): Promise<IdSet> {
    const path = hunt.pathOf(entry);
    let ids = this.#ids.get(path);
    if (!ids) {
      ids = new IdSet((this.#cache?.path === path ? this.#cache.loaded.graph : await this.#read(path)).columns.nodeId);
      this.#ids.set(path, ids);
      const [oldest] = this.#ids.keys();
      if (this.#ids.size > IDS_KEPT && oldest !== undefined) this.#ids.delete(oldest);
    }
    return ids;
  }

  /** Standard input holds something else than a snapshot. */
  claimStdin(): void {
    this.#stdinTaken = true;
  }

  async openFile(path: string): Promise<Loaded> {
    if (path === "-") {
      if (this.#stdinTaken) throw usage("standard input can be read only once", "give a file instead of -");
      this.#stdinTaken = true;
    }
    if (this.#cache?.path === path) return this.#cache.loaded;
    const graph = await this.#read(path);
    const loaded: Loaded = { graph, name: path === "-" ? "standard input" : path, takenAt: undefined, from: { file: path } };
    this.#cache = { path, loaded };
    return loaded;
  }

  /**
   * The graph a question is about: the file, a new snapshot of the process named, or for the current hunt its
   * last snapshot (a new one when there is none, or with `fresh`).
   */
  async load(sourceText: string | undefined, options: { fresh?: boolean | undefined; force?: boolean | undefined } = {}): Promise<Loaded> {
    const source = parseSource(sourceText);
    if (source.kind === "file") return this.openFile(source.path);
    if (source.kind !== "current") return (await this.take(await this.attach(source), options)).loaded;
    const hunt = this.currentHunt();
    const last = hunt.record.snapshots.at(-1);
    if (last && !options.fresh) return this.open(hunt, last);
    return (await this.take(await this.attach(source), options)).loaded;
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

  // ── objects ───────────────────────────────────────────────────────────────────────────────────────────

  /** Remembers what the rows of a printed table are, for `path 1`. */
  remember(loaded: Loaded, rows: LastTable["rows"], isGrowth = false): void {
    // A round in which nothing grew leaves the rows of the last table askable.
    if (rows.length === 0) return;
    this.#table = { source: loaded.from, rows, isGrowth };
    // Standard input cannot be asked again, and an older table must not answer in its place.
    const gone = "file" in loaded.from && !isAbsolute(loaded.from.file);
    writeCurrent({ table: gone ? undefined : this.#table }, this.home);
  }

  get #lastTable(): LastTable | undefined {
    return this.#table ?? readCurrent(this.home).table;
  }

  /**
   * The objects that words name: `@1234`, or the number of a row of the last table (its newest object). They are
   * looked up in the snapshot that printed them.
   */
  async objects(words: readonly string[], sourceText: string | undefined): Promise<{ loaded: Loaded; nodes: NodeIndex[] }> {
    if (words.length === 0) throw usage("which object?", "give an @id, or the number of a row of the last table");
    const loaded = sourceText === undefined ? await this.#snapshotOf(words) : await this.load(sourceText);
    const before = words.every((word) => word.startsWith("@")) ? undefined : await this.#otherEpoch(loaded);
    return { loaded, nodes: words.map((word) => this.#objectIn(loaded, word, before)) };
  }

  /** The snapshot that a growth table was compared with, when ids cannot tell which objects are new since then. */
  async #otherEpoch(loaded: Loaded): Promise<HeapGraph | undefined> {
    if (!("hunt" in loaded.from) || this.#lastTable?.isGrowth !== true) return undefined;
    const { hunt: key, snapshot } = loaded.from;
    const hunt = Hunt.open(key, this.home);
    const kept = hunt?.record.snapshots ?? [];
    const at = kept.findIndex((entry) => entry.number === snapshot);
    const [before, now] = [kept[at - 1], kept[at]];
    if (!hunt || !before || !now || before.epoch === now.epoch) return undefined;
    return (await this.open(hunt, before)).graph;
  }

  #objectIn(loaded: Loaded, word: string, before: HeapGraph | undefined): NodeIndex {
    const id = /^@(\d+)$/.exec(word);
    if (id) return nodeById(loaded.graph, Number(id[1]), loaded.name);
    if (!/^\d+$/.test(word))
      throw usage(`${JSON.stringify(word)} names no object`, "objects are @1234, or the number of a row of the last table");
    const rows = this.#lastTable?.rows ?? [];
    const row = rows[Number(word) - 1];
    if (!row) throw noSuchRow(Number(word), rows.length);
    if ("id" in row) return nodeById(loaded.graph, row.id, loaded.name);
    const node = typicalOfType(loaded.graph, row.type, before) ?? this.#byGrowthShapes(loaded, row.type);
    if (node === undefined) throw noSuchType(row.type, []);
    return node;
  }

  /** `{id, user}` rows of growth are split by the shapes of all its rounds, which one snapshot may not know. */
  #byGrowthShapes(loaded: Loaded, type: string): NodeIndex | undefined {
    const hunt = "hunt" in loaded.from ? Hunt.open(loaded.from.hunt, this.home) : undefined;
    const shapes = hunt?.load<GrowthState>("growth")?.shapes;
    if (!shapes) return undefined;
    const own = loaded.graph.shapes;
    loaded.graph.useShapes(shapes);
    try {
      return typicalOfType(loaded.graph, type);
    } finally {
      loaded.graph.useShapes(own);
    }
  }

  /** The snapshot that printed these words; failing that, the newest kept one that has the first id. */
  async #snapshotOf(words: readonly string[]): Promise<Loaded> {
    const table = this.#lastTable;
    const hasRow = words.some((word) => !word.startsWith("@"));
    const printed = table && (await this.#openTable(table));
    const firstId = Number(/^@(\d+)$/.exec(words[0] as string)?.[1] ?? Number.NaN);
    if (printed && (hasRow || printed.graph.byId(firstId) !== undefined)) return printed;
    if (hasRow && table && "file" in table.source) throw cannotReadFile(table.source.file, "the last table is about it, and it is gone");
    const hunt = this.currentHunt();
    const kept = [...hunt.record.snapshots].reverse();
    for (const entry of kept) {
      const loaded = await this.open(hunt, entry);
      if (Number.isNaN(firstId) || loaded.graph.byId(firstId) !== undefined) return loaded;
    }
    if (printed) return printed;
    if (kept.length === 0) throw noSnapshots();
    return this.open(hunt, kept[0] as SnapshotEntry);
  }

  async #openTable(table: LastTable): Promise<Loaded | undefined> {
    if ("file" in table.source) {
      const { file } = table.source;
      if (this.#cache?.path === file) return this.#cache.loaded;
      return existsSync(file) ? this.openFile(file) : undefined;
    }
    const { hunt: key, snapshot } = table.source;
    const hunt = Hunt.open(key, this.home);
    const entry = hunt?.record.snapshots.find((s) => s.number === snapshot);
    return hunt && entry ? this.open(hunt, entry) : undefined;
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

// The debugger of a live target: where it stops and why, and everything that can be asked there. It is a guest like
// the rest of leakhunt: it stops nothing unasked, holds nothing longer than a question, and lets a target that
// another client stopped stand where it stands.
import { setTimeout as sleep } from "node:timers/promises";
import { frameGone, LeakhuntError, notStopped, pauseBlocked, pausePending, targetGone } from "../errors.ts";
import { AsyncStacks } from "./asyncStacks.ts";
import { Breakpoints } from "./breakpoints.ts";
import { within } from "./cdpInspector.ts";
import { hasOtherClients } from "./clients.ts";
import type { Breakpoint, Debugger, ExceptionMode, Frame, RemoteValue, Scope, SourcePlace, Step, Stop } from "./debugger.ts";
import { evaluateIn, GROUP } from "./evaluate.ts";
import { Exceptions } from "./exceptions.ts";
import { FrameScopes } from "./frameScopes.ts";
import type { Inspector } from "./inspector.ts";
import { debuggerIsOn } from "./lineTables.ts";
import { Moves } from "./moves.ts";
import { atDebuggerStatement, exceptionText, isException, isInstrumentation } from "./pauses.ts";
import type { RawFrame, RawPause, RawScript } from "./protocol.ts";
import { Scripts } from "./scripts.ts";
import { Waiting } from "./waiting.ts";

export interface DebuggerOptions {
  /** Where the inspector listens; tells whether other clients are there, where /proc can tell it. */
  readonly pid?: number | undefined;
  readonly port?: number | undefined;
  /** The target's working directory; asked for when left out. */
  readonly cwd?: string | undefined;
  /** Why the target is gone, once its inspector has closed; a general sentence when left out. */
  readonly whyGone?: (() => Promise<LeakhuntError>) | undefined;
}

/** A target that does not even take a command for so long sits in native code. */
const PATIENCE_MS = 10_000;
/** A pause that was taken but does not come for so long has no JavaScript to stop. */
const PAUSE_MS = 1000;
const PAUSE_TAKEN_MS = 3000;
/** V8 ends an expression after 10 s; one that calls native code is waited for this much longer. */
const EXPRESSION_MS = 15_000;

/**
 * Puts a target under our debugger. A target that another client holds is joined where it stands; one that was started
 * with --inspect-brk and waits for a debugger is started, and stops at its first line. Rejects with TARGET_SILENT when
 * the target sits in native code, and TARGET_GONE.
 */
export async function openDebugger(inspector: Inspector, options: DebuggerOptions = {}): Promise<Debugger> {
  const cwd = options.cwd ?? (await cwdOf(inspector));
  const live = new LiveDebugger(inspector, options, cwd);
  try {
    await live.open();
  } catch (error) {
    await live.close();
    throw error;
  }
  return live;
}

function cwdOf(inspector: Inspector): Promise<string | undefined> {
  const expression = "typeof process==='object'&&typeof process.cwd==='function'?process.cwd():undefined";
  return inspector.evaluate<string | undefined>(expression).catch((error: LeakhuntError) => {
    if (error.code === "EVALUATION_FAILED") return undefined;
    throw error;
  });
}

class LiveDebugger implements Debugger {
  readonly #inspector: Inspector;
  readonly #options: DebuggerOptions;
  readonly #scripts: Scripts;
  readonly #points: Breakpoints;
  readonly #moves: Moves;
  readonly #stacks: AsyncStacks;
  readonly #exceptions: Exceptions;
  readonly #handlers = new Set<(stop: Stop | undefined) => void>();
  readonly #unsubscribe: (() => void)[] = [];
  /** Counts stops and moves, so that what was found out about a stop that is over is thrown away. */
  #turn = 0;
  #stop: Stop | undefined;
  #scopes: FrameScopes | undefined;
  /** The stop that is being looked at. */
  #looking: Promise<void> | undefined;
  #joining = false;
  #joined = false;
  #sawOthers = false;
  /** Somebody asked who waits for a call. */
  #stacksAsked = false;
  readonly #waiting: Waiting;
  /** Why the connection is over. */
  #gone: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(inspector: Inspector, options: DebuggerOptions, cwd: string | undefined) {
    this.#inspector = inspector;
    this.#options = options;
    this.#scripts = new Scripts(inspector, cwd);
    this.#points = new Breakpoints(inspector, this.#scripts);
    this.#moves = new Moves(inspector, this.#scripts);
    this.#stacks = new AsyncStacks(inspector, this.#scripts);
    this.#exceptions = new Exceptions(inspector, this.#scripts, this.#stacks);
    this.#waiting = new Waiting(
      (handler) => this.onChange(handler),
      (error) => this.#explained(error),
    );
  }

  get stop(): Stop | undefined {
    return this.#stop;
  }

  async open(): Promise<void> {
    this.#listen<RawScript>("Debugger.scriptParsed", (raw) => this.#parsed(raw));
    this.#listen<{ breakpointId: string; location: RawFrame["location"] }>("Debugger.breakpointResolved", ({ breakpointId, location }) => {
      this.#points.resolved(breakpointId, location).catch(() => {});
    });
    this.#listen<RawPause>("Debugger.paused", (raw) => this.#paused(raw));
    this.#listen("Debugger.resumed", () => this.#resumed());
    void this.#inspector.closed.then((reason) => {
      this.#gone = reason;
      this.#resumed();
      this.#waiting.end(reason);
    });
    debuggerIsOn(this.#inspector, true);
    this.#joining = true;
    // without a limit V8 keeps the text of every script that was ever collected
    await this.#command("Debugger.enable", { maxScriptsCacheSize: 0 });
    this.#joined = this.#turn > 0;
    await this.#looking;
    this.#joining = false;
    await this.#command("Runtime.runIfWaitingForDebugger");
  }

  onChange(handler: (stop: Stop | undefined) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  setBreakpoint(file: string, line: number, condition?: string): Promise<Breakpoint> {
    const set = this.#stacks.record().then(() => this.#points.add(file, line, condition));
    return this.#patient(set, "setting a breakpoint");
  }

  breakpoints(): readonly Breakpoint[] {
    return this.#points.list();
  }

  deleteBreakpoint(number: number): Promise<void> {
    return this.#patient(this.#points.remove(number), "removing a breakpoint");
  }

  async stopOnExceptions(mode: ExceptionMode): Promise<void> {
    await this.#patient(this.#exceptions.set(mode), "choosing exceptions");
  }

  async recordCallers(): Promise<void> {
    this.#stacksAsked = true;
    await this.#patient(this.#stacks.record(), "recording who waits");
  }

  async resume(): Promise<void> {
    await this.#needStop();
    const needed = this.#stacksAsked || this.#points.list().length > 0 || this.#exceptions.mode !== "none";
    if (!needed) await this.#patient(this.#stacks.end(), "moving on");
    await this.#go();
  }

  async move(step: Step, signal?: AbortSignal): Promise<Stop> {
    const next = this.#waiting.nextStop(signal, this.#gone);
    next.catch(() => {});
    await this.#go(step);
    return next;
  }

  async pause(signal?: AbortSignal): Promise<Stop> {
    await this.#looking;
    if (this.#stop !== undefined) return this.#stop;
    const ended = new AbortController();
    const until = signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]);
    const next = this.#waiting.nextStop(until, this.#gone);
    next.catch(() => {});
    try {
      const taken = this.#moves.pause();
      taken.catch(() => {});
      const late = (ms: number, error: LeakhuntError): Promise<never> =>
        sleep(ms, undefined, { signal: ended.signal }).then(() => Promise.reject(error));
      const blocked = late(PAUSE_TAKEN_MS, pauseBlocked());
      blocked.catch(() => {});
      const first = await Promise.race([next, taken.then(() => undefined), blocked]);
      if (first !== undefined) return first;
      for (;;) {
        const stop = await Promise.race([next, sleep(PAUSE_MS, undefined, { signal: ended.signal })]);
        if (stop !== undefined) return stop;
        if (!this.#moves.busy) throw pausePending();
      }
    } catch (error) {
      throw await this.#explained(error);
    } finally {
      ended.abort();
    }
  }

  async scopes(frame: Frame): Promise<readonly Scope[]> {
    const scopes = await this.#scopesOf(frame);
    return this.#patient(scopes.read(frame.index), "looking at variables");
  }

  async source(place: SourcePlace, around: number): Promise<readonly { readonly line: number; readonly text: string }[]> {
    const lines = await this.#patient(this.#scripts.text(place.file), "asking for source");
    const first = Math.max(1, place.line - around);
    return lines.slice(first - 1, place.line + around).map((text, index) => ({ line: first + index, text }));
  }

  async evaluate(expression: string, frame?: Frame): Promise<RemoteValue> {
    const scopes = frame === undefined ? undefined : await this.#scopesOf(frame);
    const inScope = scopes === undefined || frame === undefined ? undefined : () => scopes.names(frame.index);
    return this.#patient(evaluateIn(this.#inspector, expression, frame?.callFrameId, inScope), "evaluating an expression", EXPRESSION_MS);
  }

  async release(): Promise<void> {
    const free = async (): Promise<void> => {
      await this.#scopes?.release();
      await this.#inspector.send("Runtime.releaseObjectGroup", { objectGroup: GROUP });
    };
    await this.#patient(free(), "letting go of objects");
  }

  close(): Promise<void> {
    this.#closing ??= this.#leave();
    return this.#closing;
  }

  /** A target that nobody else holds runs on as soon as its last debugger is disabled: V8 sees to that. */
  async #leave(): Promise<void> {
    const quiet = async (): Promise<void> => {
      await this.#scopes?.release().catch(() => {});
      await this.#points.clear();
      if (this.#exceptions.mode !== "none") await this.#exceptions.set("none");
      await this.#stacks.end();
      await this.#inspector.send("Runtime.releaseObjectGroup", { objectGroup: GROUP });
      await this.#inspector.send("Debugger.disable");
    };
    // one that sits in native code takes nothing now; V8 does the same when the connection ends
    await within(quiet(), PAUSE_TAKEN_MS, "leaving").catch(() => {});
    for (const stop of this.#unsubscribe) stop();
    debuggerIsOn(this.#inspector, false);
    this.#resumed();
    this.#handlers.clear();
  }

  #parsed(raw: RawScript): void {
    const script = this.#scripts.add(raw);
    if (script === undefined) return;
    for (const { breakpointId, location } of raw.resolvedBreakpoints ?? []) this.#points.resolved(breakpointId, location).catch(() => {});
    this.#points.loaded(script);
    this.#exceptions.loaded(script);
  }

  #paused(raw: RawPause): void {
    const turn = ++this.#turn;
    const looking = this.#look(raw, turn).catch(() => {});
    this.#looking = looking;
    void looking.then(() => {
      if (this.#looking === looking) this.#looking = undefined;
    });
  }

  async #look(raw: RawPause, turn: number): Promise<void> {
    const late = await this.#placeLate(raw, turn);
    if (late === undefined) return;
    const joining = this.#joining;
    if (!joining && (await this.#passes(raw, turn))) return;
    const [frames, callers, statement, others] = await Promise.all([
      Promise.all(raw.callFrames.map((frame, index) => this.#frame(frame, index))),
      this.#stacks.callers(raw),
      atDebuggerStatement(this.#inspector, raw),
      this.#areOthers(),
    ]);
    if (turn !== this.#turn) return;
    const breakpoints = [...this.#points.numbers(raw.hitBreakpoints ?? []), ...late];
    const failed = await this.#points.failures(breakpoints, raw.callFrames[0]);
    if (turn !== this.#turn) return;
    const reason = joining && others ? "other debugger" : this.#reason(raw, breakpoints, statement);
    this.#scopes = new FrameScopes(this.#inspector, GROUP, raw.callFrames);
    this.#moves.arrived();
    const exception = reason === "exception" ? exceptionText(raw) : undefined;
    this.#stop = { reason, breakpoints, failed, exception, frames, callers, others: others || reason === "other debugger" };
    this.#tell();
  }

  /**
   * Gives a script that was made to wait its breakpoints, and lets it run; undefined then. Otherwise the numbers of
   * those that were put right where it stands.
   */
  async #placeLate(raw: RawPause, turn: number): Promise<readonly number[] | undefined> {
    const [frame] = raw.callFrames;
    await this.#points.settled();
    if (frame === undefined || !(isInstrumentation(raw) || this.#points.isOurs(raw.hitBreakpoints ?? []))) return [];
    const here = isInstrumentation(raw) ? [] : await this.#points.numbersAt(frame);
    if (here.length > 0 || (this.#moves.step === "step" && !isInstrumentation(raw))) return here;
    if (turn === this.#turn) await this.#moves.passScript();
    return undefined;
  }

  /** Lets the target go on where there is nothing for a person to see. */
  async #passes(raw: RawPause, turn: number): Promise<boolean> {
    if (!isException(raw)) return this.#moves.seek(raw);
    if (await this.#exceptions.stops(raw)) return false;
    if (turn === this.#turn) await this.#moves.passException(raw);
    return true;
  }

  #reason(raw: RawPause, breakpoints: readonly number[], statement: boolean): Stop["reason"] {
    if (isException(raw)) return "exception";
    if (breakpoints.length > 0) return "breakpoint";
    if (statement) return "debugger statement";
    if (this.#moves.step !== undefined) return "step";
    return this.#moves.pausing || raw.reason === "Break on start" ? "pause" : "other debugger";
  }

  async #frame(raw: RawFrame, index: number): Promise<Frame> {
    const { callFrameId, functionName, location } = raw;
    return { index, functionName, place: await this.#scripts.place(location), callFrameId };
  }

  #resumed(): void {
    this.#turn++;
    this.#scopes = undefined;
    if (this.#stop === undefined) return;
    this.#stop = undefined;
    this.#tell();
  }

  #tell(): void {
    for (const handler of [...this.#handlers]) handler(this.#stop);
  }

  async #areOthers(): Promise<boolean> {
    const { pid, port } = this.#options;
    if (pid === undefined || port === undefined) return this.#joining || this.#joined;
    this.#sawOthers = await hasOtherClients(pid, port, this.#sawOthers);
    return this.#sawOthers;
  }

  /** Moves on from a stop. The event that says so comes after the answer; nobody may see the old stop in between. */
  async #go(step?: Step): Promise<void> {
    const { frames } = await this.#needStop();
    const turn = this.#turn;
    await this.#patient(this.#moves.begin(step, frames.length), "moving on").catch((error: LeakhuntError) => {
      // a program that runs to its end at once may be gone before the answer has been read
      if (error.code !== "TARGET_GONE") throw error;
    });
    if (turn === this.#turn) this.#resumed();
  }

  async #needStop(): Promise<Stop> {
    if (this.#stop !== undefined) return this.#stop;
    throw this.#gone === undefined ? notStopped() : await this.#explained(targetGone(this.#gone));
  }

  async #scopesOf(frame: Frame): Promise<FrameScopes> {
    const stop = await this.#needStop();
    // V8 gives the same names to the frames of the next stop
    if (this.#scopes === undefined || !stop.frames.includes(frame)) throw frameGone();
    return this.#scopes;
  }

  #listen<T>(event: string, handler: (params: T) => void): void {
    this.#unsubscribe.push(this.#inspector.on(event, (params) => handler(params as T)));
  }

  async #command(method: string, params: object = {}): Promise<Record<string, unknown>> {
    return this.#patient(this.#inspector.send(method, params), method);
  }

  async #patient<T>(work: Promise<T>, what: string, ms = PATIENCE_MS): Promise<T> {
    try {
      return await within(work, ms, what);
    } catch (error) {
      throw await this.#explained(error);
    }
  }

  /** Says how the target ended, and what a refusal means, where more is known than the wire tells. */
  async #explained(error: unknown): Promise<unknown> {
    if (!(error instanceof LeakhuntError)) return error;
    if (error.code === "TARGET_GONE" && this.#options.whyGone !== undefined) return this.#options.whyGone();
    if (error.code === "PROTOCOL_REFUSED" && /only perform operation while paused/.test(error.message)) return notStopped();
    return error.code === "PROTOCOL_REFUSED" && /call frame/i.test(error.message) ? frameGone() : error;
  }
}

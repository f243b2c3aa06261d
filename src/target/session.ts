// A target we are attached to: memory, cost, capture, the epoch of its object ids, and letting go of it in any state.
import { setTimeout as sleep } from "node:timers/promises";
import { captureTooBig, LeakhuntError, targetGone } from "../errors.ts";
import { captureFile } from "./capture.ts";
import { within } from "./cdpInspector.ts";
import { hasOtherClients } from "./clients.ts";
import { captureCost } from "./cost.ts";
import { probe } from "./discovery.ts";
import { readSentinel } from "./epoch.ts";
import type { Guard } from "./guard.ts";
import { builtin, type Inspector } from "./inspector.ts";
import { buildLineTables } from "./lineTables.ts";
import { hasProc, isSameProcess, listenersOf } from "./proc.ts";
import type { CaptureCost, Captured, CaptureOptions, Detached, Memory, PreviousCapture, Target, TargetIdentity } from "./target.ts";

const GC_PATIENCE_MS = 15_000;

export class LiveTarget implements Target {
  readonly identity: TargetIdentity;
  readonly inspector: Inspector;
  readonly gone: Promise<string>;
  /** Resolves when the target will tell us of its end, after a second at the latest. */
  readonly ready: Promise<void>;
  private readonly guard: Guard | undefined;
  private finished = false;
  private sentinel: string | undefined;
  private busy: Promise<unknown> = Promise.resolve();
  private detached: Promise<Detached> | undefined;

  constructor(inspector: Inspector, identity: TargetIdentity, guard: Guard | undefined) {
    this.inspector = inspector;
    this.identity = identity;
    this.guard = guard;
    this.gone = inspector.closed.then((reason) => this.whyGone(reason));
    this.ready = Promise.race([this.letGoAtExit().catch(() => {}), sleep(1000, undefined, { ref: false })]);
  }

  async memory(): Promise<Memory> {
    // A capture that was cancelled goes on inside the target, which answers nothing until it is done.
    await Promise.race([this.busy, this.gone]);
    const expression = `({...process.memoryUsage(),heapLimit:${builtin("v8")}.getHeapStatistics().heap_size_limit})`;
    return this.inspector.evaluate<Memory>(expression, { includeCommandLineAPI: true });
  }

  async predict(previous?: PreviousCapture): Promise<CaptureCost> {
    const { heapUsed } = await this.memory();
    return captureCost(this.identity.pid, heapUsed, previous);
  }

  async capture(path: string, options: CaptureOptions = {}): Promise<Captured> {
    const cost = await this.predict(options.previous);
    if (!cost.fits && options.force !== true) throw captureTooBig(cost.extraBytes, cost.freeBytes, cost.limit);
    const first = this.sentinel === undefined;
    const kept = first || (await this.checkEpoch());
    const { pid, nodeVersion } = this.identity;
    await buildLineTables(this.inspector, nodeVersion);
    const onWork = (work: Promise<unknown>): void => {
      this.busy = work.catch(() => {});
    };
    const source = { inspector: this.inspector, pid, nodeVersion, cost, onWork };
    const { bytes, pauseMs, how } = await captureFile(source, path, options).catch((error) => this.explain(error));
    const now = await readSentinel(this.inspector);
    const epochKept = first || (kept && now === this.sentinel);
    this.sentinel = now;
    return { path, bytes, pauseMs, how, epochKept };
  }

  async checkEpoch(): Promise<boolean> {
    return this.sentinel !== undefined && (await readSentinel(this.inspector)) === this.sentinel;
  }

  async collectGarbage(): Promise<void> {
    await within(this.inspector.send("HeapProfiler.collectGarbage"), GC_PATIENCE_MS, "collecting garbage");
  }

  detach(): Promise<Detached> {
    this.detached ??= this.identity.openedByUs ? this.closeInspector() : this.leave();
    return this.detached;
  }

  private async leave(): Promise<Detached> {
    await this.inspector.close();
    return { closed: false, note: "the inspector was open before leakhunt came, and stays open" };
  }

  private async closeInspector(): Promise<Detached> {
    const { pid, port } = this.identity;
    if (pid === undefined || !this.isAlive()) return this.end({ closed: true });
    if (await hasOtherClients(pid, port)) {
      await this.inspector.close();
      this.guard?.abandon();
      return { closed: false, note: `another client is connected to the inspector at port ${port}; it is closed when that one has left` };
    }
    // the answer never comes: the inspector closes our socket with the rest
    this.inspector.send("Runtime.evaluate", { expression: "process._debugEnd()" }).catch(() => {});
    await Promise.race([this.inspector.closed, sleep(3000, undefined, { ref: false })]);
    await this.inspector.close();
    for (let i = 0; i < 20 && (await this.isListening()); i++) await sleep(25);
    if (!(await this.isListening())) return this.end({ closed: true });
    this.guard?.abandon();
    return { closed: false, note: "the target is busy; its inspector is closed as soon as it answers again" };
  }

  private async end(result: Detached): Promise<Detached> {
    this.guard?.done();
    await this.inspector.close();
    return result;
  }

  /**
   * An attached client can hold up the exit of a program: we ask to hear of that exit, and leave at once. One that
   * was on its way out before we asked sends no event, but says so itself.
   */
  private async letGoAtExit(): Promise<void> {
    this.inspector.on("NodeRuntime.waitingForDisconnect", () => this.letGo());
    await this.inspector.send("NodeRuntime.notifyWhenWaitingForDisconnect", { enabled: true });
    const exiting = "typeof process==='object'&&process._exiting===true";
    const asked = this.inspector.evaluate<boolean>(exiting, { timeoutMs: Number.POSITIVE_INFINITY });
    if (await asked.catch((error: LeakhuntError) => error.code === "TARGET_GONE")) this.letGo();
  }

  private letGo(): void {
    this.finished = true;
    void this.inspector.close();
  }

  private async whyGone(reason: string): Promise<string> {
    for (let i = 0; i < 10 && this.detached === undefined && !this.finished && this.isAlive(); i++) await sleep(20);
    if (this.detached !== undefined) return "leakhunt detached from it";
    const { pid } = this.identity;
    const who = pid === undefined ? "the program" : `process ${pid}`;
    this.guard?.abandon();
    if (this.finished) return `${who} came to its end`;
    return pid !== undefined && !this.isAlive() ? `${who} ended` : reason;
  }

  /** A target that ended tells nobody why; its process does. */
  private async explain(error: unknown): Promise<never> {
    throw error instanceof LeakhuntError && error.code === "TARGET_GONE" ? targetGone(await this.gone) : error;
  }

  private isAlive(): boolean {
    const { pid, startTime } = this.identity;
    return pid === undefined || isSameProcess(pid, startTime);
  }

  private async isListening(): Promise<boolean> {
    const { pid, host, port } = this.identity;
    if (pid === undefined || !this.isAlive()) return false;
    return hasProc ? listenersOf(pid).some((socket) => socket.port === port) : (await probe(host, port)).kind === "inspector";
  }
}

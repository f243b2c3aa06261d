// A process we are attached to, by its main thread: hearing of its end, its worker threads, and letting go of it in any state.
import { setTimeout as sleep } from "node:timers/promises";
import type { LeakhuntError } from "../errors.ts";
import { hasOtherClients } from "./clients.ts";
import { probe } from "./discovery.ts";
import { endInspector } from "./ending.ts";
import type { Guard } from "./guard.ts";
import type { Inspector } from "./inspector.ts";
import { LiveIsolate } from "./isolate.ts";
import { hasProc, isSameProcess, listenersOf } from "./proc.ts";
import type { Detached, Target, TargetIdentity, Thread } from "./target.ts";
import { Workers } from "./workers.ts";

export class LiveTarget extends LiveIsolate implements Target {
  readonly gone: Promise<string>;
  /** Resolves when the target will tell us of its end, after a second at the latest. */
  readonly ready: Promise<void>;
  private readonly guard: Guard | undefined;
  private readonly workers: Workers;
  private finished = false;
  private detached: Promise<Detached> | undefined;

  constructor(inspector: Inspector, identity: TargetIdentity, guard: Guard | undefined) {
    super(inspector, identity);
    this.guard = guard;
    this.gone = inspector.closed.then((reason) => this.whyGone(reason));
    this.workers = new Workers(this);
    this.ready = Promise.race([this.letGoAtExit().catch(() => {}), sleep(1000, undefined, { ref: false })]);
  }

  threads(): Promise<readonly Thread[]> {
    this.guard?.others();
    return this.workers.list();
  }

  async thread(threadId: number): Promise<Target> {
    if (threadId !== 0) this.guard?.others();
    return threadId === 0 ? this : this.workers.target(threadId);
  }

  protected needsTime(): void {
    this.guard?.others();
  }

  detach(): Promise<Detached> {
    this.detached ??= this.workers.leave().then(() => (this.identity.openedByUs ? this.closeInspector() : this.leave()));
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
    await endInspector(this.inspector);
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
    void this.inspector.close("the program came to its end");
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

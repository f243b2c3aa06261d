// One session per target, many commands: whoever holds the target answers the others over a local socket, because
// a second connection that leaves would reset V8's object ids for the first. One holder speaks for all threads of a
// process. The wire is one JSON object a line.

import { chmodSync, rmSync } from "node:fs";
import { createServer, connect as netConnect, type Server, type Socket } from "node:net";
import { createInterface, type Interface } from "node:readline";
import { type ExitCode, holderGone, LeakhuntError } from "../errors.ts";
import type { AllocationMode, AllocationRecording } from "./allocations.ts";
import { type Ask, RecordingSlot, recordThrough } from "./sharedRecording.ts";
import type { CaptureCost, Captured, CaptureOptions, Detached, Memory, PreviousCapture, Target, TargetIdentity, Thread } from "./target.ts";

/** A capture, with the name of the epoch its ids belong to: two snapshots compare by id only if these are equal. */
export interface HeldCapture extends Captured {
  readonly epoch: string;
}

/** A target that this process or another leakhunt holds. */
export interface HeldTarget {
  readonly identity: TargetIdentity;
  /** Whether another process holds it, and detaching only says goodbye to that process. */
  readonly shared: boolean;
  /** The main thread of its process: this target itself, unless it is a worker. */
  readonly main: HeldTarget;
  readonly gone: Promise<string>;
  /** See Target. */
  threads(): Promise<readonly Thread[]>;
  /** Another thread of the process, held as long as the process is. Rejects with NO_SUCH_THREAD. */
  thread(threadId: number): Promise<HeldTarget>;
  memory(): Promise<Memory>;
  predict(previous?: PreviousCapture): Promise<CaptureCost>;
  capture(path: string, options?: CaptureOptions): Promise<HeldCapture>;
  /** See Target.recordAllocations. One at a time for a process; it ends with whoever asked for it. */
  recordAllocations(mode: AllocationMode): Promise<AllocationRecording>;
  /** Lets go of the process with all its threads. `end` also makes a holding process let go. */
  detach(end?: boolean): Promise<Detached>;
}

/**
 * Holds a target in this process and names its epochs. Captures of several askers are taken one after another, those of
 * all threads of a process too: each needs memory several times a heap.
 */
export class LocalHold implements HeldTarget {
  readonly identity: TargetIdentity;
  readonly shared = false;
  readonly main: LocalHold;
  readonly gone: Promise<string>;
  /** Resolves when another leakhunt asked us to let go. */
  readonly askedToEnd: Promise<void>;
  readonly target: Target;
  readonly #name: string;
  /** Of the main thread's hold: the workers that were asked about. */
  readonly #workers = new Map<number, LocalHold>();
  #epoch = 1;
  /** Of the main thread's hold: the end of the captures that are under way. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #recording: RecordingSlot = new RecordingSlot();
  #server: Server | undefined;
  #socketPath: string | undefined;
  #end: () => void = () => {};

  /** @param main the hold of the main thread, for a worker. */
  constructor(target: Target, main?: LocalHold) {
    this.target = target;
    this.identity = target.identity;
    this.gone = target.gone;
    this.main = main ?? this;
    const { worker } = target.identity;
    this.#name = worker === undefined ? `${process.pid}-${Date.now().toString(36)}` : `${this.main.#name}-w${worker.threadId}`;
    this.askedToEnd =
      main?.askedToEnd ??
      new Promise((resolve) => {
        this.#end = resolve;
      });
  }

  threads(): Promise<readonly Thread[]> {
    return this.target.threads();
  }

  async thread(threadId: number): Promise<LocalHold> {
    const { main } = this;
    if (threadId === 0) return main;
    const target = await main.target.thread(threadId);
    const hold = main.#workers.get(threadId) ?? new LocalHold(target, main);
    main.#workers.set(threadId, hold);
    return hold;
  }

  memory(): Promise<Memory> {
    return this.target.memory();
  }

  predict(previous?: PreviousCapture): Promise<CaptureCost> {
    return this.target.predict(previous);
  }

  capture(path: string, options: CaptureOptions = {}): Promise<HeldCapture> {
    const { main } = this;
    const mine = main.#turn.then(async () => {
      options.signal?.throwIfAborted();
      const captured = await this.target.capture(path, options);
      if (!captured.epochKept) this.#epoch++;
      return { ...captured, epoch: `${this.#name}-${this.#epoch}` };
    });
    main.#turn = mine.catch(() => {});
    return mine;
  }

  recordAllocations(mode: AllocationMode): Promise<AllocationRecording> {
    return this.main.#recording.open(this.target, mode);
  }

  /** Captures that are under way for others are ended first. */
  async detach(): Promise<Detached> {
    if (this.main !== this) return this.main.detach();
    await Promise.race([this.#turn, this.gone]);
    await this.#recording.close();
    this.#server?.close();
    if (this.#socketPath !== undefined) rmSync(this.#socketPath, { force: true });
    return this.target.detach();
  }

  /** Answers other leakhunt processes of this user at a socket in a private folder. */
  async share(socketPath: string): Promise<void> {
    rmSync(socketPath, { force: true });
    const server = createServer((socket) => this.#serve(socket));
    server.unref();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(socketPath, resolve);
    });
    chmodSync(socketPath, 0o600);
    this.#server = server;
    this.#socketPath = socketPath;
  }

  #serve(socket: Socket): void {
    socket.unref();
    socket.on("error", () => socket.destroy());
    const running = new Map<number, AbortController>();
    socket.on("close", () => {
      for (const controller of running.values()) controller.abort();
    });
    linesOf(socket).on("line", (line) => {
      const asked = parseLine(line) as Request | undefined;
      if (!asked) return;
      if (asked.method === "cancel") {
        running.get(asked.id)?.abort();
        return;
      }
      const controller = new AbortController();
      running.set(asked.id, controller);
      const tell = (message: object): void => {
        if (!socket.destroyed) socket.write(`${JSON.stringify({ id: asked.id, ...message })}\n`);
      };
      this.#answer(asked, controller.signal, tell)
        .then(
          (result) => tell({ result: result ?? null }),
          (error) => tell({ error: wireError(error) }),
        )
        .finally(() => running.delete(asked.id));
    });
  }

  async #answer(asked: Request, signal: AbortSignal, tell: (message: object) => void): Promise<unknown> {
    const { thread = 0 } = asked;
    if (thread !== (this.identity.worker?.threadId ?? 0)) return (await this.thread(thread)).#answer(asked, signal, tell);
    switch (asked.method) {
      case "identity":
        return this.identity;
      case "threads":
        return this.threads();
      case "gone":
        return this.gone;
      case "memory":
        return this.memory();
      case "predict":
        return this.predict(asked.previous);
      case "capture":
        return this.capture(asked.path as string, {
          force: asked.force,
          numbers: asked.numbers,
          previous: asked.previous,
          signal,
          onProgress: (progress) => tell({ progress }),
        });
      case "record":
        return this.main.#recording.serve(this.target, asked.mode as AllocationMode, signal, tell);
      case "begin":
      case "stacks":
        return this.main.#recording.tell(asked.method);
      case "end":
        this.main.#end();
        return this.detach();
      default:
        return undefined;
    }
  }
}

/** The lines of a socket. Its errors come here a second time: whoever was killed resets it, and `close` says all there is to say. */
function linesOf(socket: Socket): Interface {
  return createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY }).on("error", () => {});
}

interface Request {
  id: number;
  method: string;
  /** Which thread of the process is meant; the main thread when left out. */
  thread?: number;
  path?: string;
  force?: boolean;
  numbers?: boolean;
  previous?: PreviousCapture;
  mode?: AllocationMode;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  onProgress: CaptureOptions["onProgress"];
}

/**
 * Reaches the process that holds a target, or undefined when none listens at the socket any more.
 */
export async function connectHold(socketPath: string): Promise<HeldTarget | undefined> {
  const socket = netConnect(socketPath);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
  } catch {
    return undefined;
  }
  return WireHold.of(new Wire(socket));
}

/** A thread of a target that another leakhunt holds. */
class WireHold implements HeldTarget {
  readonly identity: TargetIdentity;
  readonly shared = true;
  readonly main: HeldTarget;
  readonly gone: Promise<string>;
  readonly #wire: Wire;
  readonly #thread: number;

  private constructor(wire: Wire, identity: TargetIdentity, main?: HeldTarget) {
    this.#wire = wire;
    this.#thread = identity.worker?.threadId ?? 0;
    this.identity = identity;
    this.main = main ?? this;
    // the holder ends when its process does; of the end of a worker it must be asked
    this.gone =
      main === undefined ? wire.closed : Promise.race([wire.closed, this.#ask("gone").catch(() => wire.closed) as Promise<string>]);
  }

  static async of(wire: Wire, thread = 0, main?: HeldTarget): Promise<HeldTarget> {
    return new WireHold(wire, (await wire.ask("identity", { thread })) as TargetIdentity, main);
  }

  threads(): Promise<readonly Thread[]> {
    return this.#ask("threads") as Promise<readonly Thread[]>;
  }

  async thread(threadId: number): Promise<HeldTarget> {
    return threadId === 0 ? this.main : WireHold.of(this.#wire, threadId, this.main);
  }

  memory(): Promise<Memory> {
    return this.#ask("memory") as Promise<Memory>;
  }

  predict(previous?: PreviousCapture): Promise<CaptureCost> {
    return this.#ask("predict", { previous }) as Promise<CaptureCost>;
  }

  capture(path: string, options: CaptureOptions = {}): Promise<HeldCapture> {
    const { force, numbers, previous } = options;
    return this.#ask("capture", { path, force, numbers, previous }, options) as Promise<HeldCapture>;
  }

  recordAllocations(mode: AllocationMode): Promise<AllocationRecording> {
    return recordThrough(((method, params, options) => this.#ask(method, params, options as CaptureOptions)) satisfies Ask, mode);
  }

  async detach(end = false): Promise<Detached> {
    const done = end ? ((await this.#ask("end")) as Detached) : { closed: false, note: "another leakhunt holds the target" };
    this.#wire.close();
    return done;
  }

  #ask(method: string, params: object = {}, options: CaptureOptions = {}): Promise<unknown> {
    return this.#wire.ask(method, { thread: this.#thread, ...params }, options);
  }
}

class Wire {
  readonly closed: Promise<string>;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  constructor(socket: Socket) {
    this.#socket = socket;
    linesOf(socket).on("line", (line) => this.#receive(line));
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        for (const waiting of this.#waiting.values()) waiting.reject(holderGone());
        this.#waiting.clear();
        resolve("the leakhunt that held the target has ended");
      });
    });
  }

  ask(method: string, params: object = {}, options: CaptureOptions = {}): Promise<unknown> {
    const id = this.#next++;
    const { signal, onProgress } = options;
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(holderGone());
      this.#waiting.set(id, { resolve, reject, onProgress });
      this.#socket.write(`${JSON.stringify({ id, method, ...params })}\n`);
      signal?.addEventListener("abort", () => this.#socket.write(`${JSON.stringify({ id, method: "cancel" })}\n`), { once: true });
    });
  }

  close(): void {
    this.#socket.end();
    this.#socket.destroy();
  }

  #receive(line: string): void {
    const answer = parseLine(line) as { id: number; result?: unknown; error?: WireError; progress?: never } | undefined;
    const waiting = answer && this.#waiting.get(answer.id);
    if (!waiting) return;
    if (answer.progress !== undefined) waiting.onProgress?.(answer.progress);
    else {
      this.#waiting.delete(answer.id);
      if (answer.error) waiting.reject(new LeakhuntError(answer.error));
      else waiting.resolve(answer.result);
    }
  }
}

interface WireError {
  code: string;
  message: string;
  hint?: string | undefined;
  exitCode: ExitCode;
}

function wireError(error: unknown): WireError {
  if (error instanceof LeakhuntError) return { code: error.code, message: error.message, hint: error.hint, exitCode: error.exitCode };
  return { code: "HOLDER_FAILED", message: (error as Error).message, exitCode: 1 };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

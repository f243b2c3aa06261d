// One session per target, many commands: whoever holds the target answers the others over a local socket, because
// a second connection that leaves would reset V8's object ids for the first. The wire is one JSON object a line.

import { chmodSync, rmSync } from "node:fs";
import { createServer, connect as netConnect, type Server, type Socket } from "node:net";
import { createInterface, type Interface } from "node:readline";
import { type ExitCode, holderGone, LeakhuntError } from "../errors.ts";
import type { CaptureCost, Captured, CaptureOptions, Detached, Memory, PreviousCapture, Target, TargetIdentity } from "./target.ts";

/** A capture, with the name of the epoch its ids belong to: two snapshots compare by id only if these are equal. */
export interface HeldCapture extends Captured {
  readonly epoch: string;
}

/** A target that this process or another leakhunt holds. */
export interface HeldTarget {
  readonly identity: TargetIdentity;
  /** Whether another process holds it, and detaching only says goodbye to that process. */
  readonly shared: boolean;
  readonly gone: Promise<string>;
  memory(): Promise<Memory>;
  predict(previous?: PreviousCapture): Promise<CaptureCost>;
  capture(path: string, options?: CaptureOptions): Promise<HeldCapture>;
  /** Lets go. `end` also makes a holding process let go. */
  detach(end?: boolean): Promise<Detached>;
}

/** Holds a target in this process and names its epochs. Captures of several askers are taken one after another. */
export class LocalHold implements HeldTarget {
  readonly identity: TargetIdentity;
  readonly shared = false;
  readonly gone: Promise<string>;
  /** Resolves when another leakhunt asked us to let go. */
  readonly askedToEnd: Promise<void>;
  readonly target: Target;
  readonly #name: string;
  #epoch = 1;
  #turn: Promise<unknown> = Promise.resolve();
  #server: Server | undefined;
  #socketPath: string | undefined;
  #end: () => void = () => {};

  constructor(target: Target) {
    this.target = target;
    this.identity = target.identity;
    this.gone = target.gone;
    this.#name = `${process.pid}-${Date.now().toString(36)}`;
    this.askedToEnd = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  memory(): Promise<Memory> {
    return this.target.memory();
  }

  predict(previous?: PreviousCapture): Promise<CaptureCost> {
    return this.target.predict(previous);
  }

  capture(path: string, options: CaptureOptions = {}): Promise<HeldCapture> {
    const mine = this.#turn.then(async () => {
      options.signal?.throwIfAborted();
      const captured = await this.target.capture(path, options);
      if (!captured.epochKept) this.#epoch++;
      return { ...captured, epoch: `${this.#name}-${this.#epoch}` };
    });
    this.#turn = mine.catch(() => {});
    return mine;
  }

  /** Captures that are under way for others are ended first. */
  async detach(): Promise<Detached> {
    await Promise.race([this.#turn, this.gone]);
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
    switch (asked.method) {
      case "identity":
        return this.identity;
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
      case "end":
        this.#end();
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
  path?: string;
  force?: boolean;
  numbers?: boolean;
  previous?: PreviousCapture;
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
  const wire = new Wire(socket);
  const identity = (await wire.ask("identity")) as TargetIdentity;
  return {
    identity,
    shared: true,
    gone: wire.closed,
    memory: () => wire.ask("memory") as Promise<Memory>,
    predict: (previous) => wire.ask("predict", { previous }) as Promise<CaptureCost>,
    capture: (path, options = {}) => {
      const { force, numbers, previous } = options;
      return wire.ask("capture", { path, force, numbers, previous }, options) as Promise<HeldCapture>;
    },
    detach: async (end = false) => {
      const done = end ? ((await wire.ask("end")) as Detached) : { closed: false, note: "another leakhunt holds the target" };
      socket.end();
      socket.destroy();
      return done;
    },
  };
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

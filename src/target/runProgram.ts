// A program under leakhunt from its first line on. Its inspector listens on a free loopback port under a name that only
// its own standard error tells, and that is ours: nobody else can join it. It has a process group of its own, so that
// Ctrl-C at our prompt is ours too, and it ends when we end, even by `kill -9`.
//
// Its standard input is empty, since the prompt reads the terminal; its standard output is ours; its standard error
// passes through us, so it is no terminal to the program.
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { aborted, cannotRun, type LeakhuntError, programEnded } from "../errors.ts";
import { attachTarget } from "./attach.ts";
import type { Debugger } from "./debugger.ts";
import { InspectorLines } from "./inspectorLines.ts";
import { openDebugger } from "./liveDebugger.ts";
import { startTimeOf } from "./proc.ts";
import { guardProgram } from "./programGuard.ts";
import { runnable } from "./runnable.ts";
import type { Target } from "./target.ts";

export interface RunOptions {
  /** The Node that runs scripts which name none; the one that runs us when left out. */
  readonly node?: string | undefined;
  readonly cwd?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Gets what the program writes; without it, its output goes where ours goes. */
  readonly onOutput?: ((bytes: Buffer, stream: "stdout" | "stderr") => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** "the program ended with exit code 3". */
  readonly line: string;
}

export interface RunningProgram {
  readonly pid: number;
  readonly target: Target;
  /** Stands still before the first line. */
  readonly debugger: Debugger;
  readonly ended: Promise<ProgramEnd>;
  /** Lets go of the program and ends it and what it started: SIGTERM, and SIGKILL after 3 s. */
  end(): Promise<ProgramEnd>;
}

const INSPECT = ["--inspect-brk=127.0.0.1:0", "--inspect-publish-uid=stderr"];
/** A forked child would otherwise be started with our flags, and wait for a debugger. */
const HIDE_FLAGS =
  "void(typeof process==='object'&&Array.isArray(process.execArgv)&&(process.execArgv=process.execArgv.filter((flag)=>!/^--inspect-(brk=127\\.0\\.0\\.1:0|publish-uid=stderr)$/.test(flag))))";
const PATIENCE_MS = 3000;

/**
 * Starts `command` (a script or `node …`, with arguments) and resolves when it stands still before its first line.
 * Rejects with CANNOT_RUN, with TARGET_GONE when it ends before that (it said why itself), or ABORTED.
 */
export async function runProgram(command: readonly string[], options: RunOptions = {}): Promise<RunningProgram> {
  const { cwd = process.cwd(), env = process.env, signal } = options;
  const { node, args } = runnable(command, options.node ?? process.execPath, cwd, env["PATH"] ?? "");
  const stdout = options.onOutput === undefined ? "inherit" : "pipe";
  const child = spawn(node, [...INSPECT, ...args], { cwd, env, detached: true, stdio: ["ignore", stdout, "pipe"] });
  const ended = endOf(child, node);
  const listening = urlOf(child, options);
  const stopped = new Promise<never>((_, reject) => {
    ended.then(({ line }) => reject(programEnded(line.replace(/^the program ended /, ""))), reject);
    const cancel = (): void => reject(aborted("starting the program"));
    signal?.addEventListener("abort", cancel, { once: true });
    if (signal?.aborted) cancel();
  });
  stopped.catch(() => {});
  try {
    if (child.pid === undefined) return await stopped;
    const release = guardProgram({ pid: child.pid, startTime: startTimeOf(child.pid) });
    void ended.then(release, release);
    return await Promise.race([begin(child, child.pid, await Promise.race([listening, stopped]), ended, cwd), stopped]);
  } catch (error) {
    await stop(child, ended).catch(() => {});
    throw error;
  }
}

async function begin(child: ChildProcess, pid: number, url: string, ended: Promise<ProgramEnd>, cwd: string): Promise<RunningProgram> {
  const target = await attachTarget({ url });
  const whyGone = async (): Promise<LeakhuntError> => {
    const end = await Promise.race([ended, sleep(PATIENCE_MS, undefined, { ref: false })]);
    return programEnded(end === undefined ? "its connection to leakhunt" : end.line.replace(/^the program ended /, ""));
  };
  const live = await openDebugger(target.inspector, { pid, port: target.identity.port, cwd, whyGone });
  await firstStop(live);
  await target.inspector.evaluate(HIDE_FLAGS);
  return {
    pid,
    target,
    debugger: live,
    ended,
    end: async () => {
      await live.close();
      await target.detach();
      return stop(child, ended);
    },
  };
}

function firstStop(live: Debugger): Promise<void> {
  return new Promise((resolve) => {
    if (live.stop !== undefined) return resolve();
    const unsubscribe = live.onChange((stop) => {
      if (stop === undefined) return;
      unsubscribe();
      resolve();
    });
  });
}

/** The address of the inspector; everything else that the program writes goes on. */
function urlOf(child: ChildProcess, { onOutput }: RunOptions): Promise<string> {
  child.stdout?.on("data", (bytes: Buffer) => onOutput?.(bytes, "stdout"));
  return new Promise((resolve) => {
    const pass = (bytes: Buffer): void => {
      if (onOutput === undefined) process.stderr.write(bytes);
      else onOutput(bytes, "stderr");
    };
    const lines = new InspectorLines(pass, resolve);
    child.stderr?.on("data", (bytes: Buffer) => lines.push(bytes)).on("end", () => lines.end());
  });
}

function endOf(child: ChildProcess, node: string): Promise<ProgramEnd> {
  const ended = new Promise<ProgramEnd>((resolve, reject) => {
    child.once("error", (cause: NodeJS.ErrnoException) =>
      reject(cannotRun(node, cause.code === "ENOENT" ? "there is no such program" : cause.message, undefined, cause)),
    );
    child.once("exit", (code, signal) => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      resolve({ code, signal, line: `the program ended ${how}` });
    });
  });
  ended.catch(() => {});
  return ended;
}

async function stop(child: ChildProcess, ended: Promise<ProgramEnd>): Promise<ProgramEnd> {
  const over = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const send = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined && !over()) process.kill(-child.pid, signal);
    } catch {
      // it ended just now
    }
  };
  send("SIGTERM");
  await Promise.race([ended, sleep(PATIENCE_MS, undefined, { ref: false })]);
  send("SIGKILL");
  return ended;
}

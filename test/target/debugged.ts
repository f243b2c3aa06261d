// Programs under the debugger, for its tests: started from a text in a folder of their own, and ended after each test.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AttachOptions, attachTarget } from "../../src/target/attach.ts";
import type { Debugger, Frame, Stop } from "../../src/target/debugger.ts";
import { openDebugger } from "../../src/target/liveDebugger.ts";
import { type RunningProgram, runProgram } from "../../src/target/runProgram.ts";
import type { Target } from "../../src/target/target.ts";
import { folder, NODE, type Program, run } from "./programs.ts";

export interface Debugged {
  readonly program: Program;
  readonly target: Target;
  readonly live: Debugger;
}

const running: RunningProgram[] = [];

/** A folder with these files; its path. */
export function files(texts: Readonly<Record<string, string>>): string {
  const place = folder();
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(place, name), text);
  return place;
}

/** Attaches to a program (a file that says "ready") and puts it under the debugger. */
export async function debug(file: string, options: AttachOptions = {}): Promise<Debugged> {
  const program = await run(NODE, ["--inspect-port=0", file]);
  const target = await attachTarget({ pid: program.pid }, options);
  const { pid, port } = target.identity;
  return { program, target, live: await openDebugger(target.inspector, { pid, port }) };
}

/** Starts a program under leakhunt. */
export async function launch(command: readonly string[], cwd: string): Promise<RunningProgram & { said(): string }> {
  let said = "";
  const onOutput = (bytes: Buffer): void => {
    said += bytes.toString();
  };
  const program = await runProgram(command, { node: NODE, cwd, env: { ...process.env, NODE_OPTIONS: "" }, onOutput });
  running.push(program);
  return { ...program, said: () => said };
}

/** For afterEach. */
export async function endPrograms(): Promise<void> {
  await Promise.all(running.splice(0).map((program) => program.end()));
}

/** The stop that the target stands at, or the next one. */
export function stopOf(live: Debugger, ms = 20_000): Promise<Stop> {
  return new Promise((resolve, reject) => {
    if (live.stop !== undefined) return resolve(live.stop);
    const late = setTimeout(() => reject(new Error(`no stop within ${ms} ms`)), ms);
    const unsubscribe = live.onChange((stop) => {
      if (stop === undefined) return;
      clearTimeout(late);
      unsubscribe();
      resolve(stop);
    });
  });
}

/** "handle app.cjs:7". */
export function at({ functionName, place }: Frame): string {
  return `${functionName} ${place.file.split("/").at(-1)}:${place.line}`.trim();
}

/** Where a stop is. */
export function where(stop: Stop): string {
  return at(stop.frames[0] as Frame);
}

/** Moves on and waits for the next stop. */
export async function onward(live: Debugger): Promise<Stop> {
  await live.resume();
  return stopOf(live);
}

/** The line of the error that this rejects with. */
export async function lineOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "no error",
    (error: { line: string }) => error.line,
  );
}

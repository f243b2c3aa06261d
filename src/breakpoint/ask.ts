// One question, synchronously: V8 writes the heap into a private file, a process of its own answers, the file goes. The
// program stands still meanwhile, and gets no bigger: the graph of its heap is never in its heap.

import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeHeapSnapshot } from "node:v8";
import { builtFile } from "../builtFiles.ts";
import { analyserFailed, cannotWriteFile, captureFailed, LeakhuntError, noAnalyser } from "../errors.ts";
import { ours } from "./ours.ts";
import type { Answer, QuestionName, Refusal, Request } from "./request.ts";
import { say } from "./say.ts";
import { buildLineTables, connect } from "./session.ts";
import { newKey, type Subjects } from "./subject.ts";

/** Answers are text: a list of a million ids takes 50 MB. */
const LONGEST_ANSWER = 1 << 29;

export interface Question extends Pick<Request, "question" | "options" | "show"> {
  readonly about?: Subjects | undefined;
  /** Whether a snapshot is needed. Default true. */
  readonly snapshot?: boolean | undefined;
  /** What the question remembered; the new memory is given to `remember`. */
  readonly memory?: Buffer | undefined;
  readonly remember?: ((memory: Buffer) => void) | undefined;
  readonly timing?: boolean | undefined;
}

/** Id of the sentinel in the last snapshot, when there was one. */
export let lastSentinel: number | undefined;

/** Asks, and prints the text of the answer. @throws LeakhuntError. */
export function ask<T>(question: Question): T {
  const began = performance.now();
  const { answer, written } = inquire(question);
  if (answer.text !== undefined) say(answer.text);
  if (question.timing ?? Boolean(process.env["LEAKHUNT_TIMING"])) say(timingText(written, performance.now() - began, answer.phases));
  return answer.value as T;
}

/** Asks, and prints nothing. `written`: milliseconds of V8's snapshot. @throws LeakhuntError. */
export function inquire(question: Question): { readonly answer: Answer; readonly written: number } {
  warmUp();
  const folder = privateFolder();
  try {
    const { about = NOTHING, memory, remember } = question;
    const request: Request = {
      question: question.question,
      options: question.options,
      show: question.show,
      subjects: about.subjects.length,
      mayBeList: about.mayBeList,
      ...(question.snapshot === false ? {} : { file: join(folder, "heap.heapsnapshot"), key: KEY }),
      ...(memory && { stateIn: join(folder, "before") }),
      ...(remember && { stateOut: join(folder, "now") }),
    };
    const written = request.file === undefined ? 0 : writeSnapshot(request as Written, about);
    if (memory && request.stateIn !== undefined) writeFileSync(request.stateIn, memory, { mode: 0o600 });
    const answer = analyse(request);
    if (remember && request.stateOut !== undefined) remember(readFileSync(request.stateOut));
    if (answer.sentinel !== undefined) lastSentinel = answer.sentinel;
    return { answer, written };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Snapshots over a while, about which one question is asked, and asked again when there are more. `close` deletes them. */
export class Series {
  readonly #folder: string;
  /** Those that were not asked about yet. */
  #files: string[] = [];
  #taken = 0;
  #asked = 0;

  /** @throws LeakhuntError `CANNOT_WRITE`. */
  constructor() {
    warmUp();
    this.#folder = privateFolder();
  }

  /** Lets V8 write the heap once more. @throws LeakhuntError `CAPTURE_FAILED`. */
  take(): void {
    const file = join(this.#folder, `${++this.#taken}.heapsnapshot`);
    writeSnapshot({ file, key: KEY }, NOTHING);
    this.#files.push(file);
  }

  /** Asks about all of them; `options` are about those that were not asked about yet, oldest first. @throws LeakhuntError. */
  ask<T>(question: QuestionName, options: Readonly<Record<string, unknown>>): T {
    const memory = (number: number): string => join(this.#folder, `${number}.memory`);
    const { value } = analyse({
      question,
      options,
      show: false,
      files: this.#files,
      key: KEY,
      subjects: 0,
      mayBeList: false,
      ...(this.#asked > 0 && { stateIn: memory(this.#asked) }),
      stateOut: memory(++this.#asked),
    });
    for (const file of this.#files) rmSync(file);
    this.#files = [];
    return value as T;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

let warm = false;

/**
 * Does once what the questions do, so that what Node loads and makes for it is there before the first snapshot, and no later
 * answer takes it for growth.
 */
function warmUp(): void {
  if (warm) return;
  warm = true;
  connect();
  const folder = privateFolder();
  try {
    const file = join(folder, "warm");
    writeFileSync(file, " ", { mode: 0o600 });
    readFileSync(file);
    spawnSync(process.execPath, ["--version"], { cwd: folder, env: {}, input: "{}" });
  } catch {
    // the question itself will say what is wrong
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * An error of ours as a stop can show it: without its stack, which every console would print, and with its way out in the
 * message, which some consoles print instead.
 */
export function plain(error: unknown): unknown {
  if (!(error instanceof LeakhuntError)) return error;
  const { code, line, exitCode, cause } = error;
  const told = new LeakhuntError({ code, message: line, exitCode, cause });
  told.stack = `LeakhuntError: ${line}`;
  return told;
}

function privateFolder(): string {
  const parent = tmpdir();
  try {
    return mkdtempSync(join(parent, "leakhunt-"));
  } catch (cause) {
    throw cannotWriteFile(parent, reasonOf(cause), cause);
  }
}

/** One for the life of the program: V8 keeps every name of a property for some time. */
const KEY = newKey();

/** Node's type declarations of this version lack the options. */
const NUMBERS = { exposeInternals: false, exposeNumericValues: true };

const NOTHING: Subjects = { subjects: [], mayBeList: false };

type Written = { readonly file: string; readonly key: string };

/** Lets V8 write the heap; returns the milliseconds it took. */
function writeSnapshot({ file, key }: Written, about: Subjects): number {
  const held = { subjects: about.subjects, own: ours };
  const holder: Record<string, typeof held> = { [key]: held };
  try {
    // V8 would create it readable for everybody.
    closeSync(openSync(file, "wx", 0o600));
    buildLineTables();
    const began = performance.now();
    // With the values of numbers, without which an object lacks its properties that hold small integers.
    writeHeapSnapshot(file, NUMBERS as Parameters<typeof writeHeapSnapshot>[1]);
    return performance.now() - began;
  } catch (cause) {
    throw captureFailed(reasonOf(cause));
  } finally {
    // Held until here, and no longer.
    delete holder[key];
  }
}

function analyse(request: Request): Answer {
  const file = fileURLToPath(builtFile("breakpoint/analyser.js"));
  const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, NODE_INSPECT_RESUME_ON_START: ___, ...env } = process.env;
  const done = spawnSync(process.execPath, [file], {
    // The program's own folder may be gone.
    cwd: dirname(file),
    env,
    input: JSON.stringify(request),
    maxBuffer: LONGEST_ANSWER,
    windowsHide: true,
  });
  if (done.error) throw noAnalyser(process.execPath, reasonOf(done.error), done.error);
  const answer = parsed(done.stdout);
  if (answer === undefined) throw analyserFailed(done.signal ?? `exit code ${done.status}`, lastLine(done.stderr));
  if ("error" in answer) throw new LeakhuntError(answer.error);
  return answer;
}

function parsed(bytes: Buffer): Answer | Refusal | undefined {
  try {
    return JSON.parse(bytes.toString("utf8")) as Answer | Refusal;
  } catch {
    return undefined;
  }
}

function lastLine(bytes: Buffer): string {
  const lines = bytes
    .toString("utf8")
    .split("\n")
    .filter((line) => /\S/.test(line));
  return lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? "it said nothing";
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code ?? message ?? String(cause);
}

function timingText(written: number, all: number, phases: Readonly<Record<string, number>>): string {
  const ours = all - written;
  const parts = Object.entries(phases).map(([name, ms]) => `${name} ${Math.round(ms)}`);
  const start = ours - Object.values(phases).reduce((sum, ms) => sum + ms, 0);
  const share = written > 0 ? `, ${Math.round((ours / written) * 100)} % of that` : "";
  return `timing in ms: V8's snapshot ${Math.round(written)}, leakhunt ${Math.round(ours)}${share} (${[`start ${Math.round(start)}`, ...parts].join(", ")})`;
}

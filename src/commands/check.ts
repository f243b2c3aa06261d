// `check`: starts a program, hunts in it, ends it, and answers with an exit code: a leak as a failing step of CI.

import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Asserted, type Assertion, parseGrowth, parseHeap, Tally } from "../analysis/assertions.ts";
import type { CheckResult, CheckVerdict } from "../analysis/checkResult.ts";
import type { HuntResult } from "../analysis/hunt/result.ts";
import { checkedProgramFailed, LeakhuntError, neverReady } from "../errors.ts";
import { checkText } from "../report/checkText.ts";
import { junitXml } from "../report/junit.ts";
import { formatDuration, formatNoun } from "../report/units.ts";
import { writeBeside } from "../report/writeFile.ts";
import type { ProgramEnd, RunningProgram } from "../target/runProgram.ts";
import { huntLive } from "./liveHunt.ts";
import { forceOption, keepOption, numbersOption, toCount, toDuration } from "./options.ts";
import type { Session } from "./session.ts";
import { defineVerb, type Options, type Verb } from "./verb.ts";

const EXIT: Readonly<Record<CheckVerdict, number>> = { passed: 0, failed: 10, undecided: 11 };

const more =
  (parse: (text: string) => Assertion) =>
  (text: string, previous: unknown): Assertion[] => [...((previous as Assertion[] | undefined) ?? []), parse(text)];

export const checkVerb: Verb = defineVerb<CheckResult>({
  name: "check",
  summary: "start a program, hunt in it, end it: exit code 0 without a leak, 10 with one, 11 undecided",
  arguments: [{ name: "<command...>", help: "a script with its arguments, or node with its options, after --" }],
  options: [
    {
      flags: "--growth <assertion>",
      help: "'Session <= 10': fail when there are more than 10 more; may be repeated",
      parse: more(parseGrowth),
    },
    { flags: "--heap <assertion>", help: "'+5%' or '+2MB': fail when the reachable heap gains more", parse: parseHeap },
    { flags: "--ready <text>", help: "begin when the program has printed this" },
    { flags: "--ready-within <time>", help: "how long to wait for that", parse: toDuration, default: 60_000 },
    { flags: "--warm-up <time>", help: "wait this long (after --ready) before the first round", parse: toDuration, default: 2000 },
    { flags: "--rounds <n>", help: "exactly this many snapshots; left out, as many as the evidence needs", parse: toCount("--rounds", 2) },
    { flags: "--interval <time>", help: "time between rounds: 10s, 2m", parse: toDuration, default: 5000 },
    { flags: "--load <command>", help: "shell command that is run once between rounds, instead of waiting" },
    { flags: "--junit <file>", help: "also write the result as JUnit XML" },
    numbersOption,
    keepOption,
    forceOption,
  ],
  passesOn: true,
  examples: [
    "leakhunt check --ready listening --load 'npx autocannon -d 5 http://127.0.0.1:3000' -- node server.js",
    "leakhunt check --growth 'Session <= 10' --heap +5% --junit leaks.xml -- worker.js",
  ],
  async *run(session, [command], options) {
    yield await check(session, command as string[], options);
  },
  render: (value) => checkText(value),
  exitCode: ({ verdict }) => EXIT[verdict],
});

async function check(session: Session, command: readonly string[], options: Options): Promise<CheckResult> {
  const began = performance.now();
  const assertions = [...((options["growth"] as Assertion[] | undefined) ?? []), ...[options["heap"] ?? []].flat()] as Assertion[];
  const tally = new Tally(assertions);
  const output = new Output(options["ready"] as string | undefined);
  // Loaded only here: other verbs need no debugger.
  const { runProgram } = await import("../target/runProgram.ts");
  const program = await runProgram(command, { signal: session.signal, onOutput: (bytes) => output.hear(bytes) });
  let ended: ProgramEnd | undefined;
  void program.ended.then((end) => {
    ended = end;
  });
  let rounds = 0;
  session.onTaken = async ({ graph }) => {
    rounds++;
    tally.add(graph);
  };
  try {
    const hunt = await huntIn(session, program, output, options).catch(async (error: unknown) => {
      if (!(error instanceof LeakhuntError) || error.code !== "TARGET_GONE") throw error;
      const end = await endOf(program);
      if (end?.code !== 0) throw end === undefined ? error : checkedProgramFailed(how(end), rounds);
      return undefined;
    });
    const end = ended as ProgramEnd | undefined;
    if (end !== undefined && end.code !== 0) throw checkedProgramFailed(how(end), rounds);
    const result = resultOf(command, hunt, rounds < 2 ? [] : tally.judge(), {
      rounds,
      endedItself: end !== undefined,
      asked: assertions.length,
    });
    const value = { ...result, seconds: (performance.now() - began) / 1000 };
    const junit = options["junit"] as string | undefined;
    if (junit !== undefined) await writeBeside(resolve(junit), junitXml(value, new Date()), 0o644);
    return value;
  } finally {
    session.onTaken = undefined;
    await program.end();
  }
}

/** Lets the program run, waits until it is ready and warm, and hunts. */
async function huntIn(session: Session, program: RunningProgram, output: Output, options: Options): Promise<HuntResult> {
  const live = await session.targets.adopt(program.target);
  // It stands still before its first line; leaving the debugger lets it run, past its `debugger` statements too.
  await program.debugger.close();
  const within = options["readyWithin"] as number;
  const over = program.ended.then(() => "ended" as const);
  if (output.awaited !== undefined) {
    const ready = await first(session, within, output.ready, over);
    if (ready === "late") throw neverReady(output.awaited, within / 1000);
  }
  session.progress({ phase: `warming up for ${formatDuration(options["warmUp"] as number)}`, bytes: 0, fraction: undefined });
  await first(session, options["warmUp"] as number, over);
  return huntLive(session, live, options);
}

/** The first of some promises, or "late". Rejects with the signal's reason. */
async function first<T>(session: Session, ms: number, ...promises: Promise<T>[]): Promise<T | "late"> {
  const timer = new AbortController();
  const signal = AbortSignal.any([session.signal, timer.signal]);
  const late = sleep(ms, "late" as const, { signal }).catch(() => {
    session.signal.throwIfAborted();
    return "late" as const;
  });
  try {
    return await Promise.race([late, ...promises]);
  } finally {
    timer.abort();
  }
}

const END_MS = 2000;

/** How it ended; its connection goes a little earlier. */
function endOf(program: RunningProgram): Promise<ProgramEnd | undefined> {
  return Promise.race([program.ended, sleep(END_MS, undefined, { ref: false })]);
}

function how({ line }: ProgramEnd): string {
  return line.replace(/^the program ended /, "");
}

/** What the program prints: all of it goes to standard error, since standard output is for the answer. */
class Output {
  readonly awaited: string | undefined;
  readonly ready: Promise<"ready">;
  #found: (() => void) | undefined;
  #tail = "";

  constructor(awaited: string | undefined) {
    this.awaited = awaited;
    this.ready = new Promise((settle) => {
      this.#found = () => settle("ready");
    });
  }

  hear(bytes: Buffer): void {
    process.stderr.write(bytes);
    if (this.awaited === undefined || this.#found === undefined) return;
    this.#tail += bytes.toString("utf8");
    if (this.#tail.includes(this.awaited)) {
      this.#found();
      this.#found = undefined;
    } else this.#tail = this.#tail.slice(-this.awaited.length);
  }
}

interface Happened {
  readonly rounds: number;
  readonly endedItself: boolean;
  /** Assertions, also when there were too few rounds to look at them. */
  readonly asked: number;
}

function resultOf(
  command: readonly string[],
  hunt: HuntResult | undefined,
  assertions: readonly Asserted[],
  happened: Happened,
): Omit<CheckResult, "seconds"> {
  const { rounds, endedItself, asked } = happened;
  const notes: string[] = [];
  if (endedItself)
    notes.push(
      `the program ended by itself after ${formatNoun(rounds, "round")}${rounds < 3 ? ": three tell growth from a difference, so give a shorter --interval or --warm-up" : ""}`,
    );
  for (const { assertion, seen } of assertions)
    if (!seen) notes.push(`${assertion}: there was none of that type in any round; is the name right?`);
  const judged = { command: command.join(" "), assertions, hunt, rounds, notes };
  const failed = assertions.filter(({ passed }) => !passed);
  if (failed.length > 0) {
    const names = failed.map(({ assertion }) => assertion).join(", ");
    return { ...judged, verdict: "failed", conclusion: `${failed.length} of ${formatNoun(asked, "assertion")} failed (${names})` };
  }
  if (asked > 0 && assertions.length > 0)
    return { ...judged, verdict: "passed", conclusion: `${formatNoun(asked, "assertion")} held in ${formatNoun(rounds, "round")}` };
  if (!hunt) return { ...judged, verdict: "undecided", conclusion: `${formatNoun(rounds, "round")} cannot tell a leak from a difference` };
  const verdict = hunt.verdict === "leak" ? "failed" : hunt.verdict === "no leak" ? "passed" : "undecided";
  return { ...judged, verdict, conclusion: hunt.conclusion };
}

// What the words after `leakhunt` mean: one verb, an error in one line, and an exit code. Lets go of every target at the end.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { packageFile } from "../builtFiles.ts";
import { answer } from "../commands/answer.ts";
import { buildProgram, runWords } from "../commands/program.ts";
import { Session } from "../commands/session.ts";
import type { Verb } from "../commands/verb.ts";
import { allVerbs, verbNamed } from "../commands/verbs.ts";
import { LeakhuntError } from "../errors.ts";
import { homePath } from "../hunts/home.ts";
import { attachVerb } from "../prompt/attach.ts";
import { wasSaid } from "../prompt/output.ts";
import { runVerb } from "../prompt/run.ts";
import { forTerminal } from "../report/escape.ts";
import { enterNamespace } from "./namespace.ts";
import { Terminal } from "./terminal.ts";

const SETTLE_MS = 60;
const VERSION = ["-V", "--version"];
const DESCRIPTION = "Hunts memory leaks in running Node.js processes: what grows, who holds it, and a picture of why.";

/** Runs the command line and returns the exit code: 0, what the last answer stands for, or that of the error. */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  const code = await run(words);
  await letCompilerFinish();
  return code;
}

/**
 * Node waits at its end for V8's background compilers, and such a compiler may wait for a collection that only the
 * main thread can do: seen on 20.20.2 after busy commands, which then never ended (one in some thousand). While the
 * event loop turns, that collection is done; a compilation takes some milliseconds.
 */
async function letCompilerFinish(): Promise<void> {
  if (process.uptime() > 0.15) await sleep(SETTLE_MS);
}

async function run(words: readonly string[]): Promise<number> {
  const cancel = new AbortController();
  const terminal = new Terminal(() => cancel.abort(cancelled()));
  const session = new Session({
    home: homePath(),
    signal: cancel.signal,
    onProgress: (progress) => terminal.progress(progress),
    onNotice: (text) => terminal.say(forTerminal(text, 500)),
  });
  const stop = stopOnSignals(cancel, session, terminal);
  let verdict = 0;
  try {
    const program = buildProgram(
      await verbsFor(words, terminal),
      async (verb, args, options) => {
        verdict = await answer(verb, session, args, options, terminal.style, (text) => terminal.print(text));
      },
      { name: "leakhunt", description: DESCRIPTION, write: (text) => terminal.print(text.trimEnd()) },
    );
    program.version(version(), VERSION.join(", "), "print the version");
    if (words.length === 0) program.outputHelp();
    else await runWords(program, words);
    return cancel.signal.aborted && !terminal.unheard ? 130 : verdict;
  } catch (error) {
    return terminal.unheard ? 0 : report(error, words, terminal, cancel.signal);
  } finally {
    terminal.progress(undefined);
    await letGo(session, terminal);
    stop();
  }
}

/** The verb that was called, or all of them where that is not known or help is wanted. */
async function verbsFor([word = ""]: readonly string[], terminal: Terminal): Promise<Verb[]> {
  const named = await verbNamed(word);
  if (named) return [named];
  const own = [attachVerb(terminal), runVerb(terminal)];
  return own.some(({ name }) => name === word) || VERSION.includes(word) ? own : [...own, ...(await allVerbs())];
}

async function letGo(session: Session, terminal: Terminal): Promise<void> {
  do await letGoOfOne(session, terminal);
  while (session.targets.resume());
}

async function letGoOfOne(session: Session, terminal: Terminal): Promise<void> {
  const pid = session.live?.held.identity.pid;
  const shared = session.live?.held.shared ?? true;
  const gone = session.live?.processGone === true && session.live.askedToEnd === false;
  const done = await session.release();
  if (!done || shared || gone) return;
  if (done.closed) terminal.say(`inspector closed, ${pid ?? "the target"} runs on`);
  else if (done.note !== undefined) terminal.say(done.note);
}

/** Says what went wrong in one line; only a bug of ours shows more, and only when asked. */
function report(error: unknown, words: readonly string[], terminal: Terminal, signal: AbortSignal): number {
  if (signal.aborted) return 130;
  if (error instanceof LeakhuntError) {
    if (error.code === "OTHER_NETWORK_NAMESPACE" && "pid" in error) {
      const code = enterNamespace(error.pid as number, words);
      if (code !== undefined) return code;
    }
    if (!wasSaid(error)) terminal.say(`leakhunt: ${forTerminal(error.line, 2000)}`);
    return error.exitCode;
  }
  const text = error instanceof Error ? error.message : String(error);
  terminal.say(`leakhunt: internal error: ${forTerminal(text, 500)}; LEAKHUNT_DEBUG=1 shows where`);
  if (process.env["LEAKHUNT_DEBUG"] && error instanceof Error) terminal.say(error.stack ?? "");
  return 1;
}

function cancelled(): LeakhuntError {
  return new LeakhuntError({ code: "CANCELLED", message: "cancelled", exitCode: 1 });
}

/** The first Ctrl-C cancels and lets the target go; a second one leaves at once. */
function stopOnSignals(cancel: AbortController, _session: Session, terminal: Terminal): () => void {
  const onSignal = (): void => {
    if (cancel.signal.aborted) process.exit(130);
    terminal.progress(undefined);
    cancel.abort(cancelled());
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}

function version(): string {
  const text = readFileSync(packageFile(), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

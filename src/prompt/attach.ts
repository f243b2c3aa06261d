// `attach`: reach a process and ask it questions. On a terminal a prompt with history and completion; otherwise
// verbs are read from standard input, a line each, so that a script can drive a session.

import { answer } from "../commands/answer.ts";
import { sourceArgument } from "../commands/options.ts";
import { buildProgram, runWords } from "../commands/program.ts";
import type { Session } from "../commands/session.ts";
import { parseSource } from "../commands/source.ts";
import { defineVerb, type TextStyle, type Verb } from "../commands/verb.ts";
import { VERBS } from "../commands/verbs.ts";
import { LeakhuntError } from "../errors.ts";
import { costText } from "../report/captureText.ts";
import { forTerminal } from "../report/escape.ts";
import { type AttachedValue, attachedText } from "../report/processText.ts";
import type { CaptureCost } from "../target/target.ts";
import { splitLine } from "./line.ts";
import { openLines } from "./lines.ts";

/** Where the prompt writes. */
export interface PromptOutput {
  readonly style: TextStyle;
  print(text: string): void;
  say(text: string): void;
}

type Value = AttachedValue & { readonly cost: CaptureCost };

const said = new WeakSet<object>();

/** Whether the person has been told of this error beside the line that caused it. */
export function wasSaid(error: unknown): boolean {
  return typeof error === "object" && error !== null && said.has(error);
}

const LEAVE = new Set(["quit", "exit", "q"]);

/** The verb, bound to where its prompt writes. */
export function attachVerb(output: PromptOutput): Verb {
  return defineVerb<Value>({
    name: "attach",
    summary: "attach to a process and open a prompt; not on a terminal, read verbs from standard input",
    arguments: [{ ...sourceArgument, name: "[source]", help: "pid, host:port or ws:// url" }],
    options: [],
    examples: ["leakhunt attach 4242", "leakhunt attach 127.0.0.1:9229", "printf 'growth\\npath 1\\n' | leakhunt attach 4242"],
    async *run(session, [source], options) {
      const { held } = await session.attach(parseSource(source as string | undefined));
      const { heapUsed } = await held.memory();
      const { pid, nodeVersion, command, host, port, openedByUs } = held.identity;
      const cost = await held.predict(session.live && session.previousCapture(session.live.hunt));
      if (session.live) session.toldCost(session.live.hunt);
      yield { pid, nodeVersion, command, host, port, openedByUs, shared: held.shared, heapUsed, cost };
      await converse(session, output, options["json"] === true);
    },
    render: (value) => `${attachedText(value)}\n${costText(value.cost)}`,
  });
}

/** Answers lines until they end, the target goes, or someone asks us to let go. */
async function converse(session: Session, output: PromptOutput, json: boolean): Promise<void> {
  const outer = session.signal;
  session.shelf.claimStdin();
  const lines = openLines(session.home, VERBS);
  let over = false;
  const leave = (why?: string): void => {
    over = true;
    if (why !== undefined) output.say(why);
    lines.close();
  };
  session.onLost = (why) => {
    if (!over) leave(why);
  };
  outer.addEventListener("abort", () => lines.close(), { once: true });
  let failed: unknown;
  for await (const line of lines) {
    if (over) break;
    const cancel = new AbortController();
    const stop = lines.onInterrupt(() => cancel.abort(new LeakhuntError({ code: "CANCELLED", message: "cancelled", exitCode: 1 })));
    session.signal = AbortSignal.any([outer, cancel.signal]);
    try {
      if ((await runLine(line, session, output, json)) === "leave") break;
    } catch (error) {
      failed ??= error;
      sayError(error, output, cancel.signal.aborted);
    } finally {
      stop();
      session.signal = outer;
    }
    if (session.live === undefined) break;
  }
  over = true;
  lines.close();
  // A script must notice that one of its lines failed; a person has seen it.
  if (failed !== undefined && !lines.interactive) throw failed;
}

async function runLine(line: string, session: Session, output: PromptOutput, json: boolean): Promise<"leave" | undefined> {
  const words = splitLine(line);
  const [verb] = words;
  if (verb === undefined) return undefined;
  if (LEAVE.has(verb)) return "leave";
  const program = buildProgram(
    VERBS,
    (v, args, options) => answer(v, session, args, json ? { ...options, json } : options, output.style, (text) => output.print(text)),
    { name: "", description: "", write: (text) => output.print(helpText(text)) },
  );
  await runWords(program, words);
  return undefined;
}

function helpText(text: string): string {
  return text.trimEnd().replace(/^Usage: program /, "Usage: ");
}

function sayError(error: unknown, output: PromptOutput, cancelled: boolean): void {
  if (typeof error === "object" && error !== null) said.add(error);
  if (cancelled) output.say("cancelled");
  else if (error instanceof LeakhuntError) output.say(forTerminal(error.line, 2000));
  else output.say(`internal error: ${forTerminal(error instanceof Error ? error.message : String(error), 500)}`);
}

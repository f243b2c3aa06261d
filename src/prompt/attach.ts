// `attach`: reach a process and ask it questions. On a terminal a prompt with history and completion; otherwise
// verbs are read from standard input, a line each, so that a script can drive a session.

import { sourceArgument } from "../commands/options.ts";
import { parseSource } from "../commands/source.ts";
import { defineVerb, type Verb } from "../commands/verb.ts";
import { LeakhuntError } from "../errors.ts";
import { costText } from "../report/captureText.ts";
import { forTerminal } from "../report/escape.ts";
import { type AttachedValue, attachedText } from "../report/processText.ts";
import type { CaptureCost } from "../target/target.ts";
import { converse, type PromptOutput } from "./converse.ts";
import { Debugging } from "./debugging.ts";
import { isInteractive } from "./lines.ts";

type Value = AttachedValue & { readonly cost: CaptureCost };

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
      const debugging = new Debugging(session);
      if (isInteractive() && !held.shared) await openEarly(debugging, output);
      await converse(session, debugging, output, options["json"] === true);
    },
    render: (value) => `${attachedText(value)}\n${costText(value.cost)}`,
  });
}

/**
 * Where a person sits, a `debugger` statement stops the program from the first moment. A script that only asks about the
 * heap must never stop a program that nobody will move on, so there the debugger waits for its first verb.
 */
async function openEarly(debugging: Debugging, output: PromptOutput): Promise<void> {
  try {
    await debugging.open();
  } catch (error) {
    // Questions about the heap can do without.
    if (!(error instanceof LeakhuntError) || error.code === "TARGET_GONE") throw error;
    output.say(`the debugger is not on yet: ${forTerminal(error.line, 500)}`);
  }
}

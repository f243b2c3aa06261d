// `attach`: reach a process and ask it questions. On a terminal a prompt with history and completion; otherwise
// verbs are read from standard input, a line each, so that a script can drive a session.

import { sourceArgument, toCount } from "../commands/options.ts";
import { parseSource } from "../commands/source.ts";
import { defineVerb, type Verb } from "../commands/verb.ts";
import { LeakhuntError } from "../errors.ts";
import { forTerminal } from "../report/escape.ts";
import { type Attached, attachedValue, attachedWithCost } from "./attached.ts";
import { converse, type PromptOutput } from "./converse.ts";
import { Debugging } from "./debugging.ts";
import { isInteractive } from "./lines.ts";

/** The verb, bound to where its prompt writes. */
export function attachVerb(output: PromptOutput): Verb {
  return defineVerb<Attached>({
    name: "attach",
    summary: "attach to a process and open a prompt; not on a terminal, read verbs from standard input",
    arguments: [{ ...sourceArgument, name: "[source]", help: "pid, host:port or ws:// url" }],
    options: [{ flags: "--worker <id>", help: "a worker thread of it, as `threads` lists them; the same as <pid>/<id>", parse: toCount("--worker") }],
    examples: ["leakhunt attach 4242", "leakhunt attach 4242 --worker 1", "leakhunt attach 127.0.0.1:9229", "printf 'growth\\npath 1\\n' | leakhunt attach 4242"],
    async *run(session, [source], options) {
      const { worker } = options;
      const given = parseSource(source as string | undefined);
      const { held } = await session.attach(worker === undefined || given.kind === "file" ? given : { ...given, thread: worker as number });
      yield await attachedValue(session);
      const debugging = new Debugging(session);
      if (isInteractive() && !held.shared) await openEarly(debugging, output);
      await converse(session, debugging, output, options["json"] === true);
    },
    render: attachedWithCost,
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

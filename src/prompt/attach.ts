// `attach`: reach a process and ask it questions. On a terminal a prompt with history and completion; otherwise
// verbs are read from standard input, a line each, so that a script can drive a session.

import { sourceArgument, toCount } from "../commands/options.ts";
import { parseSource } from "../commands/source.ts";
import { defineVerb, type Verb } from "../commands/verb.ts";
import { type Attached, attachedValue, attachedWithCost } from "./attached.ts";
import type { PromptOutput } from "./output.ts";

/** The verb, bound to where its prompt writes. */
export function attachVerb(output: PromptOutput): Verb {
  return defineVerb<Attached>({
    name: "attach",
    summary: "attach to a process and open a prompt; not on a terminal, read verbs from standard input",
    arguments: [{ ...sourceArgument, name: "[source]", help: "pid, host:port or ws:// url" }],
    options: [
      {
        flags: "--worker <id>",
        help: "a worker thread of it, as `threads` lists them; the same as <pid>/<id>",
        parse: toCount("--worker"),
      },
    ],
    examples: [
      "leakhunt attach 4242",
      "leakhunt attach 4242 --worker 1",
      "leakhunt attach 127.0.0.1:9229",
      "printf 'growth\\npath 1\\n' | leakhunt attach 4242",
    ],
    async *run(session, [source], options) {
      const { worker } = options;
      const given = parseSource(source as string | undefined);
      await session.attach(worker === undefined || given.kind === "file" ? given : { ...given, thread: worker as number });
      yield await attachedValue(session);
      const { arrived, converse, Debugging } = await import("./debuggersPrompt.ts");
      const debugging = new Debugging(session);
      await arrived(debugging, (text) => output.say(text));
      await converse(session, debugging, output, options["json"] === true);
    },
    render: attachedWithCost,
  });
}

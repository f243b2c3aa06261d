// `run`: a program under leakhunt from its first line, with the prompt that `attach` gives. It ends when the prompt does.

import { defineVerb, type Verb } from "../commands/verb.ts";
import { forTerminal } from "../report/escape.ts";
import { type ProgramEnd, runProgram } from "../target/runProgram.ts";
import { converse, type PromptOutput } from "./converse.ts";
import { Debugging } from "./debugging.ts";

interface RunValue {
  readonly pid: number;
  readonly nodeVersion: string;
  readonly command: string;
}

/** The verb, bound to where its prompt writes. */
export function runVerb(output: PromptOutput): Verb {
  return defineVerb<RunValue>({
    name: "run",
    summary: "start a program and stop before its first line, with a prompt; it ends when the prompt does",
    arguments: [{ name: "<command...>", help: "a script with its arguments, or node with its options, as on a shell's line" }],
    options: [],
    passesOn: true,
    examples: ["leakhunt run app.js --port 8080", "leakhunt run -- node --max-old-space-size=200 app.js"],
    async *run(session, [command], options) {
      const program = await runProgram(command as string[], { signal: session.signal });
      let end: ProgramEnd | undefined;
      void program.ended.then((how) => {
        end = how;
      });
      await session.adopt(program.target);
      const debugging = new Debugging(session);
      debugging.use(program.debugger, {
        whyGone: async () => (await program.ended).line,
        leave: async () => {
          const ended = end !== undefined;
          const { line } = await program.end();
          if (!ended) output.say(line);
        },
      });
      const { nodeVersion } = program.target.identity;
      yield { pid: program.pid, nodeVersion, command: (command as string[]).join(" ") };
      await converse(session, debugging, output, options["json"] === true);
    },
    render: ({ pid, nodeVersion, command }) => `started ${pid} (node ${nodeVersion}, ${forTerminal(command, 80)})`,
  });
}

// `run`: a program under leakhunt from its first line, with the prompt that `attach` gives. It ends when the prompt does.

import { defineVerb, type Verb } from "../commands/verb.ts";
import { forTerminal } from "../report/escape.ts";
import type { ProgramEnd } from "../target/runProgram.ts";
import type { PromptOutput } from "./output.ts";

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
    options: [
      { flags: "--follow-children", help: "hold the Node processes that it starts as well, each under a debugger (`children`, `process`)" },
    ],
    passesOn: true,
    examples: [
      "leakhunt run app.js --port 8080",
      "leakhunt run -- node --max-old-space-size=200 app.js",
      "leakhunt run --follow-children cluster.js",
    ],
    async *run(session, [command], options) {
      const { childrenListenAnywhere, converse, Debugging, followChildren, runProgram } = await import("./debuggersPrompt.ts");
      const follow = options["followChildren"] === true;
      const env = follow ? childrenListenAnywhere(process.env) : process.env;
      const program = await runProgram(command as string[], { signal: session.signal, env });
      let end: ProgramEnd | undefined;
      void program.ended.then((how) => {
        end = how;
      });
      await session.targets.adopt(program.target);
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
      const stop = follow ? followChildren(program.pid, debugging) : () => {};
      await converse(session, debugging, output, options["json"] === true).finally(stop);
    },
    render: ({ pid, nodeVersion, command }) => `started ${pid} (node ${nodeVersion}, ${forTerminal(command, 80)})`,
  });
}

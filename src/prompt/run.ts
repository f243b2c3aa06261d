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
      const { Births, converse, Debugging, followChildren, runProgram } = await import("./debuggersPrompt.ts");
      const births = options["followChildren"] === true ? new Births() : undefined;
      const env = births?.environment(process.env) ?? process.env;
      const started = runProgram(command as string[], { signal: session.signal, env });
      started.catch(() => births?.close());
      const program = await started;
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
      const stop = births === undefined ? () => {} : followChildren(program.pid, debugging, births);
      await converse(session, debugging, output, options["json"] === true).finally(stop);
    },
    render: ({ pid, nodeVersion, command }) => `started ${pid} (node ${nodeVersion}, ${forTerminal(command, 80)})`,
  });
}

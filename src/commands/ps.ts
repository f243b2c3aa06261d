// `ps`: the Node processes of this machine, and which of them can be attached to.

import { processesText } from "../report/processText.ts";
import { listNodeProcesses, type ProcessFacts } from "../target/processes.ts";
import { defineVerb, type Verb } from "./verb.ts";

export const psVerb: Verb = defineVerb<{ processes: ProcessFacts[] }>({
  name: "ps",
  summary: "the Node processes of this machine: inspector open or not, attachable or why not",
  arguments: [],
  options: [],
  examples: ["leakhunt ps", "leakhunt ps --json"],
  async *run() {
    yield { processes: await listNodeProcesses() };
  },
  render: ({ processes }, { width }) => processesText(processes, width),
});

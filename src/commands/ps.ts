// `ps`: the Node processes of this machine, and which of them can be attached to.

import { refusalOf } from "../hunts/refusals.ts";
import { processesText } from "../report/processText.ts";
import { listNodeProcesses, type ProcessFacts } from "../target/processes.ts";
import { defineVerb, type Verb } from "./verb.ts";

/** What trying has shown counts more than what it looks like, until an inspector is open after all. */
function withRefusal(facts: ProcessFacts, why: string | undefined): ProcessFacts {
  if (why === undefined || facts.inspector !== undefined) return facts;
  return { ...facts, attachable: { ok: false, why, hint: "start it with --inspect" } };
}

export const psVerb: Verb = defineVerb<{ processes: ProcessFacts[] }>({
  name: "ps",
  summary: "the Node processes of this machine: inspector open or not, attachable or why not",
  arguments: [],
  options: [],
  examples: ["leakhunt ps", "leakhunt ps --json"],
  async *run({ home }) {
    const processes = await listNodeProcesses();
    yield { processes: processes.map((facts) => withRefusal(facts, refusalOf(home, facts.pid, facts.startTime))) };
  },
  render: ({ processes }, { width }) => processesText(processes, width),
});

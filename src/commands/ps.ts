// `ps`: the Node processes of this machine, which of them can be attached to, and their worker threads as far as they can
// be known without opening an inspector or disturbing whoever uses one.

import { Hunt, isAlive, startTimeOf } from "../hunts/hunt.ts";
import { refusalOf } from "../hunts/refusals.ts";
import { processesText } from "../report/processText.ts";
import { attachTarget } from "../target/attach.ts";
import { hasClients } from "../target/clients.ts";
import { listNodeProcesses, type ProcessFacts } from "../target/processes.ts";
import { connectHold } from "../target/shared.ts";
import type { Thread } from "../target/target.ts";
import { workerNamesOf } from "../target/workerNames.ts";
import { defineVerb, type Verb } from "./verb.ts";

type Listed = ProcessFacts & {
  /** Undefined where nobody could be asked. */
  readonly workers: readonly Thread[] | undefined;
  /** What the names of its threads tell; undefined before Node 24. */
  readonly workerNames: readonly string[] | undefined;
};

/** What trying has shown counts more than what it looks like, until an inspector is open after all. */
function withRefusal(facts: ProcessFacts, why: string | undefined): ProcessFacts {
  if (why === undefined || facts.inspector !== undefined) return facts;
  return { ...facts, attachable: { ok: false, why, hint: "start it with --inspect" } };
}

export const psVerb: Verb = defineVerb<{ processes: Listed[] }>({
  name: "ps",
  summary: "the Node processes of this machine: inspector open or not, attachable or why not, worker threads where known",
  arguments: [],
  options: [{ flags: "--threads", help: "ask also processes whose inspector is open and used by nobody for their worker threads" }],
  examples: ["leakhunt ps", "leakhunt ps --threads", "leakhunt ps --json"],
  async *run({ home }, _, options) {
    const processes = (await listNodeProcesses()).map((facts) => withRefusal(facts, refusalOf(home, facts.pid, facts.startTime)));
    yield { processes: await Promise.all(processes.map((facts) => withWorkers(facts, home, options["threads"] === true))) };
  },
  render: ({ processes }, { width }) => processesText(processes, width),
});

async function withWorkers(facts: ProcessFacts, home: string, ask: boolean): Promise<Listed> {
  const threads = (await fromHolder(facts, home)) ?? (ask ? await fromInspector(facts) : undefined);
  const workerNames = threads === undefined ? workerNamesOf(facts.pid, facts.nodeVersion) : undefined;
  return { ...facts, workers: threads?.filter(({ threadId }) => threadId !== 0), workerNames };
}

/** A leakhunt that holds the process has a session already. */
async function fromHolder({ pid }: ProcessFacts, home: string): Promise<readonly Thread[] | undefined> {
  for (const hunt of Hunt.all(home)) {
    const { holder, target } = hunt.record;
    if (target.pid !== pid || target.startTime !== startTimeOf(pid) || !holder || !isAlive(holder.pid) || holder.pid === process.pid)
      continue;
    const held = await connectHold(holder.socket);
    const threads = await held?.threads().catch(() => undefined);
    await held?.detach();
    return threads;
  }
  return undefined;
}

/** Whoever leaves an inspector resets the object ids of all its clients, so one that has clients is left alone. */
async function fromInspector({ pid, inspector }: ProcessFacts): Promise<readonly Thread[] | undefined> {
  if (inspector === undefined || (await hasClients(pid, inspector.port))) return undefined;
  const target = await attachTarget({ pid }).catch(() => undefined);
  const threads = await target?.threads().catch(() => undefined);
  await target?.detach();
  return threads;
}

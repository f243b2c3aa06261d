// `threads`: the threads of a process that run JavaScript, each with a heap of its own. `children`: the Node processes
// that it has started.

import { usage } from "../errors.ts";
import { type ChildRow, childrenText, threadsText } from "../report/threadsText.ts";
import { type ChildFacts, childrenOf } from "../target/children.ts";
import type { Thread } from "../target/target.ts";
import { sourceArgument } from "./options.ts";
import type { Session } from "./session.ts";
import { parseSource } from "./source.ts";
import { defineVerb, type Verb } from "./verb.ts";

interface ThreadsValue {
  readonly pid: number | undefined;
  readonly command: string;
  /** The thread that questions are about. */
  readonly current: number;
  readonly threads: readonly Thread[];
}

export const threadsVerb: Verb = defineVerb<ThreadsValue>({
  name: "threads",
  summary: "the worker threads of a process: thread id, heap, name and script",
  arguments: [sourceArgument],
  options: [],
  examples: ["leakhunt threads 4242", "leakhunt growth 4242/1"],
  async *run(session, [source]) {
    const { held } = await session.attach(parseSource(source as string | undefined));
    const { pid, command, worker } = held.identity;
    yield { pid, command, current: worker?.threadId ?? 0, threads: await held.threads() };
  },
  render: ({ threads, current, command }, { width }) => threadsText(threads, current, command, width),
});

interface ChildrenValue {
  readonly pid: number;
  readonly children: readonly (ChildFacts & Pick<ChildRow, "held">)[];
}

export const childrenVerb: Verb = defineVerb<ChildrenValue>({
  name: "children",
  summary: "the Node processes that a process has started: cluster workers, forks and others",
  arguments: [{ name: "[pid]", help: "a process; that of the current hunt when left out" }],
  options: [],
  examples: ["leakhunt children 4242"],
  async *run(session, [text]) {
    const pid = pidOf(session, text as string | undefined);
    const children = await childrenOf(pid);
    yield { pid, children: children.map((child) => ({ ...child, held: session.targets.holds(child.pid) })) };
  },
  render: ({ pid, children }, { width }) => childrenText(pid, children, width),
});

/** Nothing is attached to for this question. */
function pidOf(session: Session, text: string | undefined): number {
  const source = parseSource(text);
  if (source.kind === "pid") return source.pid;
  const { pid } = source.kind === "current" ? session.currentHunt().record.target : { pid: undefined };
  if (pid === undefined) throw usage("children are listed for a process of this machine", "give its pid");
  return pid;
}

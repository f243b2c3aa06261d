// The Node processes that a process has started, and those that these have started, as /proc tells: nothing is opened and
// nobody is signalled.
import { GUARD_NAME } from "./guard.ts";
import { allPids, argvOf, environOf, parentOf } from "./proc.ts";
import { type ProcessFacts, processFacts } from "./processes.ts";

export interface ChildFacts extends ProcessFacts {
  readonly parent: number;
  /** 1 for a child of the process that was asked about, 2 for a child of a child; a shell between two counts. */
  readonly depth: number;
  /** The number that the cluster module gave it; undefined for any other child. */
  readonly clusterWorker: number | undefined;
  /** Whether its parent talks to it through a channel, as after child_process.fork. */
  readonly forked: boolean;
  /** Whether it tells of itself before its first line (birth.cts). */
  readonly tellsBirth: boolean;
}

/** The Node processes below a process, parents before their children. Empty where there is no /proc. Never rejects. */
export async function childrenOf(pid: number): Promise<readonly ChildFacts[]> {
  const below = new Map<number, number[]>();
  for (const each of allPids()) {
    const parent = parentOf(each);
    if (parent !== undefined) below.set(parent, [...(below.get(parent) ?? []), each]);
  }
  const found: { pid: number; parent: number; depth: number }[] = [];
  const walk = (parent: number, depth: number): void => {
    for (const child of below.get(parent) ?? []) {
      found.push({ pid: child, parent, depth });
      walk(child, depth + 1);
    }
  };
  walk(pid, 1);
  const facts = await Promise.all(found.map(async (each) => childFacts(each)));
  return facts.filter((each) => each !== undefined);
}

async function childFacts({ pid, parent, depth }: { pid: number; parent: number; depth: number }): Promise<ChildFacts | undefined> {
  if (pid === process.pid || argvOf(pid)[0] === GUARD_NAME) return undefined;
  const facts = await processFacts(pid);
  if (facts === undefined) return undefined;
  // Node takes both out of process.env, but what a process was started with stays readable
  const unique = environOf(pid, "NODE_UNIQUE_ID");
  return {
    ...facts,
    parent,
    depth,
    clusterWorker: unique === undefined || !/^\d+$/.test(unique) ? undefined : Number(unique),
    forked: environOf(pid, "NODE_CHANNEL_FD") !== undefined,
    tellsBirth: environOf(pid, "LEAKHUNT_BIRTHS") !== undefined,
  };
}

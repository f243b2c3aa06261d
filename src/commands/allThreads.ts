// `common --all-threads`: one snapshot of each thread of a process, one after another, and one table of them all. Only one
// graph is open at a time.

import { type SummedThreads, sumThreads, type ThreadTable } from "../analysis/threadSum.ts";
import { type CommonOptions, mostCommonTypes } from "../analysis/typeTable.ts";
import { LeakhuntError, usage } from "../errors.ts";
import type { Live, Session } from "./session.ts";
import type { Subject } from "./shelf.ts";
import { parseSource } from "./source.ts";

export interface AllThreads extends SummedThreads {
  readonly pid: number | undefined;
  /** Threads that ended before their turn came. */
  readonly ended: readonly number[];
}

/** Takes a snapshot of every thread; the session stays with the thread it was with. @throws `USAGE` for a file. */
export async function commonOfAllThreads(
  session: Session,
  sourceText: string | undefined,
  force: boolean,
  options: CommonOptions & { limit: number; sort: "count" | "shallow" | "retained" },
): Promise<AllThreads> {
  const source = parseSource(sourceText);
  if (source.kind === "file") throw usage("--all-threads needs a running process", "a snapshot file shows one thread");
  const start = await session.attach(source);
  const subjects = new Map<number, Subject>();
  const tables: ThreadTable[] = [];
  const ended: number[] = [];
  try {
    for (const { threadId, name } of await start.held.threads()) {
      const live = await threadOf(session, threadId);
      const taken = live && (await session.take(live, { force }).catch(onlyEnd));
      if (!taken) {
        ended.push(threadId);
        continue;
      }
      const { loaded } = taken;
      await loaded.graph.computeSizes({ ids: options.filter !== undefined, signal: session.signal });
      tables.push({ threadId, name, table: mostCommonTypes(loaded.graph, { ...options, limit: 0 }), heapSize: loaded.graph.totalSize });
      subjects.set(threadId, { name: loaded.name, takenAt: loaded.takenAt, from: loaded.from });
    }
  } finally {
    await session.attach({ kind: "current", thread: start.held.identity.worker?.threadId ?? 0 }).catch(onlyEnd);
  }
  const sum = sumThreads(tables, options);
  rememberRows(session, sum, subjects);
  return { ...sum, pid: start.held.identity.pid, ended };
}

/** A row is asked about in the thread that has most of its type. */
function rememberRows(session: Session, { rows }: SummedThreads, subjects: ReadonlyMap<number, Subject>): void {
  const [first] = subjects.values();
  if (!first) return;
  session.remember(
    first,
    rows.map(({ type, threads }) => {
      const from = subjects.get(threads[0]?.threadId ?? 0)?.from;
      return from && "hunt" in from ? { type, from } : { type };
    }),
  );
}

function threadOf(session: Session, thread: number): Promise<Live | undefined> {
  return session.attach({ kind: "current", thread }).catch(onlyEnd);
}

/** A worker may end at any moment; whatever else goes wrong is an error. */
function onlyEnd(error: unknown): undefined {
  if (error instanceof LeakhuntError && (error.code === "NO_SUCH_THREAD" || error.code === "TARGET_GONE")) return undefined;
  throw error;
}

// Collecting garbage until nothing is left that could be collected. Node's own timers are taken when this module is loaded:
// a test may have put fake ones in their place.

import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { postLater } from "../breakpoint/session.ts";
import { noGarbageCollection } from "../errors.ts";

/**
 * Collects garbage, with a turn of the event loop before, which ends the job that keeps what a WeakRef has told, and one after, in
 * which finalizers run. What these let go of is collected the next time; V8 collects before it writes a snapshot, too.
 * @throws LeakhuntError when V8 cannot be asked to.
 */
export async function collectGarbage(): Promise<void> {
  await turn();
  await collectOnce();
  await turn();
}

/** V8 collects in a task, when no JavaScript runs; such a task does not keep a program going, so the loop is kept turning. */
async function collectOnce(): Promise<void> {
  let answer: boolean | undefined;
  const sent = postLater("HeapProfiler.collectGarbage", (well) => {
    answer = well;
  });
  while (sent && answer === undefined) await turn();
  if (answer !== true) throw noGarbageCollection();
}

/** Real milliseconds. */
export function pause(ms: number): Promise<void> {
  return wait(ms);
}

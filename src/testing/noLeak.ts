// Does doing this leak: the function is run in rounds of different lengths, with a snapshot after each, and a process of its
// own looks for objects of every round that are still there in the end, twice as many of a round of twice the runs
// (analysis/survivors.ts). A suspicion is not told before as many runs again: what fills up has stopped by then.

import type { RunsJudgement } from "../analysis/survivors.ts";
import { Series } from "../breakpoint/ask.ts";
import type { Evidence } from "../breakpoint/request.ts";
import { LeakhuntError, usage } from "../errors.ts";
import { LeakFound } from "./found.ts";
import { collectGarbage, pause } from "./garbage.ts";
import { type PictureChoice, pictureFile } from "./picture.ts";

export interface NoLeakOptions {
  /** Runs of the shorter rounds; the longer ones have twice as many. Default 10. */
  readonly runs?: number | undefined;
  /** Runs before the first snapshot: what is made once, and caches that fill, should be done by then. Default: as `runs`. */
  readonly warmUp?: number | undefined;
  /** Rounds, from 3. Default 4: `runs`, twice as many, `runs`, twice as many. After a suspicion there are two more. */
  readonly rounds?: number | undefined;
  /** Milliseconds in which things may still be let go, before a suspicion is told. Default 500. */
  readonly settle?: number | undefined;
  /** Where the picture of the first suspect goes; false for none. */
  readonly picture?: PictureChoice;
}

/** The work that is run; it is awaited. */
export type Work = () => unknown;

/**
 * Resolves when nothing grows with the runs.
 * @throws LeakFound (rejects) with what grows, who holds it and the path; whatever the function throws; LeakhuntError.
 */
export async function expectNoLeak(work: Work, options: NoLeakOptions = {}): Promise<void> {
  const evidence = await findLeak(work, options);
  if (evidence.result.leaks) throw new LeakFound(evidence);
}

/** What grows with the runs, or that nothing does. */
export async function findLeak(work: Work, options: NoLeakOptions = {}): Promise<Evidence<RunsJudgement>> {
  if (typeof work !== "function") throw usage("expectNoLeak takes a function, which it runs many times");
  const plan = planOf(options);
  const filename = pictureFile(options.picture);
  try {
    return await measure(work, plan, filename);
  } catch (error) {
    // Another inspector session has left (a coverage tool's, for example): once more, with new numbers.
    if (error instanceof LeakhuntError && error.code === "IDS_RESET") return measure(work, plan, filename);
    throw error;
  }
}

interface Plan {
  readonly warmUp: number;
  readonly rounds: readonly number[];
  /** Rounds after a suspicion. */
  readonly more: readonly number[];
  readonly settle: number;
}

function planOf({ runs = 10, warmUp = runs, rounds = 4, settle = 500 }: NoLeakOptions): Plan {
  whole("runs", runs, 1);
  whole("warmUp", warmUp, 0);
  whole("rounds", rounds, 3);
  if (typeof settle !== "number" || !(settle >= 0)) throw usage("settle takes milliseconds");
  const lengths = Array.from({ length: rounds }, (_, i) => (i % 2 === 0 ? runs : 2 * runs));
  const sofar = warmUp + lengths.reduce((a, b) => a + b, 0);
  return { warmUp, rounds: lengths, more: [sofar, runs], settle };
}

function whole(what: string, value: unknown, min: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < min) throw usage(`${what} takes a whole number from ${min}`);
}

async function measure(work: Work, plan: Plan, filename: string | undefined): Promise<Evidence<RunsJudgement>> {
  const series = new Series();
  // What only we hold is left out of the heaps, and a test that waits for us is held by us alone, with its variables.
  const name = Symbol("function under test");
  Object.defineProperty(globalThis, name, { value: work, configurable: true });
  try {
    let done: number[] = [];
    const round = async (runs: number): Promise<void> => {
      await repeat(work, runs);
      await collectGarbage();
      series.take();
      done.push(runs);
    };
    await repeat(work, plan.warmUp);
    await round(0);
    for (const runs of plan.rounds) await round(runs);
    const evidence = series.ask<Evidence<RunsJudgement>>("runs", { runs: done });
    if (!evidence.result.leaks) return evidence;
    done = [];
    for (const runs of plan.more) {
      if (runs === plan.more.at(-1)) await pause(plan.settle);
      await round(runs);
    }
    return series.ask("runs", { runs: done, filename });
  } finally {
    Reflect.deleteProperty(globalThis, name);
    series.close();
  }
}

async function repeat(work: Work, runs: number): Promise<void> {
  for (let i = 0; i < runs; i++) await work();
}

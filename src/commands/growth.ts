// `growth`: what grows, round by round, over one uninterrupted session.

import { setTimeout as sleep } from "node:timers/promises";
import { addRound, type BaselineMode, type GrowthRound, type GrowthState, newGrowthState } from "../analysis/growth.ts";
import type { NodePredicate } from "../analysis/predicates.ts";
import { targetGone, usage } from "../errors.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import { growthText } from "../report/growthText.ts";
import { formatDuration } from "../report/units.ts";
import { sinceLastStop, sinceMark } from "./marks.ts";
import {
  filterOption,
  forceOption,
  internalsOption,
  keepOption,
  limitOption,
  numbersOption,
  sourceArgument,
  toChoice,
  toCount,
  toDuration,
} from "./options.ts";
import type { Live, Session, TakeOptions } from "./session.ts";
import type { Loaded } from "./shelf.ts";
import { parseSource } from "./source.ts";
import { defineVerb, type Options, type Verb } from "./verb.ts";

type GrowthValue = GrowthRound & { readonly snapshot: string; readonly notes: readonly string[]; readonly since?: string };

/** The rounds of a hunt, and the number of the last round's snapshot. */
type HuntGrowth = GrowthState & { snapshot?: number };

interface Choices {
  readonly baseline: BaselineMode;
  readonly limit: number;
  readonly filter: NodePredicate | undefined;
  readonly internals: boolean;
  readonly sort: "delta" | "bytes";
}

export const growthVerb: Verb = defineVerb<GrowthValue>({
  name: "growth",
  summary: "what grows: one table per round against the baseline, with the trend over the rounds",
  arguments: [sourceArgument, { name: "[after]", help: "a second snapshot file: one diff of the two" }],
  options: [
    { flags: "--interval <time>", help: "repeat: 5s, 500ms, 2m between rounds", parse: toDuration },
    {
      flags: "--count <n>",
      help: "stop after this many tables (the baseline is none); endless with --interval",
      parse: toCount("--count", 1),
    },
    {
      flags: "--baseline <mode>",
      help: "compare with the highest count so far (peak, as objgraph), the previous round, or the first",
      parse: toChoice("--baseline", ["peak", "previous", "first"]),
      default: "peak",
    },
    { flags: "--sort <by>", help: "delta or bytes", parse: toChoice("--sort", ["delta", "bytes"]), default: "delta" },
    limitOption,
    filterOption,
    internalsOption,
    { flags: "--since <name>", help: "compare with the heap that `mark <name>` named" },
    { flags: "--reset", help: "forget the baseline of earlier rounds first" },
    numbersOption,
    keepOption,
    forceOption,
  ],
  examples: [
    "leakhunt growth --interval 5s",
    "leakhunt growth 4242 --interval 30s --count 3",
    "leakhunt growth before.heapsnapshot after.heapsnapshot",
  ],
  async *run(session, [source, after], options) {
    const choices = choicesOf(options);
    const parsed = parseSource(source as string | undefined);
    if (parsed.kind === "file") {
      if (after === undefined) throw usage("growth of one file?", "give two snapshot files, the older first, or a running process");
      yield await diffFiles(session, parsed.path, after as string, choices);
      return;
    }
    if (after !== undefined) throw usage("growth takes one process, or two files");
    const since = options["since"] as string | undefined;
    const atStop = session.stops.now !== undefined && parsed.kind === "current" && !repeats(options) && options["reset"] !== true;
    if (since !== undefined || atStop) {
      if (repeats(options)) throw usage("--since compares once", "leave out --interval and --count");
      if (parsed.kind !== "current") await session.attach(parsed);
      yield await growthSince(session, since, choices, options);
      return;
    }
    yield* rounds(session, await session.attach(parsed), choices, options);
  },
  render: (value) => growthText(value),
});

function repeats(options: Options): boolean {
  return options["interval"] !== undefined || options["count"] !== undefined;
}

/** One table against a named baseline, or in a stopped target against the stop before. */
async function growthSince(session: Session, since: string | undefined, choices: Choices, options: Options): Promise<GrowthValue> {
  const how = { force: options["force"] === true, keep: options["keep"] as number, numbers: options["numbers"] !== false };
  const told = since === undefined ? await sinceLastStop(session, choices, how) : await sinceMark(session, since, choices, how);
  const { round, loaded, notes } = told;
  session.remember(
    loaded,
    round.rows.map(({ type }) => ({ type })),
    true,
  );
  return { ...round, snapshot: loaded.name, since: told.since, notes };
}

function choicesOf(options: Options): Choices {
  return {
    baseline: options["baseline"] as BaselineMode,
    limit: options["limit"] as number,
    filter: options["filter"] as NodePredicate | undefined,
    internals: options["internals"] === true,
    sort: options["sort"] as "delta" | "bytes",
  };
}

async function diffFiles(session: Session, before: string, after: string, choices: Choices): Promise<GrowthValue> {
  const second = parseSource(after);
  if (second.kind !== "file") throw usage("growth takes one process, or two files");
  const state = newGrowthState();
  const first = await session.shelf.openFile(before);
  await addRound(state, first.graph, choices);
  const now = await session.shelf.openFile(second.path);
  const round = await addRound(state, now.graph, choices, async () => first.graph);
  session.remember(
    now,
    round.rows.map(({ type }) => ({ type })),
  );
  return { ...round, snapshot: now.name, notes: [] };
}

async function* rounds(session: Session, live: Live, choices: Choices, options: Options): AsyncGenerator<GrowthValue> {
  const interval = options["interval"] as number | undefined;
  const wanted = (options["count"] as number | undefined) ?? (interval === undefined ? 1 : Number.POSITIVE_INFINITY);
  const force = options["force"] === true;
  const keep = options["keep"] as number;
  const numbers = options["numbers"] !== false;
  let state = options["reset"] === true ? undefined : live.hunt.load<HuntGrowth>("growth");
  // objgraph: the first call takes the baseline, each later one says what grew since. With --interval or --count
  // the loop is asked for, so it takes its own baseline and goes on from there.
  if (!state || repeats(options)) state = newGrowthState();
  let tables = 0;
  for (let turn = 0; ; turn++) {
    const began = Date.now();
    const { round, loaded } = await oneRound(session, live, state, choices, { force, keep, numbers, quiet: turn > 0 });
    yield round;
    session.remember(
      loaded,
      round.rows.map(({ type }) => ({ type })),
      true,
    );
    if (round.round > 1) tables++;
    if (tables >= wanted || (interval === undefined && wanted === 1)) return;
    await pause(session, Math.max(0, (interval ?? 5000) - (Date.now() - began)), live);
    if (live.askedToEnd) return;
    // The leakhunt that held the target is replaced by the next capture; the target itself is not.
    if (live.gone !== undefined && !live.held.shared) throw targetGone(live.gone);
  }
}

async function oneRound(
  session: Session,
  live: Live,
  state: HuntGrowth,
  choices: Choices,
  how: TakeOptions,
): Promise<{ round: GrowthValue; loaded: Loaded }> {
  // other commands may have taken snapshots since the last round
  const { snapshots } = live.hunt.record;
  const before = state.snapshot === undefined ? snapshots.at(-1) : snapshots.find(({ number }) => number === state.snapshot);
  const { loaded, entry, captured } = await session.take(live, how);
  const previous = async (): Promise<HeapGraph | undefined> => {
    // The older graph is opened only when new shapes must be counted there too.
    if (!before) return undefined;
    const kept = live.hunt.record.snapshots.find((s) => s.number === before.number);
    return kept ? (await session.shelf.open(live.hunt, kept)).graph : undefined;
  };
  const notes: string[] = [];
  if (before && state.round > 0 && before.epoch !== entry.epoch && (how.quiet || !captured.epochKept)) {
    notes.push(
      "V8's object ids were reset by another debugger that left: counts are still true, but `new` cannot compare these two rounds",
    );
  }
  if (before && state.round > 0 && before.numbers !== entry.numbers) {
    notes.push("only one of these two rounds has the values of numbers: plain objects may have changed their types (--reset begins anew)");
  }
  const round = await addRound(state, loaded.graph, choices, previous);
  state.snapshot = entry.number;
  live.hunt.save("growth", state);
  if (round.round === 1) notes.push(`the snapshot stopped the target for ${formatDuration(captured.pauseMs)}`);
  return { round: { ...round, snapshot: loaded.name, notes }, loaded };
}

/** Waits for the next round; ends early when the person cancels or the target goes. */
async function pause(session: Session, ms: number, live: Live): Promise<void> {
  session.signal.throwIfAborted();
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  session.signal.addEventListener("abort", stop, { once: true });
  const gone = live.held.gone.then(stop);
  try {
    await sleep(ms, undefined, { signal: controller.signal });
  } catch {
    session.signal.throwIfAborted();
  } finally {
    session.signal.removeEventListener("abort", stop);
  }
  void gone;
}

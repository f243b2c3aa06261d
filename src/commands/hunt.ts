// `hunt`: names the leak without being told. Rounds of snapshots, judged after each; it goes on while more would tell more.

import { statSync } from "node:fs";
import { GrowthHunt, type Judgement, ROUNDS_TO_JUDGE } from "../analysis/hunt/growthHunt.ts";
import { judgeOffHeap } from "../analysis/hunt/offHeap.ts";
import type { HuntResult, HuntRound, Suspect } from "../analysis/hunt/result.ts";
import { LeakhuntError, targetGone, usage } from "../errors.ts";
import { conclusionWords } from "../report/huntConclusion.ts";
import { huntText } from "../report/huntText.ts";
import { adviceFor } from "../report/huntWords.ts";
import { formatBytes } from "../report/units.ts";
import { Allocations, type Attributed, allocationsOption } from "./allocations.ts";
import { runLoad } from "./load.ts";
import { forceOption, keepOption, numbersOption, timingOption, toCount, toDuration } from "./options.ts";
import { withOriginals } from "./originals.ts";
import type { Live, Session } from "./session.ts";
import type { Loaded } from "./shelf.ts";
import { parseSource, type Source } from "./source.ts";
import { defineVerb, type Options, type Verb } from "./verb.ts";
import { Watch } from "./watch.ts";

/** Exit codes of a verdict. */
const EXIT = { leak: 10, "no leak": 0, undecided: 11 } as const;

/** More rounds than this are taken only when asked for. */
const MOST_ROUNDS = 8;
/** The process is watched this long before the first snapshot disturbs its memory. */
const FIRST_WATCH_MS = 6000;
/** After a load, what it began may come to its end. */
const SETTLE_MS = 1500;

export const huntVerb: Verb = defineVerb<HuntResult>({
  name: "hunt",
  summary: "name the leak: what gathers, how fast, who holds it, which line put it there; or that there is none",
  arguments: [
    {
      name: "[sources...]",
      help: "pid, host:port or ws:// url; or the snapshot files of earlier rounds, oldest first; the current hunt when left out",
    },
  ],
  options: [
    { flags: "--rounds <n>", help: "exactly this many snapshots; left out, as many as the evidence needs", parse: toCount("--rounds", 2) },
    { flags: "--interval <time>", help: "time between rounds: 10s, 2m", parse: toDuration, default: 10_000 },
    { flags: "--load <command>", help: "shell command that is run once between rounds, instead of waiting" },
    allocationsOption,
    numbersOption,
    keepOption,
    forceOption,
    timingOption,
  ],
  examples: [
    "leakhunt hunt 4242",
    "leakhunt hunt 4242 --load 'autocannon -d 5 http://127.0.0.1:3000' --rounds 5",
    "leakhunt hunt 4242 --allocations",
    "leakhunt hunt a.heapsnapshot b.heapsnapshot c.heapsnapshot",
  ],
  async *run(session, [sources], options) {
    const given = ((sources as string[] | undefined) ?? []).map(parseSource);
    if (given.some(({ kind }) => kind === "file")) yield await huntFiles(session, given, options);
    else {
      if (given.length > 1) throw usage("hunt takes one process, or the files of its rounds");
      yield await huntLive(session, await session.attach(given[0] ?? { kind: "current" }), options);
    }
  },
  render: (value) => huntText(value),
  exitCode: ({ verdict }) => EXIT[verdict],
});

async function huntFiles(session: Session, sources: readonly Source[], options: Options): Promise<HuntResult> {
  for (const flag of ["rounds", "load", "allocations"]) if (options[flag] !== undefined) throw usage(`--${flag} is for a running process`);
  const paths = sources.map((source) => {
    if (source.kind !== "file") throw usage("hunt takes one process, or the files of its rounds");
    return source.path;
  });
  if (paths.length < 2) throw usage("hunt of one file?", "give the files of several rounds, the oldest first, or a running process");
  const hunt = new GrowthHunt();
  const rounds: HuntRound[] = [];
  let judged: { judgement: Judgement; loaded: Loaded } | undefined;
  for (const [i, path] of paths.entries()) {
    hunt.rest();
    session.shelf.clear();
    const loaded = await session.shelf.openFile(path);
    hunt.add(loaded.graph, { seconds: undefined, epoch: undefined });
    rounds.push(roundOf(hunt, i, path, undefined, undefined));
    if (i === paths.length - 1) judged = { judgement: hunt.judge(), loaded };
  }
  const { judgement, loaded } = judged as { judgement: Judgement; loaded: Loaded };
  rememberSuspects(session, loaded, judgement);
  const result = resultOf(judgement, {
    target: `${paths.length} files`,
    stopped: "these are all files",
    rounds,
    runs: 0,
    counters: [],
    offHeap: undefined,
    notes: paths.length < ROUNDS_TO_JUDGE ? ["three files or more tell growth from a difference"] : [],
  });
  return withOriginals(result, writtenAt(paths.at(-1) as string));
}

/** When a snapshot was written; what its process ran is older. */
function writtenAt(path: string): number {
  return path === "-" ? Date.now() : statSync(path).mtimeMs;
}

async function huntLive(session: Session, live: Live, options: Options): Promise<HuntResult> {
  const allocations = await Allocations.start(session, live, options);
  try {
    return await huntRounds(session, live, options, allocations);
  } finally {
    await allocations?.stop();
  }
}

async function huntRounds(session: Session, live: Live, options: Options, allocations: Allocations | undefined): Promise<HuntResult> {
  const wanted = options["rounds"] as number | undefined;
  const load = options["load"] as string | undefined;
  const interval = options["interval"] as number;
  const how = { force: options["force"] === true, keep: options["keep"] as number, numbers: options["numbers"] !== false };
  const watch = new Watch(live, session.signal);
  const hunt = new GrowthHunt();
  const rounds: HuntRound[] = [];
  const notes: string[] = [];
  await watch.stretch(Math.min(FIRST_WATCH_MS, interval), (now, left) =>
    tell(session, "watching", rounds.length, now.rss, now.heapUsed, left),
  );
  for (;;) {
    hunt.rest();
    const seconds = watch.seconds;
    const taken = await takeRound(session, live, how, rounds.length);
    if ("ended" in taken) {
      notes.push(`the target ended (${taken.ended}): judged by the rounds before`);
      return last(taken.ended);
    }
    const { loaded, entry, captured } = taken;
    hunt.add(loaded.graph, { seconds, epoch: entry.epoch });
    if (!captured.epochKept && rounds.length > 0)
      notes.push(`object ids were reset before round ${rounds.length + 1} by another debugger that left: objects' ages are not evidence`);
    rounds.push(roundOf(hunt, rounds.length, loaded.name, seconds, captured.pauseMs));
    await allocations?.round();
    const stopped = rounds.length >= 2 || wanted !== undefined ? whyStop(hunt, rounds.length, wanted) : undefined;
    if (stopped !== undefined) return last(stopped, { loaded, file: live.hunt.pathOf(entry) });
    const running =
      load === undefined ? undefined : runLoad(load, { pid: live.held.identity.pid, round: rounds.length + 1 }, session.signal);
    await watch.stretch(
      load === undefined ? interval : SETTLE_MS,
      (now, left) => tell(session, load === undefined ? "waiting" : "load", rounds.length, now.rss, now.heapUsed, left),
      running,
    );
    await running;
    if (load !== undefined) await watch.stretch(SETTLE_MS, () => {});
    if (live.gone !== undefined) {
      if (rounds.length < ROUNDS_TO_JUDGE) throw targetGone(live.gone);
      notes.push("the target ended: judged by the rounds before");
      return last("the target ended");
    }
  }

  async function last(stopped: string, round?: { loaded: Loaded; file: string }): Promise<HuntResult> {
    session.progress(undefined);
    session.clock = { ...session.clock, waitedMs: watch.waitedMs };
    const judgement = hunt.judge();
    if (round) rememberSuspects(session, round.loaded, judgement);
    const attributed = allocations?.attribute(judgement, hunt, round);
    // V8's own records of every allocation grow without end.
    const offHeap = allocations?.mode === "exact" ? undefined : judgeOffHeap(watch.stretches, hunt.natives());
    const { identity } = live.held;
    const target = `${identity.pid ?? `${identity.host}:${identity.port}`} (node ${identity.nodeVersion})`;
    const result = resultOf(judgement, {
      target,
      stopped,
      rounds,
      runs: load === undefined ? 0 : rounds.length - 1,
      counters: watch.all,
      offHeap,
      notes: [...notes, ...(attributed?.notes ?? [])],
      attributed,
    });
    return withOriginals(result, Date.parse(identity.startedAt));
  }
}

/** A snapshot, or the end of the target where enough rounds are there to judge. */
async function takeRound(session: Session, live: Live, how: { force: boolean; keep: number; numbers: boolean }, done: number) {
  try {
    return await session.take(live, { ...how, quiet: done > 0 });
  } catch (error) {
    const ended = error instanceof LeakhuntError && error.code === "TARGET_GONE";
    if (!ended || done < ROUNDS_TO_JUDGE) throw error;
    return { ended: error.message };
  }
}

/** Why the hunt is over, as a clause; undefined while it should go on. */
function whyStop(hunt: GrowthHunt, rounds: number, wanted: number | undefined): string | undefined {
  if (wanted !== undefined) return rounds >= wanted ? `${wanted} rounds were asked for` : undefined;
  if (rounds < ROUNDS_TO_JUDGE) return undefined;
  const { settled, because } = hunt.decide();
  if (settled) return "the evidence is clear";
  return rounds >= MOST_ROUNDS ? `${MOST_ROUNDS} rounds did not decide it: ${because}` : undefined;
}

function tell(session: Session, phase: string, rounds: number, rss: number, heap: number, left: number): void {
  const next = left > 0 ? `, ${Math.ceil(left / 1000)} s` : "";
  session.progress({
    phase: `${phase} for round ${rounds + 1}${next}: rss ${formatBytes(rss)}, heap ${formatBytes(heap)}`,
    bytes: 0,
    fraction: undefined,
  });
}

function roundOf(hunt: GrowthHunt, index: number, snapshot: string, seconds: number | undefined, pauseMs: number | undefined): HuntRound {
  const { bytes, objects } = hunt.heaps()[index] as { bytes: number; objects: number };
  return { round: index + 1, seconds: seconds ?? 0, snapshot, pauseMs, heapBytes: bytes, objects };
}

/** `path 1`, `backrefs 1 -o x.png` afterwards are about the example of suspect 1. */
function rememberSuspects(session: Session, loaded: Loaded, { findings }: Judgement): void {
  session.remember(
    loaded,
    findings.flatMap(({ example }) => (example ? [{ id: example.id }] : [])),
  );
}

type Besides = Pick<HuntResult, "target" | "stopped" | "rounds" | "counters" | "offHeap" | "notes"> & {
  readonly runs: number;
  readonly attributed?: Attributed | undefined;
};

/** The judgement with all that lies outside the heaps, in words where a person reads it. */
function resultOf(judgement: Judgement, besides: Besides): HuntResult {
  const { runs, attributed, ...facts } = besides;
  const first = facts.rounds[0]?.seconds ?? 0;
  const span = (facts.rounds.at(-1)?.seconds ?? 0) - first;
  const suspects = judgement.findings.map((finding, i): Suspect => {
    const { holder, kind, objects } = finding;
    return {
      ...finding,
      objectsPerRun: runs > 0 ? objects / runs : undefined,
      allocatedAt: attributed?.of[i] ?? [],
      advice: adviceFor(kind, holder.name),
      picture: undefined,
    };
  });
  const verdict = judgement.verdict !== "leak" && facts.offHeap?.grows === true ? "leak" : judgement.verdict;
  const value = {
    ...facts,
    verdict,
    rounds: facts.rounds.map((round) => ({ ...round, seconds: round.seconds - first })),
    heap: { delta: judgement.heapDelta, perSecond: span > 0 ? judgement.heapDelta / span : undefined },
    suspects,
    ...(attributed?.others ? { allocations: attributed.others } : {}),
    cleared: judgement.cleared,
  };
  return { ...value, conclusion: conclusionWords(value, judgement.because) };
}

// `hunt`: names the leak without being told.

import { statSync } from "node:fs";
import { GrowthHunt, ROUNDS_TO_JUDGE } from "../analysis/hunt/growthHunt.ts";
import type { HuntResult, HuntRound } from "../analysis/hunt/result.ts";
import { usage } from "../errors.ts";
import { huntText } from "../report/huntText.ts";
import { allocationsOption } from "./allocations.ts";
import { collectGarbage } from "./garbage.ts";
import { withGlobals } from "./globals.ts";
import { checkReport } from "./huntReport.ts";
import { rememberSuspects, reported, resultOf, roundOf } from "./huntResult.ts";
import { huntLive } from "./liveHunt.ts";
import { forceOption, keepOption, numbersOption, timingOption, toCount, toDuration } from "./options.ts";
import { withOriginals } from "./originals.ts";
import type { Session } from "./session.ts";
import { parseSource, type Source } from "./source.ts";
import { defineVerb, type Options, type Verb } from "./verb.ts";

/** Exit codes of a verdict. */
const EXIT = { leak: 10, "no leak": 0, undecided: 11 } as const;

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
    { flags: "-o, --output <report.html>", help: "write a page to pass on, and a .png of each suspect beside it" },
    numbersOption,
    keepOption,
    forceOption,
    timingOption,
  ],
  examples: [
    "leakhunt hunt 4242",
    "leakhunt hunt 4242 --load 'autocannon -d 5 http://127.0.0.1:3000' --rounds 5",
    "leakhunt hunt 4242 --allocations -o report.html",
    "leakhunt hunt a.heapsnapshot b.heapsnapshot c.heapsnapshot",
  ],
  async *run(session, [sources], options) {
    if (options["output"] !== undefined) await checkReport(options["output"] as string);
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
  for (const path of paths) rounds.push(await readRound(session, hunt, path, rounds.length));
  const loaded = await session.shelf.openFile(paths.at(-1) as string);
  const judgement = hunt.judge();
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
  const since = writtenAt(paths.at(-1) as string);
  const told = await withOriginals(await withGlobals(result, loaded.graph, since), since);
  return reported(session, loaded, options, told);
}

/** In a function of its own, since a loop that waits keeps the heap of its last turn. */
async function readRound(session: Session, hunt: GrowthHunt, path: string, before: number): Promise<HuntRound> {
  hunt.rest();
  session.shelf.clear();
  collectGarbage();
  const { graph } = await session.shelf.openFile(path);
  hunt.add(graph, { seconds: undefined, epoch: undefined });
  return roundOf(hunt, before, path, undefined, undefined);
}

/** When a snapshot was written; what its process ran is older. */
function writtenAt(path: string): number {
  return path === "-" ? Date.now() : statSync(path).mtimeMs;
}

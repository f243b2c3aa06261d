// From a judgement to the answer of `hunt`: words where a person reads, rows for later commands, the report.

import type { GrowthHunt, Judgement } from "../analysis/hunt/growthHunt.ts";
import type { HuntResult, HuntRound, Suspect } from "../analysis/hunt/result.ts";
import { conclusionWords } from "../report/huntConclusion.ts";
import { adviceFor } from "../report/huntWords.ts";
import type { Attributed } from "./allocations.ts";
import { writeReport } from "./huntReport.ts";
import type { Session } from "./session.ts";
import type { Loaded } from "./shelf.ts";
import type { Options } from "./verb.ts";

/** Writes the report, when one is asked for. */
export async function reported(session: Session, loaded: Loaded, options: Options, result: HuntResult): Promise<HuntResult> {
  const output = options["output"] as string | undefined;
  return output === undefined ? result : writeReport(result, loaded.graph, output, session.signal);
}

/** A round that the hunt has just been given. @param index from 0. */
export function roundOf(
  hunt: GrowthHunt,
  index: number,
  snapshot: string,
  seconds: number | undefined,
  pauseMs: number | undefined,
): HuntRound {
  const { bytes, objects } = hunt.heaps()[index] as { bytes: number; objects: number };
  return { round: index + 1, seconds: seconds ?? 0, snapshot, pauseMs, heapBytes: bytes, objects };
}

/** `path 1`, `backrefs 1 -o x.png` afterwards are about the example of suspect 1. */
export function rememberSuspects(session: Session, loaded: Loaded, { findings }: Judgement): void {
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
export function resultOf(judgement: Judgement, besides: Besides): HuntResult {
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

// Text of what stays behind with every run: the message of a failed `expectNoLeak`.

import type { RunSuspect, RunsJudgement } from "../analysis/survivors.ts";
import { forTerminal } from "./escape.ts";
import { chainLines } from "./pathText.ts";
import { formatBytes, formatCount, formatNoun } from "./units.ts";

/** Suspects that are told with their path. */
const SHOWN = 3;

/** The suspects, each with the path to one of its objects; a sentence when there are none. */
export function runsText(judgement: RunsJudgement): string {
  const runs = judgement.rounds.slice(1).map((round) => round.runs);
  const count = runs.reduce((a, b) => a + b, 0);
  if (!judgement.leaks) return `nothing grows with the runs (${formatNoun(count, "run")} in ${formatNoun(runs.length, "round")})`;
  const told = judgement.suspects.slice(0, SHOWN).map((suspect) => suspectText(suspect, runs));
  const more = judgement.suspects.length - SHOWN;
  return [...told, ...(more > 0 ? [`${formatNoun(more, "more holder")} gain too`] : [])].join("\n");
}

function suspectText(suspect: RunSuspect, runs: readonly number[]): string {
  const type = forTerminal(suspect.type, 80);
  const name = `${forTerminal(suspect.example.title, 80)} @${suspect.example.id}`;
  const path = suspect.path ? [`${name} is alive because`, ...chainLines(suspect.path)] : [];
  if (suspect.measure === "bytes") {
    const sizes = suspect.series.map((bytes) => formatBytes(bytes)).join(", ");
    return [`${type} leaks: ${name} gets bigger with the runs, ${formatBytes(suspect.perRun)} per run (${sizes})`, ...path].join("\n");
  }
  const series = suspect.series.map((count, i) => `${formatCount(count)} of ${formatNoun(runs[i] as number, "run")}`).join(", ");
  const holders = suspect.alike > 1 ? ` in ${formatCount(suspect.alike)} alike holders` : "";
  const along = suspect.along.slice(0, 4).map((each) => `${rateText(each.perRun)} ${forTerminal(each.type, 60)}`);
  const more = suspect.along.length > 4 ? [`${suspect.along.length - 4} more types`] : [];
  const withIt = along.length > 0 ? `, with it ${[...along, ...more].join(", ")}` : "";
  return [
    `${type} leaks: ${rateText(suspect.perRun)} per run${holders}${withIt}; ${formatBytes(suspect.bytesPerRun)} per run`,
    `still there in the end: ${series}`,
    ...path,
  ].join("\n");
}

function rateText(perRun: number): string {
  return perRun >= 10 ? formatCount(Math.round(perRun)) : String(Number(perRun.toFixed(1)));
}

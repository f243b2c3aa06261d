// The tables behind the verdict: rounds and counters, folded; and the notes.

import type { Counters, HuntResult, HuntRound } from "../../analysis/hunt/result.ts";
import { formatBytes, formatCount, formatDuration, formatSignedBytes, formatSignedCount } from "../units.ts";
import { codeText, heapText, html, type Limits, type Markup } from "./markup.ts";
import { counted, fold, pageTable } from "./tables.ts";

/** The figures of the rounds and of the process, folded; the notes. */
export function figuresSection({ rounds, counters, notes }: HuntResult, limits: Limits): Markup {
  return html`<section aria-labelledby="figures"><h2 id="figures">Figures</h2>
${fold(counted("Rounds", rounds.length), roundsTable(rounds, limits), rounds.length <= 8)}
${counters.length > 1 && fold(counted("Counters of the process", counters.length), countersTable(counters, limits))}
${notes.length > 0 && html`<h3>Notes</h3><ul>${notes.slice(0, limits.rows).map((note) => html`<li>${heapText(note, limits, limits.sentence)}</li>`)}</ul>`}</section>`;
}

function roundsTable(rounds: readonly HuntRound[], limits: Limits): Markup {
  const change = (value: (round: HuntRound) => number, format: (change: number) => string) => (round: HuntRound, i: number) =>
    i > 0 && format(value(round) - value(rounds[i - 1] as HuntRound));
  return pageTable(
    "One snapshot each",
    [
      { title: "Round", number: true, cell: ({ round }) => round },
      { title: "At", number: true, cell: ({ seconds }) => (seconds === 0 ? "0 s" : formatDuration(seconds * 1000)) },
      { title: "Reachable heap", number: true, cell: ({ heapBytes }) => formatBytes(heapBytes) },
      { title: "Change", number: true, cell: change((round) => round.heapBytes, formatSignedBytes) },
      { title: "Objects", number: true, cell: ({ objects }) => formatCount(objects) },
      { title: "Change", number: true, cell: change((round) => round.objects, formatSignedCount) },
      { title: "Pause", number: true, cell: ({ pauseMs }) => pauseMs !== undefined && formatDuration(pauseMs) },
      { title: "Snapshot", cell: ({ snapshot }) => codeText(snapshot, limits) },
    ],
    rounds,
    limits.rows,
  );
}

const COUNTERS: readonly (readonly [string, (at: Counters) => number | undefined, (value: number) => string, (value: number) => string])[] =
  [
    ["RSS", (at) => at.rss, formatBytes, formatSignedBytes],
    ["heap used", (at) => at.heapUsed, formatBytes, formatSignedBytes],
    ["heap total", (at) => at.heapTotal, formatBytes, formatSignedBytes],
    ["external", (at) => at.external, formatBytes, formatSignedBytes],
    ["array buffers", (at) => at.arrayBuffers, formatBytes, formatSignedBytes],
    ["handles and requests", (at) => at.handles, formatCount, formatSignedCount],
  ];

function countersTable(counters: readonly Counters[], limits: Limits): Markup {
  const rows = COUNTERS.flatMap(([name, value, format, formatChange]) => {
    const values = counters.flatMap((at) => value(at) ?? []);
    if (values.length < 2) return [];
    const [first, last] = [values[0] as number, values.at(-1) as number];
    const low = values.reduce((a, b) => Math.min(a, b));
    const high = values.reduce((a, b) => Math.max(a, b));
    return [{ name, first: format(first), last: format(last), change: formatChange(last - first), low: format(low), high: format(high) }];
  });
  return pageTable(
    "From the first reading to the last",
    [
      { title: "Counter", cell: (row) => row.name },
      { title: "First", number: true, cell: (row) => row.first },
      { title: "Last", number: true, cell: (row) => row.last },
      { title: "Change", number: true, cell: (row) => row.change },
      { title: "Lowest", number: true, cell: (row) => row.low },
      { title: "Highest", number: true, cell: (row) => row.high },
    ],
    rows,
    limits.rows,
  );
}

// Text of one round of growth.

import type { GrowthRound, GrowthRow } from "../analysis/growth.ts";
import { forTerminal } from "./escape.ts";
import { type Column, tableLines } from "./table.ts";
import { formatBytes, formatCount, formatNoun, formatSignedBytes, formatSignedCount } from "./units.ts";

const BARS = "▁▂▃▄▅▆▇█";
const TREND_WIDTH = 12;

/** A series as bars between its smallest and biggest value; the newest `TREND_WIDTH` values. */
export function sparkline(series: readonly number[]): string {
  const shown = series.slice(-TREND_WIDTH);
  const low = Math.min(...shown);
  const span = Math.max(...shown) - low;
  return shown.map((value) => BARS[span === 0 ? 0 : Math.round(((value - low) / span) * (BARS.length - 1))]).join("");
}

function trendText(row: GrowthRow): string {
  if (row.of < 2) return sparkline(row.trend);
  return `${sparkline(row.trend)} ${row.grewIn === row.of ? "every round" : `${row.grewIn} of ${row.of} rounds`}`;
}

const AGAINST = { peak: "the highest count so far", previous: "the round before", first: "the first round" } as const;

/** One table per round; a sentence when nothing grew. */
export function growthText(round: GrowthRound & { readonly notes: readonly string[]; readonly since?: string | undefined }): string {
  const heap = `heap ${formatBytes(round.heapBytes)}`;
  if (round.since !== undefined) return sinceText(round, heap, round.since);
  if (round.round === 1) return [`round 1   ${heap}   baseline taken`, ...round.notes].join("\n");
  const head = `round ${round.round}   ${heap}  ${formatSignedBytes(round.heapDelta)}`;
  if (round.rows.length === 0)
    return [head, ...round.notes, `nothing grew beyond ${AGAINST[round.baseline]}${internalText(round)}`].join("\n");
  return [head, ...round.notes, ...growthLines(round, true)].join("\n");
}

/** Against one named baseline there are no rounds, and two counts are no trend. */
function sinceText(round: GrowthRound & { readonly notes: readonly string[] }, heap: string, since: string): string {
  const head = round.round === 1 ? heap : `${heap}  ${formatSignedBytes(round.heapDelta)} since ${forTerminal(since, 200)}`;
  if (round.round === 1) return [head, ...round.notes].join("\n");
  if (round.rows.length === 0) return [head, ...round.notes, `nothing grew${internalText(round)}`].join("\n");
  return [head, ...round.notes, ...growthLines(round, false)].join("\n");
}

function growthLines(round: GrowthRound, trend: boolean): string[] {
  const columns: Column[] = [
    { title: "#", align: "right" },
    { title: "type", align: "left" },
    { title: "total", align: "right" },
    { title: "+delta", align: "right" },
    { title: "shallow", align: "right" },
    { title: "+shallow", align: "right" },
    ...(trend ? ([{ title: "trend", align: "left" }] as const) : []),
  ];
  const rows = round.rows.map((row, i) => [
    String(i + 1),
    forTerminal(row.type, 60),
    formatCount(row.total),
    formatSignedCount(row.delta),
    formatBytes(row.bytes),
    formatSignedBytes(row.bytesDelta),
    ...(trend ? [trendText(row)] : []),
  ]);
  const more = round.omitted > 0 ? [`${formatNoun(round.omitted, "more type")} grew (--limit 0)${internalText(round)}`] : [];
  const hidden = round.omitted === 0 && round.internal.rows > 0 ? [internalText(round).slice(2)] : [];
  return [...tableLines(columns, rows), ...more, ...hidden];
}

function internalText({ internal }: GrowthRound): string {
  if (internal.rows === 0) return "";
  return `; V8's own: ${formatNoun(internal.rows, "type")} ${formatSignedCount(internal.delta)}, ${formatSignedBytes(internal.bytesDelta)} (--internals)`;
}

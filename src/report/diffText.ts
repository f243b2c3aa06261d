// Text of `diff`, under the titles that DevTools' Comparison view has.

import type { DiffResult } from "../analysis/diff.ts";
import { forTerminal } from "./escape.ts";
import { RAW_SIZES, SHALLOW_SIZES } from "./sizeNotes.ts";
import { type Column, tableLines } from "./table.ts";
import { formatBytes, formatCount, formatNoun, formatSignedBytes, formatSignedCount } from "./units.ts";

const TYPE_WIDTH = 60;

/** One row per class that has new or deleted objects, with what was left out and the kind of size under it. */
export function diffText(result: DiffResult & { before: string; now: string }): string {
  const [before, now] = [forTerminal(result.before, 300), forTerminal(result.now, 300)];
  if (result.rows.length === 0) return [`nothing new or deleted in ${now} since ${before}`, ...leftOut(result)].join(" · ");
  const placed = result.rows.some((row) => row.location !== undefined);
  const columns: Column[] = [
    { title: "#", align: "right" },
    { title: "type", align: "left" },
    { title: "new", align: "right" },
    { title: "deleted", align: "right" },
    { title: "delta", align: "right" },
    { title: "alloc. size", align: "right" },
    { title: "freed size", align: "right" },
    { title: "size delta", align: "right" },
  ];
  if (placed) columns.push({ title: "defined at", align: "left" });
  const rows = result.rows.map((row, i) => [
    String(i + 1),
    forTerminal(row.type, TYPE_WIDTH),
    formatCount(row.added),
    formatCount(row.removed),
    formatSignedCount(row.delta),
    formatBytes(row.addedSize),
    formatBytes(row.removedSize),
    formatSignedBytes(row.sizeDelta),
    row.location === undefined ? "" : forTerminal(row.location, 80),
  ]);
  const { total } = result;
  const sum = `${formatCount(total.added)} new and ${formatCount(total.removed)} deleted in ${now} since ${before}, ${formatSignedBytes(total.sizeDelta)}`;
  const footer = [sum, ...leftOut(result)].join(" · ");
  return [...tableLines(columns, rows), "", footer, result.raw ? RAW_SIZES : SHALLOW_SIZES].join("\n");
}

function leftOut({ omitted, internal }: DiffResult): string[] {
  const parts: string[] = [];
  if (omitted > 0) parts.push(`${formatNoun(omitted, "more type")} (--limit 0)`);
  if (internal.rows > 0) {
    const { rows, delta, sizeDelta } = internal;
    parts.push(`V8's own: ${formatNoun(rows, "type")} ${formatSignedCount(delta)}, ${formatSignedBytes(sizeDelta)} (--internals)`);
  }
  return parts;
}

// Text of `common --all-threads`.

import { forTerminal } from "./escape.ts";
import { threadText } from "./processText.ts";
import { SHALLOW_SIZES } from "./sizeNotes.ts";
import { type Column, tableLines } from "./table.ts";
import { formatBytes, formatCount, formatNoun, formatPercent } from "./units.ts";

interface Threads {
  readonly pid: number | undefined;
  readonly rows: readonly {
    readonly type: string;
    readonly count: number;
    readonly shallow: number;
    readonly retained: number | undefined;
    readonly share: number;
    readonly location: string | undefined;
    readonly threads: readonly { readonly threadId: number; readonly count: number }[];
  }[];
  readonly omitted: number;
  readonly threads: readonly {
    readonly threadId: number;
    readonly name: string | undefined;
    readonly count: number;
    readonly shallow: number;
  }[];
  readonly total: { readonly count: number; readonly shallow: number };
  readonly internal: { readonly count: number; readonly shallow: number };
  readonly ended: readonly number[];
}

/** Threads named for one type; the rest are counted. */
const NAMED = 3;

/** The types of all threads together, who has how many of each, and what each thread has. */
export function allThreadsText({ pid, rows, omitted, threads, total, internal, ended }: Threads): string {
  const long = rows.some((row) => row.location !== undefined);
  const columns: Column[] = [
    { title: "#", align: "right" },
    { title: "type", align: "left" },
    { title: "count", align: "right" },
    { title: "shallow", align: "right" },
    { title: "retained", align: "right" },
    { title: "of heaps", align: "right" },
    { title: "in threads", align: "left" },
  ];
  if (long) columns.push({ title: "defined at", align: "left" });
  const cells = rows.map((row, i) => [
    String(i + 1),
    forTerminal(row.type, 60),
    formatCount(row.count),
    formatBytes(row.shallow),
    formatBytes(row.retained ?? 0),
    formatPercent(row.share, 1),
    sharesText(row.threads),
    row.location === undefined ? "" : forTerminal(row.location, 80),
  ]);
  const heaps = threads.map(({ threadId, name, count, shallow }) => [
    String(threadId),
    forTerminal(threadText(threadId, name), 40),
    formatNoun(count, "object"),
    formatBytes(shallow),
  ]);
  const heapColumns: Column[] = [
    { title: "thread", align: "right" },
    { title: "", align: "left" },
    { title: "", align: "right" },
    { title: "shallow", align: "right" },
  ];
  const parts = [`${formatNoun(total.count, "object")}, ${formatBytes(total.shallow)}`];
  if (omitted > 0) parts.push(`${formatNoun(omitted, "more type")} (--limit 0)`);
  if (internal.count > 0) parts.push(`V8's own: ${formatNoun(internal.count, "object")}, ${formatBytes(internal.shallow)} (--internals)`);
  return [
    `from ${formatNoun(threads.length, "thread")} of ${pid ?? "the target"}, one snapshot each`,
    ...tableLines(columns, cells),
    "",
    ...tableLines(heapColumns, heaps),
    ...(ended.length === 0 ? [] : [`ended before a snapshot could be taken: ${ended.map((id) => threadText(id, undefined)).join(", ")}`]),
    "",
    parts.join(" · "),
    SHALLOW_SIZES,
  ].join("\n");
}

/** `1: 3,000 · 0: 12` */
function sharesText(shares: readonly { readonly threadId: number; readonly count: number }[]): string {
  const named = shares.slice(0, NAMED).map(({ threadId, count }) => `${threadId}: ${formatCount(count)}`);
  return [...named, ...(shares.length > NAMED ? [`${shares.length - NAMED} more`] : [])].join(" · ");
}

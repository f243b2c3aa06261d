// Text of `common`, `count`, `ls` and `new`.

import type { NewObjectsResult } from "../analysis/newObjects.ts";
import type { ListResult } from "../analysis/objects.ts";
import type { CommonResult } from "../analysis/typeTable.ts";
import { forTerminal } from "./escape.ts";
import { BOTH_SIZES, RAW_SIZES, SHALLOW_SIZES } from "./sizeNotes.ts";
import { type Column, tableLines } from "./table.ts";
import { formatBytes, formatCount, formatNoun, formatPercent, formatSignedCount } from "./units.ts";

const TYPE_WIDTH = 60;
const NUMBER: Column = { title: "#", align: "right" };

/** The most common types as a table, with a line about what was left out. */
export function commonText(result: CommonResult): string {
  if (result.rows.length === 0) return "no object meets the condition";
  const long = result.rows.some((row) => row.location !== undefined);
  const columns: Column[] = [
    NUMBER,
    { title: "type", align: "left" },
    { title: "count", align: "right" },
    ...(result.raw ? [] : [{ title: "shallow", align: "right" } as const]),
    { title: "raw size", align: "right" },
    ...(result.raw ? [] : [{ title: "retained", align: "right" } as const]),
    { title: "of heap", align: "right" },
  ];
  if (long) columns.push({ title: "defined at", align: "left" });
  const rows = result.rows.map((row, i) => [
    String(i + 1),
    forTerminal(row.type, TYPE_WIDTH),
    formatCount(row.count),
    ...(result.raw ? [] : [formatBytes(row.shallow)]),
    formatBytes(row.rawSize),
    ...(row.retained === undefined ? [] : [formatBytes(row.retained)]),
    formatPercent(row.share, 1),
    row.location === undefined ? "" : forTerminal(row.location, 80),
  ]);
  return [...tableLines(columns, rows), ...commonFooter(result)].join("\n");
}

function commonFooter({ omitted, internal, total, raw }: CommonResult): string[] {
  const parts = [`${formatNoun(total.count, "object")}, ${formatBytes(total.shallow)}`];
  if (omitted > 0) parts.push(`${formatNoun(omitted, "more type")} (--limit 0)`);
  if (internal.rows > 0) {
    parts.push(
      `V8's own: ${formatNoun(internal.rows, "type")}, ${formatNoun(internal.count, "object")}, ${formatBytes(internal.shallow)} (--internals)`,
    );
  }
  return ["", parts.join(" · "), raw ? RAW_SIZES : BOTH_SIZES];
}

/** `12 Session, 4.1 kB` */
export function countText(result: { type: string; count: number; shallow: number }): string {
  return `${formatCount(result.count)} ${forTerminal(result.type, TYPE_WIDTH)}, ${formatBytes(result.shallow)} shallow`;
}

/** Objects of one type as a table. */
export function listText(result: ListResult): string {
  if (result.objects.length === 0) return `no ${forTerminal(result.type)} meets the condition`;
  const aged = result.objects.some((object) => object.since !== undefined);
  const columns: Column[] = [
    NUMBER,
    { title: "id", align: "left" },
    { title: "object", align: "left" },
    { title: "shallow", align: "right" },
    { title: "retained", align: "right" },
  ];
  if (aged) columns.push({ title: "since", align: "left" });
  const rows = result.objects.map((object, i) => [
    String(i + 1),
    `@${object.id}`,
    forTerminal(object.preview === undefined ? object.title : `${object.title}  ${object.preview}`, 70),
    formatBytes(object.shallowSize),
    formatBytes(object.retainedSize),
    aged ? (object.since ?? "new") : "",
  ]);
  const more = result.omitted > 0 ? ["", `${formatCount(result.omitted)} more of ${formatCount(result.count)} (--limit 0)`] : [];
  return [...tableLines(columns, rows), ...more].join("\n");
}

/** New and gone objects by type. */
export function newText(result: NewObjectsResult & { before: string; now: string }): string {
  const [before, now] = [forTerminal(result.before, 300), forTerminal(result.now, 300)];
  if (result.rows.length === 0) return `no new objects in ${now} since ${before}`;
  const columns: Column[] = [
    NUMBER,
    { title: "type", align: "left" },
    { title: "before", align: "right" },
    { title: "now", align: "right" },
    { title: "new", align: "right" },
    { title: "gone", align: "right" },
    { title: result.raw ? "raw size new" : "shallow new", align: "right" },
    { title: "newest ids", align: "left" },
  ];
  const rows = result.rows.map((row, i) => [
    String(i + 1),
    forTerminal(row.type, TYPE_WIDTH),
    formatCount(row.before),
    formatCount(row.now),
    formatSignedCount(row.added),
    row.removed === 0 ? "0" : `-${formatCount(row.removed)}`,
    formatBytes(row.bytes),
    row.ids.map((id) => `@${id}`).join(" "),
  ]);
  const more = result.omitted > 0 ? ` · ${formatNoun(result.omitted, "more type")} (--limit 0)` : "";
  const footer = `${formatCount(result.added)} new and ${formatCount(result.removed)} gone in ${now} since ${before}${more}`;
  return [...tableLines(columns, rows), "", footer, result.raw ? RAW_SIZES : SHALLOW_SIZES].join("\n");
}

// Text of getNewIds.

import { forTerminal } from "../report/escape.ts";
import { tableLines } from "../report/table.ts";
import { formatBytes, formatCount, formatNoun, formatSignedCount } from "../report/units.ts";
import type { NewIdsResult } from "./newIds.ts";

/** Ids shown per type; the value has them all. */
const IDS_SHOWN = 5;

/** @param reset whether there was an earlier call whose ids mean nothing any more. */
export function newIdsText(result: NewIdsResult, reset: boolean): string {
  if (reset) return "a debugger left the program and V8 handed out its ids anew: this call is the first again";
  if (result.first) return "first call: the next one tells what came since";
  if (result.rows.length === 0) return "no new objects since the last call";
  const rows = result.rows.map((row, i) => [
    String(i + 1),
    forTerminal(row.type, 60),
    formatCount(row.before),
    formatCount(row.now),
    formatSignedCount(row.added),
    formatBytes(row.bytes),
    row.ids
      .slice(0, IDS_SHOWN)
      .map((id) => `@${id}`)
      .join(" "),
  ]);
  const columns = [
    { title: "#", align: "right" },
    { title: "type", align: "left" },
    { title: "before", align: "right" },
    { title: "now", align: "right" },
    { title: "new", align: "right" },
    { title: "shallow new", align: "right" },
    { title: "newest ids", align: "left" },
  ] as const;
  const more = result.omitted > 0 ? ` · ${formatNoun(result.omitted, "more type")} ({ limit: 0 })` : "";
  return [...tableLines(columns, rows), "", `${formatCount(result.added)} new since the last call${more}`].join("\n");
}

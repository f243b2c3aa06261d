// Text of `statistics`, under the names that DevTools' Statistics view has.

import type { HeapStatistics } from "../analysis/statistics.ts";
import { SHALLOW_SIZES } from "./sizeNotes.ts";
import { tableLines } from "./table.ts";
import { formatBytes, formatPercent } from "./units.ts";

/** One row per part, indented under what it is part of. */
export function statisticsText({ total, v8heap, native }: HeapStatistics): string {
  const rows: readonly (readonly [name: string, bytes: number])[] = [
    ["total", total],
    ["V8 heap", v8heap.total],
    ["  code", v8heap.code],
    ["  strings", v8heap.strings],
    ["  arrays with their elements", v8heap.jsArrays],
    ["  system objects", v8heap.system],
    ["  other objects", v8heap.total - v8heap.code - v8heap.strings - v8heap.jsArrays - v8heap.system],
    ["native", native.total],
    ["  typed arrays and buffers", native.typedArrays],
    ["  other native", native.total - native.typedArrays],
  ];
  const lines = tableLines(
    [
      { title: "part", align: "left" },
      { title: "size", align: "right" },
      { title: "of heap", align: "right" },
    ],
    rows.map(([name, bytes]) => [name, formatBytes(bytes), formatPercent(bytes, total)]),
  );
  return [...lines, "", SHALLOW_SIZES].join("\n");
}

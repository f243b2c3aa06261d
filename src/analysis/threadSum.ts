// One table of types for a whole process: what its main thread and its workers have of each type, and together. Each thread
// is a heap of its own, so nothing is counted twice.

import type { CommonResult, CommonRow, TypeSort } from "./typeTable.ts";

/** The whole table of one thread. */
export interface ThreadTable {
  /** 0 is the main thread. */
  readonly threadId: number;
  readonly name: string | undefined;
  /** Every row: asked for with limit 0. */
  readonly table: CommonResult;
  /** Bytes of its whole heap. */
  readonly heapSize: number;
}

export interface ThreadShare {
  readonly threadId: number;
  readonly count: number;
}

export interface SummedRow extends CommonRow {
  /** The threads that have objects of the type, the one with most first. */
  readonly threads: readonly ThreadShare[];
}

export interface SummedThreads extends CommonResult {
  readonly rows: readonly SummedRow[];
  /** Objects and bytes (shallow) of each thread. */
  readonly threads: readonly {
    readonly threadId: number;
    readonly name: string | undefined;
    readonly count: number;
    readonly shallow: number;
  }[];
}

/** Sums tables type by type (`long`: definition by definition). A row's share is that of all heaps together. */
export function sumThreads(tables: readonly ThreadTable[], options: { limit: number; sort: TypeSort }): SummedThreads {
  const { limit, sort } = options;
  const whole = sumOf(tables, "heapSize");
  const rows = new Map<string, SummedRow>();
  for (const { threadId, table } of tables) {
    for (const row of table.rows) {
      const key = `${row.type}\0${row.location ?? ""}`;
      rows.set(key, plus(rows.get(key), row, threadId));
    }
  }
  const all = [...rows.values()].map((row) => ({
    ...row,
    share: whole > 0 ? (row.retained ?? row.shallow) / whole : 0,
    threads: [...row.threads].sort((a, b) => b.count - a.count),
  }));
  all.sort((a, b) => (b[sort] ?? 0) - (a[sort] ?? 0));
  const shown = limit === 0 ? all : all.slice(0, limit);
  const totals = tables.map(({ table }) => table.total);
  const internals = tables.map(({ table }) => table.internal);
  return {
    rows: shown,
    omitted: all.length - shown.length,
    internal: {
      rows: Math.max(0, ...internals.map((each) => each.rows)),
      count: sumOf(internals, "count"),
      shallow: sumOf(internals, "shallow"),
    },
    total: { count: sumOf(totals, "count"), shallow: sumOf(totals, "shallow") },
    sort,
    raw: false,
    threads: tables.map(({ threadId, name, table }) => ({ threadId, name, ...table.total })),
  };
}

function plus(sum: SummedRow | undefined, row: CommonRow, threadId: number): SummedRow {
  return {
    ...row,
    count: row.count + (sum?.count ?? 0),
    shallow: row.shallow + (sum?.shallow ?? 0),
    rawSize: row.rawSize + (sum?.rawSize ?? 0),
    retained: (row.retained ?? 0) + (sum?.retained ?? 0),
    threads: [...(sum?.threads ?? []), { threadId, count: row.count }],
  };
}

function sumOf<K extends string>(parts: readonly Readonly<Record<K, number>>[], key: K): number {
  return parts.reduce((sum, part) => sum + part[key], 0);
}

// objgraph's get_new_ids at a breakpoint: what came since the last call. Between two calls only ids and counts are kept, not
// the older heap.

import { IdSet } from "../analysis/newObjects.ts";
import { isInternalType } from "../analysis/typeTable.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import { isNativeId } from "../graph/kinds.ts";

export interface NewIdsRow {
  readonly type: string;
  readonly before: number;
  readonly now: number;
  readonly added: number;
  /** Of the added ones, shallow. */
  readonly bytes: number;
  /** Ids of the added ones, newest first. */
  readonly ids: readonly number[];
}

export interface NewIdsResult {
  /** Whether there was no call to compare with: there are no rows then. */
  readonly first: boolean;
  readonly rows: readonly NewIdsRow[];
  /** Rows cut by the limit. */
  readonly omitted: number;
  readonly added: number;
}

/** What a call leaves for the next: 4 bytes per object, and a line per type. */
export interface IdMemory {
  readonly sentinel: number | undefined;
  readonly ids: Uint32Array;
  readonly counts: Readonly<Record<string, number>>;
}

export function packIds({ sentinel, ids, counts }: IdMemory): Buffer {
  const head = Buffer.from(JSON.stringify({ sentinel, counts }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return Buffer.concat([length, head, Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength)]);
}

export function unpackIds(bytes: Buffer): IdMemory {
  const headEnd = 4 + bytes.readUInt32LE(0);
  const { sentinel, counts } = JSON.parse(bytes.toString("utf8", 4, headEnd));
  // Copied: the ids need not begin at a multiple of four.
  return { sentinel, counts, ids: new Uint32Array(Uint8Array.from(bytes.subarray(headEnd)).buffer) };
}

/** Compares by object id, so `before` must be of the same epoch. Rows by number added; V8's own types are left out. */
export function newIds(
  graph: HeapGraph,
  sentinel: number | undefined,
  before: IdMemory | undefined,
  limit: number,
): { result: NewIdsResult; memory: IdMemory } {
  const known = before && new IdSet(before.ids);
  const { classes, classOf } = graph.classes;
  const counts = new Map<string, number>();
  const fresh = new Map<string, { ids: number[]; bytes: number }>();
  for (let n = 0; n < graph.nodeCount; n++) {
    const bytes = graph.shallowSize(n);
    const id = graph.id(n);
    if (bytes === 0 || isNativeId(id)) continue;
    const type = (classes[classOf[n] as number] as { name: string }).name;
    counts.set(type, (counts.get(type) ?? 0) + 1);
    if (!known || known.has(id) || isInternalType(type)) continue;
    const row = fresh.get(type) ?? { ids: [], bytes: 0 };
    fresh.set(type, row);
    row.ids.push(id);
    row.bytes += bytes;
  }
  const rows = [...fresh].map(([type, { ids, bytes }]): NewIdsRow => {
    const had = before && Object.hasOwn(before.counts, type) ? (before.counts[type] as number) : 0;
    return { type, before: had, now: counts.get(type) ?? 0, added: ids.length, bytes, ids: ids.sort((a, b) => b - a) };
  });
  rows.sort((a, b) => b.added - a.added || (a.type < b.type ? -1 : 1));
  const shown = limit === 0 ? rows : rows.slice(0, limit);
  return {
    result: {
      first: before === undefined,
      rows: shown,
      omitted: rows.length - shown.length,
      added: rows.reduce((sum, row) => sum + row.added, 0),
    },
    memory: { sentinel, ids: graph.columns.nodeId, counts: Object.fromEntries(counts) },
  };
}

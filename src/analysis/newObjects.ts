// objgraph's get_new_ids: the objects that are in one snapshot and not in the one before. True only inside one
// epoch, so the caller must know that V8 did not hand the numbers out again in between.

import type { HeapGraph } from "../graph/heapGraph.ts";
import { isNativeId } from "../graph/kinds.ts";
import { isInternalType } from "./typeTable.ts";

export interface NewObjectsRow {
  readonly type: string;
  readonly before: number;
  readonly now: number;
  /** In the newer snapshot only, and in the older only. */
  readonly added: number;
  readonly removed: number;
  /** Of the added ones, shallow. */
  readonly bytes: number;
  /** Ids of the newest added ones, newest first. */
  readonly ids: readonly number[];
}

export interface NewObjectsResult {
  readonly rows: readonly NewObjectsRow[];
  readonly omitted: number;
  readonly added: number;
  readonly removed: number;
  /** Sizes as V8 wrote them, before parts are added to their owners. */
  readonly raw: boolean;
}

export interface NewObjectsOptions {
  /** Rows; 0 for all. Default 10. */
  readonly limit?: number | undefined;
  /** Ids per row. Default 5, 0 for all. */
  readonly ids?: number | undefined;
  readonly internals?: boolean | undefined;
}

/** A set of object ids, for membership tests. One sorted copy: 4 bytes per object. */
export class IdSet {
  readonly #ids: Uint32Array;

  constructor(ids: Uint32Array) {
    this.#ids = ids.slice().sort();
  }

  has(id: number): boolean {
    let low = 0;
    let high = this.#ids.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if ((this.#ids[mid] as number) < id) low = mid + 1;
      else high = mid;
    }
    return this.#ids[low] === id;
  }
}

/** Compares two snapshots of one epoch by object id. Rows by number added, most first. */
export function newObjects(before: HeapGraph, now: HeapGraph, options: NewObjectsOptions = {}): NewObjectsResult {
  const { limit = 10, ids = 5, internals = false } = options;
  // Both are counted by the shapes of the newer one; the older graph gets its own back.
  const own = before.shapes;
  before.useShapes(now.shapes);
  try {
    return compareGraphs(before, now, limit, ids, internals);
  } finally {
    before.useShapes(own);
  }
}

function compareGraphs(before: HeapGraph, now: HeapGraph, limit: number, ids: number, internals: boolean): NewObjectsResult {
  const known = new IdSet(before.columns.nodeId);
  const kept = new IdSet(now.columns.nodeId);
  const names = new Set([...now.classes.classes, ...before.classes.classes].map((c) => c.name));
  const rows: NewObjectsRow[] = [];
  let added = 0;
  let removed = 0;
  for (const [type, { nodes, old }] of byType(before, now, names)) {
    if (!internals && isInternalType(type)) continue;
    const fresh = nodes.filter((n) => !known.has(now.id(n)));
    const gone = old.filter((n) => !kept.has(before.id(n)));
    added += fresh.length;
    removed += gone.length;
    if (fresh.length === 0 && gone.length === 0) continue;
    const newest = fresh.map((n) => now.id(n)).sort((a, b) => b - a);
    rows.push({
      type,
      before: old.length,
      now: nodes.length,
      added: fresh.length,
      removed: gone.length,
      bytes: fresh.reduce((sum, n) => sum + now.shallowSize(n), 0),
      ids: ids === 0 ? newest : newest.slice(0, ids),
    });
  }
  rows.sort(mostAdded);
  const shown = limit === 0 ? rows : rows.slice(0, limit);
  return { rows: shown, omitted: rows.length - shown.length, added, removed, raw: false };
}

/** The same table from a comparison of raw node records (graph/rawTypes.ts); without ids. */
export function newObjectsRaw(
  types: ReadonlyMap<string, { before: number; now: number; added: number; removed: number; addedBytes: number }>,
  options: NewObjectsOptions = {},
): NewObjectsResult {
  const { limit = 10, internals = false } = options;
  const rows: NewObjectsRow[] = [];
  let added = 0;
  let removed = 0;
  for (const [type, row] of types) {
    if ((!internals && isInternalType(type)) || (row.added === 0 && row.removed === 0)) continue;
    added += row.added;
    removed += row.removed;
    rows.push({ type, before: row.before, now: row.now, added: row.added, removed: row.removed, bytes: row.addedBytes, ids: [] });
  }
  rows.sort(mostAdded);
  const shown = limit === 0 ? rows : rows.slice(0, limit);
  return { rows: shown, omitted: rows.length - shown.length, added, removed, raw: true };
}

function mostAdded(a: NewObjectsRow, b: NewObjectsRow): number {
  return b.added - b.removed - (a.added - a.removed) || b.added - a.added || (a.type < b.type ? -1 : 1);
}

function byType(before: HeapGraph, now: HeapGraph, names: ReadonlySet<string>): Map<string, { nodes: number[]; old: number[] }> {
  const table = new Map<string, { nodes: number[]; old: number[] }>();
  for (const name of names) table.set(name, { nodes: [], old: [] });
  const fill = (graph: HeapGraph, part: "nodes" | "old"): void => {
    const { classes, classOf } = graph.classes;
    for (let n = 0; n < graph.nodeCount; n++) {
      if (graph.shallowSize(n) === 0 || isNativeId(graph.id(n)) || graph.heldByDebuggers.has(n)) continue;
      const name = (classes[classOf[n] as number] as { name: string }).name;
      (table.get(name) as { nodes: number[]; old: number[] })[part].push(n);
    }
  };
  fill(now, "nodes");
  fill(before, "old");
  return table;
}

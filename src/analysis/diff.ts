// Two snapshots of one epoch compared as DevTools' Comparison view does: per class what is new, what was deleted, and
// what that takes. An object counts as new in a class when that class did not have its id before; so one that
// changed its class (a string that was flattened, an object that got one more property) is deleted there and new here.

import { type ClassTable, classify } from "../graph/classes.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import { classKey, isInternalType, locationText } from "./typeTable.ts";

export interface DiffRow {
  readonly type: string;
  /** DevTools' key of the row: `scriptId,line,column,name` with 0-based numbers, or `,name` when no place is known. */
  readonly classKey: string;
  /** `path:line` of the class. */
  readonly location: string | undefined;
  /** Objects of this class only in the newer snapshot, and only in the older. */
  readonly added: number;
  readonly removed: number;
  readonly delta: number;
  /** Bytes: of the added in the newer snapshot, of the removed in the older, and their difference. */
  readonly addedSize: number;
  readonly removedSize: number;
  readonly sizeDelta: number;
}

export type DiffSort = "added" | "removed" | "delta" | "addedSize" | "removedSize" | "sizeDelta";

export interface DiffOptions {
  /** Rows; 0 for all. Default 10. */
  readonly limit?: number | undefined;
  /** Biggest first. Default `addedSize`, as DevTools. */
  readonly sort?: DiffSort | undefined;
  /** Also shows V8's own rows. */
  readonly internals?: boolean | undefined;
}

type Sums = Omit<DiffRow, "type" | "classKey" | "location">;

export interface DiffResult {
  readonly rows: readonly DiffRow[];
  /** Rows cut by the limit. */
  readonly omitted: number;
  /** V8's own rows that were left out. */
  readonly internal: { readonly rows: number; readonly delta: number; readonly sizeDelta: number };
  /** Over all rows, V8's own too. */
  readonly total: Sums;
  readonly sort: DiffSort;
  /** Sizes as V8 wrote them, before parts are added to their owners. */
  readonly raw: boolean;
}

/** What one class has in either snapshot. */
interface Tally {
  readonly type: string;
  readonly classKey: string;
  /** Where the class stands, as text. */
  readonly place: () => string | undefined;
  before: number;
  beforeSize: number;
  now: number;
  nowSize: number;
  /** In both, under this class. */
  kept: number;
  keptBefore: number;
  keptNow: number;
}

/**
 * Compares two snapshots of one epoch, class by class, in shallow sizes as DevTools shows them. Plain objects of both
 * are split by the shapes of the newer one. About 50 ns per node, 4 bytes per object id.
 */
export function diffSnapshots(before: HeapGraph, now: HeapGraph, options: DiffOptions = {}): DiffResult {
  const old = classify(before.columns, now.shapes, true);
  const { locatedClasses } = now;
  const tallies = new Map<string, Tally>();
  const oldRows = rowsOf(before, old, tallies);
  const newRows = rowsOf(now, locatedClasses, tallies);
  const nodes = new NodesById();
  for (let n = 0; n < before.nodeCount; n++) {
    const size = before.shallowSize(n);
    if (size === 0) continue;
    const tally = oldRows[old.classOf[n] as number] as Tally;
    tally.before++;
    tally.beforeSize += size;
    nodes.add(before.id(n), n);
  }
  for (let n = 0; n < now.nodeCount; n++) {
    const size = now.shallowSize(n);
    if (size === 0) continue;
    const tally = newRows[locatedClasses.classOf[n] as number] as Tally;
    tally.now++;
    tally.nowSize += size;
    const same = nodes.take(now.id(n), (m) => oldRows[old.classOf[m] as number] === tally);
    if (same === undefined) continue;
    tally.kept++;
    tally.keptBefore += before.shallowSize(same);
    tally.keptNow += size;
  }
  return resultOf([...tallies.values()].map(unplacedRowOf), options, false, (row) => tallies.get(row.classKey)?.place());
}

/** The same table from a comparison of raw node records (graph/rawTypes.ts): raw sizes, plain objects in one row. */
export function diffRaw(
  types: ReadonlyMap<string, { added: number; removed: number; addedBytes: number; removedBytes: number }>,
  options: DiffOptions = {},
): DiffResult {
  const rows = [...types].map(([type, { added, removed, addedBytes, removedBytes }]) => ({
    type,
    classKey: `,${type}`,
    ...sumsOf(added, removed, addedBytes, removedBytes),
  }));
  return resultOf(rows, options, true, () => undefined);
}

/** The tally of every class of one snapshot, by its number there; classes of one key share theirs. */
function rowsOf(graph: HeapGraph, { classes }: ClassTable, tallies: Map<string, Tally>): Tally[] {
  return classes.map((c) => {
    const key = classKey(c);
    const known = tallies.get(key);
    if (known) return known;
    const none = { before: 0, beforeSize: 0, now: 0, nowSize: 0, kept: 0, keptBefore: 0, keptNow: 0 };
    const tally: Tally = { type: c.name, classKey: key, place: () => locationText(graph, c), ...none };
    tallies.set(key, tally);
    return tally;
  });
}

type UnplacedRow = Omit<DiffRow, "location">;

function unplacedRowOf(tally: Tally): UnplacedRow {
  const { type, classKey: key, before, now, kept, beforeSize, nowSize, keptBefore, keptNow } = tally;
  return { type, classKey: key, ...sumsOf(now - kept, before - kept, nowSize - keptNow, beforeSize - keptBefore) };
}

function sumsOf(added: number, removed: number, addedSize: number, removedSize: number): Sums {
  return { added, removed, delta: added - removed, addedSize, removedSize, sizeDelta: addedSize - removedSize };
}

function resultOf(
  all: readonly UnplacedRow[],
  options: DiffOptions,
  raw: boolean,
  place: (row: UnplacedRow) => string | undefined,
): DiffResult {
  const { limit = 10, sort = "addedSize", internals = false } = options;
  // As in DevTools, a class whose objects are all the same has no row, whatever they take now.
  const changed = all.filter((row) => row.added > 0 || row.removed > 0);
  const hidden = internals ? [] : changed.filter((row) => isInternalType(row.type));
  const kept = internals ? changed : changed.filter((row) => !isInternalType(row.type));
  kept.sort((a, b) => b[sort] - a[sort] || (a.classKey < b.classKey ? -1 : 1));
  const shown = limit === 0 ? kept : kept.slice(0, limit);
  const sum = (rows: readonly UnplacedRow[], of: DiffSort): number => rows.reduce((total, row) => total + row[of], 0);
  return {
    // Finding scripts walks the heap: only for what is shown.
    rows: shown.map((row) => ({ ...row, location: place(row) })),
    omitted: kept.length - shown.length,
    internal: { rows: hidden.length, delta: sum(hidden, "delta"), sizeDelta: sum(hidden, "sizeDelta") },
    total: sumsOf(sum(changed, "added"), sum(changed, "removed"), sum(changed, "addedSize"), sum(changed, "removedSize")),
    sort,
    raw,
  };
}

const PAGE_BITS = 16;

/**
 * Node numbers by object id, in pages that exist only where ids do: V8's ids are dense, those of native objects are
 * not. V8 gives each id once; should a file not, each of its nodes can be taken once, as in a merge of sorted lists.
 */
class NodesById {
  /** Node number + 1, or 0. */
  readonly #pages: (Uint32Array | undefined)[] = [];
  readonly #more = new Map<number, number[]>();

  add(id: number, node: number): void {
    let page = this.#pages[id >>> PAGE_BITS];
    if (!page) {
      page = new Uint32Array(1 << PAGE_BITS);
      this.#pages[id >>> PAGE_BITS] = page;
    }
    const at = id & ((1 << PAGE_BITS) - 1);
    if (page[at] === 0) page[at] = node + 1;
    else {
      const list = this.#more.get(id);
      if (list) list.push(node);
      else this.#more.set(id, [node]);
    }
  }

  /** Removes and returns the first node of this id that fits. */
  take(id: number, fits: (node: number) => boolean): number | undefined {
    const page = this.#pages[id >>> PAGE_BITS];
    const at = id & ((1 << PAGE_BITS) - 1);
    const node = page?.[at] ?? 0;
    if (page && node > 0 && fits(node - 1)) {
      page[at] = 0;
      return node - 1;
    }
    const list = this.#more.get(id);
    const i = list?.findIndex(fits) ?? -1;
    return list && i >= 0 ? list.splice(i, 1)[0] : undefined;
  }
}

// How many objects of each type there are and what they take: the table under `common`, `growth` and `count`.
// Counted as DevTools' Summary does: nodes whose shallow size went to their owner are not objects of their own.

import { type ClassTable, classify, type HeapClass, type Shape } from "../graph/classes.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import { isSystemName } from "../graph/v8Names.ts";
import type { NodePredicate } from "./predicates.ts";

export interface TypeCount {
  readonly type: string;
  count: number;
  /** Bytes, shallow. */
  shallow: number;
}

/** Count and shallow size by type name. Needs no dominators: about 10 ns per node. */
export function countTypes(graph: HeapGraph, shapes?: readonly Shape[], filter?: NodePredicate): Map<string, TypeCount> {
  const { classes, classOf } = shapes ? classify(graph.columns, shapes, false) : graph.classes;
  const { count, shallow } = tally(graph, { classes, classOf }, filter);
  const byName = new Map<string, TypeCount>();
  classes.forEach(({ name }, c) => {
    if ((count[c] as number) > 0) byName.set(name, { type: name, count: count[c] as number, shallow: shallow[c] as number });
  });
  return byName;
}

/** Sums by class. */
interface Tally {
  readonly count: Float64Array;
  readonly shallow: Float64Array;
  readonly rawSize: Float64Array;
}

function tally(graph: HeapGraph, { classes, classOf }: ClassTable, filter?: NodePredicate): Tally {
  const [count, shallow, rawSize] = [0, 1, 2].map(() => new Float64Array(classes.length)) as [Float64Array, Float64Array, Float64Array];
  const sizes = graph.shallowSizes;
  const rawSizes = graph.columns.nodeSelfSize;
  for (let n = 0; n < sizes.length; n++) {
    const size = sizes[n] as number;
    if (size === 0 || (filter && !filter(graph, n))) continue;
    const c = classOf[n] as number;
    (count[c] as number)++;
    shallow[c] = (shallow[c] as number) + size;
    rawSize[c] = (rawSize[c] as number) + (rawSizes[n] as number);
  }
  return { count, shallow, rawSize };
}

export type TypeSort = "count" | "shallow" | "retained";

export interface CommonOptions {
  /** Rows; 0 for all. Default 10. */
  readonly limit?: number | undefined;
  readonly sort?: TypeSort | undefined;
  readonly filter?: NodePredicate | undefined;
  /** Tells classes of one name apart by where they were defined (objgraph's shortnames=False). */
  readonly long?: boolean | undefined;
  /** Also shows V8's own rows. */
  readonly internals?: boolean | undefined;
}

export interface CommonRow {
  readonly type: string;
  /** `path:line` of the class; only with `long`. */
  readonly location: string | undefined;
  /** DevTools' key of the row (see `DiffRow`); only with `long`. */
  readonly classKey: string | undefined;
  readonly count: number;
  /** Bytes as DevTools shows them; in a raw count, as V8 wrote them. */
  readonly shallow: number;
  /** Bytes of the same objects as V8 wrote them, before parts are added to their owners. */
  readonly rawSize: number;
  /** Bytes kept alive by the objects of this type together, nothing counted twice; undefined in a raw count. */
  readonly retained: number | undefined;
  /** Retained size (shallow in a raw count) as a share of the heap, 0 to 1. */
  readonly share: number;
}

export interface CommonResult {
  readonly rows: readonly CommonRow[];
  /** Rows cut by the limit. */
  readonly omitted: number;
  /** V8's own rows that were left out. */
  readonly internal: { readonly rows: number; readonly count: number; readonly shallow: number };
  /** Objects and bytes of the whole heap. */
  readonly total: { readonly count: number; readonly shallow: number };
  readonly sort: TypeSort;
  /** Sizes as V8 wrote them, before parts are added to their owners. */
  readonly raw: boolean;
}

/** The same table from a raw count (graph/rawTypes.ts): no retained sizes, no shapes. */
export function mostCommonRaw(counts: ReadonlyMap<string, { count: number; shallow: number }>, options: CommonOptions = {}): CommonResult {
  const { limit = 10, internals = false } = options;
  const sort = options.sort === "retained" || options.sort === undefined ? "count" : options.sort;
  const total = { count: 0, shallow: 0 };
  const internal = { rows: 0, count: 0, shallow: 0 };
  for (const { count, shallow } of counts.values()) {
    total.count += count;
    total.shallow += shallow;
  }
  const kept: CommonRow[] = [];
  for (const [type, { count, shallow }] of counts) {
    if (!internals && isInternalType(type)) {
      internal.rows++;
      internal.count += count;
      internal.shallow += shallow;
    } else
      kept.push({
        type,
        location: undefined,
        classKey: undefined,
        count,
        shallow,
        rawSize: shallow,
        retained: undefined,
        share: total.shallow > 0 ? shallow / total.shallow : 0,
      });
  }
  kept.sort((a, b) => b[sort] - a[sort]);
  const shown = limit === 0 ? kept : kept.slice(0, limit);
  return { rows: shown, omitted: kept.length - shown.length, internal, total, sort, raw: true };
}

/** The most common types: objgraph's most_common_types, with sizes. Ties keep the order of the heap. */
export function mostCommonTypes(graph: HeapGraph, options: CommonOptions = {}): CommonResult {
  const { limit = 10, sort = "count", filter, long = false, internals = false } = options;
  const table = long ? graph.locatedClasses : graph.classes;
  const sums = tally(graph, table, filter);
  const total = { count: 0, shallow: 0 };
  const internal = { rows: 0, count: 0, shallow: 0 };
  const kept: number[] = [];
  table.classes.forEach(({ name }, c) => {
    const [count, shallow] = [sums.count[c] as number, sums.shallow[c] as number];
    if (count === 0) return;
    total.count += count;
    total.shallow += shallow;
    if (internals || !isInternalType(name)) {
      kept.push(c);
      return;
    }
    internal.rows++;
    internal.count += count;
    internal.shallow += shallow;
  });
  // Retained sizes of a few classes take less than those of all: the whole table two thirds of the time.
  const all = sort === "retained" || limit === 0 || limit > MANY_CLASSES ? retainedByClass(graph, table) : undefined;
  const by = sort === "retained" ? (all as Float64Array) : sums[sort];
  kept.sort((a, b) => (by[b] as number) - (by[a] as number));
  const shown = limit === 0 ? kept : kept.slice(0, limit);
  const retained = all ?? retainedByClasses(graph, table, shown);
  const rows = shown.map((c): CommonRow => {
    const heapClass = table.classes[c] as HeapClass;
    const bytes = retained[c] as number;
    return {
      type: heapClass.name,
      location: long ? locationText(graph, heapClass) : undefined,
      classKey: long ? classKey(heapClass) : undefined,
      count: sums.count[c] as number,
      shallow: sums.shallow[c] as number,
      rawSize: sums.rawSize[c] as number,
      retained: bytes,
      share: graph.totalSize > 0 ? bytes / graph.totalSize : 0,
    };
  });
  return { rows, omitted: kept.length - shown.length, internal, total, sort, raw: false };
}

/** DevTools' key of a class: `scriptId,line,column,name` (0-based), or `,name` without a place. Comparable inside one process. */
export function classKey({ name, location }: HeapClass): string {
  return location ? `${location.scriptId},${location.line},${location.column},${name}` : `,${name}`;
}

/** `path:line` of a class, if the heap says where its constructor stands. */
export function locationText(graph: HeapGraph, c: HeapClass): string | undefined {
  if (!c.location) return undefined;
  const url = graph.scripts.urlOfScriptId(c.location.scriptId);
  return url === undefined ? undefined : `${graph.scripts.display(url)}:${c.location.line + 1}`;
}

/** Rows that V8 makes for itself: real bytes, but nobody's leak. */
export function isInternalType(type: string): boolean {
  return INTERNAL_TYPES.has(type) || isSystemName(type);
}

/** Rows of plain values: what an object is made of, seldom what leaks by itself. */
export function isValueType(type: string): boolean {
  return VALUE_TYPES.has(type);
}

const VALUE_TYPES = new Set(["(string)", "(concatenated string)", "(sliced string)", "(bigint)"]);

const INTERNAL_TYPES = new Set([
  "(system)",
  "(compiled code)",
  "(object shape)",
  "(synthetic)",
  "(array)",
  "(number)",
  "(symbol)",
  "(wasm object)",
]);

/** Bits of a number. */
const MANY_CLASSES = 32;

/**
 * The same as `retainedByClass` for up to MANY_CLASSES classes, by class. One pass in depth-first order, where dominators come
 * before what they dominate: a bit for each class says whether an object of it is above.
 */
function retainedByClasses(graph: HeapGraph, { classes, classOf }: ClassTable, wanted: readonly number[]): Float64Array {
  const { scratch } = graph;
  const { idom, order } = graph.dominators;
  const sizes = graph.shallowSizes;
  const retained = graph.retainedSizes;
  const bitOf = new Int32Array(classes.length);
  wanted.forEach((c, i) => {
    bitOf[c] = 1 << i;
  });
  const result = new Float64Array(classes.length);
  const above = scratch.take();
  above[0] = 0;
  for (let i = 0; i < order.length; i++) {
    const n = order[i] as number;
    const c = classOf[n] as number;
    const open = above[idom[i] as number] as number;
    const own = sizes[n] === 0 ? 0 : (bitOf[c] as number);
    if ((own & ~open) !== 0) result[c] = (result[c] as number) + (retained[n] as number);
    above[i] = open | own;
  }
  scratch.give(above);
  return result;
}

/**
 * Bytes kept alive by all objects of each class together: a walk of the dominator tree that adds an object's
 * retained size unless an object of its class is above it (DevTools' rule).
 */
function retainedByClass(graph: HeapGraph, { classes, classOf }: ClassTable): Float64Array {
  const { nodeCount, scratch } = graph;
  const { idom, order } = graph.dominators;
  const sizes = graph.shallowSizes;
  const retained = graph.retainedSizes;
  // By depth-first number: class of each node that counts, and the children of each dominator as linked lists. The root is
  // nobody's child, so its number says "no more".
  const none = 0xffffffff;
  const counted = scratch.take();
  for (let i = 0; i < nodeCount; i++) {
    const n = order[i] as number;
    counted[i] = sizes[n] === 0 ? none : (classOf[n] as number);
  }
  const child = scratch.zeros();
  const sibling = scratch.take();
  for (let i = nodeCount - 1; i > 0; i--) {
    const d = idom[i] as number;
    sibling[i] = child[d] as number;
    child[d] = i;
  }
  sibling[0] = 0;
  const result = new Float64Array(classes.length);
  // How many objects of each class are on the way from the root to where the walk is; dominators lead back.
  const open = new Uint32Array(classes.length);
  enter(0);
  for (let i = 0; ; ) {
    let next = child[i] as number;
    while (next === 0) {
      const c = counted[i] as number;
      if (c !== none) (open[c] as number)--;
      if (i === 0) {
        scratch.give(counted, child, sibling);
        return result;
      }
      next = sibling[i] as number;
      if (next === 0) i = idom[i] as number;
    }
    i = next;
    enter(i);
  }

  function enter(i: number): void {
    const c = counted[i] as number;
    if (c === none) return;
    if (open[c] === 0) result[c] = (result[c] as number) + (retained[order[i] as number] as number);
    (open[c] as number)++;
  }
}

// What grows: objgraph's show_growth, over as many rounds as one likes, in objects and in bytes. The state is a
// plain value, so a hunt can be remembered between commands.

import type { Shape } from "../graph/classes.ts";
import { inferShapes, shapeName } from "../graph/classes.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import type { NodePredicate } from "./predicates.ts";
import { countTypes, isInternalType, isValueType, type TypeCount } from "./typeTable.ts";

/** What a round is compared with: the highest count so far (objgraph's way), the round before, or the first. */
export type BaselineMode = "peak" | "previous" | "first";

interface TypeHistory {
  /** Objects and bytes per round; 0 in rounds before the type appeared. */
  counts: number[];
  bytes: number[];
  peakCount: number;
  peakBytes: number;
}

/** Everything growth remembers. JSON-able. */
export interface GrowthState {
  round: number;
  shapes: Shape[];
  types: Record<string, TypeHistory>;
  heapBytes: number[];
}

export interface GrowthOptions {
  readonly baseline?: BaselineMode | undefined;
  /** Rows; 0 for all. Default 10. */
  readonly limit?: number | undefined;
  readonly filter?: NodePredicate | undefined;
  readonly internals?: boolean | undefined;
  readonly sort?: "delta" | "bytes" | undefined;
}

export interface GrowthRow {
  readonly type: string;
  readonly total: number;
  readonly delta: number;
  /** Bytes, shallow. */
  readonly bytes: number;
  readonly bytesDelta: number;
  /** Objects per round, oldest first, the last 20 rounds. */
  readonly trend: readonly number[];
  /** Rounds (after the first) in which it grew, of those there were. */
  readonly grewIn: number;
  readonly of: number;
}

export interface GrowthRound {
  /** 1 is the baseline and has no rows. */
  readonly round: number;
  readonly baseline: BaselineMode;
  /** Shallow bytes of the whole heap, and what they gained since the round before. */
  readonly heapBytes: number;
  readonly heapDelta: number;
  readonly rows: readonly GrowthRow[];
  readonly omitted: number;
  /** V8's own rows that grew and were left out. */
  readonly internal: { readonly rows: number; readonly delta: number; readonly bytesDelta: number };
}

/** The heap of the round before, or what can count its types by other shapes. */
export type RoundBefore = HeapGraph | ((shapes: readonly Shape[]) => Map<string, TypeCount>);

const TREND = 20;

export function newGrowthState(): GrowthState {
  return { round: 0, shapes: [], types: {}, heapBytes: [] };
}

/**
 * Adds a snapshot to the state and says what grew. Types are counted by name, so this works across epochs.
 * @param previous gives the heap of the round before; needed only when new shapes of plain objects appear,
 *   to count them there as well.
 */
export async function addRound(
  state: GrowthState,
  graph: HeapGraph,
  options: GrowthOptions = {},
  previous?: () => Promise<RoundBefore | undefined>,
): Promise<GrowthRound> {
  const { baseline = "peak", limit = 10, filter, internals = false, sort = "delta" } = options;
  const fresh = newShapes(state, graph);
  state.shapes = [...state.shapes, ...fresh];
  if (fresh.length > 0 && state.round > 0) {
    const before = await previous?.();
    if (before) {
      const counted =
        typeof before === "function" ? before(state.shapes) : countTypes(before, state.shapes, withoutDebuggers(before, filter));
      recount(state, counted);
    }
  }
  const now = countTypes(graph, state.shapes, withoutDebuggers(graph, filter));
  const grown = compare(state, now, baseline);
  remember(state, now);
  const rows = state.round === 1 ? [] : grown.filter((row) => internals || !isInternalType(row.type));
  const hidden = state.round === 1 || internals ? [] : grown.filter((row) => isInternalType(row.type));
  rows.sort(sort === "bytes" ? (a, b) => b.bytesDelta - a.bytesDelta : (a, b) => weightOf(b) - weightOf(a) || b.bytesDelta - a.bytesDelta);
  const shown = limit === 0 ? rows : rows.slice(0, limit);
  const heap = state.heapBytes;
  return {
    round: state.round,
    baseline,
    heapBytes: heap[heap.length - 1] as number,
    heapDelta: (heap[heap.length - 1] as number) - (heap[heap.length - 2] ?? (heap[heap.length - 1] as number)),
    rows: shown.map((row) => ({ ...row, ...trendOf(state, row.type) })),
    omitted: rows.length - shown.length,
    internal: {
      rows: hidden.length,
      delta: hidden.reduce((sum, row) => sum + row.delta, 0),
      bytesDelta: hidden.reduce((sum, row) => sum + row.bytesDelta, 0),
    },
  };
}

/** What a debugger holds (scope objects of a stop, values it shows) is no growth of the program. */
function withoutDebuggers({ heldByDebuggers }: HeapGraph, filter: NodePredicate | undefined): NodePredicate | undefined {
  if (heldByDebuggers.size === 0) return filter;
  return (graph, n) => !heldByDebuggers.has(n) && (filter?.(graph, n) ?? true);
}

/** An object brings many strings along: they must not push it out of the table, nor a stray object a leak of strings. */
const STRINGS_PER_OBJECT = 20;

function weightOf({ type, delta }: Grown): number {
  return isValueType(type) ? delta / STRINGS_PER_OBJECT : delta;
}

function newShapes(state: GrowthState, graph: HeapGraph): Shape[] {
  const known = new Set(state.shapes.map(shapeName));
  return inferShapes(graph.columns).filter((shape) => !known.has(shapeName(shape)));
}

/** Counts the round before again, now that more shapes have rows of their own. */
function recount(state: GrowthState, before: Map<string, TypeCount>): void {
  for (const [type, row] of before) {
    const history = historyOf(state, type);
    const at = history.counts.length - 1;
    if (at < 0 || history.counts[at] === row.count) continue;
    history.counts[at] = row.count;
    history.bytes[at] = row.shallow;
    // Earlier peaks were of another split of the same objects.
    history.peakCount = row.count;
    history.peakBytes = row.shallow;
  }
  for (const [type, history] of Object.entries(state.types)) {
    const last = history.counts.length - 1;
    if (before.has(type) || last < 0 || history.counts[last] === 0) continue;
    // All its objects have other names now, so its peak is as false as its count.
    history.counts[last] = 0;
    history.bytes[last] = 0;
    history.peakCount = 0;
    history.peakBytes = 0;
  }
}

function historyOf(state: GrowthState, type: string): TypeHistory {
  let history = Object.hasOwn(state.types, type) ? state.types[type] : undefined;
  if (!history) {
    const rounds = Math.min(state.round, TREND);
    history = { counts: new Array(rounds).fill(0), bytes: new Array(rounds).fill(0), peakCount: 0, peakBytes: 0 };
    Object.defineProperty(state.types, type, { value: history, enumerable: true, writable: true, configurable: true });
  }
  return history;
}

type Grown = Omit<GrowthRow, "trend" | "grewIn" | "of">;

function compare(state: GrowthState, now: Map<string, TypeCount>, mode: BaselineMode): Grown[] {
  const grown: Grown[] = [];
  for (const [type, { count, shallow }] of now) {
    const history = Object.hasOwn(state.types, type) ? state.types[type] : undefined;
    const base = baseOf(history, mode);
    const delta = count - base.count;
    const bytesDelta = shallow - base.bytes;
    if (delta > 0 || (delta === 0 && bytesDelta > 0)) grown.push({ type, total: count, delta, bytes: shallow, bytesDelta });
  }
  return grown;
}

function baseOf(history: TypeHistory | undefined, mode: BaselineMode): { count: number; bytes: number } {
  if (!history) return { count: 0, bytes: 0 };
  if (mode === "peak") return { count: history.peakCount, bytes: history.peakBytes };
  const at = mode === "first" ? 0 : history.counts.length - 1;
  return { count: history.counts[at] ?? 0, bytes: history.bytes[at] ?? 0 };
}

function remember(state: GrowthState, now: Map<string, TypeCount>): void {
  let heap = 0;
  for (const [type, { count, shallow }] of now) {
    heap += shallow;
    const history = historyOf(state, type);
    history.counts.push(count);
    history.bytes.push(shallow);
    // objgraph's rule: the baseline moves only upwards.
    if (count > history.peakCount || (count === history.peakCount && shallow > history.peakBytes)) {
      history.peakCount = count;
      history.peakBytes = shallow;
    }
  }
  for (const [type, history] of Object.entries(state.types)) {
    if (!now.has(type)) {
      history.counts.push(0);
      history.bytes.push(0);
    }
    trim(history.counts);
    trim(history.bytes);
  }
  state.heapBytes.push(heap);
  trim(state.heapBytes);
  state.round++;
}

/** Keeps the first round (a baseline) and the newest. */
function trim(series: number[]): void {
  while (series.length > TREND) series.splice(1, 1);
}

function trendOf(state: GrowthState, type: string): { trend: number[]; grewIn: number; of: number } {
  const trend = [...(state.types[type] as TypeHistory).counts];
  let grewIn = 0;
  for (let i = 1; i < trend.length; i++) if ((trend[i] as number) > (trend[i - 1] as number)) grewIn++;
  return { trend, grewIn, of: trend.length - 1 };
}

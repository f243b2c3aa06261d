// What `growth` remembers between two calls: its state, and the last heap's counts in a form that can be counted again. Plain
// objects are split into types by the shapes of all rounds, so when a new shape appears, the round before is split by it as
// well; the heap of that round is gone by then, but its lists of properties, with how many objects have each, are enough.

import { type GrowthState, newGrowthState } from "../analysis/growth.ts";
import type { NodePredicate } from "../analysis/predicates.ts";
import { countTypes, type TypeCount } from "../analysis/typeTable.ts";
import { type Shape, shapeMatcher, shapeName } from "../graph/classes.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";

/** Lists kept; a heap with more uses objects as dictionaries, and those have no shapes. */
const MOST_LISTS = 20_000;
const PLAIN = "Object";

export interface GrowthMemory {
  readonly state: GrowthState;
  /** Counts of all types, plain objects as one. */
  readonly types: readonly (readonly [type: string, count: number, shallow: number])[];
  /** Of the plain objects, by their names of properties. */
  readonly lists: readonly (readonly [names: readonly string[], count: number, shallow: number])[];
}

/** What the heap leaves for the next round. @param filter the condition of this round. */
export function remembered(state: GrowthState, graph: HeapGraph, filter: NodePredicate | undefined): GrowthMemory {
  const { plainObjects, strings } = graph.columns;
  const { node, list, first, names } = plainObjects;
  const counts = new Float64Array(first.length - 1);
  const bytes = new Float64Array(first.length - 1);
  for (let i = 0; i < node.length; i++) {
    const n = node[i] as number;
    const size = graph.shallowSize(n);
    if (size === 0 || (filter && !filter(graph, n))) continue;
    const l = list[i] as number;
    counts[l] = (counts[l] as number) + 1;
    bytes[l] = (bytes[l] as number) + size;
  }
  const kept = [...counts.keys()].filter((l) => (counts[l] as number) > 0);
  kept.sort((a, b) => (counts[b] as number) - (counts[a] as number));
  return {
    state,
    types: [...countTypes(graph, [], filter)].map(([type, { count, shallow }]) => [type, count, shallow]),
    lists: kept
      .slice(0, MOST_LISTS)
      .map((l) => [
        Array.from(names.subarray(first[l], first[l + 1]), (name) => strings.get(name)),
        counts[l] as number,
        bytes[l] as number,
      ]),
  };
}

/** The state to go on from. */
export function stateOf(memory: GrowthMemory | undefined): GrowthState {
  return memory?.state ?? newGrowthState();
}

/** The remembered heap counted by these shapes, as `countTypes` would have. */
export function recounted({ types, lists }: GrowthMemory, shapes: readonly Shape[]): Map<string, TypeCount> {
  const counted = new Map<string, TypeCount>(types.map(([type, count, shallow]) => [type, { type, count, shallow }]));
  const texts = [...new Set(lists.flatMap(([names]) => names))];
  const numbers = new Map(texts.map((text, i) => [text, i]));
  const first = Uint32Array.from([0, ...runningSums(lists.map(([names]) => names.length))]);
  const names = Uint32Array.from(lists.flatMap(([own]) => own.map((name) => numbers.get(name) as number)));
  const shapeOf = shapeMatcher({ plainObjects: { first, names }, strings: { get: (i) => texts[i] as string } }, shapes);
  lists.forEach(([, count, shallow], l) => {
    const shape = shapeOf(l);
    if (shape < 0) return;
    add(counted, PLAIN, -count, -shallow);
    add(counted, shapeName(shapes[shape] as Shape), count, shallow);
  });
  for (const [type, row] of counted) if (row.count === 0) counted.delete(type);
  return counted;
}

function runningSums(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => {
    sum += value;
    return sum;
  });
}

function add(counted: Map<string, TypeCount>, type: string, count: number, shallow: number): void {
  const row = counted.get(type) ?? { type, count: 0, shallow: 0 };
  counted.set(type, row);
  row.count += count;
  row.shallow += shallow;
}

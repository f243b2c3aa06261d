// What stays behind when the same work is done over and over: the objects that came with each round of runs and are still
// there at the end. Counting survivors by the round they came in, and not objects, keeps churn out of it: what a cache
// replaces, a pool lends or a request uses up is gone by the end, however much of it there is at any moment. What grows with
// the *runs*, and not just with time or with our looking, comes twice as often in a round of twice the runs.
//
// Objects are known by V8's ids, which V8 hands out in the order in which snapshots come to see objects.

import type { HeapGraph } from "../graph/heapGraph.ts";
import { isNativeId, NodeType } from "../graph/kinds.ts";
import { Anchors } from "./anchors.ts";
import { type RetainingPath, retainingPaths } from "./paths.ts";
import { glance, type ObjectSummary } from "./summary.ts";
import { isInternalType, isValueType } from "./typeTable.ts";
import { growsWithRuns, LEAST_RATE, rateOf, SLACK, sum, swells } from "./withRuns.ts";

/** A type of which some stay with each run. */
export interface Staying {
  readonly type: string;
  /** Of those that came in each round, how many are there at the end. */
  readonly series: readonly number[];
  readonly perRun: number;
}

/** A holder that gains with the runs. */
export interface RunSuspect extends Staying {
  /** By the objects that stay, or by the bytes of an object that was there before (`series`: its bytes after each round). */
  readonly measure: "objects" | "bytes";
  /** Bytes that stay per run, with `along`. */
  readonly bytesPerRun: number;
  /** Other types that stay with it. */
  readonly along: readonly Staying[];
  /** The object, older than the runs, that they gather in; undefined when a root holds them itself. */
  readonly holder: ObjectSummary | undefined;
  /** How many holders of this kind gain, when each gains too little to be accused alone; 1 otherwise. */
  readonly alike: number;
  readonly example: ObjectSummary;
  readonly path: RetainingPath | undefined;
}

export interface RunsRound {
  /** Since the snapshot before; 0 in the first. */
  readonly runs: number;
  /** In the whole snapshot: objects with a size of their own, and all bytes (shallow). */
  readonly objects: number;
  readonly bytes: number;
}

export interface RunsJudgement {
  readonly leaks: boolean;
  readonly rounds: readonly RunsRound[];
  /** What gains most first. */
  readonly suspects: readonly RunSuspect[];
}

/** Objects smaller than this are not looked at for their own growth. */
const LEAST_BYTES = 128;
/** Bytes per run of texts or buffers. */
const LEAST_VALUE_GAIN = 64;
/** What V8 calls the memory of a buffer. */
const BACKING_STORE = "system / JSArrayBufferData";

interface Group {
  readonly holder: number | undefined;
  readonly type: string;
  readonly counts: number[];
  bytes: number;
  depth: number;
  example: number;
}

/** What the rounds leave. JSON-able. */
export interface SurvivorsState {
  readonly rounds: RunsRound[];
  /** The highest id that each snapshot knew. */
  readonly lastIds: number[];
  /** After each round: ids and sizes of the bigger objects, and the bytes of each type of values. */
  readonly sizes: (readonly [id: number, size: number])[][];
  readonly values: (readonly [type: string, bytes: number])[][];
}

/** Rounds of runs, folded as they come: of a heap only the sizes of its bigger objects are kept. */
export class Survivors {
  readonly #state: SurvivorsState;
  readonly #rounds: RunsRound[];
  readonly #lastIds: number[];
  readonly #sizes: Map<number, number>[];
  readonly #values: Map<string, number>[];

  /** Goes on from the state of earlier rounds. */
  constructor(state: SurvivorsState = { rounds: [], lastIds: [], sizes: [], values: [] }) {
    this.#state = state;
    this.#rounds = state.rounds;
    this.#lastIds = state.lastIds;
    this.#sizes = state.sizes.map((sizes) => new Map(sizes));
    this.#values = state.values.map((values) => new Map(values));
  }

  get state(): SurvivorsState {
    return { ...this.#state, sizes: this.#sizes.map((sizes) => [...sizes]), values: this.#values.map((values) => [...values]) };
  }

  /**
   * Adds the snapshot that was taken after so many runs; the first is the baseline. What leakhunt has in it does no harm: it does
   * not grow with the runs.
   */
  addRound(graph: HeapGraph, runs: number): void {
    const sizes = new Map<number, number>();
    const values = new Map<string, number>();
    const { nodeType, nodeName } = graph.columns;
    const shallow = graph.shallowSizes;
    const backing = backingStoreName(graph);
    let [last, objects, bytes] = [0, 0, 0];
    for (let n = 0; n < graph.nodeCount; n++) {
      const id = graph.id(n);
      const size = shallow[n] as number;
      const type = VALUES[nodeType[n] as number] ?? (nodeName[n] === backing ? BACKING_STORE : undefined);
      bytes += size;
      if (type !== undefined) values.set(type, (values.get(type) ?? 0) + size);
      if (size === 0 || isNativeId(id)) continue;
      last = Math.max(last, id);
      objects++;
      if (size >= LEAST_BYTES) sizes.set(id, size);
    }
    this.#rounds.push({ runs, objects, bytes });
    this.#lastIds.push(last);
    this.#sizes.push(sizes);
    this.#values.push(values);
  }

  /** Judges by the program's part of the last snapshot that was added. Needs two rounds after the baseline, and is sure from three on. */
  judge(graph: HeapGraph): RunsJudgement {
    const groups = this.#groups(graph);
    const suspects = [...this.#holdersThatGain(graph, groups), ...this.#kindsThatGain(graph, groups)];
    const accused = new Set(suspects.map(({ holder }) => holder?.id));
    suspects.push(...this.#swelling(graph).filter(({ holder }) => !accused.has(holder?.id)));
    const told = new Set(suspects.flatMap(({ type, along }) => [type, ...along.map((each) => each.type)]));
    suspects.push(...this.#replaced(graph, told));
    suspects.sort((a, b) => b.bytesPerRun - a.bytesPerRun);
    return { leaks: suspects.length > 0, rounds: [...this.#rounds], suspects };
  }

  get #runs(): number[] {
    return this.#rounds.slice(1).map(({ runs }) => runs);
  }

  /** The round that an object came in; 0: it is older than all. */
  #roundOf(id: number): number {
    return this.#lastIds.findIndex((last) => id <= last);
  }

  /** Survivors by the old object they hang on, and by type. */
  #groups(graph: HeapGraph): Group[] {
    const anchors = new Anchors(graph, (n) => this.#roundOf(graph.id(n)) === 0);
    const groups = new Map<string, Group>();
    for (const [type, nodes] of this.#candidates(graph)) {
      for (const { node, round } of nodes) {
        const anchor = anchors.of(node);
        if (anchor === undefined) continue;
        const key = `${anchor.holder ?? anchor.root} ${type}`;
        const group = groups.get(key) ?? newGroup(anchor.holder, type, this.#rounds.length - 1);
        groups.set(key, group);
        group.counts[round - 1] = (group.counts[round - 1] as number) + 1;
        group.bytes += graph.shallowSize(node);
        if (anchor.depth < group.depth) Object.assign(group, { depth: anchor.depth, example: node });
      }
    }
    return [...groups.values()];
  }

  /** Types of which enough of each round have stayed: only for those it matters who holds them. */
  #candidates(graph: HeapGraph): Map<string, { node: number; round: number }[]> {
    const { classes, classOf } = graph.classes;
    const found = new Map<string, { node: number; round: number }[]>();
    const [first = 0] = this.#lastIds;
    for (let n = 0; n < graph.nodeCount; n++) {
      const id = graph.id(n);
      if (id <= first || isNativeId(id) || graph.shallowSize(n) === 0 || graph.heldByDebuggers.has(n)) continue;
      const type = (classes[classOf[n] as number] as { name: string }).name;
      if (isInternalType(type) || type === BACKING_STORE) continue;
      const nodes = found.get(type) ?? [];
      found.set(type, nodes);
      nodes.push({ node: n, round: this.#roundOf(id) });
    }
    for (const [type, nodes] of found) {
      const counts = new Array<number>(this.#rounds.length - 1).fill(0);
      for (const { round } of nodes) counts[round - 1] = (counts[round - 1] as number) + 1;
      if (!counts.every((count, i) => count >= LEAST_RATE * SLACK * (this.#runs[i] as number))) found.delete(type);
    }
    return found;
  }

  #holdersThatGain(graph: HeapGraph, groups: readonly Group[]): RunSuspect[] {
    const gaining = groups.filter(({ counts }) => growsWithRuns(counts, this.#runs));
    return [...byKey(gaining, ({ holder }) => String(holder))].map((of) => this.#suspect(graph, of, 1));
  }

  /** A map per tenant gains one entry now and then; all of them together gain with every run. */
  #kindsThatGain(graph: HeapGraph, groups: readonly Group[]): RunSuspect[] {
    const accused = new Set(groups.filter(({ counts }) => growsWithRuns(counts, this.#runs)).map(({ holder }) => holder));
    const rest = groups.filter(({ holder }) => holder !== undefined && !accused.has(holder));
    const kinds = byKey(rest, ({ holder, type }) => `${graph.className(holder as number)} ${type}`);
    const gaining = kinds.flatMap((of): { group: Group; alike: number }[] => {
      const group = {
        ...(of[0] as Group),
        counts: of.map(({ counts }) => counts).reduce(sumOf),
        bytes: of.reduce((a, { bytes }) => a + bytes, 0),
      };
      return of.length > 1 && growsWithRuns(group.counts, this.#runs) ? [{ group, alike: of.length }] : [];
    });
    return byKey(gaining, ({ group }) => graph.className(group.holder as number)).map((of) =>
      this.#suspect(
        graph,
        of.map(({ group }) => group),
        Math.max(...of.map(({ alike }) => alike)),
      ),
    );
  }

  #suspect(graph: HeapGraph, groups: readonly Group[], alike: number): RunSuspect {
    const runs = this.#runs.reduce((a, b) => a + b, 0);
    const sorted = [...groups].sort(
      (a, b) => Number(isValueType(a.type)) - Number(isValueType(b.type)) || a.depth - b.depth || sum(b.counts) - sum(a.counts),
    );
    const staying = sorted.map(({ type, counts }): Staying => ({ type, series: counts, perRun: rateOf(counts, this.#runs) }));
    const [main, ...along] = staying as [Staying, ...Staying[]];
    const { holder, example } = sorted[0] as Group;
    return {
      ...main,
      measure: "objects",
      bytesPerRun: groups.reduce((all, { bytes }) => all + bytes, 0) / runs,
      along,
      holder: holder === undefined ? undefined : glance(graph, holder),
      alike,
      example: glance(graph, example),
      path: retainingPaths(graph, example).paths[0],
    };
  }

  /** Old objects that get bigger and bigger: an array of numbers, a Map of numbers to numbers. */
  #swelling(graph: HeapGraph): RunSuspect[] {
    const [first = 0] = this.#lastIds;
    const found: RunSuspect[] = [];
    for (const [id, size] of this.#sizes.at(-1) ?? []) {
      if (id > first) continue;
      const series = this.#sizes.map((sizes) => sizes.get(id) ?? 0);
      if (!swells(series, this.#runs)) continue;
      const node = graph.byId(id);
      if (node === undefined || isInternalType(graph.className(node)) || !graph.rootPaths.reaches(node)) continue;
      const perRun = (size - (series[0] as number)) / sum(this.#runs);
      const example = glance(graph, node);
      found.push({
        measure: "bytes",
        type: graph.className(node),
        series,
        perRun,
        bytesPerRun: perRun,
        along: [],
        holder: example,
        alike: 1,
        example,
        path: retainingPaths(graph, node).paths[0],
      });
    }
    return found;
  }

  /** Texts and buffers of which there are no more than before, but bigger ones each time: `text += line`, `Buffer.concat`. */
  #replaced(graph: HeapGraph, told: ReadonlySet<string>): RunSuspect[] {
    const found: RunSuspect[] = [];
    for (const type of this.#values.at(-1)?.keys() ?? []) {
      if (told.has(type)) continue;
      const series = this.#values.map((values) => values.get(type) ?? 0);
      const gains = series.slice(1).map((bytes, i) => bytes - (series[i] as number));
      const perRun = rateOf(gains, this.#runs);
      if (perRun < LEAST_VALUE_GAIN || !growsWithRuns(gains, this.#runs)) continue;
      const node = this.#biggestNew(graph, type);
      if (node === undefined) continue;
      const example = glance(graph, node);
      const path = retainingPaths(graph, node).paths[0];
      found.push({
        measure: "bytes",
        type: graph.className(node),
        series,
        perRun,
        bytesPerRun: perRun,
        along: [],
        holder: undefined,
        alike: 1,
        example,
        path,
      });
    }
    return found;
  }

  /** The biggest object of a type that came with the last round; for a backing store, the object that a program can name. */
  #biggestNew(graph: HeapGraph, type: string): number | undefined {
    const { classes, classOf } = graph.classes;
    const before = this.#lastIds.at(-2) ?? 0;
    let biggest: number | undefined;
    for (let n = 0; n < graph.nodeCount; n++) {
      if ((classes[classOf[n] as number] as { name: string }).name !== type || !graph.rootPaths.reaches(n)) continue;
      if (!isNativeId(graph.id(n)) && graph.id(n) <= before) continue;
      if (biggest === undefined || graph.shallowSize(n) > graph.shallowSize(biggest)) biggest = n;
    }
    while (biggest !== undefined && isPart(graph.className(biggest))) biggest = graph.rootPaths.before(biggest)?.node;
    return biggest;
  }
}

function newGroup(holder: number | undefined, type: string, rounds: number): Group {
  return { holder, type, counts: new Array<number>(rounds).fill(0), bytes: 0, depth: Number.POSITIVE_INFINITY, example: 0 };
}

function byKey<T>(values: readonly T[], keyOf: (value: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value)) ?? [];
    groups.set(keyOf(value), group);
    group.push(value);
  }
  return [...groups.values()];
}

/** Nothing that a program can name. */
function isPart(type: string): boolean {
  return isInternalType(type) || type === BACKING_STORE || type === "ArrayBuffer";
}

/** Rows of the tables whose objects are mostly bytes, by the type of node. */
const VALUES: Readonly<Record<number, string>> = { [NodeType.string]: "(string)", [NodeType.bigint]: "(bigint)" };

/** Position of the name among the strings; -1 where no buffer is there. */
function backingStoreName(graph: HeapGraph): number {
  const { nodeName, nodeCount } = { nodeName: graph.columns.nodeName, nodeCount: graph.nodeCount };
  for (let n = 0; n < nodeCount; n++)
    if (graph.columns.nodeType[n] === NodeType.native && graph.name(n) === BACKING_STORE) return nodeName[n] as number;
  return -1;
}

const sumOf = (a: readonly number[], b: readonly number[]): number[] => a.map((value, i) => value + (b[i] as number));

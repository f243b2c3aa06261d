// What a check may demand of a program beside "no leak": that a type, or the heap, gains no more than so much from the first
// round to the last.

import { badAssertion } from "../errors.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import { nodesOfType } from "./objects.ts";

export type Assertion =
  | { readonly kind: "growth"; readonly text: string; readonly type: string; readonly most: number }
  | { readonly kind: "heap"; readonly text: string; readonly most: number; readonly unit: "share" | "bytes" };

/** An assertion that was looked at. */
export interface Asserted {
  /** As it was asked: `growth Session <= 10`, `heap +5%`. */
  readonly assertion: string;
  readonly passed: boolean;
  /** Objects of the type, or bytes of the reachable heap, after each round. */
  readonly series: readonly number[];
  /** From the first round to the last: objects or bytes. */
  readonly delta: number;
  /** What the delta may be. */
  readonly most: number;
  readonly unit: "objects" | "bytes";
  /** Whether there was anything to count in any round: a name may be mistyped. */
  readonly seen: boolean;
}

/** `Session <= 10`: the type as the tables name it. @throws LeakhuntError `USAGE`. */
export function parseGrowth(text: string): Assertion {
  const parts = /^\s*(\S.*?)\s*<=\s*(\d[\d,_]*)\s*$/.exec(text);
  if (!parts)
    throw badAssertion("--growth", text, "`--growth 'Session <= 10'`: a type as the tables name it, and how many more there may be");
  return {
    kind: "growth",
    text: `growth ${text.trim()}`,
    type: parts[1] as string,
    most: Number((parts[2] as string).replace(/[,_]/g, "")),
  };
}

const UNITS: Readonly<Record<string, number>> = { B: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9 };

/** `+5%`, `+2MB`. @throws LeakhuntError `USAGE`. */
export function parseHeap(text: string): Assertion {
  const parts = /^\s*\+?(\d+(?:\.\d+)?)\s*(%|B|kB|KB|MB|GB)\s*$/.exec(text);
  if (!parts) throw badAssertion("--heap", text, "`--heap +5%` or `--heap +2MB`: what the reachable heap may gain");
  const value = Number(parts[1]);
  const shown = `heap ${text.trim()}`;
  if (parts[2] === "%") return { kind: "heap", text: shown, most: value / 100, unit: "share" };
  return { kind: "heap", text: shown, most: value * (UNITS[parts[2] as string] as number), unit: "bytes" };
}

/** What the assertions are about, counted round by round; no heap is kept. */
export class Tally {
  readonly #assertions: readonly Assertion[];
  readonly #series: number[][];

  constructor(assertions: readonly Assertion[]) {
    this.#assertions = assertions;
    this.#series = assertions.map(() => []);
  }

  get rounds(): number {
    return this.#series[0]?.length ?? 0;
  }

  add(graph: HeapGraph): void {
    this.#assertions.forEach((assertion, i) => {
      const { heldByDebuggers } = graph;
      const value =
        assertion.kind === "heap" ? graph.totalSize : nodesOfType(graph, assertion.type).filter((n) => !heldByDebuggers.has(n)).length;
      (this.#series[i] as number[]).push(value);
    });
  }

  /** Needs two rounds. */
  judge(): Asserted[] {
    return this.#assertions.map((assertion, i): Asserted => {
      const series = this.#series[i] as number[];
      const first = series[0] ?? 0;
      const delta = (series.at(-1) ?? 0) - first;
      const most = assertion.kind === "heap" && assertion.unit === "share" ? first * assertion.most : assertion.most;
      const unit = assertion.kind === "heap" ? "bytes" : "objects";
      return { assertion: assertion.text, passed: delta <= most, series, delta, most, unit, seen: series.some((value) => value > 0) };
    });
  }
}

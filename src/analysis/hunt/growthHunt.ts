// A hunt, round by round: heaps in, after each of them a judgement out. It knows when the evidence is clear and when more
// rounds would tell more; taking them is somebody else's business.

import type { HeapGraph } from "../../graph/heapGraph.ts";
import { type Bound, boundAbove } from "./bounds.ts";
import { type Candidate, type Candidates, findCandidates } from "./candidates.ts";
import { type Cause, findCauses } from "./causes.ts";
import { GrowthRounds, type LastHeap, type RoundFacts } from "./growthRounds.ts";
import type { Cleared, HuntVerdict } from "./result.ts";
import { clearedOf, describeCause, describeCleared, type Finding } from "./suspects.ts";

/** What the rounds so far come to. */
export interface Decision {
  readonly verdict: HuntVerdict;
  /** Whether more rounds are unlikely to change it. */
  readonly settled: boolean;
  /** Why it is settled, or what is still open. */
  readonly because: string;
}

/** What the rounds so far say. */
export interface Judgement extends Decision {
  readonly findings: readonly Finding[];
  readonly cleared: readonly Cleared[];
  /** Bytes that the reachable heap gained from the first round to the last. */
  readonly heapDelta: number;
}

/** From this many rounds on growth in every window is no accident, and periods up to three windows have shown. */
export const ROUNDS_TO_SETTLE = 4;
/** Fewer rounds cannot tell growth from a difference. */
export const ROUNDS_TO_JUDGE = 3;

const SUSPECTS = 6;
const CLEARED = 8;
/** What may grow below these is no reason to go on looking. */
const OPEN_BYTES = 8 * 1024;
const OPEN_SHARE = 0.1;

export class GrowthHunt {
  readonly #rounds: GrowthRounds = new GrowthRounds();
  #evidence: Evidence | undefined;

  get rounds(): number {
    return this.#rounds.count;
  }

  /** Adds a heap; only this one is kept. */
  add(graph: HeapGraph, facts: RoundFacts): void {
    this.#rounds.add(graph, facts);
    this.#evidence = undefined;
  }

  /** Lets go of the last heap, so that there is room for the next. Judging needs the next one first. */
  rest(): void {
    this.#rounds.rest();
    this.#evidence = undefined;
  }

  /** Takes the heap of the last round back after `rest`, to judge once more. */
  restore(graph: HeapGraph): void {
    this.#rounds.restore(graph);
    this.#evidence = undefined;
  }

  /** Native memory by the names that V8 knows, and what each gained since the first round. Bytes. */
  natives(): { readonly name: string; readonly bytes: number; readonly delta: number }[] {
    return this.#rounds.natives();
  }

  /** Of each round: shallow bytes of what is reachable, and objects that a program can name. */
  heaps(): readonly { readonly bytes: number; readonly objects: number }[] {
    return this.#rounds.heap();
  }

  /** Whether the evidence is clear by now: what `judge` finds, without its words. Below three rounds it never is. */
  decide(): Decision {
    return this.#decideOnce().decision;
  }

  /** Judges the rounds so far: "undecided" below three. */
  judge(): Judgement {
    const rounds = this.#rounds;
    const { decision, found, last, causes, filling, open, heapDelta } = this.#decideOnce();
    if (!last || !found) return { ...decision, findings: [], cleared: [], heapDelta };
    const findings = causes.slice(0, SUSPECTS).map((cause, i) => describeCause(rounds, last, cause, i + 1, heapDelta));
    const cleared = [
      ...filling.map(({ cause, bound }) => fillingUp(last, cause, bound)),
      ...open.slice(0, CLEARED).map((candidate): Cleared => ({ ...clearedOf(last, candidate), why: "still open" })),
      ...describeCleared(last, found.cleared, CLEARED),
    ].slice(0, CLEARED);
    return { ...decision, findings, cleared, heapDelta };
  }

  /** Nodes of the last heap that gathered for a suspect of the judgement (by its number) since the first round, ascending. */
  survivors(suspect: number): Uint32Array {
    const { causes, last } = this.#decideOnce();
    const cause = causes[suspect - 1];
    if (!cause || !last) return new Uint32Array(0);
    const { paths } = last;
    const isYoung = this.#rounds.isYoung(last);
    const nodes: number[] = [];
    for (let n = 0; n < paths.length; n++) if (cause.paths.has(paths[n] as number) && isYoung(n)) nodes.push(n);
    return Uint32Array.from(nodes);
  }

  #decideOnce(): Evidence {
    this.#evidence ??= this.#weigh();
    return this.#evidence;
  }

  #weigh(): Evidence {
    const rounds = this.#rounds;
    const heaps = rounds.heap();
    const heapDelta = (heaps.at(-1)?.bytes ?? 0) - (heaps[0]?.bytes ?? 0);
    const nothing = { found: undefined, last: undefined, causes: [], filling: [], open: [], heapDelta };
    if (rounds.count < 2) return { decision: { verdict: "undecided", settled: false, because: "one round shows no growth" }, ...nothing };
    const last = rounds.lastHeap();
    const found = findCandidates(rounds, last);
    const { causes, filling } = this.#sortOut(last, found);
    const open = this.#openOnes(last, found.open, heapDelta);
    const decision = this.#conclude(causes, filling.length, open, last);
    return { decision, found, last, causes, filling, open, heapDelta };
  }

  #conclude(causes: readonly Cause[], filling: number, open: readonly Candidate[], last: LastHeap): Decision {
    const { count } = this.#rounds;
    const [first] = causes;
    if (first) {
      const { grewIn, of } = (first.members[0] as Candidate).trend;
      const every = grewIn === of ? `each of ${of} windows` : `${grewIn} of ${of} windows`;
      const settled = count >= ROUNDS_TO_SETTLE && !open.some((candidate) => this.#weight(last, candidate) > first.bytes);
      return { verdict: "leak", settled, because: `it grew in ${every} between rounds, and what came earlier is still there` };
    }
    if (count < ROUNDS_TO_JUDGE)
      return { verdict: "undecided", settled: false, because: "two rounds cannot tell growth from a difference" };
    const pending = filling + open.length;
    if (pending > 0)
      return { verdict: "undecided", settled: false, because: `${pending} ${pending === 1 ? "place" : "places"} may grow without end` };
    return { verdict: "no leak", settled: count >= ROUNDS_TO_SETTLE, because: "nothing gained in every window and kept it" };
  }

  /** Growing causes, apart from those that are still below a bound of their own. */
  #sortOut(last: LastHeap, found: Candidates): { causes: Cause[]; filling: { cause: Cause; bound: Bound }[] } {
    const causes: Cause[] = [];
    const filling: { cause: Cause; bound: Bound }[] = [];
    for (const cause of findCauses(this.#rounds, last, found.growing)) {
      const bound = this.#boundOf(last, cause);
      if (bound) filling.push({ cause, bound });
      else causes.push(cause);
    }
    return { causes, filling };
  }

  #boundOf(last: LastHeap, cause: Cause): Bound | undefined {
    const [member] = cause.members;
    const node = member ? (last.example[member.path] as number) - 1 : -1;
    if (!member || node < 0 || cause.holder === 0) return undefined;
    const { graph, paths } = last;
    const owners: number[] = [];
    let isHolder = false;
    for (let at = graph.rootPaths.before(node); at && owners.length < OWNERS_ASKED; at = graph.rootPaths.before(at.node)) {
      isHolder ||= paths[at.node] === cause.holder;
      if (isHolder) owners.push(at.node);
    }
    return boundAbove(graph, owners, member.series.at(-1) as number);
  }

  /** Candidates whose growth matters if it goes on. */
  #openOnes(last: LastHeap, open: readonly Candidate[], heapDelta: number): Candidate[] {
    const least = Math.max(OPEN_BYTES, OPEN_SHARE * Math.max(0, heapDelta));
    return open
      .map((candidate) => ({ candidate, weight: this.#weight(last, candidate) }))
      .filter(({ weight }) => weight >= least)
      .sort((a, b) => b.weight - a.weight)
      .map(({ candidate }) => candidate);
  }

  /** Bytes that came on this path and below it since the first round. */
  #weight(last: LastHeap, { path, measure, series }: Candidate): number {
    if (measure === "bytes") return (series.at(-1) as number) - (series[0] as number);
    return this.#rounds.youngBelow(last, path);
  }
}

/** All that a judgement is made of. */
interface Evidence {
  readonly decision: Decision;
  readonly found: Candidates | undefined;
  readonly last: LastHeap | undefined;
  readonly causes: readonly Cause[];
  readonly filling: readonly { readonly cause: Cause; readonly bound: Bound }[];
  /** Candidates that may yet turn out to grow, the heaviest first. */
  readonly open: readonly Candidate[];
  readonly heapDelta: number;
}

const OWNERS_ASKED = 4;

function fillingUp(last: LastHeap, cause: Cause, bound: Bound): Cleared {
  const cleared = clearedOf(last, cause.members[0] as Candidate);
  return { ...cleared, name: `${cleared.name} (${bound.name} ${bound.value})`, why: "fills up" };
}

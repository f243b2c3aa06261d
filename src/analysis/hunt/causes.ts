// From growing paths to causes. A leak of requests makes headers, sockets and strings grow as well, on paths of their own
// where something else reaches them cheaper. Which of two is the cause is tried out: without the objects that gathered
// here, is what gathered there still alive?

import { PathFlag } from "../../graph/pathBook.ts";
import { reachableWithout } from "../../graph/reach.ts";
import type { Candidate } from "./candidates.ts";
import type { GrowthRounds, LastHeap } from "./growthRounds.ts";

/** Growing paths of one holder. */
export interface Cause {
  /** Path of the holder; 0 when a root itself holds what gathers. */
  readonly holder: number;
  readonly members: readonly Candidate[];
  /**
   * Bytes that came since the first round and would go with what gathered. What another holds as well (a Map and the timers of
   * the same requests, a list of sockets and the system) goes with neither: it counts where its own path leads.
   */
  readonly bytes: number;
  /** Growing paths that are its consequence, though not below it. */
  readonly consequences: readonly Candidate[];
  /** Members by path, for whoever asks which cause a path belongs to. */
  readonly paths: ReadonlySet<number>;
  /** Other holders whose tables grow because they hold the same objects. */
  readonly seconds: readonly Candidate[];
}

/** So many groups are tried out, those with the most bytes below them. */
const MOST_TRIED = 12;
/** Objects of a group that are looked at. */
const SAMPLE = 400;
/** Part of them that must go with the other group. */
const DEPENDS = 0.7;

interface Group {
  holder: number;
  members: Candidate[];
  weight: number;
}

interface Tried extends Group {
  bytes: number;
  sample: number[];
  reached: Uint8Array | undefined;
}

/** Causes, the one that keeps most first. */
export function findCauses(rounds: GrowthRounds, last: LastHeap, growing: readonly Candidate[]): Cause[] {
  const groups = groupByHolder(rounds, last, growing);
  const tried = groups.slice(0, MOST_TRIED).map((group) => tryOut(rounds, last, group));
  tried.sort((a, b) => b.bytes - a.bytes || a.holder - b.holder);
  const causes: { group: Tried; consequences: Candidate[]; seconds: Candidate[] }[] = [];
  for (const group of tried) {
    const cause = causes.find((known) => goesWith(group, known.group));
    const twin = cause ? undefined : causes.find((known) => holdsSame(rounds, last, group, known.group));
    if (cause) cause.consequences.push(...group.members);
    else if (twin) twin.seconds.push(...group.members);
    else causes.push({ group, consequences: [], seconds: [] });
  }
  return causes
    .map(({ group, consequences, seconds }) => ({
      holder: group.holder,
      members: group.members,
      bytes: group.bytes,
      consequences,
      seconds,
      paths: new Set(group.members.map(({ path }) => path)),
    }))
    .sort((a, b) => rankOf(b) - rankOf(a) || a.holder - b.holder);
}

/** Of two that weigh about the same, the one in the hands of the program says more than what only a root holds. */
const BY_ROOT_ONLY = 0.8;

function rankOf({ bytes, holder }: Cause): number {
  return bytes * (holder === 0 ? BY_ROOT_ONLY : 1);
}

function groupByHolder(rounds: GrowthRounds, last: LastHeap, growing: readonly Candidate[]): Group[] {
  const { book } = rounds;
  const below = Float64Array.from(last.youngBytes);
  for (let path = book.size - 1; path > 0; path--) {
    const parent = book.parent(path);
    below[parent] = (below[parent] as number) + (below[path] as number);
  }
  const groups = new Map<string, Group>();
  for (const candidate of growing) {
    const { path, measure } = candidate;
    const holder = book.above(path);
    // What a root holds, and what grows in itself, has nothing in common with its neighbours.
    const key = holder === 0 || measure === "bytes" ? `path ${path}` : `holder ${holder}`;
    const weight = below[path] as number;
    const known = groups.get(key);
    if (known) {
      known.members.push(candidate);
      known.weight += weight;
    } else groups.set(key, { holder, members: [candidate], weight });
  }
  return [...groups.values()].sort((a, b) => b.weight - a.weight);
}

function tryOut(rounds: GrowthRounds, last: LastHeap, group: Group): Tried {
  const { graph, paths } = last;
  if (group.members.every(({ measure }) => measure === "bytes")) {
    return { ...group, bytes: gainOf(group.members[0] as Candidate), sample: [], reached: undefined };
  }
  const { cut, all } = cutOf(rounds, last, group.members);
  const reached = reachableWithout(graph, cut);
  let bytes = 0;
  const { nodeSelfSize } = graph.columns;
  for (let n = 0; n < graph.nodeCount; n++) if (reached[n] === 0 && (paths[n] as number) !== 0) bytes += nodeSelfSize[n] as number;
  // Without ages all objects of the path were taken out: only a part of them is new.
  const part = rounds.comparable ? 1 : partOf(group.members);
  const step = Math.max(1, Math.floor(all.length / SAMPLE));
  const kept = Math.max(bytes * part, group.weight);
  return { ...group, bytes: kept + tableGain(rounds, group.holder), sample: all.filter((_, i) => i % step === 0), reached };
}

/** What gathered on these paths since the first round: marked by node, and as a list. */
function cutOf(rounds: GrowthRounds, last: LastHeap, members: readonly Candidate[]): { cut: Uint8Array; all: number[] } {
  const { graph, paths } = last;
  const isMember = memberTest(rounds.book.size, new Set(members.map(({ path }) => path)));
  const cut = new Uint8Array(graph.nodeCount);
  const isYoung = rounds.isYoung(last);
  const all: number[] = [];
  for (let n = 0; n < graph.nodeCount; n++) {
    if (isMember[paths[n] as number] !== 1 || !isYoung(n)) continue;
    cut[n] = 1;
    all.push(n);
  }
  return { cut, all };
}

/** What the holder's own tables and arrays gained: they are there for what gathers in them. */
export function tableGain(rounds: GrowthRounds, holder: number): number {
  if (holder === 0) return 0;
  const { book } = rounds;
  const isTable = new Uint8Array(book.size);
  isTable[holder] = 1;
  let gain = 0;
  for (let path = holder + 1; path < book.size; path++) {
    if (isTable[book.parent(path)] !== 1 || !book.has(path, PathFlag.plumbing) || book.has(path, PathFlag.v8)) continue;
    isTable[path] = 1;
    const bytes = rounds.bytes(path);
    gain += (bytes.at(-1) as number) - (bytes[0] as number);
  }
  return Math.max(0, gain);
}

function memberTest(size: number, members: ReadonlySet<number>): Uint8Array {
  const is = new Uint8Array(size);
  for (const path of members) is[path] = 1;
  return is;
}

function gainOf({ series }: Candidate): number {
  return (series.at(-1) as number) - (series[0] as number);
}

function partOf(members: readonly Candidate[]): number {
  let gained = 0;
  let now = 0;
  for (const member of members) {
    gained += gainOf(member);
    now += member.series.at(-1) as number;
  }
  return now > 0 ? Math.max(0, Math.min(1, gained / now)) : 0;
}

/** Whether most objects of `group` are gone without those of `cause`. */
function goesWith(group: Tried, cause: Tried): boolean {
  const { reached } = cause;
  if (!reached || group.sample.length === 0) return false;
  const gone = group.sample.filter((n) => reached[n] === 0).length;
  return gone >= DEPENDS * group.sample.length;
}

/** Whether something that only gains bytes gains them as a second table of what gathered elsewhere. */
function holdsSame(rounds: GrowthRounds, last: LastHeap, group: Tried, cause: Tried): boolean {
  const [member] = group.members;
  if (member?.measure !== "bytes" || !cause.reached) return false;
  const { graph, paths, example } = last;
  const gathered = new Set(cause.members.map(({ path }) => path));
  const isYoung = rounds.isYoung(last);
  let young = 0;
  let same = 0;
  const at = (example[member.path] as number) > 0 ? (example[member.path] as number) - 1 : paths.indexOf(member.path);
  const look = (n: number, depth: number): void => {
    for (let e = graph.firstEdge(n); e < graph.endEdge(n); e++) {
      const to = graph.edgeTo(e);
      const path = paths[to] as number;
      if (path === 0) continue;
      if (rounds.book.has(path, PathFlag.plumbing)) {
        if (depth < 3 && path !== paths[n]) look(to, depth + 1);
      } else if (isYoung(to)) {
        young++;
        if (gathered.has(path) || cause.reached?.[to] === 0) same++;
      }
    }
  };
  if (at >= 0) look(at, 0);
  return young > 0 && same >= young / 2;
}

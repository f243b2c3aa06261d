// Why is this object alive: retaining paths from a root, and objgraph's chains to or from anything else.

import { describe } from "../graph/describe.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import { foldPath, type Hold, heldBy, holdersOf } from "../graph/holds.ts";
import type { HoldLabel } from "../graph/labels.ts";
import type { RootPath } from "../graph/rootPaths.ts";
import type { RootKind } from "../graph/roots.ts";
import { rankHolders } from "./holders.ts";
import { isProperRoot, type NodePredicate } from "./predicates.ts";
import { glance, type ObjectSummary } from "./summary.ts";

/** One step of a path: the object, and how the one before holds it. */
export interface PathStep {
  readonly label: HoldLabel;
  readonly object: ObjectSummary;
  /** Further alike steps that were folded into this one (a linked list, a chain of scopes). */
  readonly folded: number;
}

export interface RetainingPath {
  readonly root: {
    readonly kind: RootKind | "object";
    /** `globalThis`, `module scope of lib/a.js`, `active timers`, or V8's category. */
    readonly name: string;
    /** Set when the root is an object of the heap itself. */
    readonly object: ObjectSummary | undefined;
  };
  readonly steps: readonly PathStep[];
  /** How many alike holders the last step stands for. */
  readonly alike: number;
}

export interface PathResult {
  readonly target: ObjectSummary;
  readonly paths: readonly RetainingPath[];
  /** "unreachable": only weak edges or debuggers hold it. "not found" and "depth limit" only with a condition. */
  readonly outcome: "found" | "unreachable" | "not found" | "depth limit";
  /** Paths beyond those shown, counting groups of alike holders as one. */
  readonly more: number;
  readonly backPointers: number;
}

export interface PathOptions {
  /** How many paths, each over another holder. Default 1. */
  readonly all?: number | undefined;
  readonly ignore?: NodePredicate | undefined;
}

/** The path a Node developer would name first, then others over other holders. */
export function retainingPaths(graph: HeapGraph, node: number, options: PathOptions = {}): PathResult {
  const { all = 1, ignore } = options;
  const target = glance(graph, node);
  const best = graph.rootPaths.pathTo(node);
  if (!best) return { target, paths: [], outcome: "unreachable", more: 0, backPointers: 0 };
  if (all === 1 && !ignore) {
    return {
      target,
      paths: [pathValue(graph, best, 1)],
      outcome: "found",
      more: Math.max(0, holdersOf(graph, node, 1000).length - 1),
      backPointers: 0,
    };
  }
  const ranked = rankHolders(graph, node, ignore);
  const paths: RetainingPath[] = [];
  if (best.nodes.length === 1) paths.push(pathValue(graph, best, 1));
  for (const group of ranked.groups) {
    if (paths.length >= all) break;
    if (!group.path) continue;
    paths.push(pathValue(graph, group.path, group.alike, { label: group.labels[0] as HoldLabel, node, folded: 0 }));
  }
  // A root can hold an object by plumbing alone, which is no holder to anybody: its path is the only one.
  if (paths.length === 0 && !best.nodes.some((n) => n !== node && ignore?.(graph, n))) paths.push(pathValue(graph, best, 1));
  const more = ranked.groups.length + (best.nodes.length === 1 ? 1 : 0) - paths.length;
  return { target, paths, outcome: paths.length > 0 ? "found" : "not found", more, backPointers: ranked.backPointers };
}

/** A step before it is described: cheap, so that a path of a million nodes costs little until it is folded. */
export interface RawStep {
  readonly label: HoldLabel;
  readonly node: number;
  /** Alike steps folded into this one, besides those still listed. */
  readonly folded: number;
}

/** Turns a path of the graph into the value that is shown. */
export function pathValue(graph: HeapGraph, path: RootPath, alike: number, last?: RawStep): RetainingPath {
  const first = path.nodes[0] as number;
  const steps = rawSteps(graph, path);
  const object = glance(graph, first);
  const told = foldRuns(graph, last ? [...steps, last] : steps).map((step) => stepValue(graph, step));
  if (path.held === undefined) {
    return { root: { kind: path.kind, name: rootName(graph, path), object }, steps: told, alike };
  }
  const held: PathStep = { label: { kind: "root", name: heldText(graph, path) }, object, folded: 0 };
  return { root: { kind: path.kind, name: rootName(graph, path), object: undefined }, steps: [held, ...told], alike };
}

/** Readable steps of a root path, unfolded, without the first node. */
export function rawSteps(graph: HeapGraph, path: RootPath): RawStep[] {
  return foldPath(graph, path.nodes, path.edges).map((hold) => ({ label: hold.label, node: hold.held, folded: 0 }));
}

/** What to call the beginning of a path: the object itself, or the root that holds the first node. */
export function rootName(graph: HeapGraph, path: RootPath): string {
  if (path.kind === "timer") return "active timers";
  if (path.kind === "global") return "globalThis";
  if (path.held === undefined) return describe(graph, path.nodes[0] as number).title;
  return path.kind === "stack" && graph.stackNames.size > 0 ? STACK : (path.category ?? "V8 root");
}

/** What a root of the stack is called once its calls are known. */
export const STACK = "stack";

/** How a root holds the first node of a path; "" for a path that begins at the root itself. */
export function heldText(graph: HeapGraph, path: RootPath): string {
  const { held = "", kind, nodes } = path;
  if (kind === "stack" && graph.stackNames.size > 0) return stackHold(graph, nodes[0] as number) ?? "a running call (until it returns)";
  return /^\d+$/.test(held) ? "handle" : held;
}

/** `local x of handle() (until it returns)`, when a stopped call holds the node itself. */
export function stackHold(graph: HeapGraph, node: number): string | undefined {
  const name = graph.stackNames.get(node);
  return name === undefined ? undefined : `${name} (until it returns)`;
}

function stepValue(graph: HeapGraph, step: RawStep): PathStep {
  return { label: step.label, object: glance(graph, step.node), folded: step.folded };
}

/** Runs of at least this many alike steps are told as first, "n more", last. */
const LONG_RUN = 5;

/** A list of a thousand nodes is one fact, not a thousand lines. */
export function foldRuns(graph: HeapGraph, steps: readonly RawStep[]): RawStep[] {
  const looks = steps.map((step) => lookOf(graph, step));
  const folded: RawStep[] = [];
  let i = 0;
  while (i < steps.length) {
    const { length, times } = repeats(looks, i);
    if (length === 0) {
      folded.push(steps[i] as RawStep);
      i++;
      continue;
    }
    const run = length * times;
    folded.push(...steps.slice(i, i + length));
    folded.push({ ...(steps[i + run - 1] as RawStep), folded: run - length - 1 });
    i += run;
  }
  return folded;
}

/** The shortest pattern of one to three steps that repeats from `at` on, long enough to fold. */
function repeats(looks: readonly string[], at: number): { length: number; times: number } {
  for (let length = 1; length <= 3; length++) {
    let end = at + length;
    while (end < looks.length && looks[end] === looks[end - length]) end++;
    const times = Math.floor((end - at) / length);
    if (times >= 2 && times * length >= LONG_RUN) return { length, times };
  }
  return { length: 0, times: 0 };
}

function lookOf(graph: HeapGraph, { node, label }: RawStep): string {
  return `${graph.type(node)} ${graph.columns.nodeName[node]} ${label.kind} ${"name" in label ? label.name : ""}`;
}

export interface ChainOptions {
  /** Default 20, as objgraph's. */
  readonly maxDepth?: number | undefined;
  readonly ignore?: NodePredicate | undefined;
}

/**
 * objgraph's find_backref_chain and find_ref_chain: a shortest chain from the object, over what holds it
 * (or with `forward` over what it holds), to the first object that meets the condition. The object itself counts.
 */
export function findChain(
  graph: HeapGraph,
  node: number,
  predicate: NodePredicate = isProperRoot,
  forward = false,
  options: ChainOptions = {},
): PathResult {
  const { maxDepth = 20, ignore } = options;
  const target = glance(graph, node);
  const cameFrom = new Map<number, { via: Hold; depth: number }>();
  const queue: { node: number; depth: number }[] = [{ node, depth: 0 }];
  let cut = false;
  for (let head = 0; head < queue.length; head++) {
    const { node: at, depth } = queue[head] as { node: number; depth: number };
    if (predicate(graph, at))
      return { target, paths: [chainValue(graph, node, at, cameFrom, forward)], outcome: "found", more: 0, backPointers: 0 };
    if (depth >= maxDepth) {
      cut = true;
      continue;
    }
    for (const hold of forward ? heldBy(graph, at) : holdersOf(graph, at)) {
      const next = forward ? hold.held : hold.holder;
      if (next === node || cameFrom.has(next) || ignore?.(graph, next)) continue;
      cameFrom.set(next, { via: hold, depth: depth + 1 });
      queue.push({ node: next, depth: depth + 1 });
    }
  }
  // Holders leave out prototypes, but sometimes nothing else leads up: then the root path still does.
  const path = cut || forward ? undefined : chainAlongPath(graph, node, predicate, ignore);
  if (path && path.length <= maxDepth) return { target, paths: [chainOf(graph, path)], outcome: "found", more: 0, backPointers: 0 };
  return { target, paths: [], outcome: cut || path ? "depth limit" : "not found", more: 0, backPointers: 0 };
}

/** The part of the cheapest root path from the nearest node that meets the condition. */
function chainAlongPath(graph: HeapGraph, node: number, predicate: NodePredicate, ignore: NodePredicate | undefined): Hold[] | undefined {
  const path = graph.rootPaths.pathTo(node);
  const from = path ? path.nodes.findLastIndex((n) => predicate(graph, n)) : -1;
  if (!path || from < 0) return undefined;
  const nodes = path.nodes.slice(from);
  if (ignore && nodes.some((n) => n !== node && ignore(graph, n))) return undefined;
  return foldPath(graph, nodes, path.edges.slice(from));
}

function chainValue(graph: HeapGraph, start: number, found: number, cameFrom: Map<number, { via: Hold }>, forward: boolean): RetainingPath {
  const holds: Hold[] = [];
  for (let at = found; at !== start; ) {
    const { via } = cameFrom.get(at) as { via: Hold };
    holds.push(via);
    at = forward ? via.holder : via.held;
  }
  // Always told from the holder down: forward chains begin at the object, backward ones at what was found.
  if (forward) holds.reverse();
  return holds.length === 0 ? objectAlone(graph, start) : chainOf(graph, holds);
}

function objectAlone(graph: HeapGraph, node: number): RetainingPath {
  const object = glance(graph, node);
  return { root: { kind: "object", name: object.title, object }, steps: [], alike: 1 };
}

/** A chain told from its first holder down. */
function chainOf(graph: HeapGraph, holds: readonly Hold[]): RetainingPath {
  const object = glance(graph, (holds[0] as Hold).holder);
  const steps = holds.map((hold): RawStep => ({ label: hold.label, node: hold.held, folded: 0 }));
  const told = foldRuns(graph, steps).map((step) => stepValue(graph, step));
  return { root: { kind: "object", name: object.title, object }, steps: told, alike: 1 };
}

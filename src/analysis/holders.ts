// The holders of one object, put in the order in which a person should hear of them. Real heaps fan in by
// thousands, so alike holders become one, and each group gets one path to a root that avoids the object itself:
// an object reachable only through its own property is a back-pointer, not a reason.

import type { HeapGraph } from "../graph/heapGraph.ts";
import { holdersOf, isPlumbing } from "../graph/holds.ts";
import { NodeType } from "../graph/kinds.ts";
import type { HoldLabel } from "../graph/labels.ts";
import type { RootPath } from "../graph/rootPaths.ts";
import { isDebuggerHandle } from "../graph/roots.ts";
import type { NodePredicate } from "./predicates.ts";

/** Groups smaller than this are shown one by one. */
const GROUP_FROM = 4;
/** Paths are searched for at most this many groups; the rest is only counted. */
const MAX_PATHS = 48;
/** Nodes that are looked at before dominators are asked whether all paths lead through the target. */
const NEAR = 2000;

export interface HolderGroup {
  /** The one that is shown. */
  readonly node: number;
  /** All ways in which it holds the object. */
  readonly labels: readonly HoldLabel[];
  /** How many holders are alike, this one included. */
  readonly alike: number;
  /** Path from a root to `node` that avoids the object; undefined for back-pointers and beyond the search limit. */
  readonly path: RootPath | undefined;
  /** Price of that path; infinite when there is none. */
  readonly cost: number;
}

export interface RankedHolders {
  /** Best reasons first; back-pointers are not among them. */
  readonly groups: readonly HolderGroup[];
  /** Holders reachable only through the object. */
  readonly backPointers: number;
  /** Root categories that hold the object directly, with V8's name of the handle. */
  readonly roots: readonly { readonly category: string; readonly name: string }[];
  /** Distinct holders in all. */
  readonly count: number;
}

/**
 * Ranks the holders of a node: cheapest root path first, then bigger groups.
 * @param skip holders that must not be used (extraIgnore, filter).
 * @param limit looks at no more ways of holding than this, and leaves out holders that only a long search would tell from what
 *   points back at the node.
 */
export function rankHolders(graph: HeapGraph, node: number, skip?: NodePredicate, limit?: number): RankedHolders {
  const merged = new Map<number, HoldLabel[]>();
  for (const hold of holdersOf(graph, node, limit)) {
    if (skip?.(graph, hold.holder)) continue;
    const labels = merged.get(hold.holder);
    if (!labels) merged.set(hold.holder, [hold.label]);
    else if (!labels.some((label) => sameLabel(label, hold.label))) labels.push(hold.label);
  }
  const drafts = group(graph, merged);
  drafts.sort((a, b) => priceOf(graph, a.node) - priceOf(graph, b.node) || b.alike - a.alike || a.node - b.node);
  const avoid = new Set([node]);
  let backPointers = 0;
  const groups: HolderGroup[] = [];
  drafts.forEach((draft, rank) => {
    const path = rank < MAX_PATHS ? pathOf(graph, draft.node, avoid, limit === undefined) : undefined;
    if (!path && rank < MAX_PATHS) {
      backPointers += draft.alike;
      return;
    }
    groups.push({ ...draft, path, cost: path ? costOf(graph, path) : Number.POSITIVE_INFINITY });
  });
  groups.sort((a, b) => a.cost - b.cost || b.alike - a.alike || a.node - b.node);
  return { groups, backPointers, roots: rootHolds(graph, node), count: merged.size };
}

function priceOf(graph: HeapGraph, n: number): number {
  return graph.rootPaths.costOf(n);
}

function pathOf(graph: HeapGraph, n: number, avoid: ReadonlySet<number>, isThorough: boolean): RootPath | undefined {
  const { rootPaths } = graph;
  const [target] = avoid;
  if (!rootPaths.reaches(n)) return undefined;
  if (!rootPaths.passes(n, target as number)) return rootPaths.pathTo(n);
  // What only points back at the target is held by little else, and a search comes to its end. Dominators tell it of everything,
  // but in a big heap they take longer than all the rest.
  const { path, gaveUp } = rootPaths.searchAvoiding(n, avoid, NEAR);
  if (!gaveUp || !isThorough) return path;
  if (graph.dominates(target as number, n)) return undefined;
  return rootPaths.pathAvoiding(n, avoid);
}

function costOf(graph: HeapGraph, path: RootPath): number {
  const { rootPaths } = graph;
  let cost = rootPaths.costOf(path.nodes[0] as number);
  path.edges.forEach((edge, i) => {
    cost += Math.max(0, rootPaths.costs.of(path.nodes[i] as number, edge));
  });
  return cost;
}

interface Draft {
  node: number;
  labels: HoldLabel[];
  alike: number;
}

/**
 * Alike holders become one: first those that hold the object in the same way, then, if that still leaves many of
 * one look, all of that look (objects that keep it under ever new keys).
 */
function group(graph: HeapGraph, merged: Map<number, HoldLabel[]>): Draft[] {
  const singles = [...merged].map(([node, labels]): Draft => ({ node, labels, alike: 1 }));
  const looks = new Map<number, string>(singles.map(({ node }) => [node, `${lookOf(graph, node)}|${onwardOf(graph, node)}`]));
  const byWay = gather(graph, singles, ({ node, labels }) => `${looks.get(node)}|${labels.map(labelKind).join()}`);
  return gather(graph, byWay, ({ node }) => looks.get(node) as string);
}

/** Merges the drafts of one key where there are at least GROUP_FROM of them. */
function gather(graph: HeapGraph, drafts: readonly Draft[], keyOf: (draft: Draft) => string): Draft[] {
  const byKey = new Map<string, Draft[]>();
  for (const draft of drafts) {
    const key = keyOf(draft);
    const known = byKey.get(key);
    if (known) known.push(draft);
    else byKey.set(key, [draft]);
  }
  return [...byKey.values()].flatMap((same) => (same.length < GROUP_FROM ? same : [mergeDrafts(graph, same)]));
}

function mergeDrafts(graph: HeapGraph, same: readonly Draft[]): Draft {
  let best = same[0] as Draft;
  let alike = 0;
  for (const draft of same) {
    alike += draft.alike;
    if (priceOf(graph, draft.node) < priceOf(graph, best.node)) best = draft;
  }
  // What only some of them have says nothing about the group.
  const common = best.labels.filter((label) => same.every(({ labels }) => labels.some((other) => labelKind(other) === labelKind(label))));
  return { node: best.node, labels: common.length > 0 ? common : best.labels, alike };
}

/** Class and place of definition: what makes two objects look alike. */
function lookOf(graph: HeapGraph, n: number): string {
  const type = graph.type(n);
  if (type === NodeType.closure) {
    const at = graph.locationOf(n);
    return `f ${graph.name(n)} ${at?.scriptId}:${at?.line}:${at?.column}`;
  }
  if (graph.scopes.isScope(n)) {
    const { functionName, url, variables } = graph.scopes.facts(n);
    return `s ${functionName} ${url} ${variables.join()}`;
  }
  return `${type} ${graph.className(n)}`;
}

/** The next readable node towards the root. */
function onwardOf(graph: HeapGraph, n: number): number {
  let at = graph.rootPaths.before(n);
  while (at && isPlumbing(graph, at.node)) at = graph.rootPaths.before(at.node);
  return at?.node ?? -1;
}

function labelKind(label: HoldLabel): string {
  return "name" in label ? `${label.kind} ${label.name}` : label.kind;
}

export function sameLabel(a: HoldLabel, b: HoldLabel): boolean {
  return a.kind === b.kind && JSON.stringify(a) === JSON.stringify(b);
}

/** Root categories and native holders right above a node. */
export function rootHolds(graph: HeapGraph, node: number): { category: string; name: string }[] {
  const { columns } = graph;
  const found: { category: string; name: string }[] = [];
  for (const edge of graph.retainingEdges(node)) {
    const from = graph.ownerOf(edge);
    if (columns.nodeType[from] !== NodeType.synthetic || from === 0) continue;
    if (!graph.policy.isEssential(from, edge) || isDebuggerHandle(graph, edge)) continue;
    const category = graph.name(from);
    if (!found.some((hold) => hold.category === category)) found.push({ category, name: graph.edgeName(edge) });
  }
  return found;
}

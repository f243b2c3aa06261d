// Finding objects: by type, by id, and the ones that nothing in JavaScript holds.

import { noSuchObject, noSuchType } from "../errors.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import { type Hold, heldBy, isPlumbing } from "../graph/holds.ts";
import type { NodeIndex } from "../graph/ids.ts";
import { EdgeType, NodeType } from "../graph/kinds.ts";
import type { HoldLabel } from "../graph/labels.ts";
import { PASSING_COST } from "../graph/roots.ts";
import type { NodePredicate } from "./predicates.ts";
import { type SizedSummary, summarize } from "./summary.ts";

/** Nodes of one type, in heap order. Zero-size parts of other objects are not listed. */
export function nodesOfType(graph: HeapGraph, type: string): number[] {
  const { classes, classOf } = graph.classes;
  const wanted = new Set<number>();
  classes.forEach((c, i) => {
    if (c.name === type) wanted.add(i);
  });
  const sizes = graph.shallowSizes;
  const found: number[] = [];
  if (wanted.size === 0) return found;
  for (let n = 0; n < graph.nodeCount; n++) if (wanted.has(classOf[n] as number) && (sizes[n] as number) > 0) found.push(n);
  return found;
}

/**
 * objgraph's `count`.
 * @throws LeakhuntError `NO_SUCH_TYPE` naming close types when there is none of that name.
 */
export function countType(graph: HeapGraph, type: string): { type: string; count: number; shallow: number } {
  const nodes = nodesOfType(graph, type);
  if (nodes.length === 0) throw noSuchType(type, closeTypes(graph, type));
  let shallow = 0;
  for (const n of nodes) shallow += graph.shallowSize(n);
  return { type, count: nodes.length, shallow };
}

export interface ListOptions {
  /** Objects; 0 for all. Default 10. */
  readonly limit?: number | undefined;
  readonly sort?: "newest" | "oldest" | "shallow" | "retained" | undefined;
  readonly filter?: NodePredicate | undefined;
  /** Ids of earlier snapshots of the same epoch, oldest first: tells since when an object has been there. */
  readonly earlier?: readonly { readonly label: string; has(id: number): boolean }[] | undefined;
}

export interface ListedObject extends SizedSummary {
  /** Label of the first snapshot that has it; undefined when it is only in this one, or nothing is known. */
  readonly since: string | undefined;
}

export interface ListResult {
  readonly type: string;
  readonly count: number;
  readonly objects: readonly ListedObject[];
  readonly omitted: number;
}

/** objgraph's `by_type`, with previews. Newest first, by object id, unless told otherwise. */
export function listType(graph: HeapGraph, type: string, options: ListOptions = {}): ListResult {
  const { limit = 10, sort = "newest", filter, earlier = [] } = options;
  const all = nodesOfType(graph, type);
  if (all.length === 0) throw noSuchType(type, closeTypes(graph, type));
  const nodes = filter ? all.filter((n) => filter(graph, n)) : all;
  const key: Readonly<Record<string, (n: number) => number>> = {
    newest: (n) => graph.id(n),
    oldest: (n) => -graph.id(n),
    shallow: (n) => graph.shallowSize(n),
    retained: (n) => graph.retainedSize(n),
  };
  const by = key[sort] as (n: number) => number;
  nodes.sort((a, b) => by(b) - by(a));
  const shown = limit === 0 ? nodes : nodes.slice(0, limit);
  return {
    type,
    count: nodes.length,
    omitted: nodes.length - shown.length,
    objects: shown.map((n) => ({
      ...summarize(graph, n),
      since: earlier.find((snapshot) => snapshot.has(graph.id(n)))?.label,
    })),
  };
}

/** Types a user may have meant: those that contain the word, or are a slip or two away from it. */
function closeTypes(graph: HeapGraph, type: string): string[] {
  const wanted = type.toLowerCase();
  const names = new Set(graph.classes.classes.map((c) => c.name));
  const near = (name: string): boolean => {
    const lower = name.toLowerCase();
    return lower.includes(wanted) || (name.length > 3 && wanted.includes(lower)) || slips(lower, wanted) <= (wanted.length > 4 ? 2 : 1);
  };
  return [...names]
    .filter(near)
    .sort((a, b) => slips(a.toLowerCase(), wanted) - slips(b.toLowerCase(), wanted) || a.length - b.length)
    .slice(0, 3);
}

/** Letters to add, drop or change to get from one word to the other (Levenshtein); long words are not compared. */
function slips(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2 || b.length > 40) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/**
 * The node with this id.
 * @throws LeakhuntError `NO_SUCH_OBJECT`.
 */
export function nodeById(graph: HeapGraph, id: number, where: string): NodeIndex {
  const node = graph.byId(id);
  if (node === undefined) throw noSuchObject(id, where);
  return node;
}

/** Of this many newest objects the typical one is chosen. */
const NEWEST = 256;

/**
 * The object of a type that best stands for what is happening now: of the objects that are held alike, the newest
 * of the biggest group. The very newest alone may be a bystander, such as one more bound function.
 * @param before an older snapshot of another epoch. Ids tell no age across epochs, so the group is then the one
 *   that gained most since; without it, the biggest among the newest objects by id.
 */
export function typicalOfType(graph: HeapGraph, type: string, before?: HeapGraph): NodeIndex | undefined {
  const nodes = nodesOfType(graph, type).sort((a, b) => graph.id(b) - graph.id(a));
  const candidates = nodes.filter((n) => !isPrototype(graph, n) && graph.rootPaths.costOf(n) < PASSING_COST);
  const groups = new Map<string, number[]>();
  for (const n of before ? candidates : candidates.slice(0, NEWEST)) {
    const look = heldLook(graph, n);
    const group = groups.get(look);
    if (group) group.push(n);
    else groups.set(look, [n]);
  }
  const had = new Map<string, number>();
  for (const n of before ? nodesOfType(before, type) : []) {
    const look = heldLook(before as HeapGraph, n);
    had.set(look, (had.get(look) ?? 0) + 1);
  }
  let best: number[] = [];
  let most = 0;
  for (const [look, group] of groups) {
    const gained = group.length - (had.get(look) ?? 0);
    if (gained > most) {
      most = gained;
      best = group;
    }
  }
  return (best[0] ?? candidates[0] ?? nodes[0]) as NodeIndex | undefined;
}

/** Where the object was defined and the last three steps of its path, without indices. */
function heldLook(graph: HeapGraph, n: number): string {
  const at = graph.locationOf(n);
  // Script numbers stay the same while a process lives, so looks compare across epochs.
  const parts = [graph.name(n), at ? `${at.scriptId}:${at.line}:${at.column}` : ""];
  let step = graph.rootPaths.before(n);
  for (let i = 0; step && i < 3; i++) {
    const edge = graph.edgeType(step.edge);
    parts.push(edge === EdgeType.property || edge === EdgeType.context ? graph.edgeName(step.edge) : String(edge), graph.name(step.node));
    step = graph.rootPaths.before(step.node);
  }
  return parts.join("|");
}

/** `Session.prototype` is counted under `Session`, but nobody means it. */
function isPrototype(graph: HeapGraph, n: number): boolean {
  return graph.type(n) === NodeType.object && graph.edgeNamed(n, "constructor") !== undefined;
}

export interface ShownPart {
  readonly label: HoldLabel;
  readonly value: SizedSummary;
}

export interface ShownObject extends SizedSummary {
  /** Type of the node as V8 names it. */
  readonly nodeType: string;
  readonly rawSize: number;
  /** Id of the immediate dominator: dropping that object would free this one. */
  readonly dominatedBy: SizedSummary | undefined;
  /** What it holds: properties, elements, entries, variables. */
  readonly parts: readonly ShownPart[];
  /** Parts beyond `limit`. */
  readonly moreParts: number;
  /** Number of strong holders. */
  readonly holders: number;
  /** Whole text of a string. */
  readonly text: string | undefined;
}

/** objgraph's `at`: one object with all that the snapshot says. `limit` bounds the parts (0: all). */
export function showObject(graph: HeapGraph, n: number, limit = 20): ShownObject {
  const isString = graph.isPrimitive(n);
  const parts: Hold[] = isString ? [] : heldBy(graph, n);
  const shown = limit === 0 ? parts : parts.slice(0, limit);
  let dominator = graph.dominator(n);
  while (dominator !== 0 && isPlumbing(graph, dominator)) dominator = graph.dominator(dominator);
  return {
    ...summarize(graph, n),
    nodeType: graph.typeName(n),
    rawSize: graph.rawSize(n),
    dominatedBy: dominator === 0 ? undefined : summarize(graph, dominator),
    parts: shown.map((hold) => ({ label: hold.label, value: summarize(graph, hold.held) })),
    moreParts: parts.length - shown.length,
    holders: strongHolders(graph, n),
    text: isString ? graph.text(n, 4096) : undefined,
  };
}

/** Number of nodes with a strong edge to n. */
export function strongHolders(graph: HeapGraph, n: number): number {
  const { costs } = graph.rootPaths;
  const holders = new Set<number>();
  for (const edge of graph.retainingEdges(n)) {
    const from = graph.ownerOf(edge);
    if (costs.of(from, edge) >= 0 && !graph.heldByDebuggers.has(from)) holders.add(from);
  }
  return holders.size;
}

export interface LeakingResult {
  readonly objects: readonly (SizedSummary & { readonly heldBy: string })[];
  readonly byType: readonly { readonly type: string; readonly count: number; readonly shallow: number }[];
  readonly omitted: number;
}

/**
 * objgraph's `get_leaking_objects`, for V8: objects that no other object refers to, only native handles (a
 * `napi_ref` or persistent handle that was never reset) or weak edges.
 */
export function leakingObjects(graph: HeapGraph, limit = 20): LeakingResult {
  const { columns } = graph;
  void graph.retainers; // nearly every object is asked for its own
  const found: { node: number; heldBy: string }[] = [];
  for (let n = 1; n < graph.nodeCount; n++) {
    const type = columns.nodeType[n];
    if (type !== NodeType.object && type !== NodeType.closure && type !== NodeType.regexp) continue;
    if (graph.scopes.isScope(n)) continue;
    const held = nativeHolders(graph, n);
    if (held !== undefined) found.push({ node: n, heldBy: held });
  }
  found.sort((a, b) => graph.retainedSize(b.node) - graph.retainedSize(a.node) || a.node - b.node);
  const byType = new Map<string, { type: string; count: number; shallow: number }>();
  for (const { node } of found) {
    const type = graph.className(node);
    const row = byType.get(type) ?? { type, count: 0, shallow: 0 };
    row.count++;
    row.shallow += graph.shallowSize(node);
    byType.set(type, row);
  }
  const shown = limit === 0 ? found : found.slice(0, limit);
  return {
    objects: shown.map(({ node, heldBy }) => ({ ...summarize(graph, node), heldBy })),
    byType: [...byType.values()].sort((a, b) => b.count - a.count),
    omitted: found.length - shown.length,
  };
}

const HANDLE_CATEGORY = /^\((Global|Eternal|Traced) handles\)$|^C\+\+|^Node \/ Environment$/;

/** Names of the native holders when nothing else holds n; undefined when JavaScript does. */
function nativeHolders(graph: HeapGraph, n: number): string | undefined {
  const { columns } = graph;
  const names = new Set<string>();
  let weak = false;
  for (const edge of graph.retainingEdges(n)) {
    const from = graph.ownerOf(edge);
    if (!graph.policy.isEssential(from, edge)) {
      weak ||= graph.edgeType(edge) === EdgeType.weak;
      continue;
    }
    const type = columns.nodeType[from];
    if (type === NodeType.synthetic && HANDLE_CATEGORY.test(graph.name(from))) names.add(graph.name(from));
    else if (type === NodeType.native) names.add(graph.name(from));
    else return undefined;
  }
  if (names.size > 0) return [...names].join(", ");
  return weak ? "weak edges only" : undefined;
}

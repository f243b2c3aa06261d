// A cause as a person wants to read it: what gathers, in whose hands, since when, and where in the source.

import { createHash } from "node:crypto";
import { isScopeWord, SYMBOL_REGISTRY } from "../../graph/abstractPaths.ts";
import { describe, placeText } from "../../graph/describe.ts";
import type { HeapGraph } from "../../graph/heapGraph.ts";
import { foldPath, holdersOf } from "../../graph/holds.ts";
import { NodeType } from "../../graph/kinds.ts";
import { PathFlag } from "../../graph/pathBook.ts";
import type { RootPath } from "../../graph/rootPaths.ts";
import { isBuiltinScript } from "../../graph/scripts.ts";
import { pathValue } from "../paths.ts";
import { glance } from "../summary.ts";
import type { Candidate } from "./candidates.ts";
import { type Cause, tableGain } from "./causes.ts";
import type { GrowthRounds, LastHeap } from "./growthRounds.ts";
import { holderName, kindOf, packageOf, placesAlong } from "./naming.ts";
import type { Cleared, GrowingType, Holder, Place, Suspect } from "./result.ts";

/** A suspect before the words for people, and what only a live hunt knows. */
export type Finding = Omit<Suspect, "advice" | "picture" | "allocatedAt" | "objectsPerRun">;

/** Types listed with a suspect. */
const TYPES = 8;
/** A type belongs to what gathers when it gained this part of what the direct one gained. */
const SAME_PACE = 0.6;
/** A class of the program may have several of Node's objects each: both ends of a channel. */
const PROGRAMS_PACE = 0.2;

interface GrownPath {
  readonly path: number;
  readonly depth: number;
  readonly delta: number;
  readonly bytesDelta: number;
  readonly count: number;
  readonly node: number | undefined;
  readonly direct: boolean;
}

/** Puts a cause into words. `heapDelta` is what the heap gained in all. */
export function describeCause(rounds: GrowthRounds, last: LastHeap, cause: Cause, number: number, heapDelta: number): Finding {
  const { graph } = last;
  const grown = grownPaths(rounds, last, cause);
  const main = cause.members.reduce((a, b) => (weightOf(b) > weightOf(a) ? b : a));
  const direct = grown.find(({ path }) => path === main.path);
  const telling = tellingOf(last, grown, direct);
  const node = telling?.node ?? direct?.node ?? nodeOn(last, main.path);
  const directNode = direct?.node ?? nodeOn(last, main.path);
  const heavy = node === undefined || rankOf(last, node) <= PROGRAMS_OWN ? undefined : heaviestOf(rounds, grown, direct, cause);
  const shown = heavy?.node ?? node;
  const rootPath = shown === undefined ? undefined : graph.rootPaths.pathTo(shown);
  const seen = seriesOf(rounds, main, telling);
  const seconds = rounds.seconds();
  const span = seconds ? (seconds.at(-1) as number) - (seconds[0] as number) : 0;
  const objects = (seen.at(-1) as number) - (seen[0] as number);
  const holder = holderOf(last, cause.holder, directNode);
  const label = directNode === undefined ? undefined : lastLabel(last, directNode);
  const { book } = rounds;
  const kind = kindOf({
    label,
    rootKind: rootPath?.kind,
    isStart: cause.holder === 0,
    measure: main.measure,
    className: book.words.word(book.type(main.path)),
    recursive: repeats(rounds, cause),
    throughScope: grown.some(({ path }) => isScopeWord(book.words.word(book.type(path))) && isAbove(rounds, main.path, path)),
    dictionary: label?.kind === "property",
  });
  return {
    number,
    fingerprint: createHash("sha1").update(book.text(main.path)).digest("hex").slice(0, 12),
    kind,
    type: node === undefined ? book.words.word(book.type(main.path)) : typeName(graph, node),
    location: node === undefined ? undefined : placeText(graph, node),
    place: node === undefined ? undefined : graph.scripts.placeOf(node),
    measure: main.measure,
    series: seen,
    grewIn: main.trend.grewIn,
    of: main.trend.of,
    objects: main.measure === "objects" ? objects : 0,
    bytes: Math.round(cause.bytes),
    objectsPerSecond: main.measure === "objects" && span > 0 ? objects / span : undefined,
    bytesPerSecond: span > 0 ? cause.bytes / span : undefined,
    share: heapDelta > 0 ? Math.min(1, cause.bytes / heapDelta) : 0,
    holder,
    gathers: gathersOf(last, grown),
    path: rootPath && pathValue(graph, rootPath, 1),
    example: shown === undefined ? undefined : glance(graph, shown),
    alsoHeldBy: [...secondHolders(rounds, last, cause, directNode), ...cause.seconds.map(({ path }) => secondName(last, path))].slice(0, 4),
    where: rootPath ? withHolder(placesAlong(graph, rootPath), holder) : [],
  };
}

/** What looked like growth and is not accused, biggest change first. */
export function describeCleared(last: LastHeap, candidates: readonly Candidate[], limit: number): Cleared[] {
  const change = ({ series, measure }: Candidate): number =>
    (Math.max(...series) - Math.min(...series)) * (measure === "bytes" ? 1 / 64 : 1);
  const told: Cleared[] = [];
  for (const candidate of [...candidates].sort((a, b) => change(b) - change(a)).slice(0, MOST_TOLD)) {
    if (told.length === limit) break;
    if (isProgrammed(last, candidate.path)) told.push(clearedOf(last, candidate));
  }
  return told;
}

const MOST_TOLD = 100;

/** Whether code of the program or of a package is on the way: what Node does in its own rooms is no news. */
function isProgrammed(last: LastHeap, path: number): boolean {
  const node = nodeOn(last, path);
  const root = node === undefined ? undefined : last.graph.rootPaths.pathTo(node);
  return root !== undefined && placesAlong(last.graph, root).length > 0;
}

export function clearedOf(last: LastHeap, { path, series, trend }: Candidate): Cleared {
  const { graph } = last;
  const node = nodeOn(last, path);
  const why = trend.kind === "grows" ? "steady" : trend.kind;
  if (node === undefined) return { name: "something that is gone", type: "", series, why };
  return { name: ownName(last, node), type: graph.className(node), series, why };
}

/** Functions, calls that wait and scopes are told by their names: that they are functions says nothing. */
function typeName(graph: HeapGraph, node: number): string {
  const { kind, title } = describe(graph, node);
  return kind === "function" || graph.type(node) === NodeType.closure || graph.scopes.isScope(node) ? title : graph.className(node);
}

function ownName(last: LastHeap, node: number): string {
  const { graph } = last;
  const path = graph.rootPaths.pathTo(node);
  return path ? holderName(graph, path, foldPath(graph, path.nodes, path.edges)) : graph.className(node);
}

function weightOf({ series, measure }: Candidate): number {
  return ((series.at(-1) as number) - (series[0] as number)) * (measure === "bytes" ? 1 / 64 : 1);
}

/** All paths of a cause, and those below them, that gained objects. */
function grownPaths(rounds: GrowthRounds, last: LastHeap, cause: Cause): GrownPath[] {
  const { book } = rounds;
  const consequences = new Set(cause.consequences.map(({ path }) => path));
  const depth = new Uint8Array(book.size);
  const grown: GrownPath[] = [];
  for (let path = 1; path < book.size; path++) {
    const direct = cause.paths.has(path);
    const above = depth[book.parent(path)] as number;
    depth[path] = direct ? 1 : above > 0 ? Math.min(250, above + 1) : consequences.has(path) ? 100 : 0;
    if (depth[path] === 0 || book.has(path, PathFlag.plumbing | PathFlag.v8)) continue;
    const { first, last: now } = rounds.ends(path);
    if (now - first <= 0 && !direct) continue;
    const bytes = rounds.bytes(path);
    grown.push({
      path,
      depth: depth[path] as number,
      delta: now - first,
      bytesDelta: (bytes.at(-1) as number) - (bytes[0] as number),
      count: now,
      node: nodeOn(last, path),
      direct,
    });
  }
  return grown;
}

/** An object on the path: one that gathered, where there is one. */
function nodeOn(last: LastHeap, path: number): number | undefined {
  const known = last.example[path] as number;
  if (known > 0) return known - 1;
  const any = last.paths.indexOf(path);
  return any < 0 ? undefined : any;
}

/**
 * The type that says most about what gathers: the program's own class before a package's, before Node's and V8's; the
 * direct one before what it keeps.
 */
function tellingOf(last: LastHeap, grown: readonly GrownPath[], direct: GrownPath | undefined): GrownPath | undefined {
  if (!direct || direct.node === undefined) return direct;
  let best = direct;
  let bestRank = rankOf(last, direct.node, true);
  for (const candidate of grown) {
    if (candidate.node === undefined || candidate.depth > 60) continue;
    const rank = rankOf(last, candidate.node);
    if (candidate.delta < (rank === 0 ? PROGRAMS_PACE : SAME_PACE) * direct.delta) continue;
    if (rank < bestRank || (rank === bestRank && candidate.depth < best.depth)) {
      best = candidate;
      bestRank = rank;
    }
  }
  return best;
}

/**
 * What most of the bytes are, where one path below has more than half of them: the array that a closure's scope keeps says
 * more than the closure. Undefined where nothing weighs that much.
 */
function heaviestOf(rounds: GrowthRounds, grown: readonly GrownPath[], direct: GrownPath | undefined, cause: Cause): GrownPath | undefined {
  if (!direct) return undefined;
  return grown.find(
    (one) =>
      one.depth < 60 &&
      one.node !== undefined &&
      one.delta >= SAME_PACE * direct.delta &&
      one.bytesDelta + tableGain(rounds, one.path) > cause.bytes / 2,
  );
}

/** Classes of the program and of its packages need no further explanation. */
const PROGRAMS_OWN = 1;

/**
 * 0 for classes of the program, 1 for those of packages, then named functions of theirs, classes of Node, nameless functions, and
 * last all that could be anything. A shape says much of what the holder holds itself (`isDirect`), little of what is below.
 */
function rankOf({ graph }: LastHeap, node: number, isDirect = false): number {
  if (graph.isPrimitive(node)) return 8;
  if (graph.scopes.isScope(node)) return 7;
  const place = graph.scripts.placeOf(node);
  const isFunction = graph.typeName(node) === "closure" || SUSPENDED.has(graph.name(node));
  const isNamed = graph.name(node) !== "";
  if (place && !isBuiltinScript(place.url)) {
    if (isFunction) return isNamed ? 2 : 4;
    return packageOf(place.url) === undefined ? 0 : 1;
  }
  if (isFunction) return isNamed ? 5 : 7;
  if (graph.className(node).startsWith("{")) return isDirect ? 2 : 6;
  return place || !PLAIN.has(graph.name(node)) ? 3 : 6;
}

/** Classes that anything could be made of. */
const PLAIN: ReadonlySet<string> = new Set(["Object", "Array", "Map", "Set", "WeakMap", "WeakSet", "Promise", ""]);

/** What V8 calls the object that keeps the variables of a call that waits. */
const SUSPENDED: ReadonlySet<string> = new Set(["Generator", "AsyncGenerator"]);

function seriesOf(rounds: GrowthRounds, main: Candidate, telling: GrownPath | undefined): readonly number[] {
  return main.measure === "bytes" || !telling || telling.path === main.path ? main.series : rounds.counts(telling.path);
}

function gathersOf(last: LastHeap, grown: readonly GrownPath[]): GrowingType[] {
  const { graph } = last;
  const byType = new Map<string, { row: GrowingType; depth: number }>();
  for (const { node, count, delta, bytesDelta, depth } of grown) {
    if (node === undefined || graph.scopes.isScope(node)) continue;
    const type = typeName(graph, node);
    const known = byType.get(type);
    const row: GrowingType = {
      type,
      location: known?.row.location ?? placeText(graph, node),
      place: known?.row.place ?? graph.scripts.placeOf(node),
      count: (known?.row.count ?? 0) + count,
      delta: (known?.row.delta ?? 0) + delta,
      bytesDelta: (known?.row.bytesDelta ?? 0) + bytesDelta,
    };
    byType.set(type, { row, depth: Math.min(depth, known?.depth ?? depth) });
  }
  return [...byType.values()]
    .sort((a, b) => Math.min(a.depth, 2) - Math.min(b.depth, 2) || b.row.bytesDelta - a.row.bytesDelta || b.row.delta - a.row.delta)
    .slice(0, TYPES)
    .map(({ row }) => row);
}

function holderOf(last: LastHeap, holderPath: number, directNode: number | undefined): Holder {
  const { graph, paths } = last;
  const root = directNode === undefined ? undefined : graph.rootPaths.pathTo(directNode);
  if (root?.kind === "timer" && holderPath === 0 && directNode !== undefined) return timerHolder(last, directNode);
  if (!root || directNode === undefined) return { name: "(unknown)", object: undefined, location: undefined, package: undefined, alike: 1 };
  const at = holderPath === 0 ? -1 : root.nodes.findLastIndex((n) => paths[n] === holderPath);
  if (at < 0) {
    return {
      name: holderName(graph, root, []),
      object: undefined,
      location: scriptOf(last, root)?.location,
      place: scriptOf(last, root)?.place,
      package: scriptOf(last, root)?.package,
      alike: 1,
    };
  }
  const node = root.nodes[at] as number;
  const toHolder = foldPath(graph, root.nodes.slice(0, at + 1), root.edges.slice(0, at));
  const label = lastLabel(last, directNode);
  const listener = label?.kind === "listener" ? `.on(${JSON.stringify(label.name)})` : "";
  const script = scriptOf(last, { ...root, nodes: root.nodes.slice(0, at + 1), edges: root.edges.slice(0, at) });
  let alike = 0;
  for (let n = 0; n < graph.nodeCount; n++) if (paths[n] === holderPath) alike++;
  const isRoot = at === 0 && root.held !== SYMBOL_REGISTRY;
  const name = isRoot ? glance(graph, node).title : holderName(graph, root, toHolder);
  return {
    name: name + listener,
    object: glance(graph, node),
    location: script?.location,
    place: script?.place,
    package: script?.package,
    alike: Math.max(1, alike),
  };
}

/** Timers have no holder but Node; what they call is the name that helps: `active timers: setInterval(poll, 30000)`. */
function timerHolder({ graph }: LastHeap, timer: number): Holder {
  const { preview } = describe(graph, timer);
  const callback = graph.follow(timer, "_onTimeout") ?? graph.follow(timer, "_onImmediate");
  const place = callback === undefined ? undefined : graph.scripts.placeOf(callback);
  return {
    name: preview === undefined ? "active timers" : `active timers: ${preview}`,
    object: undefined,
    location: callback === undefined ? undefined : placeText(graph, callback),
    package: place && packageOf(place.url),
    alike: 1,
  };
}

/** The script nearest to the end of a path. */
function scriptOf({ graph }: LastHeap, path: RootPath): Place | undefined {
  return placesAlong(graph, path)[0];
}

function withHolder(places: readonly Place[], holder: Holder): Place[] {
  return places.map((place) => (place.location === holder.location ? { ...place, role: "holder" } : place));
}

/** How what gathers is held: the last readable step to it. */
function lastLabel({ graph }: LastHeap, node: number): ReturnType<typeof foldPath>[number]["label"] | undefined {
  const path = graph.rootPaths.pathTo(node);
  return path && foldPath(graph, path.nodes, path.edges).at(-1)?.label;
}

/** Whether what gathers hangs on others of its kind. */
function repeats({ book }: GrowthRounds, cause: Cause): boolean {
  return cause.members.some(({ path }) => book.has(path, PathFlag.folded) && book.words.word(book.type(path)) !== "Array");
}

function isAbove({ book }: GrowthRounds, above: number, path: number): boolean {
  for (let at = path; at > 0; at = book.parent(at)) if (at === above) return true;
  return false;
}

/** Holders of what gathers that are no part of it and not the holder: as long as they hold it, letting go elsewhere is not enough. */
function secondHolders(rounds: GrowthRounds, last: LastHeap, cause: Cause, node: number | undefined): string[] {
  if (node === undefined) return [];
  const { graph, paths } = last;
  const { book } = rounds;
  const names = new Set<string>();
  for (const { holder } of holdersOf(graph, node, MOST_HOLDERS)) {
    const path = paths[holder] as number;
    if (path === 0 || path === cause.holder || book.has(path, PathFlag.v8 | PathFlag.passing)) continue;
    if (isBelowMembers(rounds, cause, path)) continue;
    names.add(graph.scopes.isScope(holder) ? glance(graph, holder).title : ownName(last, holder));
  }
  return [...names].filter((name) => name !== "").slice(0, 3);
}

function isBelowMembers({ book }: GrowthRounds, cause: Cause, path: number): boolean {
  for (let at = path; at > 0; at = book.parent(at)) if (cause.paths.has(at)) return true;
  return false;
}

function secondName(last: LastHeap, path: number): string {
  const node = nodeOn(last, path);
  return node === undefined ? "another holder" : ownName(last, node);
}

const MOST_HOLDERS = 200;

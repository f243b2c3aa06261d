// objgraph's functions on snapshots: each pair computes a value, or shows it. `show…` return what they print, so
// that a program can also keep it.

import { backrefs } from "../analysis/backrefs.ts";
import { type DiffOptions, type DiffResult, diffSnapshots } from "../analysis/diff.ts";
import { addRound, type GrowthOptions, type GrowthRound, type GrowthState, newGrowthState } from "../analysis/growth.ts";
import { type NewObjectsOptions, type NewObjectsResult, newObjects } from "../analysis/newObjects.ts";
import {
  countType,
  type LeakingResult,
  type ListedObject,
  type ListOptions,
  leakingObjects,
  listType,
  type ShownObject,
  showObject,
} from "../analysis/objects.ts";
import { type ChainOptions, findChain, type PathOptions, type PathResult, retainingPaths } from "../analysis/paths.ts";
import type { Picture } from "../analysis/picture.ts";
import type { PictureOptions } from "../analysis/pictureBuilder.ts";
import { refs } from "../analysis/refs.ts";
import { type HeapStatistics, heapStatistics } from "../analysis/statistics.ts";
import { type CommonOptions, type CommonResult, mostCommonTypes as commonTypes, countTypes } from "../analysis/typeTable.ts";
import { usage } from "../errors.ts";
import { growthText } from "../report/growthText.ts";
import { drawPicture, type PictureFormat } from "../report/picture.ts";
import { renderTree } from "../report/tree.ts";
import { commonText } from "../report/typesText.ts";
import { writeBeside } from "../report/writeFile.ts";
import { conditionOf, graphOf, isProperRoot, nodeOf, type ObjectRef, type Predicate, type Snapshot } from "./snapshot.ts";

export { newGrowthState } from "../analysis/growth.ts";

/** Where `show…` writes; `process.stdout` when left out. */
export interface Output {
  write(text: string): unknown;
}

type WithFilter<T> = Omit<T, "filter"> & { readonly filter?: Predicate | undefined };

function filterOf<T extends { filter?: Predicate | undefined }>({ filter }: T): { filter?: ReturnType<typeof conditionOf> } {
  return filter === undefined ? {} : { filter: conditionOf(filter) };
}

/** Type name -> number of objects, as objgraph's typestats. */
export function typestats(snapshot: Snapshot, options: { filter?: Predicate } = {}): Record<string, number> {
  const rows = countTypes(graphOf(snapshot), undefined, filterOf(options).filter);
  return Object.fromEntries([...rows].map(([type, { count: n }]) => [type, n]));
}

/** The most common types with count, shallow and retained bytes; `limit` 0 for all. */
export function mostCommonTypes(snapshot: Snapshot, options: WithFilter<CommonOptions> = {}): CommonResult {
  return commonTypes(graphOf(snapshot), { ...options, ...filterOf(options) } as CommonOptions);
}

/** Prints the most common types as a table. */
export function showMostCommonTypes(snapshot: Snapshot, options: WithFilter<CommonOptions> & { file?: Output } = {}): CommonResult {
  const result = mostCommonTypes(snapshot, options);
  (options.file ?? process.stdout).write(`${commonText(result)}\n`);
  return result;
}

/** How many objects of a type there are. @throws LeakhuntError `NO_SUCH_TYPE`. */
export function count(snapshot: Snapshot, type: string): number {
  return countType(graphOf(snapshot), type).count;
}

/** Objects of a type, newest first. @throws LeakhuntError `NO_SUCH_TYPE`. */
export function byType(snapshot: Snapshot, type: string, options: WithFilter<ListOptions> = {}): readonly ListedObject[] {
  return listType(graphOf(snapshot), type, { limit: 0, ...options, ...filterOf(options) } as ListOptions).objects;
}

/** One object with its properties and entries. @throws LeakhuntError `NO_SUCH_OBJECT`. */
export function at(snapshot: Snapshot, ref: ObjectRef, options: { limit?: number } = {}): ShownObject {
  return showObject(graphOf(snapshot), nodeOf(snapshot, ref), options.limit ?? 0);
}

/**
 * What grew: adds the snapshot to `peakStats` and compares. The first call of a state is the baseline.
 * Keep the state between calls, as objgraph's `peak_stats`.
 */
export function growth(snapshot: Snapshot, options: WithFilter<GrowthOptions> & { peakStats?: GrowthState } = {}): Promise<GrowthRound> {
  const state = options.peakStats ?? defaultPeakStats;
  return addRound(state, graphOf(snapshot), { ...options, ...filterOf(options) } as GrowthOptions);
}

/** As objgraph: calls without `peakStats` share one state. */
const defaultPeakStats = newGrowthState();

/** Prints what grew; says so when nothing did. */
export async function showGrowth(
  snapshot: Snapshot,
  options: WithFilter<GrowthOptions> & { peakStats?: GrowthState; file?: Output } = {},
): Promise<GrowthRound> {
  const round = await growth(snapshot, options);
  (options.file ?? process.stdout).write(`${growthText({ ...round, notes: [] })}\n`);
  return round;
}

/** Objects in `now` that are not in `before`. Both must be of one epoch: one session, nobody left in between. */
export function getNewIds(before: Snapshot, now: Snapshot, options: NewObjectsOptions = {}): NewObjectsResult {
  return newObjects(graphOf(before), graphOf(now), { limit: 0, ids: 0, ...options });
}

/**
 * Two snapshots compared as DevTools' Comparison view does, number for number. Both must be of one epoch.
 * All rows, V8's own too, unless told otherwise.
 */
export function diff(before: Snapshot, now: Snapshot, options: DiffOptions = {}): DiffResult {
  return diffSnapshots(graphOf(before), graphOf(now), { limit: 0, internals: true, ...options });
}

/** What the bytes are: DevTools' Statistics view. */
export function statistics(snapshot: Snapshot): HeapStatistics {
  return heapStatistics(graphOf(snapshot));
}

/** Objects that only native handles or weak edges hold. */
export function getLeakingObjects(snapshot: Snapshot, options: { limit?: number } = {}): LeakingResult {
  return leakingObjects(graphOf(snapshot), options.limit ?? 0);
}

/** Why an object is alive: retaining paths from a root, the one a Node developer would name first. */
export function paths(snapshot: Snapshot, ref: ObjectRef, options: { all?: number; ignore?: Predicate } = {}): PathResult {
  const ignore: PathOptions = options.ignore === undefined ? {} : { ignore: conditionOf(options.ignore) };
  return retainingPaths(graphOf(snapshot), nodeOf(snapshot, ref), { all: options.all ?? 1, ...ignore });
}

type ChainChoices = Omit<ChainOptions, "ignore"> & { readonly extraIgnore?: Predicate | undefined };

/** The shortest chain of holders from the object up to one that meets the predicate; `outcome` says if there is none. */
export function findBackrefChain(
  snapshot: Snapshot,
  ref: ObjectRef,
  predicate: Predicate = isProperRoot,
  options: ChainChoices = {},
): PathResult {
  return findChain(graphOf(snapshot), nodeOf(snapshot, ref), conditionOf(predicate), false, chainOptions(options));
}

/** The shortest chain from the object over what it holds to one that meets the predicate. */
export function findRefChain(snapshot: Snapshot, ref: ObjectRef, predicate: Predicate, options: ChainChoices = {}): PathResult {
  return findChain(graphOf(snapshot), nodeOf(snapshot, ref), conditionOf(predicate), true, chainOptions(options));
}

function chainOptions({ maxDepth, extraIgnore }: ChainChoices): ChainOptions {
  return { maxDepth, ...(extraIgnore === undefined ? {} : { ignore: conditionOf(extraIgnore) }) };
}

/** objgraph's drawing parameters. Without `filename` and `output` the picture is printed as a tree. */
export interface ShowPictureOptions extends Omit<PictureOptions, "extraIgnore" | "filter" | "highlight"> {
  /** `.png`, `.svg`, `.dot` or `.pdf`. */
  readonly filename?: string | undefined;
  /** Gets the DOT text instead of a file. */
  readonly output?: Output | undefined;
  readonly extraIgnore?: Predicate | undefined;
  readonly filter?: Predicate | undefined;
  readonly highlight?: Predicate | undefined;
  readonly refcounts?: boolean | undefined;
  readonly title?: string | undefined;
}

/** The picture of what keeps objects alive. */
export async function showBackrefs(
  snapshot: Snapshot,
  objects: ObjectRef | readonly ObjectRef[],
  options: ShowPictureOptions = {},
): Promise<Picture> {
  return show(backrefs(graphOf(snapshot), nodesOf(snapshot, objects), choicesOf(options)), options);
}

/** The picture of what objects hold. */
export async function showRefs(
  snapshot: Snapshot,
  objects: ObjectRef | readonly ObjectRef[],
  options: ShowPictureOptions = {},
): Promise<Picture> {
  return show(refs(graphOf(snapshot), nodesOf(snapshot, objects), choicesOf(options)), options);
}

/**
 * Draws only the objects of chains found by findBackrefChain or findRefChain.
 * @throws LeakhuntError `USAGE` when every chain is empty.
 */
export async function showChain(
  snapshot: Snapshot,
  chains: PathResult | readonly PathResult[],
  options: ShowPictureOptions = {},
): Promise<Picture> {
  const found = [chains].flat().filter((chain) => chain.paths.length > 0) as PathResult[];
  if (found.length === 0) throw usage("showChain needs a chain that was found", "look at its `outcome`");
  const ids = new Set<number>();
  for (const chain of found) {
    ids.add(chain.target.id);
    for (const path of chain.paths) {
      if (path.root.object) ids.add(path.root.object.id);
      for (const step of path.steps) ids.add(step.object.id);
    }
  }
  const choices: PictureOptions = { ...choicesOf(options), filter: (graph, node) => ids.has(graph.id(node)) };
  return show(backrefs(graphOf(snapshot), [...new Set(found.map((chain) => nodeOf(snapshot, chain.target.id)))], choices), options);
}

function nodesOf(snapshot: Snapshot, objects: ObjectRef | readonly ObjectRef[]): number[] {
  const refsGiven = Array.isArray(objects) ? (objects as readonly ObjectRef[]) : [objects as ObjectRef];
  return [...new Set(refsGiven.map((ref) => nodeOf(snapshot, ref)))];
}

function choicesOf(options: ShowPictureOptions): PictureOptions {
  const { extraIgnore, filter, highlight, ...rest } = options;
  return {
    ...rest,
    ...(extraIgnore === undefined ? {} : { extraIgnore: conditionOf(extraIgnore) }),
    ...(filter === undefined ? {} : { filter: conditionOf(filter) }),
    ...(highlight === undefined ? {} : { highlight: conditionOf(highlight) }),
  };
}

async function show(picture: Picture, options: ShowPictureOptions): Promise<Picture> {
  const { filename, output, refcounts, title } = options;
  if (filename !== undefined && output !== undefined) throw usage("give filename or output, not both");
  const dot = { ...(refcounts === undefined ? {} : { refcounts }), ...(title === undefined ? {} : { title }) };
  if (output !== undefined) {
    output.write(Buffer.from((await drawPicture(picture, { format: "dot", ...dot })).bytes).toString("utf8"));
  } else if (filename !== undefined) {
    await writeBeside(filename, (await drawPicture(picture, { format: formatOf(filename), ...dot })).bytes);
  } else {
    process.stdout.write(`${renderTree(picture, { color: false })}\n`);
  }
  return picture;
}

function formatOf(filename: string): PictureFormat {
  const format = /\.(png|svg|dot|pdf)$/i.exec(filename)?.[1]?.toLowerCase();
  if (format === undefined) throw usage(`${JSON.stringify(filename)} has no picture format`, "write a .png, .svg, .dot or .pdf");
  return format as PictureFormat;
}

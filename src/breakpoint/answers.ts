// The questions of a breakpoint, answered in the analyser: a graph and a request in, a value and perhaps a text out.

import { readFileSync, writeFileSync } from "node:fs";
import { backrefs } from "../analysis/backrefs.ts";
import { addRound, type GrowthOptions } from "../analysis/growth.ts";
import { leakingObjects, nodesOfType } from "../analysis/objects.ts";
import { type ChainOptions, findChain, type PathResult } from "../analysis/paths.ts";
import type { Picture } from "../analysis/picture.ts";
import type { PictureOptions } from "../analysis/pictureBuilder.ts";
import { refs } from "../analysis/refs.ts";
import { type CommonOptions, countTypes, mostCommonTypes } from "../analysis/typeTable.ts";
import { heldFromOutside, objectNotFound } from "../errors.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import { holdersOf } from "../graph/holds.ts";
import { EdgeType, NodeType } from "../graph/kinds.ts";
import { growthText } from "../report/growthText.ts";
import { commonText } from "../report/typesText.ts";
import { held, heldByCaller } from "./evidence.ts";
import { conditionOf, revive } from "./functions.ts";
import { type GrowthMemory, recounted, remembered, stateOf } from "./growthMemory.ts";
import { type IdMemory, newIds, packIds, unpackIds } from "./newIds.ts";
import { newIdsText } from "./newIdsText.ts";
import type { HolderFacts } from "./own.ts";
import type { Request, SentFunction, Wanted } from "./request.ts";
import { withoutTemplates } from "./templates.ts";

export interface Asked {
  readonly graph: HeapGraph;
  readonly request: Request;
  readonly facts: HolderFacts;
}

export interface Answered {
  readonly value: unknown;
  readonly text?: string;
  /** Drawn when the answer is to be shown. */
  readonly picture?: Picture;
}

type Answerer = (asked: Asked) => Answered | Promise<Answered>;

/** All questions that need a snapshot. */
export const ANSWERS: Readonly<Record<Exclude<Request["question"], "draw" | "runs">, Answerer>> = {
  typestats: ({ graph, request }) => {
    const rows = countTypes(graph, undefined, conditionOf(request.options["filter"]));
    return { value: Object.fromEntries([...rows].map(([type, { count }]) => [type, count])) };
  },

  common: async ({ graph, request }) => {
    await graph.computeSizes({ ids: request.options["filter"] !== undefined });
    const result = mostCommonTypes(graph, withFilter<CommonOptions>(request));
    return { value: result, text: commonText(result) };
  },

  // Unlike the command line, a program may well ask for a type of which there is none yet.
  count: ({ graph, request }) => ({ value: nodesOfType(graph, request.options["type"] as string).length }),

  list: ({ graph, request }) => {
    const { type, limit = 0, filter } = request.options as { type: string; limit?: number; filter?: unknown };
    const test = conditionOf(filter);
    const nodes = withoutTemplates(graph, nodesOfType(graph, type)).filter(
      (n) => !graph.isPrimitive(n) && !graph.scopes.isScope(n) && (test?.(graph, n) ?? true),
    );
    nodes.sort((a, b) => graph.id(b) - graph.id(a));
    return { value: (limit === 0 ? nodes : nodes.slice(0, limit)).map((n) => wanted(graph, n)) };
  },

  leaking: ({ graph, request }) => {
    const { objects } = leakingObjects(graph, (request.options["limit"] as number | undefined) ?? 20);
    return { value: objects.map(({ id }) => wanted(graph, graph.byId(id) as number)) };
  },

  growth: async ({ graph, request }) => {
    const before: GrowthMemory | undefined = request.stateIn === undefined ? undefined : JSON.parse(readFileSync(request.stateIn, "utf8"));
    const state = stateOf(before);
    const options = withFilter<GrowthOptions>(request);
    const round = await addRound(state, graph, options, async () => before && ((shapes) => recounted(before, shapes)));
    if (request.stateOut !== undefined)
      writeFileSync(request.stateOut, JSON.stringify(remembered(state, graph, options.filter)), { mode: 0o600 });
    return { value: round, text: growthText({ ...round, notes: [] }) };
  },

  newIds: ({ graph, request, facts }) => {
    const before = request.stateIn === undefined ? undefined : unpackIds(readFileSync(request.stateIn));
    // Numbers of another epoch say nothing; then this is the first call again.
    const comparable: IdMemory | undefined = before?.sentinel === facts.sentinel ? before : undefined;
    const { result, memory } = newIds(graph, facts.sentinel, comparable, (request.options["limit"] as number | undefined) ?? 10);
    if (request.stateOut !== undefined) writeFileSync(request.stateOut, packIds(memory), { mode: 0o600 });
    return { value: result, text: newIdsText(result, before !== undefined && comparable === undefined) };
  },

  backrefs: (asked) => {
    const { targets, list } = targetsOf(asked);
    const picture = backrefs(asked.graph, targets, pictureOptions(asked.request, list));
    return { value: picture, picture };
  },

  refs: (asked) => {
    const picture = refs(asked.graph, targetsOf(asked).targets, pictureOptions(asked.request));
    return { value: picture, picture };
  },

  chain: (asked) => {
    const { graph, request } = asked;
    const { predicate, forward, maxDepth, extraIgnore } = request.options;
    const [node] = subjectsIn(asked);
    const options: ChainOptions = { maxDepth: maxDepth as number | undefined, ignore: conditionOf(extraIgnore) };
    const chain = findChain(graph, node as number, conditionOf(predicate), forward === true, options);
    return { value: { ...chain, picture: chainPicture(graph, chain) } };
  },

  held: async (asked) => {
    const id = asked.facts.subjects[0];
    const node = id === undefined ? undefined : asked.graph.byId(id);
    const isHeld = node !== undefined && asked.graph.rootPaths.reaches(node);
    return { value: !isHeld ? heldByCaller() : await held(asked.graph, node, asked.request) };
  },
};

/** The objects of the chain and no others, drawn down to the object or, forwards, from it. */
function chainPicture(graph: HeapGraph, { target, paths }: PathResult): Picture {
  const ids = new Set<number>([target.id]);
  let last = target.id;
  for (const { root, steps } of paths) {
    if (root.object) ids.add(root.object.id);
    for (const { object } of steps) {
      ids.add(object.id);
      last = object.id;
    }
  }
  return backrefs(graph, [graph.byId(last) as number], { filter: (graph, n) => ids.has(graph.id(n)) });
}

function withFilter<T>({ options }: Request): T {
  return { ...options, filter: conditionOf(options["filter"]) } as T;
}

/** @param list a node that is not drawn: the array that only carries the objects into the call. */
function pictureOptions({ options }: Request, list?: number): PictureOptions {
  const { extraIgnore, filter, highlight, extraInfo, extraNodeAttrs, ...rest } = options;
  const ignore = conditionOf(extraIgnore);
  const conditions = {
    extraIgnore: list === undefined ? ignore : (graph: HeapGraph, n: number) => n === list || (ignore?.(graph, n) ?? false),
    filter: conditionOf(filter),
    highlight: conditionOf(highlight),
  };
  return {
    ...rest,
    ...conditions,
    ...(extraInfo === undefined ? {} : { extraInfo: revive(extraInfo as SentFunction) as NonNullable<PictureOptions["extraInfo"]> }),
    ...(extraNodeAttrs === undefined
      ? {}
      : { extraNodeAttrs: revive(extraNodeAttrs as SentFunction) as NonNullable<PictureOptions["extraNodeAttrs"]> }),
  };
}

/** @throws LeakhuntError `OBJECT_NOT_FOUND`, or `HELD_FROM_OUTSIDE` when it was taken out with what is not the program's. */
function subjectsIn({ graph, request, facts }: Asked): number[] {
  const found: number[] = [];
  for (let i = 0; i < request.subjects; i++) {
    const id = facts.subjects[i];
    const node = id === undefined ? undefined : graph.byId(id);
    if (node !== undefined) found.push(node);
    else if (request.subjects === 1 && id !== undefined) throw heldFromOutside();
  }
  if (found.length === 0) throw objectNotFound();
  return [...new Set(found)];
}

/** The nodes that a picture is about, and the array that was only a list of them. */
function targetsOf(asked: Asked): { targets: readonly number[]; list?: number } {
  const nodes = subjectsIn(asked);
  const [array] = nodes;
  if (!asked.request.mayBeList || array === undefined || isHeld(asked.graph, array)) return { targets: nodes };
  const members = new Set<number>();
  for (let e = asked.graph.firstEdge(array); e < asked.graph.endEdge(array); e++) {
    if (asked.graph.edgeType(e) === EdgeType.element) members.add(asked.graph.edgeTo(e));
  }
  return members.size > 0 ? { targets: [...members], list: array } : { targets: nodes };
}

/** Whether anything but running code holds the node. */
function isHeld(graph: HeapGraph, node: number): boolean {
  const path = graph.rootPaths.pathTo(node);
  return path !== undefined && path.kind !== "stack" && path.kind !== "debugger";
}

function wanted(graph: HeapGraph, node: number): Wanted {
  const prototype = graph.follow(node, "__proto__", EdgeType.property);
  // V8 writes null as an object of its own
  if (prototype !== undefined && graph.type(prototype) === NodeType.object) return { id: graph.id(node), prototype: graph.id(prototype) };
  const holder = holdersOf(graph, node, HOLDERS).find(({ label }) => PLAIN_HOLDS.has(label.kind))?.holder;
  return { id: graph.id(node), prototype: undefined, holder: holder === undefined ? undefined : graph.id(holder) };
}

/** Holders of an object without a prototype that are looked at. */
const HOLDERS = 8;
/** Ways of being held that lead back from the holder to the object. */
const PLAIN_HOLDS: ReadonlySet<string> = new Set(["property", "symbol", "element", "map value", "map key", "set member"]);

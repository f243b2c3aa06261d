// Where a retaining path may begin, for a reader. V8's own roots (thousands of handles) explain nothing, so
// besides them we begin at what a Node developer calls a root: the global object, the scope of a loaded module,
// an active timer. Each beginning has a price; the price decides which of several true paths is told.

import { property } from "../snapshot/edgeLabels.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import type { HeapGraph } from "./heapGraph.ts";
import { positionsOf } from "./lookUp.ts";
import { isBuiltinScript, scriptOfUrl } from "./scripts.ts";

const ON_TIMEOUT = property("_onTimeout");
const ON_IMMEDIATE = property("_onImmediate");
const IDLE_NEXT = property("_idleNext");

export type RootKind = "global" | "module" | "timer" | "handle" | "stack" | "v8" | "debugger";

export interface PathStart {
  readonly node: number;
  readonly kind: RootKind;
  readonly cost: number;
  /** How the root holds the node; undefined when the node is the root itself. */
  readonly held: string | undefined;
}

/**
 * Prices of V8's root categories. What runs right now (stack, handle scopes) is true but passes; what V8 keeps
 * for itself (caches, builtins) is never why a program grows.
 */
const CATEGORY_COST: Readonly<Record<string, { cost: number; kind: RootKind }>> = {
  "(Global handles)": { cost: 60, kind: "handle" },
  "(Traced handles)": { cost: 60, kind: "handle" },
  "(Eternal handles)": { cost: 120, kind: "handle" },
  "(Micro tasks)": { cost: 60, kind: "v8" },
  "(Stack roots)": { cost: 3000, kind: "stack" },
  "(Handle scope)": { cost: 3000, kind: "stack" },
  "(Relocatable)": { cost: 3000, kind: "stack" },
  "C++ native stack roots": { cost: 3000, kind: "stack" },
  "(Debugger)": { cost: 2500, kind: "debugger" },
  "(Compilation cache)": { cost: 2000, kind: "v8" },
  "(Internalized strings)": { cost: 2500, kind: "v8" },
};
const OTHER_CATEGORY = { cost: 800, kind: "v8" } as const;
const NATIVE_CATEGORY = { cost: 70, kind: "handle" } as const;

/** Paths from here up begin at what only runs at the moment: calls on the stack, debuggers. */
export const PASSING_COST = 2400;

/** Handles that debuggers put on what they show: never a reason. */
const DEBUGGER_HANDLE = /\/ DevTools (console|debugger)$/;

export interface RootCategory {
  readonly node: number;
  readonly name: string;
  readonly kind: RootKind;
  readonly cost: number;
}

/** V8's root categories with their prices: every synthetic node right under the root or under `(GC roots)`. */
export function rootCategories(graph: HeapGraph): RootCategory[] {
  const found: RootCategory[] = [];
  const visit = (parent: number): void => {
    for (let e = graph.firstEdge(parent); e < graph.endEdge(parent); e++) {
      const node = graph.edgeTo(e);
      const name = graph.name(node);
      if (name === "(GC roots)" && parent === 0) visit(node);
      else if (graph.type(node) === NodeType.synthetic || (parent === 0 && graph.type(node) === NodeType.native)) {
        const fallback = parent === 0 ? NATIVE_CATEGORY : OTHER_CATEGORY;
        found.push({ node, name, ...(CATEGORY_COST[name] ?? fallback) });
      }
    }
  };
  visit(0);
  return found;
}

/** Whether the edge is a handle that a debugger holds. */
export function isDebuggerHandle(graph: HeapGraph, edge: number): boolean {
  return graph.edgeType(edge) !== EdgeType.element && DEBUGGER_HANDLE.test(graph.edgeName(edge));
}

/** The beginnings a Node developer would name, cheapest kinds first. */
export function developerRoots(graph: HeapGraph): PathStart[] {
  return [...globalObjects(graph), ...moduleScopes(graph), ...activeTimers(graph)];
}

function globalObjects(graph: HeapGraph): PathStart[] {
  const starts: PathStart[] = [];
  const add = (node: number, cost: number): void => {
    if (!starts.some((start) => start.node === node)) starts.push({ node, kind: "global", cost, held: undefined });
  };
  for (const root of graph.policy.userRoots) if (graph.type(root) === NodeType.object) add(root, 0);
  for (const n of nativeContexts(graph)) {
    const holder = graph.follow(n, "global_object", EdgeType.internal) ?? graph.follow(n, "extension", EdgeType.internal);
    if (holder !== undefined && graph.type(holder) === NodeType.object) add(holder, 0);
  }
  return starts;
}

/** The contexts of the heap's realms: by a few names among all nodes of V8's own. */
function nativeContexts(graph: HeapGraph): number[] {
  const { nodeCount, nodeType, nodeName, strings } = graph.columns;
  const { hidden, native } = NodeType;
  const isOther = new Uint8Array(strings.count);
  const found: number[] = [];
  for (let n = 0; n < nodeCount; n++) {
    const type = nodeType[n];
    if (type !== hidden && type !== native) continue;
    const name = nodeName[n] as number;
    if (isOther[name] === 1) continue;
    if (!graph.isNativeContext(n)) isOther[name] = 1;
    else if (graph.isSystem(n)) found.push(n);
  }
  return found;
}

/** A script that is there this often was loaded again and again: what keeps all its copies is the question, not the answer. */
const COPIES = 3;

/** How often each script's outermost scope is there; a query (`?update=17`) makes no other script. */
function copiesOf(graph: HeapGraph, scopes: readonly number[]): Map<string, number> {
  const copies = new Map<string, number>();
  for (const scope of scopes) {
    const url = scriptOfUrl(graph.scopes.urls.get(scope) ?? "");
    copies.set(url, (copies.get(url) ?? 0) + 1);
  }
  return copies;
}

function moduleScopes(graph: HeapGraph): PathStart[] {
  const starts: PathStart[] = [];
  const modules = new Set<number>();
  const scopes = graph.scopes.urls.keys().filter((scope) => graph.scopes.isUserModule(scope));
  const copies = copiesOf(graph, scopes);
  for (const scope of scopes) {
    if ((copies.get(scriptOfUrl(graph.scopes.urls.get(scope) ?? "")) ?? 0) >= COPIES) continue;
    starts.push({ node: scope, kind: "module", cost: 4, held: undefined });
    const module = graph.follow(scope, "extension", EdgeType.internal);
    if (module !== undefined) modules.add(module);
  }
  for (const node of modules) starts.push({ node, kind: "module", cost: 5, held: undefined });
  return starts;
}

/** A timer of the program is a reason; one that Node keeps for itself (connection checks, keep-alive) rather a side effect. */
const OWN_TIMER = 24;
const NODES_TIMER = 90;

/** Whether a callback is a function of Node's own scripts, also when bound. */
function isNodesOwn(graph: HeapGraph, callback: number): boolean {
  let called = callback;
  for (let depth = 0; depth < 3; depth++) {
    const url = graph.type(called) === NodeType.closure ? graph.scripts.urlOfClosure(called) : undefined;
    if (url !== undefined) return isBuiltinScript(url);
    const bound = graph.follow(called, "bound_function");
    if (bound === undefined) return false;
    called = bound;
  }
  return false;
}

function activeTimers(graph: HeapGraph): PathStart[] {
  const { edgeLabel, nodeType } = graph.columns;
  const callbacks = new Map<number, number>();
  for (const label of [ON_TIMEOUT, ON_IMMEDIATE]) {
    for (const e of positionsOf(edgeLabel, label)) callbacks.set(graph.ownerOf(e), graph.edgeTo(e));
  }
  const starts: PathStart[] = [];
  for (const [node, callback] of [...callbacks].sort(([a], [b]) => a - b)) {
    if (nodeType[node] !== NodeType.object) continue;
    // A timer that was cleared or has fired has null here.
    const next = graph.edgeLabelled(node, IDLE_NEXT);
    if (next === undefined || nodeType[graph.edgeTo(next)] !== NodeType.object) continue;
    starts.push({ node, kind: "timer", cost: isNodesOwn(graph, callback) ? NODES_TIMER : OWN_TIMER, held: "pending timer" });
  }
  return starts;
}

// V8's graph, read the way the program was written. Between a Map and its value V8 has a hash table, between a
// function and a captured variable a context, between a promise and what waits for it a reaction: a "hold" looks
// through such plumbing and says in one step who holds what, and how.

import { internal, property } from "../snapshot/edgeLabels.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import type { HeapGraph } from "./heapGraph.ts";
import type { HoldLabel } from "./labels.ts";

/** One readable step: `holder` holds `held`. */
export interface Hold {
  readonly holder: number;
  readonly held: number;
  readonly label: HoldLabel;
  /** Plumbing between them, from the holder's side. */
  readonly through: readonly number[];
}

const MAX_THROUGH = 6;
const TABLE = internal("table");
const ELEMENTS = internal("elements");
const PROPERTIES = internal("properties");
const BINDINGS = internal("bindings");
/** Steps that no reader would call a reason. Node links its timers to one another; that is none for any of them. */
const NO_REASON: ReadonlySet<number> = new Set([
  property("__proto__"),
  property("constructor"),
  property("_idleNext"),
  property("_idlePrev"),
  internal("native_context"),
  internal("prototype"),
]);
const TYPE_INFORMATION: ReadonlySet<number> = new Set([
  property("__proto__"),
  internal("native_context"),
  internal("map"),
  internal("scope_info"),
  internal("prototype"),
]);
const PLUMBING_NAMES = new Set([
  "system / PropertyArray",
  "system / Cell",
  "system / PropertyCell",
  "system / PromiseReaction",
  "system / AccessorPair",
]);

/** Whether a reader should not see this node: it only connects an object with its own parts. */
export function isPlumbing(graph: HeapGraph, n: number): boolean {
  if (graph.internals) return false;
  const type = graph.type(n);
  if (type === NodeType.array) return true;
  if (type === NodeType.object) return graph.emitters.isEvents(n) || graph.emitters.isListeners(n) || isAwaitScope(graph, n);
  if (type === NodeType.closure) return isAwaitClosure(graph, n);
  if (type === NodeType.code || graph.isSystem(n)) return PLUMBING_NAMES.has(graph.name(n));
  return false;
}

/**
 * Names the step from `holder` over `through` to the target of the last edge.
 * @param edges edges[0] leaves the holder, edges[i] leaves through[i - 1].
 */
export function labelOf(graph: HeapGraph, holder: number, through: readonly number[], edges: readonly number[]): HoldLabel {
  const last = edges[edges.length - 1] as number;
  const first = edges[0] as number;
  if (through.length === 0) return directLabel(graph, holder, last);
  const firstName = graph.edgeName(first);
  const owner = through[through.length - 1] as number;
  if (firstName === "table" && through.length === 1) {
    const kind = graph.collections.kindOf(holder);
    const slot = Number(graph.edgeName(last));
    if (kind && Number.isInteger(slot)) {
      const part = graph.collections.slotIn(kind, owner, slot);
      if (kind === "Set" && part === "key") return { kind: "set member" };
      if (part === "key") return { kind: "map key" };
      if (part === "value") return { kind: "map value", key: graph.collections.keyOfValue(owner, slot) };
    }
  }
  if (firstName === "_events" && edges.length > 1) return { kind: "listener", in: "_events", name: graph.edgeName(edges[1] as number) };
  if (firstName === "elements") return { kind: "element", index: Number(graph.edgeName(last)) };
  if (firstName === "reactions_or_result") return { kind: "waits" };
  if (firstName === "parameters_and_registers") return { kind: "suspended" };
  if (firstName === "bound_arguments") return { kind: "bound", name: `argument ${Number(graph.edgeName(last)) + 1}` };
  if (graph.isSystem(owner) && graph.edgeName(last) === "value") {
    const exported = exportName(graph, holder, owner);
    if (exported !== undefined) return { kind: "variable", name: exported };
  }
  if (graph.edgeType(last) === EdgeType.property || graph.edgeType(last) === EdgeType.context) return directLabel(graph, owner, last);
  return { kind: "internal", name: firstName };
}

function directLabel(graph: HeapGraph, holder: number, e: number): HoldLabel {
  const name = graph.edgeName(e);
  switch (graph.edgeType(e)) {
    case EdgeType.element:
      return { kind: "element", index: Number(name) };
    case EdgeType.property:
      return name.startsWith("<symbol ") && name.endsWith(">") ? { kind: "symbol", name: name.slice(8, -1) } : { kind: "property", name };
    case EdgeType.context:
      return { kind: "variable", name };
    case EdgeType.shortcut:
      return { kind: "bound", name: boundName(name) };
    case EdgeType.hidden: {
      if (!graph.scopes.isScope(holder)) return { kind: "internal", name };
      const variable = graph.scopes.variableAt(holder, Number(name));
      return variable === undefined ? { kind: "internal", name: "variable" } : { kind: "variable", name: variable };
    }
    default:
      return internalLabel(graph, holder, name, e);
  }
}

function internalLabel(graph: HeapGraph, holder: number, name: string, e: number): HoldLabel {
  if (name === "context") return { kind: graph.type(holder) === NodeType.closure ? "scope" : "suspended" };
  if (name === "previous") return { kind: "outer scope" };
  if (name === "reactions_or_result") return graph.name(holder) === "Promise" ? { kind: "internal", name: "result" } : { kind: "waits" };
  if (name === "bound_function") return { kind: "bound", name: "function" };
  if (name === "bound_this") return { kind: "bound", name: "this" };
  if (graph.policy.weakMapTable(e) !== undefined) return { kind: "weak map value", of: weakMapName(graph, e) };
  return { kind: "internal", name };
}

/** V8 resumes an async function through a nameless function whose scope only leads to the suspended call. */
function isAwaitClosure(graph: HeapGraph, n: number): boolean {
  if (graph.name(n) !== "") return false;
  const scope = graph.follow(n, "context", EdgeType.internal);
  return scope !== undefined && isAwaitScope(graph, scope);
}

function isAwaitScope(graph: HeapGraph, n: number): boolean {
  if (!graph.scopes.isScope(n)) return false;
  const call = graph.follow(n, "extension", EdgeType.internal);
  return call !== undefined && graph.edgeNamed(call, "parameters_and_registers", EdgeType.internal) !== undefined;
}

/** How the program calls the WeakMap of a pair: the last step of the path to it. */
function weakMapName(graph: HeapGraph, e: number): string | undefined {
  const id = graph.policy.weakMapTable(e);
  const table = id === undefined ? undefined : graph.byId(id);
  if (table === undefined) return undefined;
  for (const edge of graph.retainingEdges(table)) {
    if (graph.edgeLabel(edge) !== TABLE) continue;
    const last = graph.rootPaths.before(graph.ownerOf(edge));
    const type = last && graph.edgeType(last.edge);
    return last && (type === EdgeType.property || type === EdgeType.context) ? graph.edgeName(last.edge) : undefined;
  }
  return undefined;
}

function boundName(edge: string): string {
  const argument = /^bound_argument_(\d+)$/.exec(edge);
  return argument ? `argument ${Number(argument[1]) + 1}` : edge.replace("bound_", "");
}

/** Name under which an ES module exports what is in a Cell: the key before it in the module's export table. */
function exportName(graph: HeapGraph, module: number, cell: number): string | undefined {
  if (graph.name(module) !== "system / SourceTextModule") return undefined;
  for (let e = graph.firstEdge(module); e < graph.endEdge(module); e++) {
    const table = graph.edgeTo(e);
    if (graph.type(table) !== NodeType.array) continue;
    for (let t = graph.firstEdge(table); t < graph.endEdge(table); t++) {
      if (graph.edgeTo(t) !== cell) continue;
      const key = graph.follow(table, String(Number(graph.edgeName(t)) - 1));
      if (key !== undefined && graph.type(key) === NodeType.string) return graph.name(key);
    }
  }
  return undefined;
}

/** Readable steps of a chain of nodes and edges (edges[i] leads from nodes[i] to nodes[i + 1]). */
export function foldPath(graph: HeapGraph, nodes: readonly number[], edges: readonly number[]): Hold[] {
  const holds: Hold[] = [];
  let from = 0;
  for (let i = 1; i < nodes.length; i++) {
    const isLast = i === nodes.length - 1;
    if (!isLast && isPlumbing(graph, nodes[i] as number)) continue;
    const through = nodes.slice(from + 1, i);
    const holder = nodes[from] as number;
    const label = labelOf(graph, holder, through, edges.slice(from, i));
    holds.push({ holder, held: nodes[i] as number, label, through });
    from = i;
  }
  return holds;
}

/**
 * Everything a reader would call a holder of `node`, one entry per way of holding, in file order of the retaining
 * edges. Weak edges, what debuggers hold, type information and second ways to say the same are left out.
 */
export function holdersOf(graph: HeapGraph, node: number, limit: number = Number.POSITIVE_INFINITY): Hold[] {
  const found: Hold[] = [];
  const { costs } = graph.rootPaths;
  const { heldByDebuggers } = graph;
  const own = heldByDebuggers.has(node);
  type Trail = { at: number; nodes: number[]; edges: number[] };
  const todo: Trail[] = [{ at: node, nodes: [], edges: [] }];
  const seen = new Set<number>([node]);
  for (let head = 0; head < todo.length && found.length < limit; head++) {
    const { at, nodes, edges } = todo[head] as Trail;
    for (const edge of graph.retainingEdges(at)) {
      if (found.length >= limit) break;
      const from = graph.ownerOf(edge);
      if (from === node || costs.of(from, edge) < 0 || !isReason(graph, from, edge)) continue;
      if (!own && heldByDebuggers.has(from)) continue;
      if (!isPlumbing(graph, from)) {
        found.push({ holder: from, held: node, label: labelOf(graph, from, nodes, [edge, ...edges]), through: nodes });
      } else if (nodes.length < MAX_THROUGH && !seen.has(from)) {
        seen.add(from);
        todo.push({ at: from, nodes: [from, ...nodes], edges: [edge, ...edges] });
      }
    }
  }
  return found;
}

/** Elements, properties and bound arguments have a direct edge as well: the array behind them says it twice. */
function isRepeat(graph: HeapGraph, edge: number): boolean {
  if (graph.internals) return false;
  const label = graph.edgeLabel(edge);
  return label === ELEMENTS || label === PROPERTIES || label === BINDINGS;
}

/** Steps that type information makes, not the program. */
function isReason(graph: HeapGraph, from: number, edge: number): boolean {
  const type = graph.type(from);
  if (type === NodeType.objectShape) return false;
  if (type === NodeType.code && !isPlumbing(graph, from)) return false;
  if (type === NodeType.synthetic) return false; // roots are told by rootPaths
  if (isRepeat(graph, edge)) return false;
  return !NO_REASON.has(graph.edgeLabel(edge));
}

/**
 * Everything `node` holds, as a reader sees it: properties, elements, entries, captured variables. `limit` bounds
 * the number of entries.
 */
export function heldBy(graph: HeapGraph, node: number, limit: number = Number.POSITIVE_INFINITY): Hold[] {
  const found: Hold[] = [];
  const { costs } = graph.rootPaths;
  const seen = new Set<number>([node]);
  const visit = (at: number, nodes: number[], edges: number[]): void => {
    for (let e = graph.firstEdge(at); e < graph.endEdge(at) && found.length < limit; e++) {
      const to = graph.edgeTo(e);
      if (costs.of(at, e) < 0 || isRepeat(graph, e) || isTypeInformation(graph, e, to)) continue;
      if (isPlumbing(graph, to)) {
        if (nodes.length >= MAX_THROUGH || seen.has(to)) continue;
        seen.add(to);
        visit(to, [...nodes, to], [...edges, e]);
        continue;
      }
      found.push({ holder: node, held: to, label: labelOf(graph, node, nodes, [...edges, e]), through: nodes });
    }
  };
  visit(node, [], []);
  return found;
}

function isTypeInformation(graph: HeapGraph, e: number, to: number): boolean {
  const type = graph.type(to);
  if (type === NodeType.objectShape) return true;
  if (type === NodeType.code && !isPlumbing(graph, to)) return true;
  if (graph.isSystem(to) && !isPlumbing(graph, to) && graph.edgeType(e) !== EdgeType.property) {
    return !graph.name(to).includes("JSProxy");
  }
  return TYPE_INFORMATION.has(graph.edgeLabel(e));
}

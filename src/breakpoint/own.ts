// What leakhunt has put into the program that it looks at: its functions, scripts and modules, the object that holds what is
// asked about, and what debuggers hold. All of it goes before anything is counted, so that the heap is the program's.

import { fileURLToPath } from "node:url";
import type { HeapGraph } from "../graph/heapGraph.ts";
import { EdgeType, NodeType } from "../graph/kinds.ts";
import { isDebuggerHandle } from "../graph/roots.ts";
import type { SnapshotColumns } from "../snapshot/columns.ts";
import { internal, property } from "../snapshot/edgeLabels.ts";
import { without } from "../snapshot/without.ts";
import { OWN, SUBJECTS } from "./subject.ts";

const EXTENSION = internal("extension");
const PROTO = property("__proto__");
const SHARED = internal("shared");
const SCRIPT = internal("script");
const SCRIPT_OR_DEBUG_INFO = internal("script_or_debug_info");

const KEPT_BY_WEAK_REFS = "weak_refs_keep_during_job";

/** What Node keeps for a module, and the property that says of which. */
const MODULE_PARTS: Readonly<Record<string, string>> = { Module: "filename", ModuleWrap: "url", ModuleJob: "url", ModuleJobSync: "url" };

/** What is found through the holder. */
export interface HolderFacts {
  /** V8's ids of the objects asked about; undefined where V8 wrote no node. */
  readonly subjects: readonly (number | undefined)[];
  /** Id of the object that tells whether V8 handed out its ids anew. */
  readonly sentinel: number | undefined;
}

/**
 * The heap as it would be without leakhunt and debuggers. The graph given is used up.
 * @param key the holder's property (subject.ts).
 * @param folder leakhunt's own code, as a path that ends with a slash.
 */
export function programsHeap(graph: HeapGraph, key: string, folder: string): HolderFacts & { readonly columns: SnapshotColumns } {
  const { columns } = graph;
  const unwanted = new Set<number>();
  const names = stringIndexes(columns, [key, ...Object.keys(MODULE_PARTS)]);
  const holder = holderOf(columns, names.get(key));
  const held = holder === undefined ? undefined : graph.follow(holder, key, EdgeType.property);
  const subjects = held === undefined ? undefined : graph.follow(held, SUBJECTS, EdgeType.property);
  const own = held === undefined ? undefined : graph.follow(held, OWN, EdgeType.property);
  for (const n of [holder, held, subjects, own]) if (n !== undefined) unwanted.add(n);
  const owned = own === undefined ? [] : elementsOf(graph, own);
  for (const n of owned) if (n !== undefined) unwanted.add(n);
  for (const n of owned) if (n !== undefined && graph.name(n) === "Session") addConnection(graph, n, unwanted);
  const scopes = addCode(graph, folder, unwanted);
  addModules(graph, folder, names, unwanted);
  addDebuggersScopes(graph, unwanted);
  const idOf = (n: number | undefined): number | undefined => (n === undefined ? undefined : graph.id(n));
  const facts = { subjects: (subjects === undefined ? [] : elementsOf(graph, subjects)).map(idOf), sentinel: idOf(owned[0]) };
  return { ...facts, columns: without(columns, { nodes: unwanted, edges: passingEdges(graph, scopes) }) };
}

/** Only the id of the sentinel, which takes a fraction of the time. */
export function sentinelIn(graph: HeapGraph, key: string): number | undefined {
  const holder = holderOf(graph.columns, stringIndexes(graph.columns, [key]).get(key));
  const held = holder === undefined ? undefined : graph.follow(holder, key, EdgeType.property);
  const own = held === undefined ? undefined : graph.follow(held, OWN, EdgeType.property);
  const [first] = own === undefined ? [] : elementsOf(graph, own);
  return first === undefined ? undefined : graph.id(first);
}

/** Positions of some strings in the table. */
function stringIndexes({ strings }: SnapshotColumns, wanted: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  const lengths = new Set(wanted.map((text) => text.length));
  for (let i = 0; i < strings.count && found.size < wanted.length; i++) {
    if (!lengths.has(strings.byteLength(i))) continue;
    const text = strings.get(i);
    if (wanted.includes(text)) found.set(text, i);
  }
  return found;
}

/** The plain object with a property of this name. */
function holderOf({ plainObjects: { node, list, first, names } }: SnapshotColumns, name: number | undefined): number | undefined {
  if (name === undefined) return undefined;
  const at = names.indexOf(name);
  if (at < 0) return undefined;
  let l = 0;
  while ((first[l + 1] as number) <= at) l++;
  const position = list.indexOf(l);
  return position < 0 ? undefined : node[position];
}

/** Elements of an array by index; undefined where there is no node. */
function elementsOf(graph: HeapGraph, array: number): (number | undefined)[] {
  const found: (number | undefined)[] = [];
  for (let e = graph.firstEdge(array); e < graph.endEdge(array); e++) {
    if (graph.edgeType(e) === EdgeType.element) found[graph.edgeIndex(e)] = graph.edgeTo(e);
  }
  return Array.from(found);
}

/** Our functions, with V8's record of each and its script, which has the source text. Returns their scopes, which are ours too. */
function addCode(graph: HeapGraph, folder: string, unwanted: Set<number>): Set<number> {
  const { nodeType, nodeName } = graph.columns;
  const scopes = new Set<number>();
  for (let n = 0; n < graph.nodeCount; n++) {
    if (nodeType[n] !== NodeType.closure) continue;
    const url = graph.scripts.urlOfClosure(n);
    if (url === undefined || !isInside(url, folder)) continue;
    unwanted.add(n);
    for (let scope = graph.follow(n, "context", EdgeType.internal); scope !== undefined; ) {
      if (scopes.has(scope) || !graph.isContextName(nodeName[scope] as number)) break;
      scopes.add(scope);
      unwanted.add(scope);
      scope = graph.follow(scope, "previous", EdgeType.internal);
    }
    const shared = graph.edgeLabelled(n, SHARED);
    if (shared === undefined) continue;
    const record = graph.edgeTo(shared);
    unwanted.add(record);
    for (let e = graph.firstEdge(record); e < graph.endEdge(record); e++) {
      const label = graph.edgeLabel(e);
      if (label === SCRIPT || label === SCRIPT_OR_DEBUG_INFO) unwanted.add(graph.edgeTo(e));
    }
  }
  return scopes;
}

function addModules(graph: HeapGraph, folder: string, names: ReadonlyMap<string, number>, unwanted: Set<number>): void {
  const { nodeType, nodeName } = graph.columns;
  const propertyOf = new Map(Object.entries(MODULE_PARTS).map(([name, property]) => [names.get(name) ?? -1, property]));
  for (let n = 0; n < graph.nodeCount; n++) {
    if (nodeType[n] !== NodeType.object) continue;
    const property = propertyOf.get(nodeName[n] as number);
    if (property === undefined) continue;
    const value = graph.follow(n, property, EdgeType.property);
    if (value !== undefined && graph.isPrimitive(value) && isInside(graph.text(value), folder)) unwanted.add(n);
  }
}

/**
 * To evaluate an expression in a stopped frame, V8 copies the frame's variables into an object without a prototype, and lets a
 * scope extend to that: neither is the program's.
 */
function addDebuggersScopes(graph: HeapGraph, unwanted: Set<number>): void {
  const { nodeType, nodeName } = graph.columns;
  for (let n = 0; n < graph.nodeCount; n++) {
    if (nodeType[n] !== NodeType.object || !graph.isContextName(nodeName[n] as number)) continue;
    const edge = graph.edgeLabelled(n, EXTENSION);
    const copy = edge === undefined ? undefined : graph.edgeTo(edge);
    if (copy === undefined || nodeType[copy] !== NodeType.object) continue;
    const prototype = graph.edgeLabelled(copy, PROTO);
    if (prototype !== undefined && nodeType[graph.edgeTo(prototype)] === NodeType.object) continue;
    unwanted.add(n);
    unwanted.add(copy);
  }
}

/** What Node has behind our inspector session: its handle, and the native objects that hold the handle. */
function addConnection(graph: HeapGraph, session: number, unwanted: Set<number>): void {
  for (let e = graph.firstEdge(session); e < graph.endEdge(session); e++) {
    const handle = graph.edgeTo(e);
    if (graph.edgeType(e) !== EdgeType.property || graph.name(handle) !== "Connection") continue;
    unwanted.add(handle);
    for (const edge of graph.retainingEdges(handle)) {
      const native = graph.ownerOf(edge);
      if (graph.type(native) !== NodeType.native) continue;
      unwanted.add(native);
      for (let f = graph.firstEdge(native); f < graph.endEdge(native); f++) {
        if (graph.name(graph.edgeTo(f)) === "Node / InspectorSession") unwanted.add(graph.edgeTo(f));
      }
    }
  }
}

/** A script or module of this folder, by path or `file:` url. */
function isInside(url: string, folder: string): boolean {
  if (!url.startsWith("file://")) return url.startsWith(folder);
  try {
    return fileURLToPath(url).startsWith(folder);
  } catch {
    return false;
  }
}

/**
 * What roots hold for leakhunt's sake, or a debugger's: handles of debuggers; the frames of this very call, which are the upper
 * part of the stack, down to the last frame with a scope of ours; and what native code holds while it calls.
 */
function passingEdges(graph: HeapGraph, ownScopes: ReadonlySet<number>): ReadonlySet<number> {
  const found = new Set<number>();
  for (let n = 1; n < graph.nodeCount; n++) {
    if (graph.type(n) !== NodeType.synthetic) continue;
    const [first, end] = [graph.firstEdge(n), graph.endEdge(n)];
    const name = graph.name(n);
    if (name === "(Handle scope)" || name === "(Relocatable)") for (let e = first; e < end; e++) found.add(e);
    // What a WeakRef has told in this job, to us or to anybody: it goes with the job.
    if (name === "(Strong roots)") for (let e = first; e < end; e++) if (graph.edgeName(e) === KEPT_BY_WEAK_REFS) found.add(e);
    if (name === "(Global handles)") for (let e = first; e < end; e++) if (isDebuggerHandle(graph, e)) found.add(e);
    if (name !== "(Stack roots)") continue;
    // V8 writes the stack as it walks it, from the innermost frame outwards, every slot as an edge.
    let last = end - 1;
    while (last >= first && !ownScopes.has(graph.edgeTo(last))) last--;
    for (let e = first; e <= last; e++) found.add(e);
  }
  return found;
}

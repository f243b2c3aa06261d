// What one node is, in a reader's words: kind, title and a short preview. Plain values; report/ escapes them.

import { property } from "../snapshot/edgeLabels.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import type { HeapGraph } from "./heapGraph.ts";
import type { NodeKind } from "./labels.ts";

export interface Description {
  readonly kind: NodeKind;
  /** Heap text: `Session`, `handle()`, `scope of handle()`, `"text"`. */
  readonly title: string;
  /** Heap text: `{id, user}`, `2,000 entries`; undefined when there is nothing to say. */
  readonly preview: string | undefined;
  /** `lib/store.js:17` of the function, or of the object's class. */
  readonly location: string | undefined;
}

const PREVIEW_NAMES = 4;
const TEXT = 60;

/** Describes any node of the graph. Costs a look at its own edges. */
export function describe(graph: HeapGraph, n: number): Description {
  const location = placeText(graph, n);
  switch (graph.type(n)) {
    case NodeType.closure: {
      const name = graph.name(n);
      return { kind: "function", title: name === "" ? "(anonymous function)" : `${name}()`, preview: "function", location };
    }
    case NodeType.object:
      if (graph.scopes.isScope(n)) return describeScope(graph, n);
      return describeObject(graph, n, location);
    case NodeType.regexp:
      return { kind: "object", title: "RegExp", preview: `/${graph.text(n, TEXT)}/`, location };
    case NodeType.string:
    case NodeType.consString:
    case NodeType.slicedString: {
      const text = graph.text(n, TEXT + 1);
      const cut = text.length > TEXT ? `${text.slice(0, TEXT)}…` : text;
      return { kind: "string", title: JSON.stringify(cut), preview: graph.typeName(n), location: undefined };
    }
    case NodeType.number:
      return { kind: "string", title: graph.numberText(n) ?? "number", preview: graph.name(n), location: undefined };
    case NodeType.symbol:
      return { kind: "string", title: `Symbol(${graph.name(n)})`, preview: "symbol", location: undefined };
    case NodeType.bigint:
      return { kind: "string", title: graph.name(n), preview: "bigint", location: undefined };
    case NodeType.native:
      if (graph.isSystem(n)) return describeInternal(graph, n);
      return { kind: "native", title: graph.name(n) || "native", preview: "native", location: undefined };
    case NodeType.synthetic:
      return { kind: "root", title: graph.name(n) || "(root)", preview: "V8 root", location: undefined };
    default:
      return describeInternal(graph, n);
  }
}

function describeInternal(graph: HeapGraph, n: number): Description {
  const name = graph.name(n);
  if (name === "system / SourceTextModule") {
    const url = moduleUrl(graph, n);
    return {
      kind: "scope",
      title: url === undefined ? "ES module" : `module ${graph.scripts.display(url)}`,
      preview: "ES module",
      location: undefined,
    };
  }
  if (name === "system / JSProxy") return { kind: "object", title: "Proxy", preview: undefined, location: undefined };
  const title = name === "" ? `(internal ${graph.typeName(n)})` : name;
  return { kind: "internal", title, preview: graph.typeName(n), location: undefined };
}

function moduleUrl(graph: HeapGraph, module: number): string | undefined {
  for (const edge of graph.retainingEdges(module)) {
    const from = graph.ownerOf(edge);
    const known = graph.scopes.isScope(from) ? graph.scopes.urls.get(from) : undefined;
    if (known !== undefined) return known;
    const url = graph.name(from) === "ModuleWrap" ? graph.follow(from, "url", EdgeType.property) : undefined;
    if (url !== undefined) return graph.text(url);
  }
  return undefined;
}

function describeScope(graph: HeapGraph, n: number): Description {
  const { kind, functionName, url, variables } = graph.scopes.facts(n);
  const where = url === undefined ? undefined : graph.scripts.display(url);
  const preview = variables.length > 0 ? `variables: ${listed(variables)}` : "no variables";
  if (kind === "module") {
    const title = where === undefined ? "outermost scope" : `module scope of ${where}`;
    return { kind: "scope", title, preview, location: undefined };
  }
  const owner = functionName !== "" ? `${functionName}()` : where === undefined ? "a function" : `a function in ${where}`;
  const block = functionName !== "" ? owner : (where ?? owner);
  const title = kind === "block" ? `block scope in ${block}` : `scope of ${owner}`;
  return { kind: "scope", title, preview, location: where };
}

function describeObject(graph: HeapGraph, n: number, location: string | undefined): Description {
  const title = graph.name(n) || "Object";
  const owner = prototypeOf(graph, n);
  if (owner !== undefined) return { kind: "object", title, preview: `prototype of ${owner}`, location };
  const call = suspendedCall(graph, n);
  if (call !== undefined) return call;
  const timer = timerCall(graph, n);
  if (timer !== undefined) return { kind: "object", title, preview: timer, location };
  const counted = contents(graph, n, title);
  if (counted !== undefined) return { kind: "collection", title, preview: counted, location };
  const bytes = graph.collections.bufferBytes(n);
  if (bytes !== undefined) {
    // How much of it a view shows is not in a snapshot; that it keeps all of it is what matters.
    const isView = graph.edgeNamed(n, "buffer", EdgeType.internal) !== undefined;
    return { kind: "collection", title, preview: `${isView ? "view of " : ""}${withCommas(bytes)} bytes`, location };
  }
  return { kind: title.startsWith("Node / ") ? "native" : "object", title, preview: ownProperties(graph, n), location };
}

/** The class whose `prototype` this object is: V8 counts it among the instances. */
function prototypeOf(graph: HeapGraph, n: number): string | undefined {
  const owner = graph.follow(n, "constructor", EdgeType.property);
  if (owner === undefined || graph.type(owner) !== NodeType.closure) return undefined;
  if (graph.follow(owner, "prototype", EdgeType.property) !== n) return undefined;
  return graph.name(owner) || "a class";
}

/** A generator, or an async function that waits: an object that keeps the variables of a call. */
function suspendedCall(graph: HeapGraph, n: number): Description | undefined {
  if (graph.edgeNamed(n, "parameters_and_registers", EdgeType.internal) === undefined) return undefined;
  const called = graph.follow(n, "function", EdgeType.internal);
  const name = called === undefined ? "" : graph.name(called);
  const location = called === undefined ? undefined : placeText(graph, called);
  return {
    kind: "function",
    title: `${name === "" ? "(anonymous function)" : `${name}()`} suspended`,
    preview: "call that waits",
    location,
  };
}

const ON_TIMEOUT = property("_onTimeout");
const ON_IMMEDIATE = property("_onImmediate");
const IDLE_TIMEOUT = property("_idleTimeout");
const REPEAT = property("_repeat");

/** `setInterval(poll, 1000)`: a timer as the call that made it; undefined for other objects. */
function timerCall(graph: HeapGraph, n: number): string | undefined {
  let callback: number | undefined;
  let delay: string | undefined;
  let call = "setTimeout";
  for (let e = graph.firstEdge(n); e < graph.endEdge(n); e++) {
    const label = graph.edgeLabel(e);
    const to = graph.edgeTo(e);
    if (label === ON_TIMEOUT) callback = to;
    else if (label === ON_IMMEDIATE) {
      callback = to;
      call = "setImmediate";
    } else if (label === IDLE_TIMEOUT) delay = graph.numberText(to);
    else if (label === REPEAT && graph.type(to) === NodeType.number) call = "setInterval";
  }
  if (callback === undefined || graph.type(callback) !== NodeType.closure) return undefined;
  const what = graph.name(callback) || "(anonymous function)";
  return delay === undefined || call === "setImmediate" ? `${call}(${what})` : `${call}(${what}, ${delay})`;
}

/** `2,000 entries` for Maps, Sets and arrays. */
function contents(graph: HeapGraph, n: number, title: string): string | undefined {
  const kind = graph.collections.kindOf(n);
  if (kind) return plural(graph.collections.count(n), kind === "Map" ? ["entry", "entries"] : ["member", "members"]);
  const isArray = title === "Array" || (graph.edgeNamed(n, "elements", EdgeType.internal) !== undefined && isArrayLike(graph, n));
  if (!isArray) return undefined;
  const { present, capacity, last } = graph.collections.elements(n);
  if (present > 0) return plural(last + 1, ["element", "elements"]);
  // Small integers leave no edges: only the room for them is known.
  return capacity > 0 ? `up to ${plural(capacity, ["element", "elements"])}` : "empty";
}

function isArrayLike(graph: HeapGraph, n: number): boolean {
  let proto = graph.follow(n, "__proto__", EdgeType.property);
  for (let depth = 0; proto !== undefined && depth < 8; depth++) {
    if (graph.name(proto) === "Array" && graph.edgeNamed(proto, "push", EdgeType.property) !== undefined) return true;
    proto = graph.follow(proto, "__proto__", EdgeType.property);
  }
  return false;
}

function ownProperties(graph: HeapGraph, n: number): string | undefined {
  const names: string[] = [];
  for (let e = graph.firstEdge(n); e < graph.endEdge(n); e++) {
    if (graph.edgeType(e) !== EdgeType.property) continue;
    const name = graph.edgeName(e);
    if (name === "__proto__" || name.startsWith("<symbol ")) continue;
    names.push(name);
  }
  return names.length > 0 ? `{${listed(names)}}` : undefined;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, PREVIEW_NAMES).map((name) => (name.length > 24 ? `${name.slice(0, 12)}…${name.slice(-8)}` : name));
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")}, +${more}` : shown.join(", ");
}

/** `1,234`, without Intl: the first number it formats takes 20 ms. */
export function withCommas(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

function plural(count: number, [one, many]: readonly [string, string]): string {
  return `${withCommas(count)} ${count === 1 ? one : many}`;
}

/** `path:line` of where a function or an object's class was defined. */
export function placeText(graph: HeapGraph, n: number): string | undefined {
  const place = graph.scripts.placeOf(n);
  return place === undefined ? undefined : `${graph.scripts.display(place.url)}:${place.line}`;
}

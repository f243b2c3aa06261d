// Closure scopes. V8 keeps the variables that inner functions use in `system / Context` nodes; a reader wants
// "scope of handle()" and "module scope of lib/store.js". Names come from three places: `context` edges, the
// scope's ScopeInfo (block scopes have unnamed edges), and the functions that were created in the scope.

import { internal } from "../snapshot/edgeLabels.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import type { HeapGraph } from "./heapGraph.ts";
import { isBuiltinScript } from "./scripts.ts";

/** Slots of a Context before its variables: map, length, scope info, previous. */
const CONTEXT_HEADER = 4;

const CONTEXT = internal("context");
const SCOPE_INFO = internal("scope_info");
/** Names that a signature has at most. */
const SIGNED = 12;

export interface ScopeFacts {
  /** "module": the outermost scope of a script. "function", or "block" inside one. */
  readonly kind: "module" | "function" | "block";
  /** Name of the function, "" when it has none. For blocks that of the function around it. */
  readonly functionName: string;
  /** URL of the script; undefined when no live function tells. */
  readonly url: string | undefined;
  readonly builtin: boolean;
  /** Captured variables in V8's order. */
  readonly variables: readonly string[];
}

/** Script of each scope: 4 bytes a node and one string a script. */
export class ScopeUrls {
  readonly #index: Int32Array;
  readonly #urls: string[] = [];
  readonly #scopes: number[] = [];
  readonly #known = new Map<string, number>();

  constructor(nodeCount: number) {
    this.#index = new Int32Array(nodeCount);
  }

  get(scope: number): string | undefined {
    return this.#urls[(this.#index[scope] as number) - 1];
  }
  has(scope: number): boolean {
    return this.#index[scope] !== 0;
  }
  set(scope: number, url: string): void {
    let index = this.#known.get(url);
    if (index === undefined) {
      index = this.#urls.push(url);
      this.#known.set(url, index);
    }
    if (this.#index[scope] === 0) this.#scopes.push(scope);
    this.#index[scope] = index;
  }
  /** Distinct scripts. */
  values(): readonly string[] {
    return this.#urls;
  }
  /** Every scope that has a script, ascending. */
  keys(): readonly number[] {
    return this.#scopes.sort((a, b) => a - b);
  }
}

export class Scopes {
  readonly #graph: HeapGraph;
  #urlOf: ScopeUrls | undefined;
  readonly #facts = new Map<number, ScopeFacts>();
  readonly #signatures = new Map<number, string>();

  constructor(graph: HeapGraph) {
    this.#graph = graph;
  }

  isScope(node: number): boolean {
    return this.#graph.type(node) === NodeType.object && this.#graph.isContextName(this.#graph.columns.nodeName[node] as number);
  }

  /** Every scope of the heap, and the script its functions came from where known. */
  get urls(): ScopeUrls {
    this.#urlOf ??= this.#findUrls();
    return this.#urlOf;
  }

  facts(scope: number): ScopeFacts {
    let facts = this.#facts.get(scope);
    if (!facts) {
      // A broken file can have scopes around each other in a circle: whoever comes back here gets this.
      this.#facts.set(scope, { kind: "function", functionName: "", url: undefined, builtin: false, variables: [] });
      facts = this.#read(scope);
      this.#facts.set(scope, facts);
    }
    return facts;
  }

  /**
   * Names of a scope's variables and of its function, as its ScopeInfo has them: the same for all scopes that one piece of
   * source makes, and in every snapshot. Not made for reading.
   */
  signature(scope: number): string {
    const info = this.#graph.edgeLabelled(scope, SCOPE_INFO);
    if (info === undefined) return "";
    const node = this.#graph.edgeTo(info);
    let signature = this.#signatures.get(node);
    if (signature === undefined) {
      signature = this.#stringsOf(node).slice(0, SIGNED).join(",");
      this.#signatures.set(node, signature);
    }
    return signature;
  }

  /** Whether this is the outermost scope of a script that the user wrote. */
  isUserModule(scope: number): boolean {
    const url = this.urls.get(scope);
    return url !== undefined && !isBuiltinScript(url) && this.#isOutermost(scope);
  }

  /** Name of the variable behind the `index`-th unnamed edge of a block scope; "a or b" when it can be either. */
  variableAt(scope: number, index: number): string | undefined {
    const { variables } = this.facts(scope);
    // Small integers have no edge, so positions are only sure when every variable has one.
    if (this.#unnamedSlots(scope) === variables.length) return variables[index];
    return variables.length > 0 && variables.length <= 3 ? variables.join(" or ") : undefined;
  }

  #unnamedSlots(scope: number): number {
    const graph = this.#graph;
    let count = 0;
    for (let e = graph.firstEdge(scope); e < graph.endEdge(scope); e++) if (graph.edgeType(e) === EdgeType.hidden) count++;
    return count;
  }

  #isOutermost(scope: number): boolean {
    const graph = this.#graph;
    const previous = graph.follow(scope, "previous", EdgeType.internal);
    if (previous === undefined) return false;
    if (graph.isNativeContext(previous)) return true;
    const extension = graph.follow(scope, "extension", EdgeType.internal);
    return extension !== undefined && graph.name(extension) === "system / SourceTextModule";
  }

  #read(scope: number): ScopeFacts {
    const graph = this.#graph;
    const named: string[] = [];
    for (let e = graph.firstEdge(scope); e < graph.endEdge(scope); e++) {
      if (graph.edgeType(e) === EdgeType.context) named.push(graph.edgeName(e));
    }
    const info = graph.follow(scope, "scope_info", EdgeType.internal);
    const strings = info === undefined ? [] : this.#stringsOf(info);
    const hasExtension = graph.edgeNamed(scope, "extension", EdgeType.internal) !== undefined;
    const slots = Math.max(0, graph.rawSize(scope) / graph.pointerSize - CONTEXT_HEADER - (hasExtension ? 1 : 0));
    const locals = strings.slice(0, slots);
    const variables = locals.length > 0 && named.every((name) => locals.includes(name)) ? locals : named;
    const url = this.urls.get(scope);
    let functionName = strings[slots];
    let kind: ScopeFacts["kind"] = this.#isOutermost(scope) ? "module" : "function";
    if (kind === "function" && functionName === undefined && named.length === 0) kind = "block";
    if (functionName === undefined && info !== undefined) functionName = this.#outerFunctionName(info, scope);
    return { kind, functionName: functionName ?? "", url, builtin: url !== undefined && isBuiltinScript(url), variables };
  }

  /** The string edges of a ScopeInfo: names of the locals, then of the function. */
  #stringsOf(info: number): string[] {
    const graph = this.#graph;
    const found: string[] = [];
    for (let e = graph.firstEdge(info); e < graph.endEdge(info); e++) {
      const to = graph.edgeTo(e);
      if (graph.type(to) === NodeType.string && graph.edgeType(e) !== EdgeType.weak) found.push(graph.name(to));
    }
    return found;
  }

  #outerFunctionName(_info: number, scope: number): string | undefined {
    const outer = this.#graph.follow(scope, "previous", EdgeType.internal);
    if (outer === undefined || !this.isScope(outer) || this.#isOutermost(outer)) return undefined;
    return this.facts(outer).functionName;
  }

  /** Every live function knows its script and the scope it was created in; outer scopes are of the same script. */
  #findUrls(): ScopeUrls {
    const graph = this.#graph;
    const { columns, scripts } = graph;
    const urls = new ScopeUrls(columns.nodeCount);
    for (let n = 0; n < columns.nodeCount; n++) {
      if (columns.nodeType[n] !== NodeType.closure) continue;
      const context = graph.edgeLabelled(n, CONTEXT);
      if (context === undefined) continue;
      let scope: number | undefined = graph.edgeTo(context);
      if (urls.has(scope) || !this.isScope(scope)) continue;
      const url = scripts.urlOfClosure(n);
      if (url === undefined) continue;
      while (scope !== undefined && !urls.has(scope) && this.isScope(scope)) {
        urls.set(scope, url);
        scope = this.#isOutermost(scope) ? undefined : graph.follow(scope, "previous", EdgeType.internal);
      }
    }
    return urls;
  }
}

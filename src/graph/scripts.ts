// Which script a function or scope comes from. A snapshot lists only script numbers with its locations, but it
// also contains V8's Script objects: closure -> shared function info -> script -> name.

import { internal } from "../snapshot/edgeLabels.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import type { HeapGraph } from "./heapGraph.ts";

const SHARED = internal("shared");
const SCRIPT = internal("script");
const SCRIPT_OR_DEBUG_INFO = internal("script_or_debug_info");

/** A place in a script; line and column are 1-based, as editors count. */
export interface SourcePlace {
  readonly url: string;
  readonly line: number;
  readonly column: number;
}

export class Scripts {
  readonly #graph: HeapGraph;
  readonly #urlOfShared = new Map<number, string | undefined>();
  #urlOfId: Map<number, string> | undefined;
  #base: string | undefined;

  constructor(graph: HeapGraph) {
    this.#graph = graph;
  }

  /** URL or path of the script that defines this function; undefined for V8's and Node's native functions. */
  urlOfClosure(closure: number): string | undefined {
    const shared = this.#graph.edgeLabelled(closure, SHARED);
    return shared === undefined ? undefined : this.#urlOf(this.#graph.edgeTo(shared));
  }

  /** URL of a script by the number that locations use. */
  urlOfScriptId(id: number): string | undefined {
    this.#urlOfId ??= this.#mapIds();
    return this.#urlOfId.get(id);
  }

  /** URLs of all scripts that the heap has functions or scopes of, Node's own included. */
  all(): Set<string> {
    this.#urlOfId ??= this.#mapIds();
    return new Set([...this.#graph.scopes.urls.values(), ...this.#urlOfId.values()]);
  }

  /**
   * A script as a reader names it: relative to the folder that all scripts of the program share, which is
   * usually where it was started from. `lib/store.js`, `node_modules/debug/src/index.js`.
   */
  display(url: string): string {
    const path = pathOfUrl(url);
    this.#base ??= commonFolder([...this.#userScripts()]);
    return this.#base.length > 1 && path.startsWith(this.#base) ? path.slice(this.#base.length) : path;
  }

  #userScripts(): Set<string> {
    const graph = this.#graph;
    const paths = new Set<string>();
    for (const url of graph.scopes.urls.values()) {
      if (!isBuiltinScript(url)) paths.add(pathOfUrl(url).split("/node_modules/")[0] as string);
    }
    // What is left of a dependency's path is the folder that contains node_modules.
    return new Set([...paths].map((path) => (/\.[cm]?[jt]sx?$/.test(path) ? path : `${path}/`)));
  }

  /** Where the function, or the class of the object, was defined. */
  placeOf(node: number): SourcePlace | undefined {
    const at = this.#graph.locationOf(node);
    if (!at) return undefined;
    const url = this.urlOfScriptId(at.scriptId);
    return url === undefined ? undefined : { url, line: at.line + 1, column: at.column + 1 };
  }

  #urlOf(shared: number): string | undefined {
    if (this.#urlOfShared.has(shared)) return this.#urlOfShared.get(shared);
    const graph = this.#graph;
    let url: string | undefined;
    for (let e = graph.firstEdge(shared); e < graph.endEdge(shared); e++) {
      const label = graph.edgeLabel(e);
      if (label !== SCRIPT_OR_DEBUG_INFO && label !== SCRIPT) continue;
      url = this.#nameOfScript(graph.edgeTo(e));
      break;
    }
    this.#urlOfShared.set(shared, url);
    return url;
  }

  #nameOfScript(script: number, isInner = false): string | undefined {
    const graph = this.#graph;
    const name = graph.follow(script, "name", EdgeType.internal);
    if (name !== undefined && graph.type(name) === NodeType.string) return graph.name(name) || undefined;
    // While a debugger is attached the edge leads to a DebugInfo, which holds the script.
    const inner = graph.follow(script, "script", EdgeType.internal);
    return inner === undefined || isInner ? undefined : this.#nameOfScript(inner, true);
  }

  #mapIds(): Map<number, string> {
    const { columns } = this.#graph;
    const { node, scriptId } = columns.locations;
    const urls = new Map<number, string>();
    for (let i = 0; i < node.length; i++) {
      if (columns.nodeType[node[i] as number] !== NodeType.closure) continue;
      const id = scriptId[i] as number;
      if (urls.has(id)) continue;
      const url = this.urlOfClosure(node[i] as number);
      if (url !== undefined) urls.set(id, url);
    }
    return urls;
  }
}

/** Scripts that come with Node and that nobody reading a retaining path wrote. */
export function isBuiltinScript(url: string): boolean {
  return url.startsWith("node:") || url.startsWith("internal/");
}

/** The script of a url: without query and fragment, which Node takes for other modules of the same file. */
export function scriptOfUrl(url: string): string {
  return url.startsWith("file:") || url.startsWith("data:") ? (url.split(/[?#]/, 1)[0] as string) : url;
}

/** `file:///app/lib/a.mjs` -> `/app/lib/a.mjs`; everything else stays as it is. */
export function pathOfUrl(url: string): string {
  if (!url.startsWith("file://")) return url;
  try {
    return decodeURIComponent(new URL(url).pathname);
  } catch {
    return url;
  }
}

/** The deepest folder that contains all paths, with its slash; "" when they share none. */
function commonFolder(paths: readonly string[]): string {
  const absolute = paths.filter((path) => path.startsWith("/"));
  let base = absolute[0];
  if (base === undefined) return "";
  base = base.slice(0, base.lastIndexOf("/") + 1);
  for (const path of absolute) while (!path.startsWith(base)) base = base.slice(0, base.lastIndexOf("/", base.length - 2) + 1);
  return base;
}

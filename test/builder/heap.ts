// A heap as a test wants to write it: `buildHeap((h) => { const cache = h.global("cache", h.map([[h.text("a"), x]])); })`.
// The helpers lay things out as V8 does, plumbing included, so that a test of ten lines is a heap like a real one.
import type { HeapGraph } from "../../src/graph/heapGraph.ts";
import { EdgeType, NodeType } from "../../src/snapshot/format.ts";
import { graphOf, type PlainEdge, type PlainHeap, type PlainNode } from "./columns.ts";

interface NodeOptions {
  readonly size?: number;
  readonly id?: number;
}

export class HeapBuilder {
  readonly nodes: PlainNode[] = [];
  readonly edges: PlainEdge[] = [];
  readonly locations: { node: number; scriptId: number; line: number; column: number }[] = [];
  readonly root: number;
  readonly gcRoots: number;
  readonly globalObject: number;
  readonly nativeContext: number;
  readonly #categories = new Map<string, number>();
  readonly #scripts = new Map<string, number>();
  readonly #keys = new Map<number, number>();

  constructor() {
    this.root = this.node(NodeType.synthetic, "", { size: 0 });
    this.gcRoots = this.node(NodeType.synthetic, "(GC roots)", { size: 0 });
    this.globalObject = this.node(NodeType.object, "global / ");
    this.nativeContext = this.node(NodeType.hidden, "system / NativeContext");
    this.edge(this.root, EdgeType.element, 1, this.gcRoots);
    this.edge(this.root, EdgeType.shortcut, "1", this.globalObject);
    this.held("(Strong roots)", this.nativeContext, "native_context");
    this.internal(this.nativeContext, "global_object", this.globalObject);
  }

  // ── nodes ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Ids are odd and rise, as V8's for objects. */
  node(type: number, name: string, { size = 32, id = this.nodes.length * 2 + 1 }: NodeOptions = {}): number {
    return this.nodes.push({ type, name, id, size }) - 1;
  }
  object(name: string, options?: NodeOptions): number {
    return this.node(NodeType.object, name, options);
  }
  text(text: string): number {
    return this.node(NodeType.string, text);
  }
  array(length: number, name = ""): number {
    return this.node(NodeType.array, name, { size: 16 + 8 * length });
  }
  idOf(node: number): number {
    return (this.nodes[node] as PlainNode).id;
  }

  // ── edges ─────────────────────────────────────────────────────────────────────────────────────────────────

  edge(from: number, type: number, name: string | number, to: number): void {
    this.edges.push({ from, type, name, to });
  }
  property(from: number, name: string, to: number): number {
    this.edge(from, EdgeType.property, name, to);
    return to;
  }
  internal(from: number, name: string, to: number): number {
    this.edge(from, EdgeType.internal, name, to);
    return to;
  }
  weak(from: number, name: string, to: number): void {
    this.edge(from, EdgeType.weak, name, to);
  }
  /** A property of the global object. */
  global(name: string, node: number): number {
    return this.property(this.globalObject, name, node);
  }
  /** Held by one of V8's root categories, which is made when first named. */
  held(category: string, node: number, name: string | number = 1): void {
    let at = this.#categories.get(category);
    if (at === undefined) {
      at = this.node(NodeType.synthetic, category, { size: 0 });
      this.#categories.set(category, at);
      this.edge(this.gcRoots, EdgeType.element, this.#categories.size, at);
    }
    this.edge(at, typeof name === "number" ? EdgeType.element : EdgeType.internal, name, node);
  }
  at(node: number, scriptId: number, line: number, column = 0): number {
    this.locations.push({ node, scriptId, line, column });
    return node;
  }

  // ── what V8 builds of it ──────────────────────────────────────────────────────────────────────────────────

  /** An Array: direct element edges, and the same again through its elements. */
  list(items: readonly number[]): number {
    const list = this.object("Array", { size: 16 });
    const elements = this.array(items.length, "(object elements)");
    this.internal(list, "elements", elements);
    items.forEach((item, i) => {
      this.edge(list, EdgeType.element, i, item);
      this.internal(elements, String(i), item);
    });
    return list;
  }
  /** A Map with its hash table. A number stands for a small integer, which has no node. */
  map(entries: readonly (readonly [key: number | { smi: number }, value: number | { smi: number }])[], name = "Map"): number {
    return this.#hashed(name, entries, 3);
  }
  set(members: readonly (number | { smi: number })[], name = "Set"): number {
    return this.#hashed(
      name,
      members.map((member) => [member] as const),
      2,
    );
  }
  #hashed(name: string, entries: readonly (readonly (number | { smi: number })[])[], entrySize: number): number {
    let buckets = 2;
    while (buckets * 2 < entries.length) buckets *= 2;
    const holder = this.object(name, { size: 16 });
    const table = this.array(3 + buckets + buckets * 2 * entrySize, "");
    this.internal(holder, "table", table);
    entries.forEach((parts, i) => {
      parts.forEach((part, p) => {
        if (typeof part === "number") this.internal(table, String(3 + buckets + i * entrySize + p), part);
      });
    });
    return holder;
  }
  /** A WeakMap: each value by one edge from the key and one from the table, of V8's long name. */
  weakMap(entries: readonly (readonly [key: number, value: number])[]): number {
    const map = this.object("WeakMap", { size: 16 });
    const table = this.array(8, "");
    this.internal(map, "table", table);
    const named = (node: number): string => `${(this.nodes[node] as PlainNode).name} @${this.idOf(node)}`;
    entries.forEach(([key, value], i) => {
      const pair = ` / part of key (${named(key)}) -> value (${named(value)}) pair in WeakMap (table @${this.idOf(table)})`;
      const index = (this.#keys.get(key) ?? 0) + 1;
      this.#keys.set(key, index);
      this.internal(key, `${index}${pair}`, value);
      this.internal(table, `${i * 2 + 3}${pair}`, value);
      this.weak(table, String(i * 2 + 2), key);
    });
    return map;
  }
  /** A script, as functions know it: shared function info -> Script -> name. */
  shared(url: string): number {
    let shared = this.#scripts.get(url);
    if (shared === undefined) {
      shared = this.node(NodeType.code, "system / SharedFunctionInfo");
      const script = this.node(NodeType.code, "system / Script");
      this.internal(shared, "script", script);
      this.internal(script, "name", this.text(url));
      this.#scripts.set(url, shared);
    }
    return shared;
  }
  closure(name: string, scope?: number, url?: string): number {
    const closure = this.node(NodeType.closure, name, { size: 64 });
    if (scope !== undefined) this.internal(closure, "context", scope);
    if (url !== undefined) this.internal(closure, "shared", this.shared(url));
    return closure;
  }
  /** A scope with the variables that inner functions use. Without `previous` it is the outermost of its script. */
  scope(variables: Readonly<Record<string, number>>, previous: number = this.nativeContext, owner = ""): number {
    const names = Object.keys(variables);
    const scope = this.object("system / Context", { size: 32 + 8 * names.length });
    const info = this.node(NodeType.code, "system / ScopeInfo");
    this.internal(scope, "scope_info", info);
    for (const name of [...names, ...(owner === "" ? [] : [owner])]) this.internal(info, name, this.text(name));
    this.internal(scope, "previous", previous);
    for (const [name, node] of Object.entries(variables)) this.edge(scope, EdgeType.context, name, node);
    return scope;
  }
  /** The scope of a module that was loaded from `url`: some exported function keeps it. */
  moduleScope(url: string, variables: Readonly<Record<string, number>>): number {
    const scope = this.scope(variables);
    this.global(`exported by ${url}`, this.closure("exported", scope, url));
    return scope;
  }

  plain(): PlainHeap {
    return { nodes: this.nodes, edges: this.edges, locations: this.locations };
  }
}

/** Builds a heap and reads it back through a file. */
export function buildHeap(build: (h: HeapBuilder) => void): HeapGraph {
  const h = new HeapBuilder();
  build(h);
  return graphOf(h.plain());
}

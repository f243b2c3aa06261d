// Which abstract path (pathBook.ts) each object of a snapshot is on. Two passes: over the edges in file order, because
// their names are read back from the file, then from every node up to one whose path is known.

import { EDGE_LABELS, TYPE_OF_LABEL, wellKnownNames } from "../snapshot/edgeLabels.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import type { HeapGraph } from "./heapGraph.ts";
import { isPlumbing } from "./holds.ts";
import { type PathBook, PathFlag } from "./pathBook.ts";
import { PASSING_COST } from "./roots.ts";
import { scriptOfUrl } from "./scripts.ts";

/** Objects with more properties than this are dictionaries: their keys are data, not names. */
const DICTIONARY = 24;
/** Wide classes of the program and of Node have less than this; below, names count unless the object is a plain one. */
const WIDE_CLASS = 96;

/** Names that are data: `req-738`, `6f9619ff-8b86-d011`. */
const IS_DATA = /\d\d|(?=[a-f]*\d)[0-9a-f]{8,}/i;

/**
 * The abstract path of every node, 0 for those that no root path leads to. About 120 ns a node, and 12 bytes a node while it
 * runs, of which 4 are kept.
 */
export function abstractPaths(graph: HeapGraph, book: PathBook): Uint32Array {
  const tree = graph.rootPaths.wholeTree();
  const { owner, step } = stepsOf(graph, book, tree);
  const types = new Types(graph, book);
  const { scratch } = graph;
  const paths = scratch.zeros();
  const chain: number[] = [];
  for (let n = 0; n < graph.nodeCount; n++) {
    if (tree[2 * n] === 0 || paths[n] !== 0) continue;
    let at = n;
    while (paths[at] === 0 && tree[2 * at + 1] !== 0) {
      chain.push(at);
      at = owner[at] as number;
    }
    if (paths[at] === 0) paths[at] = types.start(at);
    let path = paths[at] as number;
    while (chain.length > 0) {
      const node = chain.pop() as number;
      path = types.below(path, step[node] as number, node, owner[node] as number);
      paths[node] = path;
    }
  }
  scratch.give(owner, step);
  return paths;
}

/** Of each node's path: who owns its last edge, and the word of that edge. */
function stepsOf(graph: HeapGraph, book: PathBook, tree: Uint32Array): { owner: Uint32Array; step: Uint32Array } {
  const { firstEdge, edgeTo, edgeLabel } = graph.columns;
  const owner = graph.scratch.take();
  const step = graph.scratch.take();
  const names = new StepWords(graph, book);
  for (let n = 0; n < graph.nodeCount; n++) {
    const begin = firstEdge[n] as number;
    const end = firstEdge[n + 1] as number;
    let dictionary: boolean | undefined;
    for (let e = begin; e < end; e++) {
      const to = edgeTo[e] as number;
      if (tree[2 * to + 1] !== e + 1) continue;
      owner[to] = n;
      const label = edgeLabel[e] as number;
      const known = names.known(label);
      if (known !== 0) {
        step[to] = known;
        continue;
      }
      dictionary ??= end - begin > DICTIONARY && isDictionary(graph, n);
      step[to] = dictionary && TYPE_OF_LABEL[label] === EdgeType.property ? names.anyKey : names.of(e);
    }
  }
  return { owner, step };
}

/** Whether the names of an object's properties are keys rather than fields. */
function isDictionary(graph: HeapGraph, n: number): boolean {
  if (graph.type(n) !== NodeType.object) return false;
  const plain = graph.name(n) === "Object";
  let count = 0;
  for (let e = graph.firstEdge(n); e < graph.endEdge(n); e++) if (graph.edgeType(e) === EdgeType.property) count++;
  return count > (plain ? DICTIONARY : WIDE_CLASS);
}

/** The word of an edge, by its label where that says all, else by its name, which is looked at once a string. */
class StepWords {
  readonly #graph: HeapGraph;
  readonly #book: PathBook;
  readonly #byLabel: Int32Array = new Int32Array(EDGE_LABELS);
  readonly #byName: Int32Array[] = [];
  readonly anyKey: number;

  constructor(graph: HeapGraph, book: PathBook) {
    this.#graph = graph;
    this.#book = book;
    const { words } = book;
    this.anyKey = words.number(".[key]");
    const any = words.number("[]");
    for (let label = 0; label < EDGE_LABELS; label++) {
      const type = TYPE_OF_LABEL[label] as number;
      if (label === type) {
        // Plain types: indexes say nothing, names must be read.
        if (type === EdgeType.element || type === EdgeType.hidden) this.#byLabel[label] = any;
      } else this.#byLabel[label] = WELL_KNOWN.has(label) ? words.number(`=${label}`) : any;
    }
  }

  known(label: number): number {
    return this.#byLabel[label] as number;
  }

  of(e: number): number {
    const type = this.#graph.edgeType(e);
    const name = this.#graph.columns.edgeNames.at(e);
    this.#byName[type] ??= new Int32Array(this.#graph.columns.strings.count);
    const known = this.#byName[type] as Int32Array;
    let word = known[name] as number;
    if (word === 0) {
      const text = this.#graph.columns.strings.get(name);
      word = type === EdgeType.property && IS_DATA.test(text) ? this.anyKey : this.#book.words.number(`${SIGN[type] ?? "~"}${text}`);
      known[name] = word;
    }
    return word;
  }
}

const SIGN: Readonly<Record<number, string>> = {
  [EdgeType.property]: ".",
  [EdgeType.context]: "$",
  [EdgeType.internal]: "=",
  [EdgeType.shortcut]: "&",
};

/** Labels with a name of their own; slots and parts of WeakMap entries are all alike. */
const WELL_KNOWN: ReadonlySet<number> = new Set(
  [...wellKnownNames().values()].flatMap(({ internal, property }) => [internal ?? -1, property ?? -1]),
);

/** The words of what is at the end of a path. */
class Types {
  readonly #graph: HeapGraph;
  readonly #book: PathBook;
  readonly #objects: Int32Array;
  readonly #functions: Int32Array;
  readonly #plumbing: number;
  readonly #text: number;
  readonly #any: number;

  constructor(graph: HeapGraph, book: PathBook) {
    this.#graph = graph;
    this.#book = book;
    const { count } = graph.columns.strings;
    this.#objects = new Int32Array(count);
    this.#functions = new Int32Array(count);
    const { words } = book;
    this.#plumbing = words.number("(plumbing)");
    this.#text = words.number("(string)");
    this.#any = words.number("[]");
  }

  /** The path of a node that a root path begins at. */
  start(node: number): number {
    const graph = this.#graph;
    const { words } = this.#book;
    const start = graph.rootPaths.startAt(node);
    let how: string = start?.kind ?? "v8";
    if (start?.kind === "module") how += ` ${scriptOfUrl(graph.scopes.urls.get(node) ?? "")}`;
    else if (start?.category !== undefined) how += ` ${start.held === SYMBOL_REGISTRY ? SYMBOL_REGISTRY : start.category}`;
    const passes = (start?.cost ?? 0) >= PASSING_COST || start?.kind === "stack" || start?.kind === "debugger";
    const isV8s = start?.kind === "v8" && start.cost >= V8_ROOT && start.held !== SYMBOL_REGISTRY;
    const flags = this.#flagsOf(node) | (passes ? PathFlag.passing : 0) | (isV8s ? PathFlag.v8 : 0);
    return this.#book.below(0, words.number(how), this.#typeOf(node, flags), flags & ~PathFlag.plumbing);
  }

  below(parent: number, step: number, node: number, owner: number): number {
    const book = this.#book;
    // The text of a number is made for the snapshot.
    if (this.#graph.type(owner) === NodeType.number) return parent;
    const flags = this.#flagsOf(node);
    if ((flags & PathFlag.plumbing) !== 0) {
      // Parts of parts are all the object's; but a name on the way (the event of a listener) tells places apart.
      const fold = book.has(parent, PathFlag.plumbing) && step === this.#any;
      return fold ? parent : book.below(parent, step, this.#plumbing, flags);
    }
    if ((flags & PathFlag.primitive) !== 0 && book.has(parent, PathFlag.primitive)) return parent;
    return book.below(parent, step, this.#typeOf(node, flags), flags);
  }

  #flagsOf(node: number): number {
    const graph = this.#graph;
    switch (graph.type(node)) {
      case NodeType.object:
        return isPlumbing(graph, node) ? PathFlag.plumbing : 0;
      case NodeType.closure:
        return graph.columns.strings.byteLength(graph.columns.nodeName[node] as number) === 0 && isPlumbing(graph, node)
          ? PathFlag.plumbing
          : 0;
      case NodeType.string:
      case NodeType.consString:
      case NodeType.slicedString:
      case NodeType.symbol:
      case NodeType.bigint:
        return PathFlag.primitive;
      case NodeType.regexp:
      case NodeType.wasmObject:
        return 0;
      case NodeType.native:
        // Embedders' nodes stand behind a wrapper in JavaScript, and their ids are new in each snapshot.
        return PathFlag.plumbing;
      case NodeType.code:
      case NodeType.objectShape:
        return isPlumbing(graph, node) ? PathFlag.plumbing : PathFlag.plumbing | PathFlag.v8;
      default:
        return PathFlag.plumbing;
    }
  }

  #typeOf(node: number, flags: number): number {
    const graph = this.#graph;
    if ((flags & PathFlag.plumbing) !== 0) return this.#plumbing;
    if ((flags & PathFlag.primitive) !== 0) return this.#text;
    // Scopes of other functions are no recursion.
    if (graph.scopes.isScope(node)) return this.#book.words.number(SCOPE + graph.scopes.signature(node));
    const isFunction = graph.type(node) === NodeType.closure;
    const known = isFunction ? this.#functions : this.#objects;
    const name = graph.columns.nodeName[node] as number;
    let word = known[name] as number;
    if (word === 0) {
      const text = graph.columns.strings.get(name);
      word = isFunction || !TIMERS.has(text) ? this.#book.words.number(`${isFunction ? "f " : ""}${text}`) : TIMER;
      known[name] = word;
    }
    return word === TIMER ? this.#timer(node) : word;
  }

  /** Timers are told apart by what they call: Node keeps all of them in the same lists. */
  #timer(node: number): number {
    const graph = this.#graph;
    const callback = graph.follow(node, "_onTimeout", EdgeType.property) ?? graph.follow(node, "_onImmediate", EdgeType.property);
    const at = callback === undefined ? undefined : graph.locationOf(callback);
    const what = callback === undefined ? "" : graph.name(callback);
    return this.#book.words.number(`${graph.name(node)} ${what} ${at?.scriptId}:${at?.line}:${at?.column}`);
  }
}

/** How the word of a scope begins. */
const SCOPE = "(scope) ";

/** Whether a word of a path's type says that a scope is there. */
export function isScopeWord(word: string): boolean {
  return word.startsWith(SCOPE);
}

const TIMERS: ReadonlySet<string> = new Set(["Timeout", "Immediate"]);
const TIMER = -1;
/** What V8 calls the registry of Symbol.for(): the program fills it, and nobody can empty it. */
export const SYMBOL_REGISTRY = "public_symbol_table";
/** V8's own roots from this price on are caches and tables. */
const V8_ROOT = 500;

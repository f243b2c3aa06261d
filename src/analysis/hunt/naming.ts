// Names for a developer: what the holder is called in the program, and what kind of holding it is.

import { SYMBOL_REGISTRY } from "../../graph/abstractPaths.ts";
import { describe } from "../../graph/describe.ts";
import type { HeapGraph } from "../../graph/heapGraph.ts";
import { foldPath, type Hold } from "../../graph/holds.ts";
import type { HoldLabel } from "../../graph/labels.ts";
import type { RootPath } from "../../graph/rootPaths.ts";
import { isBuiltinScript, pathOfUrl } from "../../graph/scripts.ts";
import { rootName } from "../paths.ts";
import type { Place, SuspectKind } from "./result.ts";

/** What the holder of all symbols of `Symbol.for()` is called. */
export const SYMBOLS = "registry of Symbol.for()";
/** V8's list of what native code of Node and of add-ons holds. */
const HANDLES = "(Global handles)";
/** So many owners are named in front of a holder. */
const OWNERS = 3;

/**
 * What the holder at the end of `holds` is called, as one would type it: `SessionStore.byId`, `cache`, `rooms.get(…).members`.
 * `holds` lead from the root's first node to the holder; heap text.
 */
export function holderName(graph: HeapGraph, path: RootPath, holds: readonly Hold[]): string {
  const parts: string[] = [];
  for (let i = holds.length - 1; i >= 0 && parts.length <= OWNERS; i--) {
    const { label, holder } = holds[i] as Hold;
    const own = partOf(label);
    if (own === undefined) {
      // A scope or a bound function in between is no name; the object before it may have one.
      if (parts.length === 0) continue;
      break;
    }
    parts.unshift(own);
    if (label.kind === "variable") break;
    const owner = ownerName(graph, holder);
    if (owner !== undefined) {
      parts.unshift(owner);
      break;
    }
  }
  if (parts.length === 0) return lastName(graph, path, holds);
  return parts.join("").replace(/^\./, "");
}

function lastName(graph: HeapGraph, path: RootPath, holds: readonly Hold[]): string {
  if (path.held === SYMBOL_REGISTRY) return SYMBOLS;
  if (path.category === HANDLES && holds.length === 0) return `native handles (${graph.name(path.nodes[0] as number)})`;
  const last = holds.at(-1);
  if (last) return describe(graph, last.held).title;
  return path.kind === "timer" || path.held !== undefined ? rootName(graph, path) : describe(graph, path.nodes[0] as number).title;
}

/** `.byId`, `[…]`, `.get(…)`; undefined for steps that have no spelling. */
function partOf(label: HoldLabel): string | undefined {
  switch (label.kind) {
    case "property":
      return /^[#\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(label.name) ? `.${label.name}` : `[${JSON.stringify(label.name)}]`;
    case "symbol":
      return `[${label.name}]`;
    case "variable":
      return label.name;
    case "element":
      return "[…]";
    case "map value":
    case "weak map value":
      return ".get(…)";
    case "map key":
      return ".keys()";
    case "set member":
      return ".values()";
    case "listener":
      return `.on(${JSON.stringify(label.name)})`;
    default:
      return undefined;
  }
}

/** Classes that say nothing about whose they are. */
const NAMELESS: ReadonlySet<string> = new Set(["Object", "Array", "Map", "Set", "WeakMap", "Promise", ""]);

/** `SessionStore`, `createDebug`; undefined for an owner that has only its place. */
function ownerName(graph: HeapGraph, owner: number): string | undefined {
  if (graph.scopes.isScope(owner)) return undefined;
  const { kind } = describe(graph, owner);
  const name = graph.name(owner);
  if (kind === "function") return name === "" || name.includes(" ") ? undefined : name;
  return NAMELESS.has(name) || graph.isPrimitive(owner) || graph.isSystem(owner) ? undefined : name;
}

/** Facts that the kind of a suspect follows from. */
export interface KindFacts {
  readonly label: HoldLabel | undefined;
  readonly rootKind: RootPath["kind"] | undefined;
  readonly isStart: boolean;
  readonly measure: "objects" | "bytes";
  /** Name of the class that gathers, or of the object whose bytes grow. */
  readonly className: string;
  /** Whether the path folds into itself, and whether a scope is part of what repeats. */
  readonly recursive: boolean;
  readonly throughScope: boolean;
  /** How many entries the dictionary is known to have. */
  readonly dictionary: boolean;
}

/** The kind of holding, most telling first. */
export function kindOf(facts: KindFacts): SuspectKind {
  const { label, measure, className } = facts;
  if (facts.isStart) return facts.rootKind === "timer" ? "timer" : facts.rootKind === "module" ? "module cache" : "handle";
  if (measure === "bytes") {
    if (className === "(string)") return "text";
    if (/Buffer$|Array$/.test(className) && className !== "Array") return "buffer";
    return className === "Map" ? "map" : className === "Set" ? "set" : className === "Array" ? "array" : "object";
  }
  if (facts.recursive) return facts.throughScope ? "closure chain" : "list";
  switch (label?.kind) {
    case "listener":
      return "listener";
    case "map value":
    case "map key":
      return "map";
    case "set member":
      return "set";
    case "element":
      return "array";
    case "weak map value":
      return "weak map";
    case "waits":
    case "suspended":
      return "promise";
    case "symbol":
      return /Store|kResource/.test(label.name) ? "async context" : "object";
    case "property":
      if (label.name === "children" || className === "Module") return "module cache";
      return facts.dictionary ? "dictionary" : "object";
    default:
      return facts.rootKind === "timer" ? "timer" : "object";
  }
}

/** The npm package a script lies in: the part after the last `node_modules`; undefined for the program's own scripts. */
export function packageOf(url: string): string | undefined {
  const at = pathOfUrl(url).lastIndexOf("/node_modules/");
  if (at < 0) return undefined;
  const rest = pathOfUrl(url)
    .slice(at + "/node_modules/".length)
    .split("/");
  return rest[0]?.startsWith("@") ? rest.slice(0, 2).join("/") : rest[0];
}

/** Scripts along a path that a person can open: classes, functions and module scopes, nearest to the object first. */
export function placesAlong(graph: HeapGraph, path: RootPath): Place[] {
  const places: Place[] = [];
  const add = (place: Place): void => {
    if (!places.some((known) => known.location === place.location)) places.push(place);
  };
  const own = new Set<number>([path.nodes[0] as number, ...foldPath(graph, path.nodes, path.edges).map(({ held }) => held)]);
  for (const node of [...own].reverse().slice(0, MOST_LOOKED_AT)) {
    const place = graph.scripts.placeOf(node);
    const { kind, title } = describe(graph, node);
    if (place && !isBuiltinScript(place.url)) {
      add({
        role: kind === "function" ? "function" : "class",
        name: title,
        location: `${graph.scripts.display(place.url)}:${place.line}`,
        place,
        package: packageOf(place.url),
      });
    } else if (graph.scopes.isScope(node)) {
      const { url, builtin } = graph.scopes.facts(node);
      if (url !== undefined && !builtin)
        add({
          role: "module",
          name: title,
          location: graph.scripts.display(url),
          place: { url, line: 0, column: 0 },
          package: packageOf(url),
        });
    }
  }
  return places.slice(0, MOST_PLACES);
}

const MOST_LOOKED_AT = 60;
const MOST_PLACES = 8;

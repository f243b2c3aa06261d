// Conditions on objects that a user can type: `Session`, `/Req|Res/`, `@123`, `retained>1MB`, `function`, `root`,
// joined by commas (or), `&` (and), negated by `!`. objgraph takes Python functions in the same places; the
// library takes functions, the command line these.

import { usage } from "../errors.ts";
import { describe } from "../graph/describe.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";

export type NodePredicate = (graph: HeapGraph, node: number) => boolean;

const UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9 };
const KINDS = new Set(["function", "scope", "collection", "object", "native", "string", "internal"]);

/**
 * Parses a condition.
 * @throws LeakhuntError `USAGE` when it is none.
 */
export function parsePredicate(text: string): NodePredicate {
  const any = splitOutsideRegex(text, ",").map((part) => {
    const all = splitOutsideRegex(part, "&").map((term) => parseTerm(term.trim()));
    return (graph: HeapGraph, node: number): boolean => all.every((test) => test(graph, node));
  });
  return (graph, node) => any.some((test) => test(graph, node));
}

function parseTerm(term: string): NodePredicate {
  if (term === "") throw usage("an empty condition", 'conditions look like Session, /Req|Res/, @123, "retained>1MB", function, !Array');
  if (term.startsWith("!")) {
    const inner = parseTerm(term.slice(1).trim());
    return (graph, node) => !inner(graph, node);
  }
  const id = /^@(\d+)$/.exec(term);
  if (id) return (graph, node) => graph.id(node) === Number(id[1]);
  const pattern = /^\/(.*)\/([imsu]*)$/s.exec(term);
  if (pattern) return matching(pattern[1] as string, pattern[2] as string);
  const comparison = /^(size|shallow|retained|distance)\s*([<>]=?|=)\s*([\d.]+)\s*([kmg]?b?)$/i.exec(term);
  if (comparison) return comparing(comparison);
  if (term === "root") return isProperRoot;
  if (term === "module") return (graph, node) => graph.scopes.isScope(node) && graph.scopes.isUserModule(node);
  if (KINDS.has(term)) return (graph, node) => describe(graph, node).kind === term;
  return (graph, node) => graph.className(node) === term || graph.name(node) === term;
}

function matching(source: string, flags: string): NodePredicate {
  let expression: RegExp;
  try {
    expression = new RegExp(source, flags);
  } catch (cause) {
    throw usage(`/${source}/ is not a regular expression: ${(cause as Error).message}`);
  }
  return (graph, node) => expression.test(graph.className(node));
}

function comparing(parts: RegExpExecArray): NodePredicate {
  const field = (parts[1] as string).toLowerCase();
  const operator = parts[2] as string;
  const unit = UNITS[(parts[4] ?? "").toLowerCase().replace(/^([kmg])$/, "$1b")];
  const number = Number(parts[3]);
  if (Number.isNaN(number)) throw usage(`${parts[3]} is not a number`);
  const bound = number * (unit ?? 1);
  const value = (graph: HeapGraph, node: number): number =>
    field === "retained"
      ? graph.retainedSize(node)
      : field === "distance"
        ? (graph.distance(node) ?? Number.POSITIVE_INFINITY)
        : graph.shallowSize(node);
  const compare: Readonly<Record<string, (a: number) => boolean>> = {
    "<": (a) => a < bound,
    "<=": (a) => a <= bound,
    ">": (a) => a > bound,
    ">=": (a) => a >= bound,
    "=": (a) => a === bound,
  };
  const test = compare[operator] as (a: number) => boolean;
  return (graph, node) => test(value(graph, node));
}

/** objgraph's `is_proper_module`: a place where a retaining path may end. */
export const isProperRoot: NodePredicate = (graph, node) => graph.rootPaths.isStart(node) || graph.policy.userRoots.includes(node);

/** Splits at the separator, but not inside `/…/` nor inside the braces of a shape's name: `{id, user}` is one. */
function splitOutsideRegex(text: string, separator: string): string[] {
  const parts: string[] = [];
  let inRegex = false;
  let braces = 0;
  let part = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (c === "/" && text[i - 1] !== "\\" && (inRegex || /(^|[,&!])\s*$/.test(part))) inRegex = !inRegex;
    if (!inRegex && c === "{") braces++;
    if (!inRegex && c === "}") braces--;
    if (c === separator && !inRegex && braces <= 0) {
      parts.push(part);
      part = "";
    } else part += c;
  }
  return [...parts, part];
}

// Predicates and other functions between the program and the analyser. A function crosses as its text, because the
// analysis runs in another process; so it can use its argument and nothing around it. Its author is the program itself.

import { type NodePredicate, parsePredicate } from "../analysis/predicates.ts";
import { type SizedSummary, summarize } from "../analysis/summary.ts";
import { badFunction } from "../errors.ts";
import type { SentFunction } from "./request.ts";

type Plain = (object: SizedSummary) => unknown;

/** The function of a text. @throws LeakhuntError `USAGE` when it is none, and later when it throws. */
export function revive(sent: SentFunction): Plain {
  if ("condition" in sent) throw badFunction("a text was given where a function is wanted");
  const { source } = sent;
  const call = compiled(`return (${source});`) ?? compiled(`return Object.values({${source}})[0];`);
  if (typeof call !== "function") throw badFunction(`it has no text that stands for itself (${source.slice(0, 40)})`);
  return (object) => {
    try {
      return (call as Plain)(object);
    } catch (cause) {
      throw badFunction(cause instanceof Error ? cause.message : String(cause));
    }
  };
}

/** A method's text is a function only inside an object. */
function compiled(body: string): unknown {
  try {
    return new Function(body)();
  } catch {
    return undefined;
  }
}

/** A condition over nodes; undefined when none was given. */
export function conditionOf(sent: unknown): NodePredicate | undefined {
  if (sent === undefined) return undefined;
  const given = sent as SentFunction;
  if ("condition" in given) return parsePredicate(given.condition);
  const test = revive(given);
  return (graph, node) => Boolean(test(summarize(graph, node)));
}

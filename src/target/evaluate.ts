// One expression of the user's, evaluated in the target: its value behind a handle, or one line that says why not.
import { expressionFailed, type LeakhuntError } from "../errors.ts";
import type { RemoteValue } from "./debugger.ts";
import type { Inspector } from "./inspector.ts";
import { withPreview } from "./previews.ts";
import type { RawEvaluated, RawObject } from "./protocol.ts";
import { remoteValue } from "./remoteValue.ts";

/** The group of all handles that a question leaves. */
export const GROUP = "leakhunt-debugger";
/** An expression that runs longer is stopped; the program is not. */
const LONGEST_MS = 10_000;
const MOST_NAMES = 12;

/**
 * Evaluates in a frame, or without one in the global scope. Breakpoints do not stop what the expression calls.
 * @throws `EVALUATION_FAILED`; for an unknown name with the names that `inScope` gives.
 */
export async function evaluateIn(
  inspector: Inspector,
  expression: string,
  callFrameId: string | undefined,
  inScope: (() => Promise<readonly string[]>) | undefined,
): Promise<RemoteValue> {
  const how = { expression: literal(expression), objectGroup: GROUP, silent: true, timeout: LONGEST_MS };
  const method = callFrameId === undefined ? "Runtime.evaluate" : "Debugger.evaluateOnCallFrame";
  const where = callFrameId === undefined ? { disableBreaks: true } : { callFrameId };
  const answer = await inspector.send(method, { ...how, ...where }).catch((error: LeakhuntError) => {
    if (/terminated/.test(error.message)) throw expressionFailed(`it did not end within ${LONGEST_MS / 1000} s and was stopped`);
    throw error;
  });
  const { result, exceptionDetails: thrown } = answer as unknown as RawEvaluated;
  if (thrown === undefined) return remoteValue(await withPreview(inspector, result, GROUP));
  const why = thrown.exception === undefined ? thrown.text : thrownText(thrown.exception);
  const unknown = /^ReferenceError: (\S+) is not defined$/.exec(why)?.[1];
  if (unknown === undefined) throw expressionFailed(why);
  throw expressionFailed(
    `${unknown} is not defined here`,
    inScope === undefined ? "only globals are in scope" : namesText(await inScope()),
  );
}

/** What was thrown, for a person. */
export function thrownText(exception: RawObject): string {
  const { text } = remoteValue(exception);
  return exception.subtype === "error" ? text : `it threw ${text}`;
}

function namesText(names: readonly string[]): string {
  if (names.length === 0) return "no variables are in scope";
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "";
  return `in scope: ${names.slice(0, MOST_NAMES).join(", ")}${more}`;
}

/** `{a: 1}` is meant as an object, but would be read as a block. */
function literal(expression: string): string {
  if (!/^\s*\{.*\}\s*$/s.test(expression)) return expression;
  try {
    new Function(`return (${expression}\n)`);
    return `(${expression}\n)`;
  } catch {
    return expression;
  }
}

// What V8 tells of a pause, read for a person.
import type { Inspector } from "./inspector.ts";
import type { RawPause } from "./protocol.ts";
import { remoteValue } from "./remoteValue.ts";

/** Stands the target still before a script with a source map runs, and for nothing else? That is ours, to set breakpoints. */
export function isInstrumentation({ reason }: RawPause): boolean {
  return reason === "instrumentation";
}

export function isException({ reason }: RawPause): boolean {
  return reason === "exception" || reason === "promiseRejection";
}

/** V8 gives no reason for a `debugger` statement, but knows where one is. */
export async function atDebuggerStatement(inspector: Inspector, { callFrames }: RawPause): Promise<boolean> {
  const start = callFrames[0]?.location;
  if (start === undefined) return false;
  const end = { ...start, columnNumber: (start.columnNumber ?? 0) + 1 };
  const answer = await inspector.send("Debugger.getPossibleBreakpoints", { start, end }).catch(() => ({}));
  return ((answer as { locations?: { type?: string }[] }).locations ?? []).some(({ type }) => type === "debuggerStatement");
}

/** What was thrown, as a line. */
export function exceptionText({ data }: RawPause): string {
  return data === undefined ? "an exception" : remoteValue(data).text;
}

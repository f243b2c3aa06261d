// Runs one verb and prints its answers: text for people, JSON for programs.

import { forJson } from "../report/escape.ts";
import type { Session } from "./session.ts";
import type { Options, TextStyle, Verb } from "./verb.ts";

/** Raised when a value of a verb changes its shape in a way that breaks readers. */
export const SCHEMA_VERSION = 1;

/** Prints each value of the verb as it comes. @returns the exit code that the last one stands for. */
export async function answer(
  verb: Verb,
  session: Session,
  args: readonly unknown[],
  options: Options,
  style: TextStyle,
  print: (text: string) => void,
): Promise<number> {
  let exitCode = 0;
  for await (const value of verb.run(session, args, options)) {
    session.progress(undefined);
    print(options["json"] === true ? toJson(verb.name, value) : verb.render(value, style));
    if (options["timing"] === true) session.notice(timingText(session.clock, performance.now()));
    exitCode = verb.exitCode?.(value) ?? 0;
  }
  return exitCode;
}

/** `V8's snapshot 812 ms, leakhunt 140 ms (17 % of V8's)` */
function timingText({ began, v8Ms, waitedMs = 0 }: Session["clock"], now: number): string {
  const own = now - began - v8Ms - waitedMs;
  const ms = (value: number): string => `${Math.round(value)} ms`;
  if (v8Ms === 0) return `no snapshot was taken, leakhunt ${ms(own)}`;
  return `V8's snapshot ${ms(v8Ms)}, leakhunt ${ms(own)} (${Math.round((100 * own) / v8Ms)} % of V8's)`;
}

/** One line of JSON. Infinite numbers become null, as JSON has none. */
export function toJson(verb: string, value: unknown): string {
  return forJson(JSON.stringify({ schemaVersion: SCHEMA_VERSION, verb, ...(value as object) }));
}

// Where the prompt writes, and which errors it has told already. In a file of its own, because the command line asks it at
// its end and must not load the whole prompt for that.

import type { TextStyle } from "../commands/verb.ts";

/** Where the prompt writes. */
export interface PromptOutput {
  readonly style: TextStyle;
  print(text: string): void;
  say(text: string): void;
}

const said = new WeakSet<object>();

/** The person has been told of this error beside the line that caused it. */
export function noteSaid(error: unknown): void {
  if (typeof error === "object" && error !== null) said.add(error);
}

export function wasSaid(error: unknown): boolean {
  return typeof error === "object" && error !== null && said.has(error);
}

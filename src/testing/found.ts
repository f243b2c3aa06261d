// The error of a failed expectation: its message is the evidence.

import type { Evidence } from "../breakpoint/request.ts";

/** Thrown by `expectNoLeak` and `expectCollected`. `message` has several lines: what leaks, the path, where the picture is. */
export class LeakFound extends Error {
  /** File that was written. */
  readonly picture: string | undefined;
  /** The value behind the message. */
  readonly result: unknown;

  constructor(evidence: Evidence<unknown>) {
    super(messageOf(evidence));
    this.name = "LeakFound";
    this.picture = evidence.picture;
    this.result = evidence.result;
  }
}

/** The text, and the line about the picture. */
export function messageOf({ text, picture, note }: Evidence<unknown>): string {
  const last = picture !== undefined ? [`picture: ${picture}`] : note !== undefined ? [`no picture: ${note}`] : [];
  return [text, ...last].join("\n");
}

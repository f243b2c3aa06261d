// What `leakhunt check` says, as plain values: the contract of `check --json`, of its text and of its JUnit file.

import type { Asserted } from "./assertions.ts";
import type { HuntResult } from "./hunt/result.ts";

export type CheckVerdict = "passed" | "failed" | "undecided";

export interface CheckResult {
  /** With assertions: whether they hold; without: the verdict of the hunt. */
  readonly verdict: CheckVerdict;
  /** The verdict as one sentence, with its reason. Heap text may be in it. */
  readonly conclusion: string;
  readonly command: string;
  readonly assertions: readonly Asserted[];
  /** The evidence; undefined when the program ended before there were enough rounds. */
  readonly hunt: HuntResult | undefined;
  readonly rounds: number;
  readonly seconds: number;
  readonly notes: readonly string[];
}

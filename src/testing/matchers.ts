// The same expectations in the words of Jest and Vitest: `expect.extend(leakMatchers)`.

import { type Collectable, type CollectedOptions, whyAlive } from "./collected.ts";
import { messageOf } from "./found.ts";
import { findLeak, type NoLeakOptions, type Work } from "./noLeak.ts";

export interface MatcherResult {
  readonly pass: boolean;
  message(): string;
}

/** What an `expect` can do with them; asynchronous, so they are awaited. */
export interface LeakMatchers<R = Promise<void>> {
  /** Runs the function many times: fails under `not` when something grows with the runs. */
  toLeak(options?: NoLeakOptions): R;
  /** Passes when what the WeakRef refers to (or what the function makes) is collected. */
  toBeCollected(options?: CollectedOptions): R;
}

export const leakMatchers: {
  toLeak(received: unknown, options?: NoLeakOptions): Promise<MatcherResult>;
  toBeCollected(received: unknown, options?: CollectedOptions): Promise<MatcherResult>;
} = {
  async toLeak(received, options) {
    const evidence = await findLeak(received as Work, options);
    return { pass: evidence.result.leaks, message: () => messageOf(evidence) };
  },
  async toBeCollected(received, options) {
    const evidence = await whyAlive(received as Collectable, options);
    return { pass: evidence === undefined, message: () => (evidence ? messageOf(evidence) : "the object was collected") };
  },
};

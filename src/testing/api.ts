// What `leakhunt/test` is. It is loaded through index.cts, natively, whoever asks.

export type { PathResult, RetainingPath } from "../analysis/paths.ts";
export type { RunSuspect, RunsJudgement, RunsRound, Staying } from "../analysis/survivors.ts";
export type { Evidence } from "../breakpoint/request.ts";
export { LeakhuntError } from "../errors.ts";
export { type Collectable, type CollectedOptions, expectCollected } from "./collected.ts";
export { LeakFound } from "./found.ts";
export { type LeakMatchers, leakMatchers, type MatcherResult } from "./matchers.ts";
export { expectNoLeak, findLeak, type NoLeakOptions, type Work } from "./noLeak.ts";
export type { PictureChoice } from "./picture.ts";

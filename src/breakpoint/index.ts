// The door for programs that import leakhunt themselves.

export { breakpoint } from "./api.ts";
export type { NewIdsResult, NewIdsRow } from "./newIds.ts";
export type * from "./types.ts";

// What a call is called.

import type { Frame } from "../target/debugger.ts";

/** `handle()`; outermost code has no name of its own. */
export function frameName({ functionName }: Pick<Frame, "functionName">): string {
  return functionName === "" ? "(outermost code)" : `${functionName}()`;
}

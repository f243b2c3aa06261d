// `import "leakhunt/test/vitest"`, best among Vitest's `setupFiles`: the matchers, and their types.

import { expect } from "vitest";
import type { LeakMatchers } from "./matchers.ts";
import { leakMatchers } from "./matchers.ts";

expect.extend(leakMatchers);

declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: Vitest's own declaration, which it merges with, says so.
  interface Matchers<T = any> extends LeakMatchers {}
}

// `leakhunt/test/jest`, to be named in Jest's `setupFilesAfterEnv`: the matchers, and their types. Loaded by Jest itself, so that the
// `expect` of this very test file is extended.

import type { LeakMatchers } from "./matchers.ts" with { "resolution-mode": "import" };

const { leakMatchers } = require("./index.cjs") as { readonly leakMatchers: object };
const known = globalThis as { readonly expect?: { extend(matchers: object): void } };
const { extend } = known.expect ?? (require("@jest/globals") as { readonly expect: { extend(matchers: object): void } }).expect;

extend(leakMatchers);

declare global {
  namespace jest {
    // biome-ignore lint/complexity/noBannedTypes: Jest's own declaration, which it merges with, says so.
    interface Matchers<R, T = {}> extends LeakMatchers {}
  }
}

/* The same for who imports `expect` from @jest/globals. A program without Jest does not have that module, and need not.
   biome-ignore lint/suspicious/noTsIgnore: it is no error where Jest is installed. */
/** @ts-ignore */
declare module "expect" {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends LeakMatchers {}
}

// `import … from "leakhunt/test"`, or require. Test runners load modules by machinery of their own: Jest runs them in a `vm` context, with
// its own globals and a registry that holds them, and loads no ES module there. So this file asks Node itself, which it reaches
// through `process`, for the real thing (api.ts, which has the types): loaded once, natively, and known by its files as leakhunt's own.

import type * as Api from "./api.ts" with { "resolution-mode": "import" };

const { createRequire } = process.getBuiltinModule("node:module");
const api = createRequire(__filename)("./api.js") as typeof Api;

// One by one, so that Node knows their names without running the file.
exports.expectCollected = api.expectCollected;
exports.expectNoLeak = api.expectNoLeak;
exports.findLeak = api.findLeak;
exports.leakMatchers = api.leakMatchers;
exports.LeakFound = api.LeakFound;
exports.LeakhuntError = api.LeakhuntError;

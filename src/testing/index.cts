// `import … from "leakhunt/test"`, or require. Test runners load modules by machinery of their own: Jest runs them in a `vm` context, with
// its own globals and a registry that holds them, and loads no ES module there. So this file asks Node itself for the real thing
// (api.ts, which has the types): loaded once, natively, and known by its files as leakhunt's own. Node's own `require` is reached
// through the main context's `process`, since Jest has put others in the place of `process` and `module`, but not of `vm`.

import type * as Api from "./api.ts" with { "resolution-mode": "import" };

const { runInThisContext } = require("node:vm") as typeof import("node:vm");
const { createRequire } = (runInThisContext("process") as NodeJS.Process).getBuiltinModule("node:module");
const api = createRequire(__filename)("./api.js") as typeof Api;

// One by one, so that Node knows their names without running the file.
exports.expectCollected = api.expectCollected;
exports.expectNoLeak = api.expectNoLeak;
exports.findLeak = api.findLeak;
exports.leakMatchers = api.leakMatchers;
exports.LeakFound = api.LeakFound;
exports.LeakhuntError = api.LeakhuntError;

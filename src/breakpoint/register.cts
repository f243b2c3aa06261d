// `node --import leakhunt/register`, or -r: puts `leakhunt` onto globalThis, because at a breakpoint only globals and what
// the function itself uses can be named. CommonJS, so that all three ways load the same file at once; nothing else is
// loaded before somebody says `leakhunt`.

import type { Breakpoint } from "./types.ts" with { "resolution-mode": "import" };

declare global {
  /** leakhunt at a breakpoint; there when `leakhunt/register` was loaded. */
  var leakhunt: Breakpoint;
}

const name = process.env["LEAKHUNT_GLOBAL"] || "leakhunt";

if (name in globalThis) {
  process.stderr.write(`leakhunt: globalThis.${name} is there already and was left alone; LEAKHUNT_GLOBAL=<name> chooses another name\n`);
} else {
  const become = (value: unknown): void => {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
  };
  Object.defineProperty(globalThis, name, {
    get(): Breakpoint {
      const { breakpoint } = require("./api.js") as { breakpoint: Breakpoint };
      become(breakpoint);
      return breakpoint;
    },
    set: become,
    configurable: true,
    enumerable: false,
  });
}

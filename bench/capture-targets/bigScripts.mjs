// A program with one big script that makes most of its objects: npm typescript 6, a compiler of 9 MB in one file, and
// the syntax trees it makes of its own library declarations. argv: MB.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ready } from "./heartbeat.mjs";

const require = createRequire(import.meta.url);
const ts = require("typescript");
const folder = dirname(require.resolve("typescript"));

/** Bytes of heap that the tree of one character of declarations takes, about. */
const HEAP_PER_CHARACTER = 17;
const BARE_COMPILER = 25e6;

const trees = [];
const names = readdirSync(folder).filter((name) => /^lib\..*\.d\.ts$/.test(name));
let left = (Number(process.argv[2]) * 1e6 - BARE_COMPILER) / HEAP_PER_CHARACTER;
for (let i = 0; left > 0; i++) {
  const name = names[i % names.length];
  const text = readFileSync(join(folder, name), "utf8");
  trees.push(ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true));
  left -= text.length;
}
ready({ ts, trees });

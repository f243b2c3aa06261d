// What is measured: the one table of tasks and contenders. A contender is a command line on the files of one size;
// the first of each task is leakhunt, to which ratios refer.
import { totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
/** The checkout. */
export const ROOT = join(here, "..");
export const CLI = join(ROOT, "dist", "cli", "main.js");

/** All rows, as values: the answer that is timed is the answer that is checked. */
const ALL_ROWS = ["--internals", "--limit", "0", "--json"];
/** Rivals get as much heap as the machine can give; leakhunt runs as Node runs it. */
const RIVALS_HEAP_MB = Math.floor((totalmem() * 0.75) / 2 ** 20);

/**
 * @typedef {object} Files the files of one size
 * @property {string} before
 * @property {string} after
 * @property {string} objectId of an object in `after`, such as `1234`
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {(files: Files) => string[]} command words after `node`
 * @property {boolean} [ours]
 * @property {boolean} [checked] its rows are defined like leakhunt's and must be equal
 * @property {boolean} [sameHome] runs with what the contender before it left in LEAKHUNT_HOME
 *
 * @typedef {object} Task
 * @property {string} name
 * @property {string} title
 * @property {("before" | "after")[]} reads
 * @property {Contender[]} contenders
 */

function leakhunt(words, name = "leakhunt", more = {}) {
  return { name, ours: true, command: (files) => [CLI, ...words(files)], ...more };
}

function rival(name, adapter, task, words, more = {}) {
  const flags = [`--max-old-space-size=${RIVALS_HEAP_MB}`, join(here, "peers", `${adapter}.mjs`), task];
  return { name, command: (files) => [...flags, ...words(files)], ...more };
}

const one = ({ before }) => [before];
const both = ({ before, after }) => [before, after];
const object = ({ after, objectId }) => [after, objectId];
const checked = { checked: true };

const common = ({ before }) => ["common", before, ...ALL_ROWS];
const path = ({ after, objectId }) => ["path", `@${objectId}`, "--source", after, "--json"];
const backrefs = ({ after, objectId }) => ["backrefs", `@${objectId}`, "--source", after, "-o", "refs.png"];

/** @type {Task[]} */
export const TASKS = [
  {
    name: "T1",
    title: "the most common types: count and raw size",
    reads: ["before"],
    contenders: [
      leakhunt(({ before }) => ["common", "--no-retained", before, ...ALL_ROWS]),
      rival("DevTools, loader only", "devtools", "load", one, checked),
      rival("DevTools", "devtools", "types", one),
      rival("memlab", "memlab", "load", one, checked),
      rival("VS Code's parser", "vscode", "load", one, checked),
      rival("heapsnapshot-parser", "heapsnapshot-parser", "load", one, checked),
      rival("v8-heapsnapshot", "v8-heapsnapshot", "load", one, checked),
      rival("heapsnapshot", "heapsnapshot", "load", one, checked),
      rival("JSON.parse", "json-parse", "load", one, checked),
    ],
  },
  {
    name: "T2",
    title: "the most common types with retained sizes: dominators, distances, shapes",
    reads: ["before"],
    contenders: [
      leakhunt(common),
      rival("DevTools", "devtools", "types", one, checked),
      rival("memlab", "memlab", "types", one),
      rival("VS Code's parser", "vscode", "types", one),
    ],
  },
  {
    name: "T3",
    title: "what was added and removed between two files",
    reads: ["before", "after"],
    contenders: [
      leakhunt(({ before, after }) => ["new", before, after, "--raw", ...ALL_ROWS]),
      rival("DevTools", "devtools", "diff", both, checked),
      rival("memlab, counts only", "memlab", "diff", both, checked),
      rival("VS Code's parser, counts only", "vscode", "diff", both, checked),
      rival("heapsnapshot-parser", "heapsnapshot-parser", "diff", both, checked),
      rival("JSON.parse", "json-parse", "diff", both, checked),
    ],
  },
  {
    name: "T4",
    title: "why an object is alive: a retaining path, and leakhunt's picture of all holders",
    reads: ["after"],
    contenders: [
      leakhunt(path, "leakhunt path"),
      leakhunt(backrefs, "leakhunt backrefs -o refs.png"),
      rival("DevTools", "devtools", "path", object),
      rival("memlab", "memlab", "path", object),
      rival("heapsnapshot-parser", "heapsnapshot-parser", "path", object),
      rival("heapsnapshot", "heapsnapshot", "path", object),
    ],
  },
  {
    name: "again",
    title: "the same question a second time",
    reads: ["before", "after"],
    contenders: [
      leakhunt(common, "leakhunt common"),
      leakhunt(common, "leakhunt common, again", { sameHome: true }),
      leakhunt(path, "leakhunt path"),
      leakhunt(path, "leakhunt path, again", { sameHome: true }),
    ],
  },
];

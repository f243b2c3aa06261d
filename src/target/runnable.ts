// What `leakhunt run` is asked to run, as a Node binary with its arguments: a script, `node …` itself, or a command of
// the PATH that is a script for Node.
import { closeSync, existsSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, delimiter, join, resolve } from "node:path";
import { cannotRun, usage } from "../errors.ts";

export interface Runnable {
  readonly node: string;
  readonly args: readonly string[];
}

/** They start other programs, and those are meant. */
const STARTERS: ReadonlySet<string> = new Set(["npm", "npx", "yarn", "pnpm", "pnpx", "corepack"]);
const USE = "say how Node is to be started: `leakhunt run -- node server.js`";

/**
 * Understands a command line. `node` is the binary for scripts that name none.
 * @throws `USAGE` for an empty one, `CANNOT_RUN` for what is no Node program.
 */
export function runnable(command: readonly string[], node: string, cwd: string, path: string): Runnable {
  const [first, ...rest] = command;
  if (first === undefined) throw usage("no program was given", "`leakhunt run -- app.js` starts one");
  if (first.startsWith("-")) return { node, args: command };
  if (/^node(js)?\d*(\.exe)?$/.test(basename(first))) return { node: first, args: rest };
  if (STARTERS.has(basename(first))) throw cannotRun(first, "it only starts the program that is meant", USE);
  const here = resolve(cwd, first);
  if (existsSync(here) || [".js", ".cjs", ".json", ".node"].some((ending) => existsSync(here + ending))) return { node, args: command };
  const found = first.includes("/") ? undefined : onPath(first, [join(cwd, "node_modules/.bin"), ...path.split(delimiter)]);
  if (found === undefined) throw cannotRun(first, "there is no such file or command");
  if (!isNodeScript(found)) throw cannotRun(first, "it is no program for Node", USE);
  return { node, args: [realpathSync(found), ...rest] };
}

function onPath(name: string, folders: readonly string[]): string | undefined {
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file) && statSync(file).isFile());
}

function isNodeScript(file: string): boolean {
  const fd = openSync(file, "r");
  try {
    const head = Buffer.alloc(128);
    return /^#!.*\bnode\b/.test(head.toString("latin1", 0, readSync(fd, head)));
  } finally {
    closeSync(fd);
  }
}

// The files that are measured on: made when missing, warmed, described.
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { freemem, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CLI } from "./tasks.mjs";

const here = dirname(fileURLToPath(import.meta.url));
export const SIZES = ["small", "medium", "large", "huge", "giant"];
/** The class of the generated leak: its newest object is the one whose path is asked for. */
const LEAKED = "Session";

/** Bytes of memory that V8 takes while it writes the second file: about 4.9 times the file, measured up to `huge`. */
const MEMORY = { large: 4e9, huge: 9e9, giant: 22e9 };

/** Where the files are. */
export function folder() {
  return resolve(process.env.LEAKHUNT_BENCH_FILES ?? join(here, ".files"));
}

/**
 * The pair of files of a size, made when missing.
 * @returns {{ before: string, after: string }}
 * @throws Error when they cannot be made
 */
export function filesOf(size) {
  const before = join(folder(), `${size}.heapsnapshot`);
  const after = join(folder(), `${size}-after.heapsnapshot`);
  if (existsSync(before) && existsSync(after)) return { before, after };
  if (freemem() < MEMORY[size]) {
    throw new Error(`to make the ${size} files takes ${MEMORY[size] / 1e9} GB of memory; ${(freemem() / 1e9).toFixed(1)} GB are free`);
  }
  const flags = [`--max-old-space-size=${Math.floor((totalmem() * 0.75) / 2 ** 20)}`];
  const done = spawnSync(process.execPath, [...flags, join(here, "generate.mjs"), size, folder()], { stdio: ["ignore", 2, 2] });
  if (done.status !== 0) throw new Error(`the ${size} files could not be made`);
  return { before, after };
}

/** The id of the newest object of the leak, found once per file and outside of what is timed. */
export function leakedObject(file, env) {
  const done = spawnSync(process.execPath, [CLI, "ls", LEAKED, file, "--limit", "1", "--json"], { encoding: "utf8", env });
  if (done.status !== 0) throw new Error(`leakhunt ls ${LEAKED}: ${done.stderr.split("\n")[0]}`);
  const [newest] = JSON.parse(done.stdout).objects;
  if (newest === undefined) throw new Error(`no ${LEAKED} in ${file}`);
  return String(newest.id);
}

/** @returns {{ bytes: number, nodes: number, edges: number }} from the file's size and header */
export function describe(file) {
  const head = Buffer.alloc(1 << 16);
  const fd = openSync(file, "r");
  const read = readSync(fd, head, 0, head.length, 0);
  closeSync(fd);
  const text = head.toString("latin1", 0, read);
  const count = (key) => Number(new RegExp(`"${key}":(\\d+)`).exec(text)?.[1]);
  return { bytes: statSync(file).size, nodes: count("node_count"), edges: count("edge_count") };
}

/** Reads a file once, so that nobody is the one who fetches it from the disk. */
export function warm(file) {
  const buffer = Buffer.allocUnsafe(1 << 22);
  const fd = openSync(file, "r");
  while (readSync(fd, buffer, 0, buffer.length, null) > 0);
  closeSync(fd);
}

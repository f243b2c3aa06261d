// The ways to a heap snapshot that the capture bench compares. Each has a name and `take(target, folder, signal)`,
// which resolves with the path of the file, complete by then, or with { path, doneAt } when it was complete earlier.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const cli = here("../../dist/cli/main.js");

/** Runs a client of the inspector; resolves with what it printed and when the first of that came, rejects if it failed. */
export async function client(args, { signal, home }) {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, LEAKHUNT_HOME: home }, signal });
  let printed = "";
  let complaint = "";
  let firstAt;
  child.stdout.on("data", (text) => {
    firstAt ??= process.hrtime.bigint();
    printed += text;
  });
  child.stderr.on("data", (text) => {
    complaint += text;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${args.join(" ")} ended with exit code ${code}: ${complaint.slice(-300)}`);
  return { printed, firstAt };
}

/** `leakhunt <verb> <pid>`, as a person would type it. */
export function leakhunt(words, options) {
  return client([cli, ...words], options);
}

/** leakhunt goes on to read what it wrote; the file was complete when it was renamed, which its change time tells. */
async function byCommand(target, folder, signal, ...flags) {
  const home = join(folder, "home");
  await leakhunt(["snapshot", String(target.pid), ...flags], { signal, home });
  const name = readdirSync(home, { recursive: true }).find((each) => each.endsWith(".heapsnapshot"));
  const path = join(home, name);
  return { path, doneAt: statSync(path, { bigint: true }).ctimeNs };
}

async function byProtocol(target, folder, signal, params) {
  const path = join(folder, "protocol.heapsnapshot");
  const url = await target.ask("openInspector");
  await client([here("devtools.mjs"), url, path, JSON.stringify(params)], { signal });
  return { path };
}

async function streamed(target, folder, signal) {
  const path = join(folder, "stream.heapsnapshot");
  await client([here("leakhuntStream.mjs"), String(target.pid), path], { signal });
  return { path };
}

async function ordered(target, folder, order) {
  return { path: await target.ask(order, join(folder, "own.heapsnapshot")) };
}

/** What its Memory panel sends. */
const DEVTOOLS = { reportProgress: true, captureNumericValue: true, exposeInternals: true };

export const ways = [
  { name: "leakhunt snapshot", take: byCommand },
  { name: "leakhunt snapshot --no-numbers", take: (target, folder, signal) => byCommand(target, folder, signal, "--no-numbers") },
  { name: "leakhunt, streamed", take: streamed },
  {
    name: "DevTools",
    take: (target, folder, signal) => byProtocol(target, folder, signal, DEVTOOLS),
  },
  { name: "takeHeapSnapshot", take: (target, folder, signal) => byProtocol(target, folder, signal, {}) },
  { name: "v8.writeHeapSnapshot", take: (target, folder) => ordered(target, folder, "writeHeapSnapshot") },
  { name: "memlab", memlab: true, take: (target, folder) => ordered(target, folder, "memlab") },
];

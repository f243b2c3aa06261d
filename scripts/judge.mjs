// Judges a leak hunter on programs whose truth is known: runs a command on each case and compares what it says with the
// case's truth.json.
//   node scripts/judge.mjs --cmd 'leakhunt hunt {pid} --json' [options] [case or folder of cases]…
// Without a folder: fixtures/leaks and those of fixtures/npm-leaks that are installed.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compare } from "./judge/compare.mjs";
import { endAll, runCase } from "./judge/run.mjs";

const USAGE = `usage: node scripts/judge.mjs --cmd 'leakhunt hunt {pid} --json' [options] [case or folder of cases]…
  --runs <n>      judge each case this many times (1)
  --jobs <n>      cases at a time (1)
  --only <word>   only cases whose name holds the word
  --out <folder>  keep what the command printed, as <case>.<run>.json
  --replay <folder>  judge what --out kept, and run nothing
  --node <path>   the Node.js that runs the apps (this one)
  --timeout <s>   seconds for one command (300)`;

const options = {
  cmd: { type: "string" },
  runs: { type: "string", default: "1" },
  jobs: { type: "string", default: "1" },
  only: { type: "string", default: "" },
  out: { type: "string" },
  replay: { type: "string" },
  node: { type: "string", default: process.execPath },
  timeout: { type: "string", default: "300" },
};

function readArguments() {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (!values.cmd && !values.replay) throw new Error("--cmd or --replay is missing");
    for (const name of ["runs", "jobs", "timeout"]) if (!(Number(values[name]) >= 1)) throw new Error(`--${name} is a number from 1`);
    return { ...values, folders: positionals };
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    process.exit(2);
  }
}

function casesIn(folder) {
  if (existsSync(join(folder, "truth.json"))) return [folder];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .filter((path) => existsSync(join(path, "truth.json")));
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

function installed(folder) {
  const manifest = join(folder, "package.json");
  return !existsSync(manifest) || !readJson(manifest).dependencies || existsSync(join(folder, "node_modules"));
}

async function judge(folder, run, settings) {
  const truth = readJson(join(folder, "truth.json"));
  const kept = (place) => join(place, `${basename(folder)}.${run}.json`);
  if (settings.replay) {
    const file = kept(settings.replay);
    return existsSync(file) ? compare(truth, readJson(file)) : { ok: false, why: "nothing kept" };
  }
  const { cmd, node } = settings;
  const done = await runCase(folder, { cmd, node, timeout: Number(settings.timeout), thread: truth.thread });
  if (settings.out) writeFileSync(kept(settings.out), `${JSON.stringify(done, null, 2)}\n`);
  const { ok, why } = compare(truth, done);
  return { ok, why: `${why}  [${done.seconds.toFixed(0)} s]` };
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    endAll();
    process.exit(130);
  });
}

const settings = readArguments();
const { folders } = settings;
const root = fileURLToPath(new URL("../fixtures/", import.meta.url));
const places = folders.length > 0 ? folders : [join(root, "leaks"), join(root, "npm-leaks")].filter(existsSync);
const all = places.flatMap(casesIn).map((path) => resolve(path));
const cases = all.filter((path) => basename(path).includes(settings.only));
const ready = cases.filter((path) => settings.replay || installed(path));
for (const path of cases) if (!ready.includes(path)) console.log(`skip  ${basename(path)}  not installed`);
if (settings.out) mkdirSync(settings.out, { recursive: true });

const runs = Number(settings.runs);
const waiting = ready.flatMap((path) => Array.from({ length: runs }, (_, run) => ({ path, run: run + 1 })));
const totals = { leak: [0, 0], control: [0, 0] };

async function work() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { ok, why } = await judge(next.path, next.run, settings);
    const total = totals[readJson(join(next.path, "truth.json")).is_leak ? "leak" : "control"];
    total[0] += ok ? 1 : 0;
    total[1]++;
    const name = runs > 1 ? `${basename(next.path)} #${next.run}` : basename(next.path);
    console.log(`${ok ? "PASS" : "FAIL"}  ${name.padEnd(28)}  ${why}`);
  }
}

await Promise.all(Array.from({ length: Number(settings.jobs) }, work));
const [leaks, controls] = [totals.leak, totals.control];
console.log(`leaks ${leaks[0]} of ${leaks[1]}, controls ${controls[0]} of ${controls[1]}`);
process.exitCode = leaks[0] === leaks[1] && controls[0] === controls[1] ? 0 : 1;

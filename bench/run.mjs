// `npm run bench`: leakhunt against its rivals, in turn on the same files, measured from outside. See README.md.
// The capture benchmark is a program of its own.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { agreement, steps } from "./check.mjs";
import { describe, filesOf, folder, leakedObject, SIZES, warm } from "./files.mjs";
import { canMeasure, measure } from "./measure.mjs";
import { keep, table, targetTable } from "./report.mjs";
import { ready } from "./setup.mjs";
import { ROOT, TASKS } from "./tasks.mjs";

const USAGE = `npm run bench [-- --size ${SIZES.join("|")}[,…]] [--tasks ${TASKS.map(({ name }) => name)}] [--runs 3] [--only names] [--limit s]
       npm run bench -- capture`;

/** Found once per file. */
const objects = new Map();

if (process.argv[2] === "capture") await import("./capture.mjs");
else {
  // What is being measured gets the signal too and ends; then measure() says so, and the folders are removed.
  process.on("SIGINT", () => {});
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error(`bench: ${error.message}`);
    process.exitCode = error.usage || error.code?.startsWith("ERR_PARSE_ARGS") ? 2 : 1;
  }
}

async function main() {
  const { sizes, tasks, runs, limit, only } = options();
  if (!canMeasure()) throw new Error("GNU time is needed at /usr/bin/time (package `time`)");
  await ready();
  const work = mkdtempSync(join(tmpdir(), "leakhunt-bench-"));
  const records = [];
  try {
    for (const size of sizes) {
      const files = filesOf(size);
      for (const task of tasks) {
        const record = run(task, size, files, { runs, limit, only, work });
        if (record === undefined) continue;
        records.push(record);
        console.log(`\n${size}, ${task.name}: ${task.title}\n\n${table(record)}`);
        // Contenders that ran at another time are not comparable: a part of a task is shown and not kept.
        if (only === undefined) keep(record);
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  console.log(`\n${targetTable(records)}`);
  if (only !== undefined) console.log("\nbench/results.md is as it was: with --only the contenders of a task are not all measured in turn");
  const wrong = records
    .flatMap(({ rows }) => rows)
    .filter(({ ours, failure, answer }) => (ours && failure) || answer?.includes("agrees: no"));
  return wrong.length > 0 ? 1 : 0;
}

/** Measures the contenders of a task in turn, as often as wanted. */
function run(task, size, pair, { runs, limit, only, work }) {
  const contenders = task.contenders.filter(({ name }) => only === undefined || only.some((word) => name.startsWith(word)));
  if (contenders.length === 0) return undefined;
  const load = loadavg()[0];
  const files = { ...pair, objectId: task.name === "T4" || task.name === "again" ? objectOf(pair.after, work) : "" };
  for (const key of task.reads) warm(files[key]);
  const rows = contenders.map((contender) => ({ contender, measured: [], failure: undefined, stdout: undefined }));
  let home;
  for (let round = 1; round <= runs; round++) {
    for (const row of rows) {
      if (row.failure !== undefined) continue;
      if (!row.contender.sameHome) home = freshHome(work);
      const { stdout, failure, ...figures } = measure(row.contender.command(files), { folder: work, env: environment(home), limit });
      console.error(
        `${size} ${task.name} ${round}/${runs}  ${row.contender.name}  ${figures.wall} s${failure ? `  failed: ${failure}` : ""}`,
      );
      row.measured.push(figures);
      row.failure = failure && withoutPaths(failure);
      row.stdout = stdout;
    }
  }
  return {
    size,
    task: task.name,
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    runs,
    load,
    machine: machine(),
    versions: versions(),
    files: task.reads.map((key) => ({ name: basename(files[key]), ...describe(files[key]) })),
    rows: rows.map(({ contender, measured, failure, stdout }) => ({
      name: contender.name,
      command: withoutPaths(["node", ...contender.command(files)].join(" ")),
      ours: contender.ours,
      measured,
      failure,
      answer: failure === undefined ? judgement(task, contender, stdout, rows[0]) : undefined,
    })),
  };
}

/** What the last column says of an answer. */
function judgement(task, { checked, ours, name }, stdout, first) {
  if (checked && first.contender.ours && first.failure === undefined) return `agrees: ${agreement(first.stdout, stdout)}`;
  if (task.name !== "T4") return ours ? "" : "other rules";
  return name.includes("backrefs") ? stdout.trim() : `a path of ${steps(stdout)} steps`;
}

function objectOf(file, work) {
  if (!objects.has(file)) objects.set(file, leakedObject(file, environment(freshHome(work))));
  return objects.get(file);
}

/** An empty LEAKHUNT_HOME; what an earlier run remembered is gone. */
function freshHome(work) {
  const home = join(work, "home");
  rmSync(home, { recursive: true, force: true });
  return home;
}

/** Without what this machine asks of every Node: certificates alone are 0.1 s of a start of Node 20. */
function environment(home) {
  const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env;
  return { ...env, LEAKHUNT_HOME: home };
}

function withoutPaths(text) {
  return text.replaceAll(`${folder()}/`, "").replaceAll(`${ROOT}/`, "");
}

function machine() {
  const [{ model }] = cpus();
  const isVirtual = process.platform === "linux" && /^flags.*\bhypervisor\b/m.test(readFileSync("/proc/cpuinfo", "utf8"));
  const memory = `${(totalmem() / 1e9).toFixed(0)} GB of memory`;
  return `${model.trim()}, ${cpus().length} cores${isVirtual ? " of a virtual machine" : ""}, ${memory}, ${process.platform} ${release()}, Node.js ${process.version}`;
}

function versions() {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "bench", "package.json"), "utf8"));
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const commit = spawnSync("git", ["describe", "--always", "--dirty"], { cwd: ROOT, encoding: "utf8" }).stdout?.trim();
  const rivals = Object.entries(dependencies).filter(([name]) => name !== "esbuild" && name !== "typescript");
  return [["leakhunt", commit ? `${version} (${commit})` : version], ...rivals].map(([name, number]) => `${name} ${number}`).join(", ");
}

function options() {
  const { values } = parseArgs({
    options: {
      size: { type: "string", default: "medium,large" },
      tasks: { type: "string", default: TASKS.map(({ name }) => name).join() },
      runs: { type: "string", default: "3" },
      limit: { type: "string", default: "600" },
      only: { type: "string" },
    },
  });
  return {
    sizes: values.size.split(",").map((size) => oneOf(SIZES, size, "--size")),
    tasks: values.tasks.split(",").map((name) =>
      oneOf(
        TASKS,
        TASKS.find((task) => task.name === name),
        "--tasks",
      ),
    ),
    runs: positive(values.runs, "--runs"),
    limit: positive(values.limit, "--limit"),
    only: values.only?.split(","),
  };
}

function oneOf(known, value, flag) {
  if (!known.includes(value)) throw usage(flag);
  return value;
}

function positive(text, flag) {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw usage(flag);
  return Number(text);
}

function usage(flag) {
  return Object.assign(new Error(`${flag} is not understood\n${USAGE}`), { usage: true });
}

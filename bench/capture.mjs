// `npm run bench -- capture`: what taking a heap snapshot costs the process it is taken of, by leakhunt and by the other
// ways there are, and how soon after that leakhunt's answer is there. Prints a table for each target and Node version,
// and writes them into bench/capture-results.md.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findNodes } from "./capture/nodes.mjs";
import { installPeers } from "./capture/peers.mjs";
import { median, page, rowText, save, tableText } from "./capture/report.mjs";
import { TargetProcess } from "./capture/targetProcess.mjs";
import { leakhunt, ways } from "./capture/ways.mjs";

const LIMIT_S = 120;
const KINDS = ["bigScripts", "smallObjects"];

function usage(message) {
  process.stderr.write(
    `${message}\nusage: capture.mjs [--nodes 20,22,24,26] [--runs 3] [--size MB] [--targets ${KINDS}] [--ways word,word] [--dry]\n`,
  );
  process.exit(2);
}

function options() {
  const after = process.argv.indexOf("capture", 2);
  const args = process.argv.slice(after === -1 ? 2 : after + 1);
  try {
    const { values } = parseArgs({
      args,
      options: {
        nodes: { type: "string", default: "20,22,24,26" },
        runs: { type: "string", default: "3" },
        size: { type: "string", default: "75" },
        targets: { type: "string", default: KINDS.join() },
        ways: { type: "string", default: "" },
        dry: { type: "boolean", default: false },
      },
    });
    for (const name of ["runs", "size"]) if (!(Number(values[name]) >= 1)) usage(`--${name} takes a number from 1`);
    const targets = values.targets.split(",");
    for (const kind of targets) if (!KINDS.includes(kind)) usage(`there is no target ${JSON.stringify(kind)}`);
    const words = values.ways.split(",");
    return {
      majors: values.nodes.split(","),
      runs: Number(values.runs),
      size: Number(values.size),
      targets,
      wanted: ({ name }) => words.some((word) => name.includes(word)),
      dry: values.dry,
    };
  } catch (error) {
    return usage(error.message);
  }
}

/** Does `work` with a fresh target and a folder of its own, and ends both; undefined when it took longer than the limit. */
async function withTarget(kind, size, settings, work) {
  const folder = mkdtempSync(join(tmpdir(), "leakhunt-capture-"));
  const limit = new AbortController();
  let timer;
  const target = await TargetProcess.start(kind, size, { ...settings, folder });
  const late = new Promise((resolve) => {
    timer = setTimeout(() => {
      limit.abort();
      resolve(undefined);
    }, LIMIT_S * 1000);
  });
  try {
    const doing = work(target, folder, limit.signal);
    doing.catch(() => {});
    return await Promise.race([doing, late]);
  } finally {
    clearTimeout(timer);
    await target.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

const seconds = (ns) => Number(ns) / 1e9;
const lengths = (gaps) => gaps.map(([from, to]) => seconds(to - from));

/** One snapshot of a fresh target: what it cost. */
function measure(way, kind, { size, execPath }) {
  return withTarget(kind, size, { execPath, memlab: way.memlab }, async (target, folder, signal) => {
    target.resetPeak();
    const { resident } = target.memory();
    const cpu = target.cpuSeconds();
    await target.ask("begin");
    const began = { clock: BigInt(Date.now()) * 1_000_000n, steady: process.hrtime.bigint() };
    const { path, doneAt } = await way.take(target, folder, signal);
    const total = doneAt === undefined ? process.hrtime.bigint() - began.steady : doneAt - began.clock;
    const gaps = lengths(await target.gaps());
    return {
      pause: gaps.reduce((sum, gap) => sum + gap, 0),
      longest: Math.max(0, ...gaps),
      total: seconds(total),
      cpu: target.cpuSeconds() - cpu,
      extra: target.memory().peak - resident,
      bytes: statSync(path).size,
    };
  });
}

/** `leakhunt common <pid>`: how long after the target ran again its table was printed. */
function measureTable(kind, { size, execPath }) {
  return withTarget(kind, size, { execPath }, async (target, folder, signal) => {
    await target.ask("begin");
    const { firstAt } = await leakhunt(["common", String(target.pid)], { signal, home: join(folder, "home") });
    const gaps = await target.gaps();
    if (gaps.length === 0) throw new Error("the target's pause was too short to be seen");
    const [from, to] = gaps.reduce((best, gap) => (gap[1] - gap[0] > best[1] - best[0] ? gap : best));
    return { pause: seconds(to - from), after: seconds(firstAt - to) };
  });
}

/** Medians of some runs; undefined when one was longer than the limit: the others would be too. */
async function repeat(runs, once) {
  const all = [];
  for (let i = 0; i < runs; i++) {
    const one = await once();
    if (one === undefined) return undefined;
    all.push(one);
  }
  return Object.fromEntries(Object.keys(all[0]).map((key) => [key, median(all.map((one) => one[key]))]));
}

/** A way that fails is a line of the table, not the end of the bench. */
async function attempt(work) {
  try {
    return { figures: await work() };
  } catch (error) {
    return { failure: error.message.split("\n", 1)[0] };
  }
}

const { majors, runs, size, targets, wanted, dry } = options();
installPeers();
const { found, skipped } = findNodes(majors);
for (const major of skipped) process.stdout.write(`Node ${major}: not found, skipped (node${major} on PATH, or $LEAKHUNT_NODE_${major})\n`);

const results = [];
for (const kind of targets) {
  for (const { version, execPath } of found) {
    const settings = { size, execPath };
    const result = { kind, version, rows: [], table: undefined, load: 0 };
    results.push(result);
    process.stdout.write(`\n${kind}, ${size} MB, Node ${version}\n`);
    for (const way of ways.filter(wanted)) {
      const row = { name: way.name, ...(await attempt(() => repeat(runs, () => measure(way, kind, settings)))) };
      result.rows.push(row);
      result.load = Math.max(result.load, loadavg()[0]);
      process.stdout.write(`${rowText(row, LIMIT_S)}\n`);
    }
    const { figures, failure } = await attempt(() => repeat(runs, () => measureTable(kind, settings)));
    result.table = figures;
    process.stdout.write(`${figures ? tableText(figures) : `leakhunt common: ${failure ?? `> ${LIMIT_S} s`}`}\n`);
    // saved each time: a run of all versions takes most of an hour
    if (!dry) save(page(results, { runs, size, skipped, limit: LIMIT_S }));
  }
}

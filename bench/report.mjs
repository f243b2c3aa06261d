// Records as tables: for the terminal, and for results.md. All records are kept in results.jsonl, so that a run on some
// sizes replaces those sections and leaves the others as they were measured.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesRead, figuresOf, nsPerEdge, rowsWithMedians } from "./figures.mjs";
import { SIZES } from "./files.mjs";
import { checkTargets, FROM_BYTES, REFERENCE } from "./targets.mjs";
import { ROOT, TASKS } from "./tasks.mjs";

const RECORDS = join(ROOT, "bench", "results.jsonl");
const PAGE = join(ROOT, "bench", "results.md");

/** Puts a record in the place of the older one of the same task and size, and writes both files anew. */
export function keep(record) {
  const older = existsSync(RECORDS)
    ? readFileSync(RECORDS, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
    : [];
  const place = ({ size, task }) => SIZES.indexOf(size) * TASKS.length + TASKS.findIndex(({ name }) => name === task);
  const records = [...older.filter((other) => place(other) !== place(record)), record].sort((a, b) => place(a) - place(b));
  write(RECORDS, records.map((each) => `${JSON.stringify(each)}\n`).join(""));
  write(PAGE, page(records));
}

/** Written beside and renamed: whoever reads meanwhile sees the old file or the new one. */
function write(path, text) {
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}

function page(records) {
  const machines = [...new Set(records.map(({ machine }) => machine))];
  const sizes = SIZES.filter((size) => records.some((record) => record.size === size));
  return [
    "# leakhunt and its rivals, measured",
    "Written by `npm run bench`; what is measured and how is told in [README.md](README.md). Times are of whole processes, " +
      "medians of the runs named. MB and GB are powers of ten. `×` is how many times more a contender needs than leakhunt.",
    machines.map((machine, i) => (machines.length > 1 ? `Machine ${i + 1}: ${machine}` : `Machine: ${machine}`)).join("\n\n"),
    `## Targets\n\n${targetTable(records)}`,
    ...machineNote(records),
    ...edgeSection(records),
    ...sizes.flatMap((size) => {
      const own = records.filter((record) => record.size === size);
      return [`## ${size}`, ...own.map((record) => section(record, machines))];
    }),
  ]
    .join("\n\n")
    .concat("\n");
}

function section(record, machines) {
  const { task, date, runs, load, machine, versions } = record;
  const where = machines.length > 1 ? `, machine ${machines.indexOf(machine) + 1}` : "";
  const once = runs === 1 ? " **One run: an example of the format, no measurement.**" : "";
  return [
    `### ${record.size}, ${task}: ${titleOf(task)}`,
    `${date}, ${runs === 1 ? "1 run" : `median of ${runs} runs`}, load of the machine before ${load.toFixed(1)}${where}. ${fileText(record)}.${once}`,
    versions,
    table(record),
    `\`\`\`sh\n${record.rows.map(({ command }) => command).join("\n")}\n\`\`\``,
  ].join("\n\n");
}

function titleOf(task) {
  return TASKS.find(({ name }) => name === task)?.title ?? "";
}

function fileText({ files }) {
  return files
    .map(
      ({ name, bytes, nodes, edges }) =>
        `${name}: ${digits(bytes / 1e6)} MB, ${digits(nodes / 1e6)} M nodes, ${digits(edges / 1e6)} M edges`,
    )
    .join("; ");
}

const ofFile = ["MB/file", (record, { rss }) => rss / bytesRead(record)];
const rate = ["GB/CPU-s", (record, { cpu }) => bytesRead(record) / 1e9 / cpu];
/** Columns that only some tasks have: heading, value of a row's medians. */
const RATES = {
  T1: [ofFile, rate],
  T2: [
    ofFile,
    ["CPU-s/GB", (record, { cpu }) => cpu / (bytesRead(record) / 1e9)],
    ["s/GB", (record, { wall }) => wall / (bytesRead(record) / 1e9)],
    ["CPU-ns/edge", nsPerEdge],
  ],
  T3: [ofFile, rate],
  T4: [ofFile],
};

/** The table of one record. */
export function table(record) {
  const rows = rowsWithMedians(record);
  const rates = RATES[record.task] ?? [];
  const heads = ["", "s", "CPU-s", "peak MB", ...rates.map(([head]) => head), "× s", "× CPU", "× MB", "answer"];
  const body = rows.map((row, i) => {
    const { name, median, failure, measured, answer } = row;
    if (!median) {
      const [{ wall, cpu, rss }] = measured;
      const shown = [wall, cpu, rss / 1e6].map((value) => `(${digits(value)})`);
      return [name, ...shown, ...rates.map(() => ""), "", "", "", `failed: ${escaped(failure)}`];
    }
    const base = baseOf(record.task, rows, i)?.median;
    const times = ["wall", "cpu", "rss"].map((key) => (base ? digits(median[key] / base[key]) : ""));
    const { wall, cpu, rss } = median;
    const shown = [wall, cpu, rss / 1e6, ...rates.map(([, value]) => value(record, median))].map(digits);
    return [name, ...shown, ...times, escaped(answer ?? "")];
  });
  return markdown(heads, body);
}

/** The row that a row is compared with: leakhunt's first; in `again` the same question asked again. */
function baseOf(task, rows, i) {
  if (task === "again") return rows[i].name.endsWith(", again") ? undefined : rows[i + 1];
  return rows[0].ours && !rows[i].ours ? rows[0] : undefined;
}

/** The targets of some records, met or not. */
export function targetTable(records) {
  const rows = checkTargets(records).map(({ task, size, target, measured, met, early }) => {
    const verdict =
      met === undefined ? "nothing to compare" : met ? "yes" : early ? `no (set for ${FROM_BYTES / 1e6} MB and more)` : "**no**";
    return [task, size, target, measured === undefined ? "" : digits(measured), verdict];
  });
  return markdown(["task", "files", "target", "measured", "met"], rows);
}

/** How fast the machine was, in a measure that leakhunt has no part in. */
function machineNote(records) {
  const record = records.find(({ task, size }) => task === "T2" && size === "large");
  const devtools = record && figuresOf(record, "DevTools");
  if (!devtools) return [];
  const { wall, cpu } = devtools;
  return [
    `Targets in seconds were set on a machine on which DevTools' engine answered T2 of the large file in ${digits(REFERENCE.wall)} s, with ` +
      `${digits(REFERENCE.cpu)} CPU-seconds. Here it took ${digits(wall)} s and ${digits(cpu)} CPU-seconds in the same run as leakhunt.`,
  ];
}

function edgeSection(records) {
  const rows = records
    .filter(({ task }) => task === "T2")
    .map((record) => [record, figuresOf(record, "leakhunt")])
    .filter(([, figures]) => figures)
    .map(([record, figures]) => [record.size, digits(record.files[0].edges / 1e6), digits(nsPerEdge(record, figures))]);
  return rows.length === 0 ? [] : [`## CPU per edge (leakhunt, T2)\n\n${markdown(["files", "M edges", "CPU-ns/edge"], rows)}`];
}

function markdown(heads, rows) {
  const all = [heads, heads.map(() => "-"), ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return all
    .map(
      (row, line) =>
        `| ${row.map((cell, column) => (line === 1 ? cell.padEnd(widths[column], "-") : cell.padEnd(widths[column]))).join(" | ")} |`,
    )
    .join("\n");
}

/** A cell is one line: of an answer with more of them the first. */
function escaped(text) {
  return text.split("\n", 1)[0].replaceAll("|", "\\|");
}

/** Three digits that count. */
function digits(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

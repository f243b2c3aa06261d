// The figures of the capture bench as text: a line for the terminal, a page of Markdown for the repository.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

const PATH = fileURLToPath(new URL("../capture-results.md", import.meta.url));
const BEGIN = "<!-- capture: written by bench/capture.mjs -->";
const END = "<!-- capture: end -->";

const KINDS = {
  bigScripts: "A big script: npm typescript 6 (9 MB in one file) and the syntax trees it made",
  smallObjects: "Many small objects: customers, orders, Maps, dates, closures, strings",
};

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const s = (value) => `${value.toFixed(2)} s`;
const mb = (value) => `${Math.round(value / 1e6)} MB`;

function cells({ name, figures, failure }, limit) {
  if (failure !== undefined) return [name, `failed: ${failure}`, "", "", "", "", ""];
  if (figures === undefined) return [name, `> ${limit} s`, "", "", "", "", ""];
  const { pause, longest, total, cpu, extra, bytes } = figures;
  return [name, s(pause), s(longest), s(total), s(cpu), mb(extra), mb(bytes)];
}

const HEAD = ["way", "target stood still", "longest at once", "file complete after", "target's CPU", "target's extra memory", "file"];

/** One way's figures on one line. */
export function rowText(row, limit) {
  const [name, ...rest] = cells(row, limit);
  return `${name.padEnd(30)}${rest.map((cell) => cell.padStart(10)).join("")}`;
}

/** A Markdown table as the formatter of this repository lays it out: names to the left, figures to the right. */
function markdownTable(head, rows) {
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at].length)));
  const pad = (cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]));
  const rule = widths.map((width, at) => (at === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [head.map(pad), rule, ...rows.map((row) => row.map(pad))].map((cells) => `| ${cells.join(" | ")} |`);
}

/** How soon the answer follows the pause, as a sentence. */
export function tableText({ after, pause }) {
  return `leakhunt common <pid>: its table came ${s(after)} after the target ran again, ${Math.round((100 * after) / pause)} % of a pause of ${s(pause)}`;
}

function tableOf({ version, rows, table, load }, limit) {
  const lines = [
    `#### Node ${version}`,
    "",
    ...markdownTable(
      HEAD,
      rows.map((row) => cells(row, limit)),
    ),
    "",
    `Highest load average meanwhile: ${load.toFixed(1)}.`,
  ];
  if (table) lines.push("", `${tableText(table).replace("leakhunt common <pid>", "`leakhunt common <pid>`")}.`);
  return [...lines, ""];
}

/** All results as Markdown. */
export function page(results, { runs, size, skipped, limit }) {
  const kinds = [...new Set(results.map(({ kind }) => kind))];
  const [cpu] = cpus();
  return [
    "## What taking a snapshot costs the target",
    "",
    `${new Date().toISOString().slice(0, 10)}; ${cpus().length} × ${cpu?.model ?? "CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}; leakhunt on Node ${process.version}; targets of about ${size} MB of heap; medians of ${runs}, each run with a fresh target.${skipped.length > 0 ? ` Not found: Node ${skipped.join(", ")}.` : ""}`,
    "",
    ...NOTES.map((note) => `- ${note}`),
    "",
    ...kinds.flatMap((kind) => [
      `### ${KINDS[kind]}`,
      "",
      ...results.filter((result) => result.kind === kind).flatMap((result) => tableOf(result, limit)),
    ]),
  ].join("\n");
}

const NOTES = [
  "_Target stood still_: what its own beat, every 5 ms, missed: all gaps of more than 20 ms added up. _Longest at once_: the longest of them.",
  "_File complete after_: for leakhunt from the start of the command, with finding the process, opening its inspector by signal and predicting the cost; for DevTools and takeHeapSnapshot from the start of a client whose target has its inspector open already; for the last two from the call inside the target.",
  "_Extra memory_: the target's peak resident memory (VmHWM) above what it had before.",
  "_DevTools_: `HeapProfiler.takeHeapSnapshot` with `reportProgress`, `captureNumericValue` and `exposeInternals`, as its Memory panel does. _takeHeapSnapshot_: the same without options, so no numbers. _v8.writeHeapSnapshot_: called in the target, no numbers.",
  "_memlab_ (@memlab/core 2.0.5) takes no snapshot of another Node process: `dumpNodeHeapSnapshot`, which `takeNodeMinimalHeap` uses, calls `v8.writeHeapSnapshot(file)` in its own. That call is measured, in a target that has memlab loaded.",
  "leakhunt's files hold the values of numbers, as DevTools' do, unless told `--no-numbers`. _Streamed_: the chunks come over the socket, as from a container whose files leakhunt cannot see.",
];

/** Puts the page into its section of the results, written beside and renamed. */
export function save(text) {
  const section = `${BEGIN}\n\n${text.trimEnd()}\n\n${END}\n`;
  const old = existsSync(PATH) ? readFileSync(PATH, "utf8") : "";
  const at = old.indexOf(BEGIN);
  const to = old.indexOf(END);
  const whole =
    at !== -1 && to > at ? `${old.slice(0, at)}${section}${old.slice(to + END.length + 1)}` : `${old}${old ? "\n" : ""}${section}`;
  const beside = `${PATH}.${process.pid}.part`;
  writeFileSync(beside, whole);
  renameSync(beside, PATH);
}

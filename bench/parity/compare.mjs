// Two engines' answers about one file, quantity by quantity. A mismatch is a plain value that says where and what.
import { NODE_QUANTITIES, readJson, readNodes } from "./answers.mjs";
import { KNOWN } from "./known.mjs";

/** Quantities in the order in which they are printed. */
export const QUANTITIES = [...Object.keys(NODE_QUANTITIES), "rows", "names", "statistics", "diff"];

/** Unexplained mismatches of one quantity in one file that are kept to be shown; all are counted. */
const SHOWN = 5;

/**
 * @typedef {{ quantity: string, where: string, leakhunt: unknown, devtools: unknown }} Mismatch
 * @typedef {{ compared: number, count: number, explained: Record<string, number>, shown: Mismatch[] }} Outcome
 *   values compared, how many differ, and how many of these known.mjs explains, by its names
 */

/**
 * Compares what both engines said about one file.
 * @returns {{ nodes: number, outcomes: Record<string, Outcome> }}
 */
export function compareFile(leakhunt, devtools) {
  const outcomes = {};
  for (const quantity of Object.keys(NODE_QUANTITIES)) outcomes[quantity] = compareColumn(quantity, leakhunt, devtools);
  const fields = ["type", "count", "shallow", "retained"];
  const theirs = readJson(devtools, "rows");
  outcomes.rows = compareRows("rows", readJson(leakhunt, "rows"), theirs, fields);
  outcomes.names = compareRows("names", readJson(leakhunt, "names").map(byName), mergedByName(theirs), ["count", "shallow"]);
  outcomes.statistics = compareRows(
    "statistics",
    statisticsRows(readJson(leakhunt, "statistics")),
    statisticsRows(readJson(devtools, "statistics")),
    ["bytes"],
  );
  return { nodes: outcomes.id.compared, outcomes };
}

/** Compares the diffs of a pair. */
export function compareDiff(leakhunt, devtools) {
  const fields = ["type", "added", "removed", "delta", "addedSize", "removedSize", "sizeDelta"];
  return compareRows("diff", readJson(leakhunt, "diff"), readJson(devtools, "diff"), fields);
}

/** @returns {Outcome} */
function compareColumn(quantity, leakhunt, devtools) {
  const ours = readNodes(leakhunt, quantity);
  const theirs = readNodes(devtools, quantity);
  const outcome = { compared: Math.max(ours.values.length, theirs.values.length), count: 0, explained: {}, shown: [] };
  const same = sameValues(ours.texts, theirs.texts);
  for (let n = 0; n < outcome.compared; n++) {
    if (same(ours.values[n], theirs.values[n])) continue;
    const text = ({ values, texts }) => (texts ? texts[values[n]] : values[n]);
    note(outcome, { quantity, where: nodeName(devtools, n), leakhunt: text(ours), devtools: text(theirs) });
  }
  return outcome;
}

/** Columns for naming nodes, of the folder that was asked about last. */
let naming;

/** `@1234 Map`, as DevTools has it. */
function nodeName(devtools, n) {
  if (naming?.devtools !== devtools) naming = { devtools, ids: readNodes(devtools, "id"), classes: readNodes(devtools, "className") };
  return `@${naming.ids.values[n]} ${naming.classes.texts[naming.classes.values[n]]}`;
}

/** Numbers of texts differ between the engines: each pair is looked up once. */
function sameValues(ours, theirs) {
  if (!ours) return (a, b) => a === b;
  const numbers = new Map(theirs.map((text, i) => [text, i]));
  const translated = ours.map((text) => numbers.get(text) ?? -1);
  return (a, b) => translated[a] === b;
}

/** @returns {Outcome} rows missing on one side count as one mismatch, differing ones as one too. */
function compareRows(quantity, ours, theirs, fields) {
  const outcome = { compared: 0, count: 0, explained: {}, shown: [] };
  const left = new Map(theirs.map((row) => [row.classKey, row]));
  const shown = (row) => row && fields.map((field) => `${field} ${row[field]}`).join(", ");
  for (const row of ours) {
    const other = left.get(row.classKey);
    left.delete(row.classKey);
    outcome.compared++;
    if (other && fields.every((field) => row[field] === other[field])) continue;
    note(outcome, { quantity, where: row.classKey, leakhunt: shown(row), devtools: shown(other) });
  }
  for (const [classKey, row] of left) {
    outcome.compared++;
    note(outcome, { quantity, where: classKey, leakhunt: undefined, devtools: shown(row) });
  }
  return outcome;
}

function note(outcome, mismatch) {
  outcome.count++;
  const known = KNOWN.find(({ quantity, explains }) => quantity === mismatch.quantity && explains(mismatch));
  if (known) outcome.explained[known.name] = (outcome.explained[known.name] ?? 0) + 1;
  else if (outcome.shown.length < SHOWN) outcome.shown.push(mismatch);
}

function byName(row) {
  return { ...row, classKey: row.type };
}

function mergedByName(rows) {
  const merged = new Map();
  for (const { type, count, shallow } of rows) {
    const sum = merged.get(type) ?? { classKey: type, count: 0, shallow: 0 };
    sum.count += count;
    sum.shallow += shallow;
    merged.set(type, sum);
  }
  return [...merged.values()];
}

function statisticsRows({ total, v8heap, native }) {
  const parts = { total, "v8heap.total": v8heap.total, "native.total": native.total, "native.typedArrays": native.typedArrays };
  for (const part of ["code", "jsArrays", "strings", "system"]) parts[`v8heap.${part}`] = v8heap[part];
  return Object.entries(parts).map(([classKey, bytes]) => ({ classKey, bytes }));
}

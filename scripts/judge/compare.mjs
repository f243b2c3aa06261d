// Compares what a leak hunter printed with the ground truth of a case. Names are looked for as whole words anywhere in
// a suspect, so that it does not matter which field of the JSON says them.

/** Fields that name the way to what gathers; a type that is only named there is not accused. */
const PATH_FIELDS = /path|hold|held|retain|chain/i;
const NOT_HEADING = /path|hold|held|retain|chain|where|sample|example|advice|picture/i;
const OFF_HEAP = /(outside|off|beyond|not in)[^.\n]{0,30}heap|\bnative\b|\bmalloc\b/i;
const MEMORY = { external: /\bexternal\b|array ?buffers?|backing.?store|off.?heap|outside|\bnative\b/i, native: OFF_HEAP };
const FIRST = 3;

/**
 * @typedef {object} Truth what truth.json says; see fixtures/leaks/README.md
 * @typedef {{ code: number | string | null, stdout: string, alive: boolean }} Run how the command ended, and whether the app survived it
 * @typedef {{ ok: boolean, why: string }} Verdict
 */

/** Whether a run says what is true of the case. @param {Truth} truth @param {Run} run @returns {Verdict} */
export function compare(truth, run) {
  const answer = lastValue(run.stdout);
  if (!answer) return { ok: false, why: `no JSON, exit code ${run.code}${run.alive ? "" : ", the app died"}` };
  const checks = truth.is_leak ? leakChecks(truth, run, answer) : controlChecks(truth, run, answer);
  checks.push(["app alive", run.alive]);
  const missed = checks.filter(([, met]) => !met).map(([name]) => name);
  return { ok: missed.length === 0, why: missed.length === 0 ? "as it is" : `missed: ${missed.join(", ")}` };
}

/** The last JSON object in a text that may have one a line, or one over many lines. */
function lastValue(text) {
  const values = text.trim().startsWith("{") ? [text.trim(), ...text.trim().split("\n").reverse()] : text.trim().split("\n").reverse();
  for (const value of values) {
    try {
      const parsed = JSON.parse(value);
      if (parsed && typeof parsed === "object") return parsed;
    } catch {
      // Not this one: progress, or a part of an object.
    }
  }
  return undefined;
}

function controlChecks(truth, { code }, answer) {
  const text = JSON.stringify(answer.suspects ?? []);
  const accused = (truth.must_not_accuse ?? []).filter((name) => hasWord(text, name));
  return [
    [`says that there is no leak (exit code ${code}, ${answer.verdict})`, code === 0 || /no.?leak/i.test(String(answer.verdict))],
    [accused.length === 0 ? "accuses nobody" : `accuses ${accused.join(", ")}`, accused.length === 0],
  ];
}

function leakChecks(truth, { code, stdout }, answer) {
  const suspects = (answer.suspects ?? []).slice(0, FIRST);
  const checks = [
    [`exit code 10 (was ${code})`, code === 10],
    [`verdict "leak" (was ${JSON.stringify(answer.verdict)})`, answer.verdict === "leak"],
  ];
  if (truth.in_js_heap === false) return [...checks, ...offHeapChecks(answer, suspects)];
  for (const leak of [truth, ...(truth.also_leaks ?? [])]) checks.push(...suspectChecks(leak, suspects));
  const memory = MEMORY[truth.memory];
  if (memory) checks.push([`${truth.memory} memory`, memory.test(stdout)]);
  return checks;
}

function offHeapChecks(answer, suspects) {
  const bystanders = suspects.filter((suspect) => !OFF_HEAP.test(JSON.stringify(suspect)));
  return [
    ["outside the heap", Boolean(answer.offHeap) || OFF_HEAP.test(JSON.stringify(answer))],
    ["no bystander accused", bystanders.length === 0],
  ];
}

/** What the best of the suspects lacks of one leak. */
function suspectChecks(leak, suspects) {
  const label = leak.leaking_type;
  let best;
  for (const suspect of suspects.length > 0 ? suspects : [{}]) {
    const checks = oneSuspect(leak, suspect).map(([name, met]) => [`${name} of ${label}`, met]);
    const met = checks.filter(([, is]) => is).length;
    if (!best || met > best.met) best = { met, checks };
  }
  return best.checks;
}

function oneSuspect(leak, suspect) {
  const heading = flatten(suspect, NOT_HEADING);
  const text = flatten(suspect);
  const way = flatten(pathFields(suspect)) || text;
  const paths = [leak.retained_by ?? [], ...(leak.retained_by_alt ?? [])].filter((names) => names.length > 0);
  const files = leak.cause_files ?? [];
  return [
    ["type", [leak.leaking_type, ...(leak.also_accept ?? [])].some((name) => name && hasWord(heading, name))],
    ["path", paths.length === 0 || paths.some((names) => inOrder(way, names) || inOrder(way, [...names].reverse()))],
    ["file", files.length === 0 || files.some((file) => hasFile(text, file))],
  ];
}

/** All names and values of a value as one text; fields whose name matches `without` are left out. */
function flatten(value, without) {
  if (Array.isArray(value)) return value.map((item) => flatten(item, without)).join(" > ");
  if (value === null || typeof value !== "object") return String(value);
  const fields = Object.entries(value).filter(([name]) => !without?.test(name));
  return fields.map(([name, field]) => `${name}: ${flatten(field, without)}`).join(" ; ");
}

/** The fields of a suspect that tell its path, as one list. */
function pathFields(suspect) {
  return Object.entries(suspect)
    .filter(([name]) => PATH_FIELDS.test(name))
    .map(([, field]) => field);
}

function wordAt(text, word, from) {
  const escaped = literal(word);
  const pattern = new RegExp(`${/^\w/.test(word) ? "(?<![\\w$])" : ""}${escaped}${/\w$/.test(word) ? "(?![\\w$])" : ""}`, "g");
  pattern.lastIndex = from;
  const match = pattern.exec(text);
  return match ? match.index + word.length : -1;
}

function literal(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function hasWord(text, word) {
  return wordAt(text, word, 0) >= 0;
}

/** A file is named by its whole base name: desk.js is not help-desk.js. */
function hasFile(text, file) {
  return new RegExp(`(?<![\\w$.-])${literal(file)}(?![\\w$-])`).test(text);
}

function inOrder(text, words) {
  let at = 0;
  for (const word of words) {
    at = wordAt(text, word, at);
    if (at < 0) return false;
  }
  return true;
}

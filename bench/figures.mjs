// Figures from measurements: medians, rates and ratios. A record is one task on the files of one size:
// { size, task, date, runs, load, machine, versions, files, rows }, a row one contender:
// { name, command, ours, measured: [{ wall, cpu, rss }], failure, answer }.

/** The name of the row that adds up the two halves of T4. */
const BOTH_HALVES = "leakhunt, path and picture";

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Medians of a row: seconds, CPU-seconds, bytes; undefined when it did not finish. */
export function medians({ measured, failure }) {
  if (failure !== undefined) return undefined;
  const of = (key) => median(measured.map((run) => run[key]));
  return { wall: of("wall"), cpu: of("cpu"), rss: of("rss") };
}

/** Rows with their medians; for T4 with the sum of leakhunt's two commands. */
export function rowsWithMedians({ task, rows }) {
  const all = rows.map((row) => ({ ...row, median: medians(row) }));
  if (task !== "T4") return all;
  const ours = all.filter((row) => row.ours && row.median).map((row) => row.median);
  if (ours.length < 2) return all;
  const sum = (key) => ours.reduce((total, figures) => total + figures[key], 0);
  const added = { wall: sum("wall"), cpu: sum("cpu"), rss: Math.max(...ours.map(({ rss }) => rss)) };
  return [{ name: BOTH_HALVES, ours: true, median: added }, ...all];
}

/** Bytes of all files that a task reads. */
export function bytesRead({ files }) {
  return files.reduce((total, { bytes }) => total + bytes, 0);
}

/** CPU nanoseconds per edge of T2. */
export function nsPerEdge(record, figures) {
  return (figures.cpu * 1e9) / record.files[0].edges;
}

/** Medians of the row of that name; undefined when it is missing or failed. */
export function figuresOf(record, name) {
  return rowsWithMedians(record).find((row) => row.name === name)?.median;
}

/** How many times more a rival needs than the row `ours`; undefined when one of both has no figures. */
export function ratio(record, rival, ours, key) {
  const [theirs, our] = [figuresOf(record, rival), figuresOf(record, ours)];
  return theirs && our && theirs[key] / our[key];
}

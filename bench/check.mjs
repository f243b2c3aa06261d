// Whether two answers to one question are the same.

/** How many of a rival's biggest rows are compared. */
const ROWS = 20;
/** A rival's columns, and what leakhunt's JSON says of the same. */
const COLUMNS = {
  count: ({ count }) => count,
  size: ({ shallow }) => shallow,
  retained: ({ retained }) => retained,
  added: ({ added }) => added,
  removed: ({ removed }) => removed,
  addedSize: ({ bytes }) => bytes,
  delta: ({ added, removed }) => added - removed,
};

function weight({ size, added, removed, delta }) {
  return size ?? (delta === undefined ? added + removed : Math.abs(delta));
}

/**
 * Compares the biggest rows of a rival with leakhunt's, in every column that the rival has.
 * @param {string} ours leakhunt's answer, JSON
 * @param {string} theirs an adapter's answer, JSON
 * @returns {string} `yes (20 rows)`, or `no` and the first row that differs
 */
export function agreement(ours, theirs) {
  const known = new Map(lastValue(ours).rows.map((row) => [row.type, row]));
  const rows = lastValue(theirs)
    .rows.sort((a, b) => weight(b) - weight(a))
    .slice(0, ROWS);
  const differs = rows.find(
    ({ type, ...columns }) => !known.has(type) || Object.entries(columns).some(([key, value]) => COLUMNS[key](known.get(type)) !== value),
  );
  if (rows.length === 0) return "no: it has no rows";
  return differs ? `no: ${JSON.stringify(differs)}` : `yes (${rows.length} rows)`;
}

function lastValue(stdout) {
  return JSON.parse(stdout.trim().split("\n").pop());
}

/** The length of a path, as its contender counts: for the table, since everyone looks for another path. */
export function steps(stdout) {
  const { steps, paths } = lastValue(stdout);
  return steps ?? paths[0].steps.length;
}

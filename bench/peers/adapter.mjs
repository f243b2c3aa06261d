// What all adapters share: the door (task and files in, one line of JSON out), the rows of rivals that parse but do
// not count, and the comparison of two such counts.

/**
 * Runs the task named on the command line, `node <adapter>.mjs <task> <arguments>`, and prints its answer.
 * @param {Record<string, (...words: string[]) => unknown>} tasks
 */
export async function answer(tasks) {
  const [, , task, ...words] = process.argv;
  const value = await tasks[task](...words);
  // Leaving by exit: tearing a big heap down politely is no part of the answer.
  process.stdout.write(`${JSON.stringify(value)}\n`, () => process.exit(0));
}

const ROW_OF_TYPE = { hidden: "(system)", code: "(compiled code)", closure: "Function", regexp: "RegExp" };

/** The row under which DevTools counts a node, for rivals that have no rows of their own. */
export function rowOf(type, name) {
  return type === "object" || type === "native" ? name : (ROW_OF_TYPE[type] ?? `(${type})`);
}

/** Counts nodes by row. Nodes of size 0 are no objects of their own: DevTools leaves them out, and so does leakhunt. */
export class Count {
  #rows = new Map();

  /** @param {number} [size] bytes */
  add(type, size) {
    if (size === 0) return;
    const row = this.#rows.get(type);
    if (row) {
      row.count++;
      row.size += size;
    } else this.#rows.set(type, { type, count: 1, size });
  }

  rows() {
    return [...this.#rows.values()];
  }
}

/**
 * How counts changed; what a rival can tell that has no object ids. Objects of Node's native side are left out, as
 * in every diff here: V8 numbers them anew in each snapshot, so none is ever the same one twice.
 */
export function difference(before, now) {
  const rows = new Map(now.map(({ type, count }) => [type, { type, delta: count }]));
  for (const { type, count } of before) {
    const row = rows.get(type) ?? { type, delta: 0 };
    row.delta -= count;
    rows.set(type, row);
  }
  return [...rows.values()].filter(({ type, delta }) => delta !== 0 && !type.startsWith("Node / "));
}

/** V8's own objects have odd ids, which they keep; native ones have even ids, which they do not. */
export function keepsItsId(id) {
  return id % 2 === 1;
}

/**
 * What was added and removed, told by object id: for rivals that know ids but have no diff.
 * @param {Iterable<{ type: string, id: number, size: number }>} before
 * @param {Iterable<{ type: string, id: number, size: number }>} now
 */
export function differenceById(before, now) {
  const rows = new Map();
  const rowFor = (type) => {
    if (!rows.has(type)) rows.set(type, { type, added: 0, removed: 0, addedSize: 0 });
    return rows.get(type);
  };
  const gone = new Map();
  for (const { type, id, size } of before) if (size > 0 && keepsItsId(id)) gone.set(id, type);
  for (const { type, id, size } of now) {
    if (size === 0 || !keepsItsId(id) || gone.delete(id)) continue;
    const row = rowFor(type);
    row.added++;
    row.addedSize += size;
  }
  for (const type of gone.values()) rowFor(type).removed++;
  return [...rows.values()];
}

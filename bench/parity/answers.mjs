// What an engine says about one file, as files that the other engine's can be compared with: one column per quantity,
// a value per node in the order of the file. Columns go over the disk because two engines with a big heap would not
// fit into one process, and each must be measured as it runs for its users.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Quantities of a node, and the arrays that hold them. Sizes are bytes; `className` and `classKey` are texts. */
export const NODE_QUANTITIES = {
  id: Uint32Array,
  className: Uint32Array,
  classKey: Uint32Array,
  rawSize: Float64Array,
  shallowSize: Float64Array,
  distance: Int32Array,
  dominator: Uint32Array,
  retainedSize: Float64Array,
};

const TEXTS = new Set(["className", "classKey"]);

/**
 * Writes the columns of one snapshot.
 * @param {string} folder is made
 * @param {number} nodeCount
 * @param {Record<string, (node: number) => number | string>} read by quantity
 */
export function writeNodes(folder, nodeCount, read) {
  mkdirSync(folder, { recursive: true });
  for (const [quantity, Column] of Object.entries(NODE_QUANTITIES)) {
    const column = new Column(nodeCount);
    if (TEXTS.has(quantity)) {
      const numbers = new Map();
      for (let n = 0; n < nodeCount; n++) {
        const text = read[quantity](n);
        let number = numbers.get(text);
        if (number === undefined) {
          number = numbers.size;
          numbers.set(text, number);
        }
        column[n] = number;
      }
      writeJson(folder, quantity, [...numbers.keys()]);
    } else for (let n = 0; n < nodeCount; n++) column[n] = read[quantity](n);
    writeFileSync(join(folder, `${quantity}.column`), new Uint8Array(column.buffer));
  }
}

/** A column as numbers, and for texts what each number stands for. */
export function readNodes(folder, quantity) {
  const bytes = readFileSync(join(folder, `${quantity}.column`));
  const Column = NODE_QUANTITIES[quantity];
  const values = new Column(bytes.buffer, bytes.byteOffset, bytes.byteLength / Column.BYTES_PER_ELEMENT);
  return { values, texts: TEXTS.has(quantity) ? readJson(folder, quantity) : undefined };
}

export function writeJson(folder, name, value) {
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(value));
}

export function readJson(folder, name) {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
}

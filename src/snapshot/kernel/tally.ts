// Node records are added up, not written down: to count types, a file's nodes are read and forgotten.

import { number } from "./bytes";
import { mark, NEWLINES, STRETCH } from "./marks";

const NO_TYPE: u32 = 255;
/** Keys below this are types; above, the names of objects whose name is that of their class. */
const FIRST_NAME: u32 = 256;

/** Keys that were met so far. */
export let met: i32 = 0;
/** Records taken by the last call. */
export let tallied: i32 = 0;

/**
 * Adds up node records by key (rawTypes.ts): of objects and native nodes the name, of others the type. Reads less of a record
 * than nodes(), and so takes half of its time.
 * @param safe records are read that begin before it; 64 bytes and a stretch behind it can be looked at
 * @param types our type number by the file's, one byte each, 255 for none
 * @param named bits of our types whose names count
 * @param keys sums there is room for
 * @param sumsAt for each key its nodes and, among them, those of no size, 32 bits each; and bytes, 64 bits
 * @param metAt where keys go that are met for the first time
 * @param marksAt room for mark()
 * @returns the first digit of the record that was not taken
 */
export function tally(
  from: usize,
  safe: usize,
  types: usize,
  fields: i32,
  maxNames: u32,
  named: u32,
  keys: u32,
  sumsAt: usize,
  metAt: usize,
  marksAt: usize,
): usize {
  let at = from;
  let n = 0;
  let isUsual = true;
  while (isUsual && at < safe) {
    const base = at;
    mark(base, marksAt);
    const end = min(base + STRETCH, safe);
    while (at < end) {
      // The bits of at least 57 bytes from the record on.
      const place = at - base;
      const all = load<u64>(marksAt + (place >> 3)) >> (place & 7);
      const newlines = load<u64>(marksAt + (place >> 3), NEWLINES) >> (place & 7);
      let commas = all;
      const a = <u32>ctz(commas);
      commas &= commas - 1;
      const b = <u32>ctz(commas);
      commas &= commas - 1;
      const c = <u32>ctz(commas);
      commas &= commas - 1;
      const d = <u32>ctz(commas);
      // Conditions are gathered as bits: a branch for all of them is never taken, and costs as much as one.
      let odd: u32;
      let length: u32;
      if (newlines != 0) {
        length = <u32>ctz(newlines) + 2;
        odd = (<u32>popcnt(all & (newlines ^ (newlines - 1))) ^ (fields - 1)) | ((<u32>(all >> (length - 1)) & 1) ^ 1);
      } else {
        // V8 13.6 and newer write no newline: the record ends where so many numbers do.
        for (let f = 4; f < fields; f++) commas &= commas - 1;
        length = <u32>ctz(commas) + 1;
        odd = length >> 6;
      }
      // Types of one or two digits, names and sizes of one to eight, ids of one to ten.
      const idDigits = c - b - 2;
      odd |= ((a - 1) >> 1) | (((b - a - 2) | (d - c - 2)) >> 3) | ((idDigits | (idDigits + 6)) >> 4);
      if (odd != 0) {
        isUsual = false;
        break;
      }
      const first = <u32>load<u8>(at) ^ 0x30;
      const second = <u32>load<u8>(at, 1) ^ 0x30;
      const type = <u32>load<u8>(types + first + ((first * 9 + second) & (1 - a)));
      const name = <u32>number(at + a + 1, b - a - 1);
      const key = type + ((name + FIRST_NAME - type) & (0 - ((named >> type) & 1)));
      if (type == NO_TYPE || name >= maxNames || key >= keys) {
        isUsual = false;
        break;
      }
      const size = number(at + c + 1, d - c - 1);
      const sum = sumsAt + ((<usize>key) << 4);
      const nodes = load<u64>(sum);
      if (nodes == 0) store<u32>(metAt + (met++ << 2), key);
      store<u64>(sum, nodes + 1 + (<u64>(size == 0) << 32));
      store<u64>(sum, load<u64>(sum, 8) + size, 8);
      n++;
      at += length;
    }
  }
  tallied = n;
  return at;
}

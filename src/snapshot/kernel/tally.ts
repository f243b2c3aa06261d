// Node records are added up, not written down: to count types, or to compare two files, nodes are read and forgotten.

import { longNumber, number } from "./bytes";
import { mark, NEWLINES, STRETCH } from "./marks";

const NO_TYPE: u32 = 255;
/** Keys below this are types; above, the names of objects whose name is that of their class. */
const FIRST_NAME: u32 = 256;
const MAX_ID: u64 = 0xffffffff;

// What is done with a record. Constants, so that each of the exported functions is a loop of its own.
const TALLY = 0;
const NOTE = 1;
const COMPARE = 2;

/** Keys that were met so far. */
export let met: i32 = 0;
/** Records taken by the last call. */
export let tallied: i32 = 0;

/**
 * Adds up node records by key (rawTypes.ts): of objects and native nodes the name, of others the type. Reads less of a record
 * than nodes(), and so takes half of its time.
 * @param safe records are read that begin before it; RECORD_LIMIT bytes behind it can be looked at
 * @param types our type number by the file's, one byte each, 255 for none
 * @param named bits of our types whose names count
 * @param keys sums there is room for
 * @param sumsAt for each key nodes that have a size, 64 bits; and their bytes, 64 bits
 * @param metAt where keys go that are met for the first time
 * @param marksAt room for mark()
 * @returns the first digit of the record that was not taken
 */
export function tally(
  from: usize,
  safe: usize,
  marksAt: usize,
  types: usize,
  fields: i32,
  maxNames: u32,
  named: u32,
  keys: u32,
  sumsAt: usize,
  metAt: usize,
): usize {
  return walk(TALLY, from, safe, marksAt, types, fields, maxNames, named, keys, sumsAt, metAt, 0, 0);
}

/** Notes the ids of node records: one bit for each odd id, at `idsAt`. */
export function note(from: usize, safe: usize, marksAt: usize, fields: i32, idsAt: usize): usize {
  return walk(NOTE, from, safe, marksAt, 0, fields, 0, 0, 0, 0, 0, 0, idsAt);
}

/**
 * Adds up node records as tally() does, but only those of some size and an odd id, and notes the ids of all at `idsAt`.
 * @param sumsAt for each key such nodes, and the fresh ones among them, whose ids are not at `othersAt`, 32 bits each; and the
 *   bytes of the fresh ones, 64 bits
 */
export function compare(
  from: usize,
  safe: usize,
  marksAt: usize,
  types: usize,
  fields: i32,
  maxNames: u32,
  named: u32,
  keys: u32,
  sumsAt: usize,
  metAt: usize,
  othersAt: usize,
  idsAt: usize,
): usize {
  return walk(COMPARE, from, safe, marksAt, types, fields, maxNames, named, keys, sumsAt, metAt, othersAt, idsAt);
}

// @ts-ignore: decorator
@inline
function walk(
  task: i32,
  from: usize,
  safe: usize,
  marksAt: usize,
  types: usize,
  fields: i32,
  maxNames: u32,
  named: u32,
  keys: u32,
  sumsAt: usize,
  metAt: usize,
  othersAt: usize,
  idsAt: usize,
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
      const idDigits = c - b - 1;
      odd |= ((a - 1) >> 1) | (((b - a - 2) | (d - c - 2)) >> 3) | (((idDigits - 1) | (idDigits + 5)) >> 4);
      if (odd != 0) {
        isUsual = false;
        break;
      }
      let id: u64 = 0;
      if (task != TALLY) {
        id = longNumber(at + b + 1, idDigits);
        if (id > MAX_ID) {
          isUsual = false;
          break;
        }
      }
      if (task != NOTE) {
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
        const counts = <u64>(size != 0) & (task == COMPARE ? id : 1);
        if ((<u64>(nodes == 0) & counts) != 0) store<u32>(metAt + (met++ << 2), key);
        const isFresh = task == COMPARE ? counts & ~(<u64>load<u8>(othersAt + <usize>(id >> 4)) >> ((id >> 1) & 7)) : 0;
        store<u64>(sum, nodes + counts + (isFresh << 32));
        store<u64>(sum, load<u64>(sum, 8) + (task == COMPARE ? size & (0 - isFresh) : size), 8);
      }
      if (task != TALLY) {
        const word = idsAt + <usize>(id >> 4);
        store<u8>(word, <u32>load<u8>(word) | (<u32>(id & 1) << <u32>((id >> 1) & 7)));
      }
      n++;
      at += length;
    }
  }
  tallied = n;
  return at;
}

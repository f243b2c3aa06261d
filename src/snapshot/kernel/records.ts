// The innermost loops of leakhunt, in AssemblyScript: digits of node and edge records -> numbers. They become
// WebAssembly because only there a compiler is given sixteen bytes and eight digits at a time: JavaScript's numbers have
// 32 bits for such work. About 8 ns per edge and 14 ns per node, where the same in JavaScript took 15 and 34.
//
// Two ideas, neither of them ours. Sixteen bytes are compared at once, and one bit each says where a number ends
// (Langdale and Lemire, Parsing Gigabytes of JSON per Second, VLDB Journal 28, 2019): no loop guesses how many digits
// follow. Eight digits are then one word and become a number by three multiplications (Lamport, Multiple byte processing
// with full-word instructions, CACM 18(8), 1975; Mula's notes on parsing numbers).
//
// Taken is only what V8 writes nearly always: digits, commas, a newline before or instead of nothing else, numbers of up
// to eight digits (ids and targets: ten). At anything else a loop stops, and records.ts reads that record by itself.
//
// `npm run kernel` compiles this folder, from this file on, into kernelCode.ts.

import { ALL_BUT_LAST, endsOf, longNumber, number, where } from "./bytes";

export { escaping, found, quotes } from "./quotes";
export { compare, met, note, tallied, tally } from "./tally";

const NEWLINE: i8 = 0x0a;
const NO_TYPE: u32 = 255;
/** Records taken by the last call. */
export let count: i32 = 0;
/** Edges of the last call whose label depends on their owner. */
export let specials: i32 = 0;
/** Whether any node of the last call had a detachedness but 0. */
export let anyDetached: bool = false;

/**
 * Reads nodes: type, name, id, self_size, edge_count, and what else this V8 adds. `from` is the first digit of one.
 * @param safe records are read that begin before it
 * @param types our type number by the file's, one byte each, 255 for none
 * @param detachedAt place of `detachedness` among the numbers, or 0
 * @param edges edges of all nodes before
 * @param typeAt … where the columns lie that are filled; those of edges get the number of edges so far
 * @returns the first digit of the record that was not taken
 */
export function nodes(
  from: usize,
  safe: usize,
  capacity: i32,
  types: usize,
  fields: i32,
  detachedAt: i32,
  maxNames: u32,
  maxEdges: u32,
  edges: u32,
  typeAt: usize,
  nameAt: usize,
  idAt: usize,
  sizeAt: usize,
  edgesAt: usize,
  detachedColumnAt: usize,
): usize {
  let at = from;
  let n: usize = 0;
  let detached: u32 = 0;
  let usual = true;
  while (usual && at < safe && <i32>n < capacity) {
    const base = at;
    let newlines = where(base, NEWLINE) & ALL_BUT_LAST;
    let ends = endsOf(base, newlines);
    let start: u32 = 0;
    // As in edges(): one look at 64 bytes serves all records that end within them.
    while (<i32>n < capacity) {
      const a = <u32>ctz(ends);
      ends &= ends - 1;
      const b = <u32>ctz(ends);
      ends &= ends - 1;
      const c = <u32>ctz(ends);
      ends &= ends - 1;
      const d = <u32>ctz(ends);
      ends &= ends - 1;
      const edgeDigits = <u32>ctz(ends) - d - 1;
      const edgesOfNode = <u32>number(base + d + 1, edgeDigits);
      let here: u32 = 0;
      let short = false;
      for (let f = 5; f < fields; f++) {
        const before = <u32>ctz(ends);
        ends &= ends - 1;
        const digits = <u32>ctz(ends) - before - 1;
        if (digits - 1 > 7) short = true;
        if (f == detachedAt) here = <u32>number(base + before + 1, digits);
      }
      if (ends == 0) {
        usual = start != 0;
        break;
      }
      const line = ends & (0 - ends);
      ends ^= line;
      const typeDigits = a - start;
      const first = <u32>load<u8>(base + start) ^ 0x30;
      const type = <u32>load<u8>(types + (typeDigits == 1 ? first : first * 10 + (<u32>load<u8>(base + start + 1) ^ 0x30)));
      const name = <u32>number(base + a + 1, b - a - 1);
      const id = longNumber(base + b + 1, c - b - 1);
      const total = edges + edgesOfNode;
      if (
        short ||
        (newlines & (line - 1)) != 0 ||
        typeDigits - 1 > 1 ||
        b - a - 2 > 7 ||
        c - b - 2 > 9 ||
        d - c - 2 > 7 ||
        edgeDigits - 1 > 7 ||
        type == NO_TYPE ||
        name >= maxNames ||
        id > 0xffffffff ||
        total > maxEdges ||
        here > 255
      ) {
        usual = false;
        break;
      }
      edges = total;
      detached |= here;
      store<u8>(typeAt + n, type);
      store<u8>(detachedColumnAt + n, here);
      store<u32>(nameAt + (n << 2), name);
      store<u32>(idAt + (n << 2), <u32>id);
      store<u32>(sizeAt + (n << 2), <u32>number(base + c + 1, d - c - 1));
      store<u32>(edgesAt + (n << 2), edges);
      n++;
      start = <u32>ctz(line) + 1 + <u32>((newlines & line) != 0);
      newlines &= ~line;
      at = base + start;
    }
  }
  count = <i32>n;
  anyDetached = detached != 0;
  return at;
}

// How an edge of some type is named (labeller.ts): by a string with one label or another, by a string, or by an index.
const PLANES: u32 = 2;
const INDEXED: u32 = 3;
/** Labels from here on depend on the owner of the edge. */
const SPECIAL: u32 = 254;

/** Without a branch, which would be guessed wrong every other time: the first two entries are zeros. */
// @ts-ignore: decorator
@inline
function labelOf(labelsAt: usize, name: u32, plane: u32, type: u32): u32 {
  const known = <u32>load<u8>(labelsAt + (((name << 1) + plane + 2) & (0 - <u32>(plane < PLANES))));
  return known | (type & (0 - <u32>(known == 0)));
}

/**
 * Reads edges: type, name_or_index, to_node, as nodes() does.
 * @param planesAt how edges are named, by our type number
 * @param labelsAt two zeros, and for each string its label in the first plane and in the second; 0 for none: the type is the label
 * @param nodeFields numbers in a node's record: targets are counted in numbers, not in nodes
 * @param positionsAt where the position goes of each edge whose number among those of the call, plus `phase`, is a multiple
 *   of 128
 */
export function edges(
  from: usize,
  safe: usize,
  capacity: i32,
  types: usize,
  planesAt: usize,
  labelsAt: usize,
  maxNames: u32,
  nodeFields: u32,
  nodeCount: u32,
  phase: u32,
  typeAt: usize,
  nameAt: usize,
  labelAt: usize,
  toAt: usize,
  positionsAt: usize,
  specialsAt: usize,
): usize {
  let at = from;
  let n: usize = 0;
  let special = specialsAt;
  // Dividing by multiplying: exact for all targets below 2^31 (Granlund and Montgomery, PLDI 1994).
  const inverse: u64 = (((<u64>1) << 34) + nodeFields - 1) / nodeFields;
  let usual = true;
  while (usual && at < safe && <i32>n < capacity) {
    const base = at;
    let newlines = where(base, NEWLINE) & ALL_BUT_LAST;
    let ends = endsOf(base, newlines);
    let start: u32 = 0;
    // One look at 64 bytes serves all records that end within them. The conditions are branches that are never taken and
    // therefore cost less than values that are computed.
    while (<i32>n < capacity) {
      const a = <u32>ctz(ends);
      ends &= ends - 1;
      const b = <u32>ctz(ends);
      ends &= ends - 1;
      if (ends == 0) {
        usual = start != 0;
        break;
      }
      const c = <u32>ctz(ends);
      const line = ends & (0 - ends);
      ends ^= line;
      const nameDigits = b - a - 1;
      const toDigits = c - b - 1;
      const type = <u32>load<u8>(types + (<u32>load<u8>(base + start) ^ 0x30));
      const name = <u32>number(base + a + 1, nameDigits);
      const to = longNumber(base + b + 1, toDigits);
      const node = <u32>((to * inverse) >> 34);
      const plane = <u32>load<u8>(planesAt + type);
      if (
        a - start != 1 ||
        (newlines & (line - 1)) != 0 ||
        nameDigits - 1 > 7 ||
        toDigits - 1 > 9 ||
        <u64>node * nodeFields != to ||
        node >= nodeCount ||
        type == NO_TYPE ||
        (name >= maxNames && plane != INDEXED)
      ) {
        usual = false;
        break;
      }
      if (((<u32>n + phase) & 127) == 0) {
        store<u32>(positionsAt, base + start);
        positionsAt += 4;
      }
      const label = labelOf(labelsAt, name, plane, type);
      store<u8>(typeAt + n, type);
      store<u8>(labelAt + n, label);
      store<u32>(nameAt + (n << 2), name);
      store<u32>(toAt + (n << 2), node);
      if (label >= SPECIAL) {
        store<u32>(special, <u32>n);
        special += 4;
      }
      n++;
      // V8 writes a newline before the comma between two records; since 13.6 only the comma.
      start = c + 1 + <u32>((newlines & line) != 0);
      newlines &= ~line;
      at = base + start;
    }
  }
  count = <i32>n;
  specials = <i32>(special - specialsAt) >> 2;
  return at;
}

/**
 * Labels `n` edges whose names had to wait for the strings, as edges() does: their types and names are there.
 * @param maxNames how many strings there are
 * @returns whether all names are; `specials` is set as by edges()
 */
export function labels(
  n: usize,
  planesAt: usize,
  labelsAt: usize,
  maxNames: u32,
  typeAt: usize,
  nameAt: usize,
  labelAt: usize,
  specialsAt: usize,
): bool {
  let special = specialsAt;
  for (let i: usize = 0; i < n; i++) {
    const type = <u32>load<u8>(typeAt + i);
    const plane = <u32>load<u8>(planesAt + type);
    const name = load<u32>(nameAt + (i << 2));
    if (name >= maxNames && plane != INDEXED) return false;
    const label = labelOf(labelsAt, name, plane, type);
    store<u8>(labelAt + i, label);
    if (label >= SPECIAL) {
      store<u32>(special, <u32>i);
      special += 4;
    }
  }
  specials = <i32>(special - specialsAt) >> 2;
  return true;
}

// The two inner loops that read a snapshot's numbers: more than a gigabyte of digits per second, straight into columns.
// They take only what V8 itself writes (plain digits, a comma between numbers, a newline about each record) and stop at
// anything else; whoever calls them then leaves the file to the patient decoder (decode.ts), which knows every form of
// JSON and can say what is wrong.
//
// Four digits are read at a time, as one word ("SIMD within a register": Lamport, CACM 18(8), 1975; for decimal digits
// see Mula and Langdale's notes on parsing numbers): a loop over single digits spends most of its time on guessing wrong
// where a number ends. Everything is written out field by field, because a call that returns both a number and where it
// ended would double the time.

import { EdgeType } from "./format.ts";
import type { EdgeLabeller } from "./labeller.ts";

/** More bytes than a record of V8 takes: eight numbers of up to twenty digits. */
export const RECORD_LIMIT = 192;

const MANY_DIGITS = 15;

// The constants of the two loops stand inside them: V8 loads those of a module from memory each time.
//   ZEROS       turns four digits, read as one word with the first in the lowest byte, into 0 to 9
//   TO_128      added to such a word, sets the highest bit of each byte that is no digit
//   FEW_DIGITS  a number of so many digits fits 31 bits; longer ones are read again with care

/** A piece of the file, as bytes and as words. Behind its end are RECORD_LIMIT more bytes that are no digits. */
export interface Window {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Node columns being filled. */
export interface NodeColumns {
  readonly type: Uint8Array;
  readonly name: Uint32Array;
  readonly id: Uint32Array;
  readonly selfSize: Uint32Array;
  /** Nodes of 4 GiB and more, whose size no Uint32Array holds. */
  readonly wide: { node: number; size: number }[];
  readonly firstEdge: Uint32Array;
  detachedness: Uint8Array | undefined;
  /** Records read, and the edges they own. */
  count: number;
  edges: number;
  /** Records that were read before those of these columns. */
  before: number;
}

/** What the header says of node records. */
export interface NodeShape {
  readonly fields: number;
  /** Position of `detachedness`, or -1. */
  readonly detachedAt: number;
  /** Our number by the file's type number. */
  readonly types: Uint8Array;
  readonly maxEdges: number;
  readonly maxNames: number;
}

/** 10 to the power of the digits in a word, by their bits. */
const TENS: Int32Array = Int32Array.from({ length: 25 }, (_, bits) => 10 ** (bits >> 3));

// What is written out below, because V8 inlines only so much into one function:
//   ((word + TO_128) | word) & HIGHEST       marks the bytes that are no digits (the first mark is right, later ones need not be)
//   (31 - Math.clz32(marks & -marks)) & 24   bits of the digits before the first mark
//   word << (32 - bits)                      moves fewer than four digits up, so that zeros come before them
//   pairs = (word * 10 + (word >>> 8)) & 0x00ff00ff, then (pairs * 100 + (pairs >>> 16)) & 0xffff: the number they mean

/** Digits that did not fit the fast way. @returns undefined when this is no number that a snapshot may have. */
function longNumber(bytes: Uint8Array, from: number, to: number): number | undefined {
  if (to - from > MANY_DIGITS) return undefined;
  let value = 0;
  for (let p = from; p < to; p++) value = value * 10 + ((bytes[p] as number) ^ 0x30);
  return value;
}

/**
 * Reads node records (type, name, id, self_size, edge_count, then whatever this V8 adds) from `from` on, as long as they
 * begin before `safe`. @returns the position after the last one taken.
 */
export function readNodes({ bytes, view }: Window, from: number, safe: number, into: NodeColumns, shape: NodeShape): number {
  const COMMA = 0x2c;
  const NEWLINE = 0x0a;
  const CLOSE = 0x5d;
  const ZEROS = 0x30303030;
  const TO_128 = 0x76767676;
  const HIGHEST = 0x80808080 | 0;
  const FEW_DIGITS = 9;
  const tens = TENS;
  const { type, name, id, selfSize, firstEdge } = into;
  const { fields, detachedAt, types, maxEdges, maxNames } = shape;
  const capacity = type.length;
  const follows = into.before > 0;
  let n = into.count;
  let edges = into.edges;
  let at = from;
  while (at < safe && n < capacity) {
    let p = at;
    let c = bytes[p] as number;
    if (c === NEWLINE) c = bytes[++p] as number;
    if (n > 0 || follows) {
      if (c !== COMMA) break;
      c = bytes[++p] as number;
      if (c === NEWLINE) c = bytes[++p] as number;
    }
    let start = p;
    let v = 0;
    for (c ^= 0x30; c < 10; c = (bytes[++p] as number) ^ 0x30) v = Math.imul(v, 10) + c;
    if (p === start || p - start > 3 || bytes[p] !== COMMA || v >= types.length) break;
    const t = types[v] as number;

    start = ++p;
    let pairs: number;
    let word = view.getInt32(p, true) ^ ZEROS;
    let marks = ((word + TO_128) | word) & HIGHEST;
    let nameIndex: number;
    if (marks !== 0) {
      const bits = (31 - Math.clz32(marks & -marks)) & 24;
      if (bits === 0) break;
      word <<= 32 - bits;
      pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff;
      nameIndex = (Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff;
      p += bits >> 3;
    } else {
      pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff;
      nameIndex = (Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff;
      p += 4;
      for (c = (bytes[p] as number) ^ 0x30; c < 10; c = (bytes[++p] as number) ^ 0x30) nameIndex = Math.imul(nameIndex, 10) + c;
    }
    if (p - start > FEW_DIGITS || bytes[p] !== COMMA || nameIndex >= maxNames) break;

    start = ++p;
    word = view.getInt32(p, true) ^ ZEROS;
    marks = ((word + TO_128) | word) & HIGHEST;
    let objectId: number;
    if (marks !== 0) {
      const bits = (31 - Math.clz32(marks & -marks)) & 24;
      if (bits === 0) break;
      word <<= 32 - bits;
      pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff;
      objectId = (Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff;
      p += bits >> 3;
    } else {
      pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff;
      objectId = (Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff;
      p += 4;
      word = view.getInt32(p, true) ^ ZEROS;
      marks = ((word + TO_128) | word) & HIGHEST;
      if (marks !== 0) {
        const bits = (31 - Math.clz32(marks & -marks)) & 24;
        if (bits !== 0) {
          word <<= 32 - bits;
          pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff;
          objectId = Math.imul(objectId, tens[bits] as number) + ((Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff);
        }
        p += bits >> 3;
      } else {
        pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff;
        objectId = Math.imul(objectId, 10_000) + ((Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff);
        p += 4;
        for (c = (bytes[p] as number) ^ 0x30; c < 10; c = (bytes[++p] as number) ^ 0x30) objectId = Math.imul(objectId, 10) + c;
      }
    }
    if (bytes[p] !== COMMA) break;
    if (p - start > FEW_DIGITS) {
      const long = longNumber(bytes, start, p);
      if (long === undefined || long > 0xffffffff) break;
      objectId = long | 0;
    }

    start = ++p;
    let size = 0;
    for (c = (bytes[p] as number) ^ 0x30; c < 10; c = (bytes[++p] as number) ^ 0x30) size = Math.imul(size, 10) + c;
    if (p === start || bytes[p] !== COMMA) break;
    if (p - start > FEW_DIGITS) {
      const long = longNumber(bytes, start, p);
      if (long === undefined) break;
      if (long > 0xffffffff) into.wide.push({ node: n, size: long });
      size = long | 0;
    }

    start = ++p;
    let count = 0;
    for (c = (bytes[p] as number) ^ 0x30; c < 10; c = (bytes[++p] as number) ^ 0x30) count = Math.imul(count, 10) + c;
    if (p === start || p - start > FEW_DIGITS) break;

    let f = 5;
    for (; f < fields; f++) {
      if (bytes[p] !== COMMA) break;
      start = ++p;
      let extra = 0;
      for (c = (bytes[p] as number) ^ 0x30; c < 10; c = (bytes[++p] as number) ^ 0x30) extra = Math.imul(extra, 10) + c;
      if (p === start || p - start > 15) break;
      if (f === detachedAt && extra !== 0) {
        into.detachedness ??= new Uint8Array(capacity);
        into.detachedness[n] = extra;
      }
    }
    if (f < fields || (bytes[p] !== COMMA && bytes[p] !== NEWLINE && bytes[p] !== CLOSE)) break;
    edges += count;
    if (edges > maxEdges) break;
    type[n] = t;
    name[n] = nameIndex;
    id[n] = objectId;
    selfSize[n] = size;
    firstEdge[++n] = edges;
    at = p;
  }
  into.count = n;
  into.edges = edges;
  return at;
}

/** Edge columns being filled. */
export interface EdgeColumns {
  readonly label: Uint8Array;
  readonly to: Uint32Array;
  /** Records read. */
  count: number;
}

/** What the header says of edge records, and where their names go. */
export interface EdgeShape {
  readonly types: Uint8Array;
  /** Numbers in one node record: edges point at the first number of their target. */
  readonly nodeFields: number;
  readonly nodeCount: number;
  readonly maxNames: number;
  readonly labeller: EdgeLabeller;
  /** Byte of every 2^blockBits-th edge, to read names back. */
  readonly positions: Float64Array;
  readonly blockBits: number;
}

/**
 * Reads edge records (type, name_or_index, to_node). `offset` is the window's position in the file.
 * @returns the position after the last record taken, as readNodes.
 */
export function readEdges(
  { bytes, view }: Window,
  from: number,
  safe: number,
  offset: number,
  into: EdgeColumns,
  shape: EdgeShape,
): number {
  const COMMA = 0x2c;
  const NEWLINE = 0x0a;
  const CLOSE = 0x5d;
  const ZEROS = 0x30303030;
  const TO_128 = 0x76767676;
  const HIGHEST = 0x80808080 | 0;
  const FEW_DIGITS = 9;
  const tens = TENS;
  const ELEMENT = EdgeType.element;
  const HIDDEN = EdgeType.hidden;
  const { label, to } = into;
  const { types, nodeFields, nodeCount, maxNames, labeller, positions, blockBits } = shape;
  const capacity = to.length;
  const inverse = 1 / nodeFields;
  const inBlock = (1 << blockBits) - 1;
  let e = into.count;
  let at = from;
  while (at < safe && e < capacity) {
    let p = at;
    let c = bytes[p] as number;
    if (c === NEWLINE) c = bytes[++p] as number;
    if (e > 0) {
      if (c !== COMMA) break;
      c = bytes[++p] as number;
      if (c === NEWLINE) c = bytes[++p] as number;
    }
    const record = p;
    const t = c ^ 0x30;
    if (t >= types.length || bytes[++p] !== COMMA) break;
    const type = types[t] as number;

    let start = ++p;
    let pairs: number;
    let word = view.getInt32(p, true) ^ ZEROS;
    let marks = ((word + TO_128) | word) & HIGHEST;
    let name: number;
    if (marks !== 0) {
      const bits = (31 - Math.clz32(marks & -marks)) & 24;
      if (bits === 0) break;
      word <<= 32 - bits;
      pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff;
      name = (Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff;
      p += bits >> 3;
    } else {
      pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff;
      name = (Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff;
      p += 4;
      for (c = (bytes[p] as number) ^ 0x30; c < 10; c = (bytes[++p] as number) ^ 0x30) name = Math.imul(name, 10) + c;
      if (p - start > FEW_DIGITS) {
        const long = longNumber(bytes, start, p);
        if (long === undefined || long > 0xffffffff || (type !== ELEMENT && type !== HIDDEN)) break;
        name = long | 0;
      }
    }
    if (bytes[p] !== COMMA) break;
    if (name >= maxNames && type !== ELEMENT && type !== HIDDEN) break;

    start = ++p;
    word = view.getInt32(p, true) ^ ZEROS;
    marks = ((word + TO_128) | word) & HIGHEST;
    let target: number;
    if (marks !== 0) {
      const bits = (31 - Math.clz32(marks & -marks)) & 24;
      if (bits === 0) break;
      word <<= 32 - bits;
      pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff;
      target = (Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff;
      p += bits >> 3;
    } else {
      pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff;
      target = (Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff;
      p += 4;
      word = view.getInt32(p, true) ^ ZEROS;
      marks = ((word + TO_128) | word) & HIGHEST;
      if (marks !== 0) {
        const bits = (31 - Math.clz32(marks & -marks)) & 24;
        if (bits !== 0) {
          word <<= 32 - bits;
          pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff;
          target = Math.imul(target, tens[bits] as number) + ((Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff);
        }
        p += bits >> 3;
      } else {
        pairs = (Math.imul(word, 10) + (word >>> 8)) & 0x00ff00ff;
        target = Math.imul(target, 10_000) + ((Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff);
        p += 4;
        for (c = (bytes[p] as number) ^ 0x30; c < 10; c = (bytes[++p] as number) ^ 0x30) target = Math.imul(target, 10) + c;
      }
    }
    if (p - start > FEW_DIGITS || (bytes[p] !== COMMA && bytes[p] !== NEWLINE && bytes[p] !== CLOSE)) break;
    const node = (target * inverse + 0.5) | 0;
    if (Math.imul(node, nodeFields) !== target || node >= nodeCount) break;

    if ((e & inBlock) === 0) positions[e >>> blockBits] = offset + record;
    label[e] = labeller.take(e, type, name);
    to[e] = node;
    e++;
    at = p;
  }
  into.count = e;
  return at;
}

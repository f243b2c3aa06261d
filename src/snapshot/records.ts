// The two inner loops that read a snapshot's numbers: a gigabyte of digits per second, straight into columns. They take
// only what V8 itself writes (plain digits, a comma between numbers, a newline about each record) and stop at anything
// else; whoever calls them then leaves the file to the patient decoder (decode.ts), which knows every form of JSON and
// can say what is wrong. Written out field by field, because a call or a loop per number would double the time.

import { EdgeType } from "./format.ts";
import type { EdgeLabeller } from "./labeller.ts";

/** More bytes than a record of V8 takes: eight numbers of up to twenty digits. */
export const RECORD_LIMIT = 192;

const COMMA = 0x2c;
const NEWLINE = 0x0a;
const CLOSE = 0x5d;
/** A number of so many digits fits 31 bits; longer ones are read again with care. */
const FEW_DIGITS = 9;
const MANY_DIGITS = 15;

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
export function readNodes(bytes: Uint8Array, from: number, safe: number, into: NodeColumns, shape: NodeShape): number {
  const { type, name, id, selfSize, firstEdge } = into;
  const { fields, detachedAt, types, maxEdges, maxNames } = shape;
  const capacity = type.length;
  let n = into.count;
  let edges = into.edges;
  let at = from;
  while (at < safe && n < capacity) {
    let p = at;
    let c = bytes[p] as number;
    if (c === NEWLINE) c = bytes[++p] as number;
    if (n > 0) {
      if (c !== COMMA) break;
      c = bytes[++p] as number;
      if (c === NEWLINE) c = bytes[++p] as number;
    }
    let start = p;
    let v = 0;
    for (c ^= 0x30; c < 10; c = (bytes[++p] as number) ^ 0x30) v = v * 10 + c;
    if (p === start || p - start > 3 || bytes[p] !== COMMA || v >= types.length) break;
    const t = types[v] as number;

    start = ++p;
    let nameIndex = 0;
    for (c = (bytes[p] as number) ^ 0x30; c < 10; c = (bytes[++p] as number) ^ 0x30) nameIndex = Math.imul(nameIndex, 10) + c;
    if (p === start || p - start > FEW_DIGITS || bytes[p] !== COMMA || nameIndex >= maxNames) break;

    start = ++p;
    let objectId = 0;
    for (c = (bytes[p] as number) ^ 0x30; c < 10; c = (bytes[++p] as number) ^ 0x30) objectId = Math.imul(objectId, 10) + c;
    if (p === start || bytes[p] !== COMMA) break;
    if (p - start > FEW_DIGITS) {
      const long = longNumber(bytes, start, p);
      if (long === undefined || long > 0xffffffff) break;
      objectId = long;
    }

    start = ++p;
    let size = 0;
    for (c = (bytes[p] as number) ^ 0x30; c < 10; c = (bytes[++p] as number) ^ 0x30) size = Math.imul(size, 10) + c;
    if (p === start || bytes[p] !== COMMA) break;
    if (p - start > FEW_DIGITS) {
      const long = longNumber(bytes, start, p);
      if (long === undefined) break;
      if (long > 0xffffffff) into.wide.push({ node: n, size: long });
      size = long;
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
      if (p === start || p - start > MANY_DIGITS) break;
      if (f === detachedAt && extra !== 0) {
        into.detachedness ??= new Uint8Array(capacity);
        into.detachedness[n] = extra;
      }
    }
    if (f < fields || !endsRecord(bytes[p] as number)) break;
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
 * Reads edge records (type, name_or_index, to_node). `offset` is the position of bytes[0] in the file.
 * @returns the position after the last record taken, as readNodes.
 */
export function readEdges(bytes: Uint8Array, from: number, safe: number, offset: number, into: EdgeColumns, shape: EdgeShape): number {
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
    let name = 0;
    for (c = (bytes[p] as number) ^ 0x30; c < 10; c = (bytes[++p] as number) ^ 0x30) name = Math.imul(name, 10) + c;
    if (p === start || bytes[p] !== COMMA) break;
    if (p - start > FEW_DIGITS) {
      const long = longNumber(bytes, start, p);
      if (long === undefined || long > 0xffffffff) break;
      name = long;
    }
    if (name >= maxNames && type !== EdgeType.element && type !== EdgeType.hidden) break;

    start = ++p;
    let target = 0;
    for (c = (bytes[p] as number) ^ 0x30; c < 10; c = (bytes[++p] as number) ^ 0x30) target = Math.imul(target, 10) + c;
    if (p === start || p - start > FEW_DIGITS || !endsRecord(bytes[p] as number)) break;
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

function endsRecord(c: number): boolean {
  return c === COMMA || c === NEWLINE || c === CLOSE;
}

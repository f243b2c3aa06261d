// A snapshot's numbers -> columns: more than a gigabyte of digits per second. The kernel (kernel/records.ts) takes batches
// of the records that V8 writes nearly always; the few with longer numbers are read here, one by one. Both take only
// what V8 itself writes (plain digits, a comma between numbers, a newline about each record) and stop at anything else;
// whoever calls them then leaves the file to the patient decoder (decode.ts), which knows every form of JSON and can say
// what is wrong.

import { EDGES_PER_BLOCK } from "./edgeNames.ts";
import { EdgeType } from "./format.ts";
import { BATCH, type Kernel } from "./kernel.ts";
import type { EdgeBatch } from "./labeller.ts";

const COMMA = 0x2c;
const NEWLINE = 0x0a;
const CLOSE = 0x5d;
const MANY_DIGITS = 15;
const MOST = 0xffffffff;
const NO_TYPE = 255;

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

/**
 * Reads node records (type, name, id, self_size, edge_count, then whatever this V8 adds) from the window's byte `from` on,
 * as long as they begin before `safe`. About 15 ns per node.
 * @returns the position after the last one taken and its comma.
 */
export function readNodes(kernel: Kernel, from: number, safe: number, into: NodeColumns, shape: NodeShape): number {
  const capacity = into.type.length;
  const record = new Float64Array(shape.fields);
  kernel.setTypes(shape.types);
  for (let at = from; ; ) {
    const most = Math.min(BATCH, capacity - into.count);
    at = kernel.nodes(at, safe, most, shape, into.edges);
    const { count } = kernel;
    copyNodes(kernel, count, into);
    if (at >= safe || into.count === capacity) return at;
    if (count === most) continue;
    const next = readRecord(kernel.window, at, record);
    if (next < 0 || !takeNode(record, into, shape)) return at;
    at = next;
    if (at >= safe || into.count === capacity) return at;
  }
}

function copyNodes(kernel: Kernel, count: number, into: NodeColumns): void {
  if (count === 0) return;
  const n = into.count;
  into.type.set(kernel.type.subarray(0, count), n);
  into.name.set(kernel.name.subarray(0, count), n);
  into.id.set(kernel.id.subarray(0, count), n);
  into.selfSize.set(kernel.selfSize.subarray(0, count), n);
  into.firstEdge.set(kernel.edgesSoFar.subarray(0, count), n + 1);
  if (kernel.anyDetached) {
    into.detachedness ??= new Uint8Array(into.type.length);
    into.detachedness.set(kernel.detachedness.subarray(0, count), n);
  }
  into.edges = kernel.edgesSoFar[count - 1] as number;
  into.count = n + count;
}

/** @returns false when no snapshot has such a node. */
function takeNode(record: Float64Array, into: NodeColumns, { types, maxNames, maxEdges, detachedAt }: NodeShape): boolean {
  const n = into.count;
  const type = types[record[0] as number] ?? NO_TYPE;
  const [, name, id, size, edges] = record as unknown as [number, number, number, number, number];
  if (type === NO_TYPE || name >= maxNames || id > MOST || into.edges + edges > maxEdges) return false;
  into.type[n] = type;
  into.name[n] = name;
  into.id[n] = id;
  into.selfSize[n] = size;
  if (size > MOST) into.wide.push({ node: n, size });
  const detached = detachedAt < 0 ? 0 : (record[detachedAt] as number);
  if (detached !== 0) {
    into.detachedness ??= new Uint8Array(into.type.length);
    into.detachedness[n] = detached;
  }
  into.edges += edges;
  into.count = n + 1;
  into.firstEdge[n + 1] = into.edges;
  return true;
}

/** Edge columns being filled. */
export interface EdgeColumns {
  readonly label: Uint8Array;
  readonly to: Uint32Array;
  /** Records read. */
  count: number;
}

/** What is done with the names of edges: they are understood at once, or kept until the strings are there. */
export interface NameTaker {
  /** Takes the `count` edges from `first` on, and mends the labels that the kernel gave them. */
  mend(first: number, count: number, batch: EdgeBatch): void;
  /** Takes one edge. @returns its label. */
  take(e: number, type: number, name: number): number;
}

/** What the header says of edge records, and where their names go. */
export interface EdgeShape {
  readonly types: Uint8Array;
  /** Numbers in one node record: edges point at the first number of their target. */
  readonly nodeFields: number;
  readonly nodeCount: number;
  readonly maxNames: number;
  readonly names: NameTaker;
  /** Byte of the first edge of each block of EDGES_PER_BLOCK, to read names back. */
  readonly positions: Float64Array;
}

/**
 * Reads edge records (type, name_or_index, to_node), as readNodes. `offset` is the window's position in the file. About
 * 13 ns per edge.
 */
export function readEdges(kernel: Kernel, from: number, safe: number, offset: number, into: EdgeColumns, shape: EdgeShape): number {
  const capacity = into.to.length;
  const record = new Float64Array(3);
  kernel.setTypes(shape.types);
  for (let at = from; ; ) {
    const most = Math.min(BATCH, capacity - into.count);
    at = kernel.edges(at, safe, most, shape, into.count);
    const { count } = kernel;
    takeEdges(kernel, count, offset, into, shape);
    if (at >= safe || into.count === capacity) return at;
    if (count === most) continue;
    const next = readRecord(kernel.window, at, record);
    if (next < 0 || !takeEdge(record, offset + at, into, shape)) return at;
    at = next;
    if (at >= safe || into.count === capacity) return at;
  }
}

function takeEdges(kernel: Kernel, count: number, offset: number, into: EdgeColumns, { names, positions }: EdgeShape): void {
  if (count === 0) return;
  const first = into.count;
  const zero = offset - kernel.window.byteOffset;
  let block = Math.ceil(first / EDGES_PER_BLOCK);
  for (let i = 0; block * EDGES_PER_BLOCK < first + count; i++, block++) positions[block] = zero + (kernel.positions[i] as number);
  names.mend(first, count, kernel);
  into.label.set(kernel.label.subarray(0, count), first);
  into.to.set(kernel.to.subarray(0, count), first);
  into.count = first + count;
}

/** @returns false when no snapshot has such an edge. */
function takeEdge(record: Float64Array, position: number, into: EdgeColumns, shape: EdgeShape): boolean {
  const { types, maxNames, nodeFields, nodeCount, names, positions } = shape;
  const e = into.count;
  const type = types[record[0] as number] ?? NO_TYPE;
  const name = record[1] as number;
  const isIndexed = type === EdgeType.element || type === EdgeType.hidden;
  const node = (record[2] as number) / nodeFields;
  if (type === NO_TYPE || name >= (isIndexed ? MOST + 1 : maxNames) || !Number.isInteger(node) || node >= nodeCount) return false;
  if (e % EDGES_PER_BLOCK === 0) positions[e / EDGES_PER_BLOCK] = position;
  into.label[e] = names.take(e, type, name);
  into.to[e] = node;
  into.count = e + 1;
  return true;
}

/**
 * One record of numbers of any length, and what separates it from the next.
 * @returns the position of the next record, or of the bracket; -1 when V8 would not write this.
 */
function readRecord(bytes: Uint8Array, from: number, into: Float64Array): number {
  let at = from;
  for (let f = 0; f < into.length; f++) {
    if (f > 0 && bytes[at++] !== COMMA) return -1;
    const start = at;
    let value = 0;
    for (let c = (bytes[at] as number) ^ 0x30; c < 10; c = (bytes[++at] as number) ^ 0x30) value = value * 10 + c;
    if (at === start || at - start > MANY_DIGITS) return -1;
    into[f] = value;
  }
  if (bytes[at] === NEWLINE) at++;
  if (bytes[at] === CLOSE) return at;
  if (bytes[at] !== COMMA) return -1;
  at++;
  if (bytes[at] === NEWLINE) at++;
  return at;
}

// The sections of a snapshot file, piece by piece through the kernel's window: of a file that is there, or of one that V8
// is still writing. What both ways of decoding share (decodeFile.ts, decodeAlong.ts) stands here.

import { readSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { badSnapshot } from "../errors.ts";
import type { LocationColumns, PlainObjects, SnapshotColumns, WeakPairs } from "./columns.ts";
import { SnapshotDecoder } from "./decode.ts";
import { EDGES_PER_BLOCK, EdgeNameFile } from "./edgeNames.ts";
import type { SnapshotHeader } from "./format.ts";
import { type Kernel, RECORD_LIMIT, WINDOW } from "./kernel.ts";
import type { OwnerColumns } from "./labeller.ts";
import type { Layout } from "./layout.ts";
import { type EdgeColumns, type NameTaker, type NodeColumns, readEdges, readNodes } from "./records.ts";
import { NodeScanner } from "./scan.ts";
import { sharedBytes, sharedNumbers } from "./shared.ts";
import { FileStringTable } from "./strings.ts";

/** Most bytes of one read: the system takes no more than 2 GiB at once. */
const READ = 1 << 30;
/** A file that grows is read when it has gained so much: each call of the kernel costs something. */
const WORTH_READING = 1 << 16;
const NODE_FIELDS = ["type", "name", "id", "self_size", "edge_count"];
const EDGE_FIELDS = ["type", "name_or_index", "to_node"];
const CLOSE = 0x5d;
const COMMA = 0x2c;
const NEWLINE = 0x0a;

/** How every snapshot of V8 begins. */
export const BEGIN: Buffer = Buffer.from('{"snapshot":{');

/** A file to read from. */
export interface Source {
  readonly fd: number;
  /** Its size in bytes, or undefined while it is being written. */
  readonly size: number | undefined;
  /** Resolves when a file that is being written may have grown. */
  grown(): Promise<void>;
  /** Lets others have their turn now and then. Rejects when nobody waits for the result any more. */
  pause(offset: number): Promise<void>;
}

/** Whether the header promises what this way can read. */
export function isUsual({ nodeFields, edgeFields, nodeCount, edgeCount, edgeTypeMap }: SnapshotHeader): boolean {
  return (
    NODE_FIELDS.every((name, i) => nodeFields[i] === name) &&
    EDGE_FIELDS.length === edgeFields.length &&
    EDGE_FIELDS.every((name, i) => edgeFields[i] === name) &&
    edgeTypeMap.length <= 10 &&
    edgeCount < 4e9 &&
    nodeCount > 0 &&
    nodeCount * nodeFields.length < 2 ** 31
  );
}

/** Least bytes that so many records take. */
export function leastBytes({ nodeFields, edgeFields, nodeCount, edgeCount }: SnapshotHeader): number {
  return 2 * (nodeCount * nodeFields.length + edgeCount * edgeFields.length);
}

type Take = (from: number, safe: number, offset: number) => number;

/** Moves the kernel's window over a section of the file. */
class SectionReader {
  readonly #source: Source;
  readonly #window: Buffer;

  constructor(source: Source, kernel: Kernel) {
    this.#source = source;
    this.#window = kernel.window;
  }

  /** Gives `take` the section piece by piece. @returns the position after its bracket, or undefined if something else stood there. */
  async read(at: number, take: Take): Promise<number | undefined> {
    const window = this.#window;
    const source = this.#source;
    let offset = at;
    let kept = 0;
    for (;;) {
      // Asked before reading: what is written in between belongs to the next look.
      const { size } = source;
      const end = kept + readSync(source.fd, window, kept, Math.min(WINDOW, WINDOW + RECORD_LIMIT - kept), offset + kept);
      if (size === undefined && end < WORTH_READING) {
        kept = end;
        await source.grown();
        continue;
      }
      const isLast = size !== undefined && offset + end >= size;
      // A record that begins before this line is here as a whole, unless it is longer than any of V8's: then it runs into
      // the zeros behind the end, which are no digits, and is not taken.
      window.fill(0, end, end + RECORD_LIMIT);
      const safe = isLast ? end : end - RECORD_LIMIT;
      const used = take(offset === at && window[0] === NEWLINE ? 1 : 0, safe, offset);
      if (used < safe) return window[used] === CLOSE && !this.#isComma(offset + used - 1) ? offset + used + 1 : undefined;
      if (isLast) return undefined;
      window.copyWithin(0, used, end);
      kept = end - used;
      offset += used;
      await source.pause(offset);
    }
  }

  /** Whether what comes before a bracket promises one record more. */
  #isComma(at: number): boolean {
    const byte = Buffer.alloc(1);
    return readSync(this.#source.fd, byte, 0, 1, at) === 1 && byte[0] === COMMA;
  }

  /** Position after `,"key":[` at `at`. */
  afterKey(at: number, key: string): number | undefined {
    const read = readSync(this.#source.fd, this.#window, 0, 64, at);
    const match = new RegExp(`^\\s*,\\s*"${key}"\\s*:\\s*\\[`).exec(this.#window.toString("latin1", 0, read));
    return match ? at + match[0].length : undefined;
  }
}

/** Nodes and edges of a file, as far as the records themselves say what they are. */
export interface Records {
  readonly header: SnapshotHeader;
  readonly nodes: NodeColumns;
  readonly edges: EdgeColumns;
  /** Byte of the first edge of each block of EDGES_PER_BLOCK. */
  readonly positions: Float64Array;
  /** The position after the edges. */
  readonly edgesEnd: number;
}

/**
 * Reads both sections of records.
 * @param maxNames strings that names may point at. @param namesOf makes, once the nodes are read, what takes the edges' names.
 * @returns undefined when they are not as V8 writes them.
 */
export async function readRecords(
  source: Source,
  kernel: Kernel,
  { header, nodesAt }: Pick<Layout, "header" | "nodesAt">,
  maxNames: number,
  namesOf: (nodes: OwnerColumns) => NameTaker,
): Promise<Records | undefined> {
  const reader = new SectionReader(source, kernel);
  const { nodeCount, edgeCount } = header;
  const nodes: NodeColumns = {
    type: sharedBytes(nodeCount),
    name: sharedNumbers(nodeCount),
    id: sharedNumbers(nodeCount + 1),
    selfSize: sharedNumbers(nodeCount),
    wide: [],
    firstEdge: sharedNumbers(nodeCount + 1),
    detachedness: undefined,
    count: 0,
    edges: 0,
  };
  const nodeShape = {
    fields: header.nodeFields.length,
    detachedAt: header.nodeFields.indexOf("detachedness"),
    types: header.nodeTypeMap,
    maxEdges: edgeCount,
    maxNames,
  };
  const nodesEnd = await reader.read(nodesAt, (from, safe) => readNodes(kernel, from, safe, nodes, nodeShape));
  if (nodesEnd === undefined || nodes.count !== nodeCount || nodes.edges !== edgeCount) return undefined;
  const edgesAt = reader.afterKey(nodesEnd, "edges");
  if (edgesAt === undefined) return undefined;

  const edges: EdgeColumns = { label: sharedBytes(edgeCount), to: sharedNumbers(edgeCount), count: 0 };
  const positions = new Float64Array(Math.ceil(edgeCount / EDGES_PER_BLOCK));
  const edgeShape = {
    types: header.edgeTypeMap,
    nodeFields: header.nodeFields.length,
    nodeCount,
    maxNames,
    names: namesOf(ownersOf(nodes)),
    positions,
  };
  const edgesEnd = await reader.read(edgesAt, (from, safe, offset) => readEdges(kernel, from, safe, offset, edges, edgeShape));
  if (edgesEnd === undefined || edges.count !== edgeCount) return undefined;
  return { header, nodes, edges, positions, edgesEnd };
}

/** The nodes as owners of edges. */
export function ownersOf({ type, name, id, firstEdge }: NodeColumns): OwnerColumns {
  return { nodeCount: type.length, nodeType: type, nodeName: name, nodeId: id, firstEdge };
}

/** What was read, as columns. They keep `fd`, to read back what is not in memory. */
export function columnsOf(
  fd: number,
  layout: Layout,
  { header, nodes, edges, positions, edgesEnd }: Records,
  strings: FileStringTable,
  { weakPairs, plainObjects }: { weakPairs: WeakPairs; plainObjects: PlainObjects },
): SnapshotColumns {
  const { nodeCount, edgeCount } = header;
  let ids: Uint32Array | undefined = nodes.id.subarray(0, nodeCount);
  let locations: LocationColumns | undefined;
  return {
    nodeCount,
    nodeType: nodes.type,
    nodeName: nodes.name,
    firstEdge: nodes.firstEdge,
    get nodeId() {
      ids ??= readIds(fd, layout);
      return ids;
    },
    lendIds() {
      const lent = ids && new Uint32Array(ids.buffer);
      ids = undefined;
      return lent;
    },
    edgeCount,
    nodeSelfSize: nodes.wide.length > 0 ? widened(nodes) : nodes.selfSize,
    nodeDetachedness: nodes.detachedness,
    edgeLabel: edges.label,
    edgeTo: edges.to,
    edgeNames: new EdgeNameFile(fd, positions, edgeCount),
    weakPairs,
    plainObjects,
    get locations() {
      locations ??= readLocations(fd, layout, edgesEnd);
      return locations;
    },
    strings,
    nodeTypeNames: header.nodeTypeNames,
    edgeTypeNames: header.edgeTypeNames,
    extraNativeBytes: header.extraNativeBytes,
  };
}

/** Lets others have their turn. @throws what `signal` was aborted with. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await turn();
  signal?.throwIfAborted();
}

function widened({ selfSize, wide }: NodeColumns): Float64Array {
  const sizes = new Float64Array(new SharedArrayBuffer(selfSize.length * 8));
  sizes.set(selfSize);
  for (const { node, size } of wide) sizes[node] = size;
  return sizes;
}

/** The whole string section; undefined when it is not as V8 writes it. */
export function readStrings(fd: number, at: number, size: number): FileStringTable | undefined {
  if (size - at > 0xffffffff) return undefined;
  const bytes = Buffer.allocUnsafe(size - at);
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(fd, bytes, done, Math.min(READ, bytes.length - done), at + done);
    if (read === 0) return undefined;
    done += read;
  }
  return FileStringTable.of(bytes);
}

/** The ids again, after their column was given away. */
function readIds(fd: number, { header }: Layout): Uint32Array {
  const ids = sharedNumbers(header.nodeCount + 1);
  const scanner = NodeScanner.of(fd);
  let n = 0;
  scanner.scan(({ count, id }) => {
    ids.set(id.subarray(0, count), n);
    n += count;
  });
  return ids.subarray(0, header.nodeCount);
}

/** The section of locations, read when first asked for. */
function readLocations(fd: number, { header, stringsAt }: Layout, from: number): LocationColumns {
  return SnapshotDecoder.locations(header, piecesOf(fd, from, stringsAt));
}

/** Bytes of a part of the file, in one window that is used again and again. */
function* piecesOf(fd: number, from: number, to: number): Generator<Uint8Array> {
  const window = Buffer.alloc(Math.min(WINDOW, to - from));
  for (let at = from; at < to; ) {
    const read = readSync(fd, window, 0, Math.min(window.length, to - at), at);
    if (read === 0) throw badSnapshot("it was changed while it was open");
    yield window.subarray(0, read);
    at += read;
  }
}

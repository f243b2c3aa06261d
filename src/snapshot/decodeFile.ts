// A snapshot file -> columns, the fast way. A file can be read from any place, and that buys two things over a stream:
// the strings, which V8 writes last, are read first, so that each edge's name is understood while it passes by and need
// not be kept; and what few questions need (locations, most names) stays in the file until somebody asks.
//
// Only files exactly as V8 writes them come this way. Anything else, damaged files included, is left to decode.ts.

import { fstatSync, readSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { badSnapshot } from "../errors.ts";
import type { LocationColumns, SnapshotColumns } from "./columns.ts";
import { SnapshotDecoder } from "./decode.ts";
import { EDGES_PER_BLOCK, EdgeNameFile } from "./edgeNames.ts";
import { Kernel, RECORD_LIMIT, WINDOW } from "./kernel.ts";
import { EdgeLabeller } from "./labeller.ts";
import { findLayout, type Layout } from "./layout.ts";
import { type EdgeColumns, type NodeColumns, readEdges, readNodes } from "./records.ts";
import { NodeScanner } from "./scan.ts";
import { sharedBytes, sharedNumbers } from "./shared.ts";
import { FileStringTable } from "./strings.ts";

/** Most bytes of one read: the system takes no more than 2 GiB at once. */
const READ = 1 << 30;
/** Windows between two looks at the world: progress, Ctrl-C. */
const WINDOWS_PER_TURN = 32;
const NODE_FIELDS = ["type", "name", "id", "self_size", "edge_count"];
const EDGE_FIELDS = ["type", "name_or_index", "to_node"];
const BEGIN = Buffer.from('{"snapshot":{');
const CLOSE = 0x5d;
const COMMA = 0x2c;
const NEWLINE = 0x0a;

export interface DecodeFileOptions {
  /** Told the bytes read so far, and the size of the file. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decodes the open file; the columns keep `fd`, to read names back. About 1 ns per byte.
 * @returns undefined when the file is not as V8 writes them; `fd` is then still the caller's.
 */
export async function decodeFile(fd: number, options: DecodeFileOptions = {}): Promise<SnapshotColumns | undefined> {
  options.signal?.throwIfAborted();
  const size = fstatSync(fd).size;
  const begin = Buffer.alloc(BEGIN.length);
  readSync(fd, begin, 0, begin.length, 0);
  const layout = begin.equals(BEGIN) ? layoutOf(fd, size) : undefined;
  if (!layout || !isUsual(layout, size)) return undefined;
  const strings = readStrings(fd, layout.stringsAt, size);
  if (!strings) return undefined;
  const kernel = Kernel.open(strings.count);
  if (!kernel) return undefined;
  const reader = new SectionReader(fd, size, kernel, options);
  const { header } = layout;
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
    maxNames: strings.count,
  };
  const nodesEnd = await reader.read(layout.nodesAt, (from, safe) => readNodes(kernel, from, safe, nodes, nodeShape));
  if (nodesEnd === undefined || nodes.count !== nodeCount || nodes.edges !== edgeCount) return undefined;
  const edgesAt = reader.afterKey(nodesEnd, "edges");
  if (edgesAt === undefined) return undefined;

  const edges: EdgeColumns = { label: sharedBytes(edgeCount), to: sharedNumbers(edgeCount), count: 0 };
  const owners = { nodeCount, nodeType: nodes.type, nodeName: nodes.name, firstEdge: nodes.firstEdge };
  let ids: Uint32Array | undefined = nodes.id.subarray(0, nodeCount);
  const labeller = new EdgeLabeller({ ...owners, nodeId: ids }, strings, kernel);
  const positions = new Float64Array(Math.ceil(edgeCount / EDGES_PER_BLOCK));
  const edgeShape = {
    types: header.edgeTypeMap,
    nodeFields: header.nodeFields.length,
    nodeCount,
    maxNames: strings.count,
    labeller,
    positions,
  };
  const edgesEnd = await reader.read(edgesAt, (from, safe, offset) => readEdges(kernel, from, safe, offset, edges, edgeShape));
  if (edgesEnd === undefined || edges.count !== edgeCount || edgesEnd >= layout.stringsAt) return undefined;

  const { weakPairs, plainObjects } = labeller.finish();
  let locations: LocationColumns | undefined;
  return {
    ...owners,
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

/** The layout, or undefined when it cannot be found: the patient decoder will say why. */
function layoutOf(fd: number, size: number): Layout | undefined {
  try {
    return findLayout(fd, size);
  } catch {
    return undefined;
  }
}

/** Whether the header promises what this way can read, and no more than the file has room for. */
function isUsual({ header }: Layout, size: number): boolean {
  const { nodeFields, edgeFields, nodeCount, edgeCount, edgeTypeMap } = header;
  const shortest = 2 * (nodeCount * nodeFields.length + edgeCount * edgeFields.length);
  return (
    NODE_FIELDS.every((name, i) => nodeFields[i] === name) &&
    EDGE_FIELDS.length === edgeFields.length &&
    EDGE_FIELDS.every((name, i) => edgeFields[i] === name) &&
    edgeTypeMap.length <= 10 &&
    edgeCount < 4e9 &&
    nodeCount > 0 &&
    nodeCount * nodeFields.length < 2 ** 31 &&
    shortest <= size
  );
}

type Take = (from: number, safe: number, offset: number) => number;

/** Moves the kernel's window over a section of the file. */
class SectionReader {
  readonly #fd: number;
  readonly #size: number;
  readonly #options: DecodeFileOptions;
  readonly #window: Buffer;
  #windows = 0;

  constructor(fd: number, size: number, kernel: Kernel, options: DecodeFileOptions) {
    this.#fd = fd;
    this.#size = size;
    this.#window = kernel.window;
    this.#options = options;
  }

  /** Gives `take` the section piece by piece. @returns the position after its bracket, or undefined if something else stood there. */
  async read(at: number, take: Take): Promise<number | undefined> {
    const window = this.#window;
    let offset = at;
    let kept = 0;
    for (;;) {
      const end = kept + readSync(this.#fd, window, kept, WINDOW, offset + kept);
      const isLast = offset + end >= this.#size;
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
      if (++this.#windows % WINDOWS_PER_TURN === 0) {
        this.#options.onProgress?.(offset, this.#size);
        await turn();
        this.#options.signal?.throwIfAborted();
      }
    }
  }

  /** Whether what comes before a bracket promises one record more. */
  #isComma(at: number): boolean {
    const byte = Buffer.alloc(1);
    return readSync(this.#fd, byte, 0, 1, at) === 1 && byte[0] === COMMA;
  }

  /** Position after `,"key":[` at `at`. */
  afterKey(at: number, key: string): number | undefined {
    const read = readSync(this.#fd, this.#window, 0, 64, at);
    const match = new RegExp(`^\\s*,\\s*"${key}"\\s*:\\s*\\[`).exec(this.#window.toString("latin1", 0, read));
    return match ? at + match[0].length : undefined;
  }
}

function widened({ selfSize, wide }: NodeColumns): Float64Array {
  const sizes = new Float64Array(new SharedArrayBuffer(selfSize.length * 8));
  sizes.set(selfSize);
  for (const { node, size } of wide) sizes[node] = size;
  return sizes;
}

/** The whole string section; undefined when it is not as V8 writes it. */
function readStrings(fd: number, at: number, size: number): FileStringTable | undefined {
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

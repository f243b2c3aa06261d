// Names of edges. A column of them would be the biggest of all, and nobody reads it but to print a path: so for a
// snapshot in a file only the position of every 128th edge is kept, and names are read back from there.

import { closeSync, fstatSync, readSync } from "node:fs";
import { badSnapshot } from "../errors.ts";

/** Number of the name of each edge. */
export interface EdgeNames {
  /** String index of edge `e`, or its own index when it is an element or hidden edge. */
  at(e: number): number;
}

/** Names in memory, for sources that cannot be read twice. */
export class EdgeNameColumn implements EdgeNames {
  readonly #names: Uint32Array;
  constructor(names: Uint32Array) {
    this.#names = names;
  }
  at(e: number): number {
    return this.#names[e] as number;
  }
}

/** Edges between two kept positions. */
export const EDGES_PER_BLOCK = 128;
/** Bytes that such a block takes at most: three numbers of ten digits, commas and a newline each. */
const BLOCK_BYTES = EDGES_PER_BLOCK * 36;
/** Blocks held: 2 MB. A walk over neighbouring edges reads each block once. */
const CACHED = 4096;
/** Read at once when blocks are asked for one after the other: a call of the system per block costs more than its digits. */
const AHEAD_BYTES = 64 * BLOCK_BYTES;

const closing = new FinalizationRegistry<number>((fd) => closeSync(fd));

/** Names read back from the file. Keeps the file open, so that it may be renamed or deleted meanwhile. */
export class EdgeNameFile implements EdgeNames {
  readonly #fd: number;
  readonly #positions: Float64Array;
  readonly #edgeCount: number;
  readonly #modified: number;
  /** Bytes of the file from `windowAt` on. */
  #window: Buffer = Buffer.alloc(BLOCK_BYTES);
  #windowAt = 0;
  #windowSize = 0;
  #lastRead = -2;
  readonly #cachedBlock: Int32Array = new Int32Array(CACHED).fill(-1);
  readonly #blocks: (Uint32Array | undefined)[] = new Array(CACHED);

  /** Takes over `fd`. @param positions byte of the first digit of every EDGES_PER_BLOCK-th edge. */
  constructor(fd: number, positions: Float64Array, edgeCount: number) {
    this.#fd = fd;
    this.#positions = positions;
    this.#edgeCount = edgeCount;
    this.#modified = fstatSync(fd).mtimeMs;
    closing.register(this, fd);
  }

  at(e: number): number {
    const block = Math.floor(e / EDGES_PER_BLOCK);
    const slot = block % CACHED;
    if (this.#cachedBlock[slot] !== block) this.#read(block, slot);
    return (this.#blocks[slot] as Uint32Array)[e - block * EDGES_PER_BLOCK] as number;
  }

  #read(block: number, slot: number): void {
    const names = this.#blocks[slot] ?? new Uint32Array(EDGES_PER_BLOCK);
    const count = Math.min(EDGES_PER_BLOCK, this.#edgeCount - block * EDGES_PER_BLOCK);
    let at = this.#fill(block);
    const bytes = this.#window;
    const end = this.#windowSize;
    for (let i = 0; i < count; i++) {
      // type, name, target: only the second is wanted
      while (at < end && !isDigit(bytes[at] as number)) at++;
      while (at < end && isDigit(bytes[at] as number)) at++;
      while (at < end && !isDigit(bytes[at] as number)) at++;
      let value = 0;
      for (; at < end && isDigit(bytes[at] as number); at++) value = value * 10 + ((bytes[at] as number) ^ 0x30);
      while (at < end && !isDigit(bytes[at] as number)) at++;
      if (at >= end) throw badSnapshot("it was changed while it was open");
      while (at < end && isDigit(bytes[at] as number)) at++;
      names[i] = value;
    }
    this.#blocks[slot] = names;
    this.#cachedBlock[slot] = block;
  }

  /** Has the bytes of a block in the window; returns where in the window it begins. */
  #fill(block: number): number {
    const position = this.#positions[block] as number;
    const goesOn = block === this.#lastRead + 1;
    this.#lastRead = block;
    const at = position - this.#windowAt;
    // The last window may end in the middle of a block, or with the file.
    if (at >= 0 && at + BLOCK_BYTES <= this.#windowSize) return at;
    const wanted = goesOn ? AHEAD_BYTES : BLOCK_BYTES;
    if (this.#window.length < wanted) this.#window = Buffer.alloc(wanted);
    this.#windowSize = readSync(this.#fd, this.#window, 0, wanted, position);
    this.#windowAt = position;
    if (fstatSync(this.#fd).mtimeMs !== this.#modified) throw badSnapshot("it was changed while it was open");
    return 0;
  }
}

function isDigit(byte: number): boolean {
  return (byte ^ 0x30) < 10;
}

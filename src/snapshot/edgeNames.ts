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

const closing = new FinalizationRegistry<number>((fd) => closeSync(fd));

/** Names read back from the file. Keeps the file open, so that it may be renamed or deleted meanwhile. */
export class EdgeNameFile implements EdgeNames {
  readonly #fd: number;
  readonly #positions: Float64Array;
  readonly #edgeCount: number;
  readonly #modified: number;
  readonly #bytes: Buffer = Buffer.alloc(BLOCK_BYTES);
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
    const bytes = this.#bytes;
    const read = readSync(this.#fd, bytes, 0, BLOCK_BYTES, this.#positions[block] as number);
    let at = 0;
    const number = (): number => {
      while (at < read && !isDigit(bytes[at] as number)) at++;
      if (at >= read) throw badSnapshot("it was changed while it was open");
      let value = 0;
      for (; at < read && isDigit(bytes[at] as number); at++) value = value * 10 + ((bytes[at] as number) ^ 0x30);
      return value;
    };
    for (let i = 0; i < count; i++) {
      number();
      names[i] = number();
      number();
    }
    if (fstatSync(this.#fd).mtimeMs !== this.#modified) throw badSnapshot("it was changed while it was open");
    this.#blocks[slot] = names;
    this.#cachedBlock[slot] = block;
  }
}

function isDigit(byte: number): boolean {
  return (byte ^ 0x30) < 10;
}

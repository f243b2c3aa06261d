// The loops of kernel/ with the memory they work in: a window of the file, and columns of one batch of records.

import { EDGES_PER_BLOCK } from "./edgeNames.ts";
import { KERNEL_CODE } from "./kernelCode.ts";

/** Records of one call at most. */
export const BATCH = 4096;
/** Bytes of the file that are looked at together. */
export const WINDOW: number = 1 << 20;
/** More than the longest record, with numbers of 20 digits and white space between them. */
export const RECORD_LIMIT = 4096;
const PAGE = 65_536;
/** Number of types that a snapshot's header can have, as far as the kernel is concerned: two digits. */
const TYPES = 128;
const NO_TYPE = 255;
/** Keys of tally() below this are types; from here on, names. As in kernel/records.ts. */
export const FIRST_NAME = 256;
/** A sum: two counts, and bytes in 64 bits. */
const WORDS_PER_SUM = 4;
/** Words that have a bit for every odd id. */
const WORDS_OF_IDS: number = 2 ** 31 / 32;
/** Room for the marks of a stretch: two bits for each byte of a stretch, and more than a word behind either. */
const MARKS = 2048;
const WORD = 2 ** 32;

/** The little of it that is used here: Node's own types leave it out. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

interface Exports {
  readonly count: { readonly value: number };
  readonly specials: { readonly value: number };
  readonly anyDetached: { readonly value: number };
  readonly met: { value: number };
  readonly tallied: { readonly value: number };
  readonly escaping: { readonly value: number };
  readonly found: { readonly value: number };
  nodes(...args: number[]): number;
  edges(...args: number[]): number;
  labels(...args: number[]): number;
  tally(...args: number[]): number;
  note(...args: number[]): number;
  compare(...args: number[]): number;
  quotes(...args: number[]): number;
}

let compiled: object | undefined | null;

/** The kernel's code, or undefined where there is no WebAssembly with vectors (`--jitless`, processors before 2008). */
function moduleOf(): object | undefined {
  if (compiled === undefined) {
    try {
      compiled = new WebAssembly.Module(Buffer.from(KERNEL_CODE, "base64"));
    } catch {
      compiled = null;
    }
  }
  return compiled ?? undefined;
}

/** What there is to be room for. */
export interface KernelRoom {
  /** If edges are to be read: strings that they can be called. */
  readonly strings?: number;
  /** If nodes are to be added up: sums. */
  readonly keys?: number;
  /** If ids are to be compared. */
  readonly ids?: boolean;
}

/** What nodes are added up by: by name for the types whose bit is set in `named`, else by type. */
export interface KeyShape {
  readonly fields: number;
  readonly maxNames: number;
  readonly named: number;
}

/** One reader of records: not for two sections at once. */
export class Kernel {
  /** The file's bytes go here: WINDOW at most, behind what was left of the window before; and RECORD_LIMIT zeros behind their end. */
  readonly window: Buffer;
  /** Columns of the records of the last call. */
  readonly type: Uint8Array;
  readonly name: Uint32Array;
  /** Of nodes. */
  readonly id: Uint32Array;
  readonly selfSize: Uint32Array;
  readonly detachedness: Uint8Array;
  /** Edges of this node and all before it. */
  readonly edgesSoFar: Uint32Array;
  /** Of edges: label (labeller.ts), and node number of the target. */
  readonly label: Uint8Array;
  readonly to: Uint32Array;
  /** Edges whose label depends on their owner: their numbers among those of the call. */
  readonly specials: Uint32Array;
  /** Where every 128th edge begins, as the kernel counts bytes: the window begins at its byteOffset. */
  readonly positions: Uint32Array;
  /** Room for what edges are called: how those of each type are named, and two labels for each string. */
  readonly planes: Uint8Array;
  readonly labels: Uint8Array;
  readonly #types: Uint8Array;
  /** Ids of two files: bit `id >> 1` for each odd one. */
  readonly ids: readonly [Uint32Array, Uint32Array];
  /** Of tally() and compare(). Pages of keys and ids that never come are never touched. */
  readonly #sums: Uint32Array;
  readonly #met: Uint32Array;
  readonly #marksAt: number;
  readonly #exports: Exports;

  private constructor(module: object, { strings = 0, keys = 0, ids = false }: KernelRoom) {
    let end = 0;
    const place = (bytes: number): number => {
      const at = end;
      end += Math.ceil(bytes / 64) * 64;
      return at;
    };
    const types = place(TYPES);
    const planes = place(TYPES * 2);
    const byte = [place(BATCH), place(BATCH)] as const;
    const word = [place(4 * BATCH), place(4 * BATCH), place(4 * BATCH), place(4 * BATCH)] as const;
    this.#marksAt = place(MARKS);
    const positions = place((4 * BATCH) / EDGES_PER_BLOCK + 4);
    const labels = place(2 + 2 * strings);
    const window = place(WINDOW + 2 * RECORD_LIMIT);
    const sums = place(4 * WORDS_PER_SUM * keys);
    const met = place(4 * keys);
    const wordsOfIds = ids ? WORDS_OF_IDS : 0;
    const bits = [place(4 * wordsOfIds), place(4 * wordsOfIds)] as const;
    const memory = new WebAssembly.Memory({ initial: Math.ceil(end / PAGE) });
    const bytes = (at: number, length: number): Uint8Array => new Uint8Array(memory.buffer, at, length);
    const words = (at: number, length: number): Uint32Array => new Uint32Array(memory.buffer, at, length);
    this.#types = bytes(types, TYPES);
    this.planes = bytes(planes, TYPES * 2);
    this.labels = bytes(labels + 2, 2 * strings);
    this.type = bytes(byte[0], BATCH);
    this.detachedness = bytes(byte[1], BATCH);
    this.name = words(word[0], BATCH);
    this.id = words(word[1], BATCH);
    this.label = this.detachedness;
    this.to = this.id;
    this.selfSize = words(word[2], BATCH);
    this.specials = this.selfSize;
    this.edgesSoFar = words(word[3], BATCH);
    this.positions = words(positions, BATCH / EDGES_PER_BLOCK + 1);
    this.#sums = words(sums, WORDS_PER_SUM * keys);
    this.#met = words(met, keys);
    this.ids = [words(bits[0], wordsOfIds), words(bits[1], wordsOfIds)];
    this.window = Buffer.from(memory.buffer, window, WINDOW + 2 * RECORD_LIMIT);
    this.#exports = new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;
  }

  /** @returns undefined where the kernel cannot run, or has not so much room; everything must then be read patiently. */
  static open(room: KernelRoom = {}): Kernel | undefined {
    const module = moduleOf();
    try {
      return module && new Kernel(module, room);
    } catch (error) {
      // What WebAssembly says when the system gives no memory.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  /** Records of the last call. */
  get count(): number {
    return this.#exports.count.value;
  }

  /** Records that the last call of tally() took. */
  get tallied(): number {
    return this.#exports.tallied.value;
  }

  /** Quotes that the last call of quotes() found. */
  get quotesFound(): number {
    return this.#exports.found.value;
  }

  get specialCount(): number {
    return this.#exports.specials.value;
  }

  /** Whether any node of the last call had a detachedness. */
  get anyDetached(): boolean {
    return this.#exports.anyDetached.value !== 0;
  }

  /** @param types our type number by the file's. */
  setTypes(types: Uint8Array): void {
    this.#types.fill(NO_TYPE);
    this.#types.set(types.subarray(0, TYPES));
  }

  /**
   * Reads nodes from the window's byte `from` on that begin before `safe`, up to `most`.
   * @param edges edges of all nodes before. @param detachedAt place of `detachedness` among the fields, or -1.
   * @returns the first byte of the record it did not take.
   */
  nodes(
    from: number,
    safe: number,
    most: number,
    { fields, detachedAt, maxNames, maxEdges }: { fields: number; detachedAt: number; maxNames: number; maxEdges: number },
    edges: number,
  ): number {
    const start = this.window.byteOffset;
    const counts = [fields, Math.max(0, detachedAt), maxNames, maxEdges, edges] as const;
    const { type, name, id, selfSize, edgesSoFar, detachedness } = this;
    const columns = [type, name, id, selfSize, edgesSoFar, detachedness].map((column) => column.byteOffset);
    return this.#exports.nodes(start + from, start + safe, Math.min(most, BATCH), this.#types.byteOffset, ...counts, ...columns) - start;
  }

  /**
   * Adds up nodes by key instead of writing them down. Those whose key there is no room for are not taken.
   * @returns as nodes() does; how many were taken is told by `tallied`.
   */
  tally(from: number, safe: number, shape: KeyShape): number {
    const start = this.window.byteOffset;
    return this.#exports.tally(start + from, start + safe, this.#marksAt, ...this.#sumsOf(shape)) - start;
  }

  /** Notes the odd ids of nodes in `ids[of]`. @returns as tally() does. */
  note(from: number, safe: number, fields: number, of: 0 | 1): number {
    const start = this.window.byteOffset;
    return this.#exports.note(start + from, start + safe, this.#marksAt, fields, this.ids[of].byteOffset) - start;
  }

  /**
   * Adds up nodes of some size and an odd id, and apart from that those of them whose ids are not in the other one of `ids`; notes
   * theirs in `ids[of]`. @returns as tally() does.
   */
  compare(from: number, safe: number, shape: KeyShape, of: 0 | 1): number {
    const start = this.window.byteOffset;
    const ids = [this.ids[1 - of] as Uint32Array, this.ids[of]].map(({ byteOffset }) => byteOffset);
    return this.#exports.compare(start + from, start + safe, this.#marksAt, ...this.#sumsOf(shape), ...ids) - start;
  }

  #sumsOf({ fields, maxNames, named }: KeyShape): number[] {
    return [this.#types.byteOffset, fields, maxNames, named, this.#met.length, this.#sums.byteOffset, this.#met.byteOffset];
  }

  /**
   * Looks for up to `most` quotes that begin or end strings in the window's bytes from `from` to `end`, which are followed by 63 zeros.
   * @param isEscaped whether a backslash stands before the first byte. @returns the byte behind the last one, or `end`.
   */
  quotes(from: number, end: number, most: number, isEscaped: boolean): number {
    const start = this.window.byteOffset;
    return this.#exports.quotes(start + from, start + end, most, Number(isEscaped)) - start;
  }

  /** Whether the byte behind those of the last call of quotes() is escaped. */
  get isEscaping(): boolean {
    return this.#exports.escaping.value !== 0;
  }

  /** Every key that was met, with its two counts and its bytes; then all sums begin anew. */
  sums(take: (key: number, first: number, second: number, bytes: number) => void): void {
    for (const key of this.#met.subarray(0, this.#exports.met.value)) {
      const sum = this.#sums.subarray(WORDS_PER_SUM * key, WORDS_PER_SUM * (key + 1));
      const [first = 0, second = 0, low = 0, high = 0] = sum;
      take(key, first, second, low + WORD * high);
      sum.fill(0);
    }
    this.#exports.met.value = 0;
  }

  /**
   * Reads edges, as nodes() does.
   * @param before edges that were read before: the positions of those whose number is a multiple of 128 are noted.
   */
  edges(
    from: number,
    safe: number,
    most: number,
    shape: { nodeFields: number; nodeCount: number; maxNames: number },
    before: number,
  ): number {
    const start = this.window.byteOffset;
    const { maxNames, nodeFields, nodeCount } = shape;
    const counts = [maxNames, nodeFields, nodeCount, before % EDGES_PER_BLOCK] as const;
    const { planes, labels, type, name, label, to, positions, specials } = this;
    const tables = [this.#types.byteOffset, planes.byteOffset, labels.byteOffset - 2] as const;
    const columns = [type, name, label, to, positions, specials].map((column) => column.byteOffset);
    return this.#exports.edges(start + from, start + safe, Math.min(most, BATCH), ...tables, ...counts, ...columns) - start;
  }

  /**
   * Labels edges whose types and names were put into the columns `type` and `name`, `count` of them, as edges() does. All columns but
   * `window` may be written to. @returns false when a name is none of `strings`.
   */
  labelEdges(count: number, strings: number): boolean {
    const { planes, labels, type, name, label, specials } = this;
    const columns = [type, name, label, specials].map((column) => column.byteOffset);
    return this.#exports.labels(count, planes.byteOffset, labels.byteOffset - 2, strings, ...columns) !== 0;
  }
}

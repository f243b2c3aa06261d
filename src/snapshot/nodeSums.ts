// The nodes of a file, or of two, added up by what they are called: in the kernel, and the few that it does not take here.
// Neither nodes nor edges are kept, only a sum for each name and, to compare two files, a bit for each object.

import { isNativeId } from "./format.ts";
import { FIRST_NAME, Kernel, type KeyShape } from "./kernel.ts";
import type { KernelReader, NodeBatch, NodeScanner } from "./scan.ts";

/** Names whose sums are kept in one piece; further ones are added up one by one. */
const MOST_NAMES: number = 1 << 24;

/** What nodes of a key come to. */
export interface NodeSum {
  /** Nodes that were counted. */
  readonly objects: number;
  /** After compare(): those of them that are only in the file that was compared. */
  readonly fresh: number;
  /** Raw shallow bytes of all objects (tally), or of the fresh ones (compare). */
  readonly bytes: number;
}

/** Object ids as bits, in pages that exist only where ids do: V8's ids are dense, those of native objects are not. */
export class IdBits {
  readonly #pages: (Uint32Array | undefined)[] = [];

  add(id: number): void {
    const page = id >>> 16;
    let words = this.#pages[page];
    if (!words) {
      words = new Uint32Array(2048);
      this.#pages[page] = words;
    }
    const bit = id & 0xffff;
    words[bit >>> 5] = (words[bit >>> 5] as number) | (1 << (bit & 31));
  }

  has(id: number): boolean {
    const words = this.#pages[id >>> 16];
    if (!words) return false;
    const bit = id & 0xffff;
    return ((words[bit >>> 5] as number) & (1 << (bit & 31))) !== 0;
  }
}

/** The kernel's bits: of odd ids only. */
class KernelIds {
  readonly #words: Uint32Array;

  constructor(words: Uint32Array) {
    this.#words = words;
  }

  add(id: number): void {
    if (!isNativeId(id)) this.#words[id >>> 6] = (this.#words[id >>> 6] as number) | (1 << ((id >>> 1) & 31));
  }

  has(id: number): boolean {
    return ((this.#words[id >>> 6] as number) & (1 << ((id >>> 1) & 31))) !== 0;
  }
}

/** Sums by key: FIRST_NAME and the name for the types (of format.ts) whose bit is set in `named`, else the type. */
export class NodeSums {
  readonly #named: number;
  readonly #kernel: Kernel | undefined;
  readonly #ids: readonly [IdBits | KernelIds, IdBits | KernelIds];
  /** Of nodes that the kernel has not taken. */
  #others = new Map<number, { objects: number; fresh: number; bytes: number }>();

  /** @param scanners all whose nodes will be added up. @param comparing whether note() and compare() will be called. */
  constructor(scanners: readonly NodeScanner[], named: number, { comparing = false }: { comparing?: boolean } = {}) {
    this.#named = named;
    const names = Math.max(...scanners.map(({ mostNames }) => mostNames));
    this.#kernel = Kernel.open({ keys: Math.min(names, MOST_NAMES) + FIRST_NAME, ids: comparing });
    const [first, second] = this.#kernel?.ids ?? [];
    this.#ids = first && second ? [new KernelIds(first), new KernelIds(second)] : [new IdBits(), new IdBits()];
  }

  /** Adds up all nodes that have a size. @throws LeakhuntError `BAD_SNAPSHOT`. */
  tally(scanner: NodeScanner): void {
    const sink = ({ count, type, name, selfSize }: NodeBatch): void => {
      for (let i = 0; i < count; i++) {
        const size = selfSize[i] as number;
        if (size > 0) this.#add(type[i] as number, name[i] as number, 0, size);
      }
    };
    scanner.scan(
      sink,
      this.#reader((kernel, from, safe, fields) => kernel.tally(from, safe, this.#shape(scanner, fields))),
    );
  }

  /** Notes the ids of all nodes of the file, which is the first (0) or second (1) of two. @throws LeakhuntError `BAD_SNAPSHOT`. */
  note(scanner: NodeScanner, which: 0 | 1): void {
    const ids = this.#ids[which];
    const sink = ({ count, id }: NodeBatch): void => {
      for (let i = 0; i < count; i++) ids.add(id[i] as number);
    };
    scanner.scan(
      sink,
      this.#reader((kernel, from, safe, fields) => kernel.note(from, safe, fields, which)),
    );
  }

  /**
   * Adds up the objects of the file that have a size and a lasting id, and those of them that are fresh: not noted of the other file.
   * Notes their ids too. @throws LeakhuntError `BAD_SNAPSHOT`.
   */
  compare(scanner: NodeScanner, which: 0 | 1): void {
    const ids = this.#ids[which];
    const others = this.#ids[1 - which] as IdBits | KernelIds;
    const sink = ({ count, type, name, id, selfSize }: NodeBatch): void => {
      for (let i = 0; i < count; i++) {
        const own = id[i] as number;
        ids.add(own);
        if (selfSize[i] === 0 || isNativeId(own)) continue;
        const isFresh = !others.has(own);
        this.#add(type[i] as number, name[i] as number, Number(isFresh), isFresh ? (selfSize[i] as number) : 0);
      }
    };
    scanner.scan(
      sink,
      this.#reader((kernel, from, safe, fields) => kernel.compare(from, safe, this.#shape(scanner, fields), which)),
    );
  }

  /** The sums of keys that were counted, in the order of keys; then they begin anew. */
  take(): [key: number, sum: NodeSum][] {
    const sums = this.#others;
    this.#others = new Map();
    this.#kernel?.sums((key, objects, fresh, bytes) => {
      const { objects: moreObjects, fresh: moreFresh, bytes: moreBytes } = sums.get(key) ?? NOTHING;
      sums.set(key, { objects: objects + moreObjects, fresh: fresh + moreFresh, bytes: bytes + moreBytes });
    });
    return [...sums].filter(([, { objects }]) => objects > 0).sort(([a], [b]) => a - b);
  }

  #add(type: number, name: number, fresh: number, bytes: number): void {
    const key = (this.#named >>> type) & 1 ? name + FIRST_NAME : type;
    const sum = this.#others.get(key);
    if (sum) {
      sum.objects++;
      sum.fresh += fresh;
      sum.bytes += bytes;
    } else this.#others.set(key, { objects: 1, fresh, bytes });
  }

  #reader(take: (kernel: Kernel, from: number, safe: number, fields: number) => number): KernelReader | undefined {
    const kernel = this.#kernel;
    return kernel && { kernel, take: (from, safe, fields) => take(kernel, from, safe, fields) };
  }

  #shape({ mostNames }: NodeScanner, fields: number): KeyShape {
    return { fields, maxNames: mostNames, named: this.#named };
  }
}

const NOTHING: NodeSum = { objects: 0, fresh: 0, bytes: 0 };

// The string table of a snapshot, kept as the bytes of the file and decoded one string at a time: most
// questions print a few dozen of the (sometimes millions of) strings. Bytes live in segments, because a
// table can be bigger than the biggest buffer, and V8's limit on the length of one string never applies.

import { badSnapshot } from "../errors.ts";

const SEGMENT = 1 << 24;
/** The first segment begins small and grows: a small snapshot must not cost 16 MB. */
const FIRST_SEGMENT = 1 << 16;

/** Strings by index, decoded on demand. */
export interface StringTable {
  readonly count: number;
  /** The decoded string. A string with lone surrogates comes back as V8 wrote it. */
  get(index: number): string;
  /** Bytes of the JSON text between the quotes: an upper bound of the length, without decoding. */
  byteLength(index: number): number;
  /** One of these bytes; `at` is below `byteLength`. */
  byteAt(index: number, at: number): number;
}

/** The string that these bytes of a file, from between its quotes, stand for. `index` is for the error. */
export function textOf(bytes: Buffer, index: number): string {
  const text = bytes.toString("utf8");
  if (!text.includes("\\")) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch (cause) {
    throw badSnapshot(`string ${index} is not a valid JSON string`, cause);
  }
}

/** Collects the raw bytes of a JSON array of strings, then serves as its table. */
export class RawStringTable implements StringTable {
  #segments: Uint8Array[] = [];
  /** Bytes of the last segment, and how many of them are used. */
  #room = 0;
  #used = 0;
  #length = 0;
  #ends: Float64Array = new Float64Array(1024);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Adds bytes that stand between the quotes of the string being read. */
  append(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    while (at < to) {
      if (this.#used === this.#room) this.#makeRoom();
      const take = Math.min(to - at, this.#room - this.#used);
      const segment = this.#segments[this.#segments.length - 1] as Uint8Array;
      segment.set(bytes.subarray(at, at + take), this.#used);
      this.#used += take;
      at += take;
    }
    this.#length += to - from;
  }

  #makeRoom(): void {
    const last = this.#segments.pop();
    if (last && last.length < SEGMENT) {
      const bigger = new Uint8Array(last.length * 4);
      bigger.set(last);
      this.#segments.push(bigger);
      this.#room = bigger.length;
      return;
    }
    if (last) this.#segments.push(last);
    this.#room = last ? SEGMENT : FIRST_SEGMENT;
    this.#segments.push(new Uint8Array(this.#room));
    this.#used = 0;
  }

  /** Closes the string being read. */
  endString(): void {
    if (this.#count === this.#ends.length) {
      const bigger = new Float64Array(this.#ends.length * 2);
      bigger.set(this.#ends);
      this.#ends = bigger;
    }
    this.#ends[this.#count++] = this.#length;
  }

  byteLength(index: number): number {
    return this.#end(index) - this.#start(index);
  }

  byteAt(index: number, at: number): number {
    const place = this.#start(index) + at;
    const segment = Math.floor(place / SEGMENT);
    return (this.#segments[segment] as Uint8Array)[place - segment * SEGMENT] as number;
  }

  get(index: number): string {
    return textOf(this.#bytes(this.#start(index), this.#end(index)), index);
  }

  #start(index: number): number {
    return index === 0 ? 0 : this.#end(index - 1);
  }

  #end(index: number): number {
    const end = index >= 0 && index < this.#count ? this.#ends[index] : undefined;
    if (end === undefined) throw new RangeError(`string ${index} of ${this.#count}`);
    return end;
  }

  #bytes(start: number, end: number): Buffer {
    const first = Math.floor(start / SEGMENT);
    const offset = start - first * SEGMENT;
    const segment = this.#segments[first];
    if (end - start <= SEGMENT - offset && segment) {
      return Buffer.from(segment.buffer, segment.byteOffset + offset, end - start);
    }
    const parts: Uint8Array[] = [];
    let at = start;
    while (at < end) {
      const s = Math.floor(at / SEGMENT);
      const o = at - s * SEGMENT;
      const take = Math.min(end - at, SEGMENT - o);
      parts.push((this.#segments[s] as Uint8Array).subarray(o, o + take));
      at += take;
    }
    return Buffer.concat(parts);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const NEWLINE = 0x0a;
const CLOSE_ARRAY = 0x5d;
const CLOSE_OBJECT = 0x7d;
/** What V8 writes between two strings: quote, comma, a newline (no more since V8 13.6, Node 24), quote. */
const BETWEEN = 4;
const BETWEEN_NEWER = 3;

/** A string section as it stands in the file, not copied: only where each string ends is noted. */
export class FileStringTable implements StringTable {
  readonly count: number;
  readonly #bytes: Buffer;
  readonly #ends: Uint32Array;
  /** Bytes from the end of a string to the beginning of the next. */
  readonly #between: number;

  private constructor(bytes: Buffer, ends: Uint32Array, count: number, between: number) {
    this.#bytes = bytes;
    this.#ends = ends;
    this.count = count;
    this.#between = between;
  }

  /**
   * @param bytes the file from the first byte after `"strings":[` to its end.
   * @returns undefined when something is not as V8 writes it.
   */
  static of(bytes: Buffer): FileStringTable | undefined {
    const size = bytes.length;
    let ends = new Uint32Array(1 << 12);
    let count = 0;
    let p = 0;
    let between = 0;
    while (p < size && bytes[p] === QUOTE) {
      for (p++; p < size && bytes[p] !== QUOTE; p++) if (bytes[p] === BACKSLASH) p++;
      if (p >= size) return undefined;
      if (count === ends.length) {
        const bigger = new Uint32Array(count * 2);
        bigger.set(ends);
        ends = bigger;
      }
      ends[count++] = p++;
      if (bytes[p] !== COMMA) break;
      if (between === 0) between = bytes[p + 1] === NEWLINE ? BETWEEN : BETWEEN_NEWER;
      if (between === BETWEEN && bytes[p + 1] !== NEWLINE) return undefined;
      p += between - 2;
      if (bytes[p] !== QUOTE) return undefined;
    }
    if (count === 0 || bytes[p] !== CLOSE_ARRAY || bytes[p + 1] !== CLOSE_OBJECT) return undefined;
    for (p += 2; p < size; p++) if (!WHITE.has(bytes[p] as number)) return undefined;
    return new FileStringTable(bytes, ends, count, between);
  }

  byteLength(index: number): number {
    return this.#end(index) - this.#start(index);
  }

  byteAt(index: number, at: number): number {
    return this.#bytes[this.#start(index) + at] as number;
  }

  get(index: number): string {
    return textOf(this.#bytes.subarray(this.#start(index), this.#end(index)), index);
  }

  #start(index: number): number {
    return index === 0 ? 1 : this.#end(index - 1) + this.#between;
  }

  #end(index: number): number {
    const end = index >= 0 && index < this.count ? this.#ends[index] : undefined;
    if (end === undefined) throw new RangeError(`string ${index} of ${this.count}`);
    return end;
  }
}

const WHITE: ReadonlySet<number> = new Set([0x20, 0x0a, 0x0d, 0x09]);

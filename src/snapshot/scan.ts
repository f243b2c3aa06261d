// The node records of a snapshot file and nothing else. Counting types, or comparing two files by object id, needs
// neither edges nor most strings: the nodes are a quarter of a file, so a 1.7 GB snapshot is counted in a second
// and in a few megabytes. Sections are found by position: the header and the nodes from the front, the strings
// from the end, where `"strings":[` is unmistakable because inside a string its quotes would be escaped.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { badSnapshot, cannotReadFile } from "../errors.ts";
import type { SnapshotHeader } from "./format.ts";
import { BATCH, Kernel, RECORD_LIMIT, WINDOW } from "./kernel.ts";
import { findLayout, type Layout } from "./layout.ts";
import { textOf } from "./strings.ts";

/** Node records as columns. Reused: copy what you keep. */
export interface NodeBatch {
  readonly count: number;
  /** NodeType numbers of format.ts. */
  readonly type: Uint8Array;
  readonly name: Uint32Array;
  readonly id: Uint32Array;
  /** Bytes. */
  readonly selfSize: Float64Array;
}

/** A kernel, and what it does with records. */
export interface KernelReader {
  readonly kernel: Kernel;
  /**
   * Takes records of the kernel's window that begin between `from` and `safe`, as many as it likes; kernel.tallied is their number then.
   * @param fields numbers in a record, of which the first five are those of V8.
   * @returns the first byte of the record that it did not take.
   */
  take(from: number, safe: number, fields: number): number;
}

/** Whether a source can be scanned: a plain file, neither a pipe nor gzip. */
export function canScan(path: string): boolean {
  if (path === "-") return false;
  const magic = Buffer.alloc(2);
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (cause) {
    throw cannotReadFile(path, (cause as NodeJS.ErrnoException).code ?? String(cause), cause);
  }
  try {
    return fstatSync(fd).isFile() && readSync(fd, magic, 0, 2, 0) === 2 && !(magic[0] === 0x1f && magic[1] === 0x8b);
  } catch (cause) {
    throw cannotReadFile(path, (cause as NodeJS.ErrnoException).code ?? String(cause), cause);
  } finally {
    closeSync(fd);
  }
}

/** A file opened for scanning. Close it. */
export class NodeScanner {
  readonly header: SnapshotHeader;
  readonly #fd: number;
  readonly #layout: Layout;
  readonly #size: number;

  private constructor(fd: number) {
    this.#fd = fd;
    this.#size = fstatSync(fd).size;
    this.#layout = findLayout(fd, this.#size);
    this.header = this.#layout.header;
  }

  /**
   * Opens a plain (not gzip) snapshot file.
   * @throws LeakhuntError `CANNOT_READ`, or `BAD_SNAPSHOT` when its sections cannot be found.
   */
  static open(path: string): NodeScanner {
    let fd: number;
    try {
      fd = openSync(path, "r");
    } catch (cause) {
      throw cannotReadFile(path, (cause as NodeJS.ErrnoException).code ?? String(cause), cause);
    }
    try {
      return new NodeScanner(fd);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Scans a file that is open already, and stays its owner's. @throws LeakhuntError `BAD_SNAPSHOT`. */
  static of(fd: number): NodeScanner {
    return new NodeScanner(fd);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /**
   * Reads every node record in file order.
   * @param sink is handed those that `fast` has not taken. @param fast takes records as V8 writes them, see KernelReader.
   * @throws LeakhuntError `BAD_SNAPSHOT`.
   */
  scan(sink: (batch: NodeBatch) => void, fast?: KernelReader): void {
    const reader = new RecordReader(this.header, this.mostNames, sink, fast);
    const { window } = reader;
    let at = this.#layout.nodesAt;
    let kept = 0;
    while (!reader.done) {
      const read = readSync(this.#fd, window, kept, WINDOW, at);
      if (read === 0) throw badSnapshot(`it ends inside "nodes" after ${reader.total} of ${this.header.nodeCount}`);
      at += read;
      const end = kept + read;
      window.fill(0, end, end + RECORD_LIMIT);
      const used = reader.read(end, at >= this.#size);
      if (reader.done) break;
      kept = end - used;
      if (kept > RECORD_LIMIT) throw badSnapshot('"nodes" has a record that never ends');
      window.copyWithin(0, used, end);
    }
    reader.finish();
  }

  /** Names are below this: each string takes three bytes at least, and a name beyond would only cost whoever makes room for it. */
  get mostNames(): number {
    return Math.min(Math.ceil((this.#size - this.#layout.stringsAt) / 3), 0xffffffff);
  }

  /** The strings with these numbers. One pass over the string section up to the last of them, decoding only what is wanted. */
  strings(wanted: Iterable<number>): Map<number, string> {
    const found = new Map<number, string>();
    const reader = new StringReader(this.#fd, this.#layout.stringsAt, Kernel.open() ?? new PatientQuotes());
    for (const index of Uint32Array.from(new Set(wanted)).sort()) {
      const bytes = reader.read(index);
      if (bytes === undefined) throw badSnapshot(`it uses string ${index}, which is not there`);
      found.set(index, textOf(bytes, index));
    }
    return found;
  }
}

class RecordReader {
  /** Where the bytes of the file go, with RECORD_LIMIT zeros behind their end. */
  readonly window: Buffer;
  total = 0;
  done = false;
  readonly #header: SnapshotHeader;
  readonly #maxStrings: number;
  readonly #sink: (batch: NodeBatch) => void;
  readonly #record: Float64Array;
  readonly #batch: { -readonly [K in keyof NodeBatch]: NodeBatch[K] };
  readonly #at: { type: number; name: number; id: number; size: number };
  readonly #fast: KernelReader | undefined;
  /** Whether the comma before the next record has been read. */
  #afterComma = false;

  constructor(header: SnapshotHeader, maxStrings: number, sink: (batch: NodeBatch) => void, fast: KernelReader | undefined) {
    this.#header = header;
    this.#maxStrings = maxStrings;
    this.#sink = sink;
    const { nodeFields } = header;
    this.#record = new Float64Array(nodeFields.length);
    this.#at = {
      type: nodeFields.indexOf("type"),
      name: nodeFields.indexOf("name"),
      id: nodeFields.indexOf("id"),
      size: nodeFields.indexOf("self_size"),
    };
    this.#batch = {
      count: 0,
      type: new Uint8Array(BATCH),
      name: new Uint32Array(BATCH),
      id: new Uint32Array(BATCH),
      selfSize: new Float64Array(BATCH),
    };
    const isUsual = ["type", "name", "id", "self_size", "edge_count"].every((name, i) => nodeFields[i] === name);
    this.#fast = isUsual ? fast : undefined;
    this.#fast?.kernel.setTypes(header.nodeTypeMap);
    this.window = this.#fast?.kernel.window ?? Buffer.alloc(WINDOW + 2 * RECORD_LIMIT);
  }

  /** Reads whole records of the window's first `end` bytes and returns how many bytes they took. */
  read(end: number, isLast: boolean): number {
    const used = this.#fast ? this.#readFast(this.#fast, isLast ? end : end - RECORD_LIMIT) : 0;
    return used + this.#readPatiently(this.window.subarray(used), end - used, isLast);
  }

  /** Records as V8 writes them. What is left, at the latest the bracket, is for the patient way. */
  #readFast({ kernel, take }: KernelReader, safe: number): number {
    const from = this.total === 0 && this.window[0] === 0x0a ? 1 : 0;
    const used = take(from, safe, this.#header.nodeFields.length);
    this.total += kernel.tallied;
    this.#afterComma = kernel.tallied > 0;
    return used;
  }

  #readPatiently(bytes: Uint8Array, end: number, isLast: boolean): number {
    const record = this.#record;
    const fields = record.length;
    // A record that begins before this line fits into what is there, however long its numbers are.
    const safe = isLast ? end : end - RECORD_LIMIT;
    let at = 0;
    while (at < safe) {
      let p = at;
      const first = this.total === 0;
      let comma = this.#afterComma;
      for (let c = (bytes[p] as number) ^ 0x30; c > 9; c = (bytes[++p] as number) ^ 0x30) {
        if (c === COMMA && !comma && !first) comma = true;
        else if (c !== SPACE && c !== NEWLINE && c !== RETURN && c !== TAB) return this.#end(bytes, p, comma);
      }
      if (!comma && !first) this.#fail();
      for (let f = 0; f < fields; f++) {
        let c = (bytes[p] as number) ^ 0x30;
        for (; c > 9; c = (bytes[++p] as number) ^ 0x30) {
          if (c !== SPACE && c !== NEWLINE && c !== RETURN && c !== TAB) this.#fail();
        }
        let value = c;
        p++;
        for (c = (bytes[p] as number) ^ 0x30; c < 10; c = (bytes[++p] as number) ^ 0x30) value = value * 10 + c;
        record[f] = value;
        if (f < fields - 1) {
          while (c === SPACE || c === NEWLINE || c === RETURN || c === TAB) c = (bytes[++p] as number) ^ 0x30;
          if (c !== COMMA) this.#fail();
          p++;
        }
      }
      if (p > end) throw badSnapshot('"nodes" has a record that never ends');
      this.#take(record);
      this.#afterComma = false;
      at = p;
    }
    return at;
  }

  #take(record: Float64Array): void {
    const batch = this.#batch;
    const at = this.#at;
    const i = batch.count;
    const type = this.#header.nodeTypeMap[record[at.type] as number];
    const id = record[at.id] as number;
    if (type === undefined || id > 0xffffffff) throw badSnapshot(`node ${this.total} has a type or id that cannot be`);
    const name = record[at.name] as number;
    if (name >= this.#maxStrings) throw badSnapshot(`node ${this.total} has name ${name}, more than there are strings`);
    batch.type[i] = type;
    batch.name[i] = name;
    batch.id[i] = id;
    batch.selfSize[i] = record[at.size] as number;
    this.total++;
    batch.count = i + 1;
    if (batch.count === BATCH) this.#flush();
  }

  #end(bytes: Uint8Array, p: number, afterComma: boolean): number {
    if (afterComma || bytes[p] !== CLOSE) this.#fail();
    this.done = true;
    return p;
  }

  #fail(): never {
    throw badSnapshot(`"nodes" has something that is no whole number in record ${this.total}`);
  }

  #flush(): void {
    this.#sink(this.#batch);
    this.#batch.count = 0;
  }

  finish(): void {
    if (this.#batch.count > 0) this.#flush();
    const { nodeCount } = this.#header;
    if (this.total !== nodeCount) throw badSnapshot(`it has ${this.total} nodes where it claims ${nodeCount}`);
  }
}

// Bytes as they look after ^ 0x30, where the digits become 0 to 9.
const COMMA = 0x2c ^ 0x30;
const SPACE = 0x20 ^ 0x30;
const NEWLINE = 0x0a ^ 0x30;
const RETURN = 0x0d ^ 0x30;
const TAB = 0x09 ^ 0x30;
const CLOSE = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Kernel.quotes() where there is no kernel. */
class PatientQuotes {
  readonly window: Buffer = Buffer.alloc(WINDOW + RECORD_LIMIT);
  quotesFound = 0;
  isEscaping = false;

  quotes(from: number, end: number, most: number, isEscaped: boolean): number {
    this.quotesFound = 0;
    this.isEscaping = isEscaped;
    let at = from;
    while (at < end && this.quotesFound < most) {
      const byte = this.window[at++];
      if (byte === QUOTE && !this.isEscaping) this.quotesFound++;
      this.isEscaping = byte === BACKSLASH && !this.isEscaping;
    }
    return at;
  }
}

/** Moves through the strings of a file by their quotes. */
class StringReader {
  readonly #fd: number;
  readonly #finder: Kernel | PatientQuotes;
  /** Where the window's next bytes are in the file, and the part of it that has not been looked at. */
  #at: number;
  #from = 0;
  #end = 0;
  /** Quotes behind us, and whether the next byte is escaped. */
  #passed = 0;
  #isEscaped = false;

  constructor(fd: number, at: number, finder: Kernel | PatientQuotes) {
    this.#fd = fd;
    this.#at = at;
    this.#finder = finder;
  }

  /** The bytes between the quotes of a string behind the last one, or undefined when there are fewer strings. */
  read(index: number): Buffer | undefined {
    if (!this.#moveTo(2 * index + 1, () => {})) return undefined;
    const parts: Buffer[] = [];
    if (!this.#moveTo(2 * index + 2, (bytes) => parts.push(Buffer.from(bytes)))) throw badSnapshot('it ends inside "strings"');
    return Buffer.concat(parts).subarray(0, -1);
  }

  /** Moves behind a quote, and shows the bytes on the way. @returns false at the end of the file. */
  #moveTo(quote: number, show: (bytes: Buffer) => void): boolean {
    const { window } = this.#finder;
    while (this.#passed < quote) {
      if (this.#from === this.#end && !this.#refill(window)) return false;
      const from = this.#from;
      this.#from = this.#finder.quotes(from, this.#end, quote - this.#passed, this.#isEscaped);
      this.#passed += this.#finder.quotesFound;
      this.#isEscaped = this.#finder.isEscaping;
      show(window.subarray(from, this.#from));
    }
    return true;
  }

  #refill(window: Buffer): boolean {
    const read = readSync(this.#fd, window, 0, WINDOW, this.#at);
    window.fill(0, read, read + RECORD_LIMIT);
    this.#at += read;
    this.#from = 0;
    this.#end = read;
    return read > 0;
  }
}

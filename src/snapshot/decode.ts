// Bytes of a .heapsnapshot -> columns, in one pass over chunks of any size. Nothing holds the text: integers
// go straight into typed arrays, strings stay bytes. The decoder is a state machine over top-level keys, so a
// chunk may end anywhere, and keys that we do not use (or do not know) are skipped without being kept.
//
// V8 writes the keys in the order snapshot, nodes, edges, …, strings. We need only that `snapshot` comes
// before the arrays it describes, because its meta says what their numbers mean.

import { badSnapshot } from "../errors.ts";
import { allocate, EdgeBuilder, finishColumns, ignoreRecord, LocationBuilder, NodeBuilder, type RecordSink } from "./builders.ts";
import type { LocationColumns, SnapshotColumns } from "./columns.ts";
import { readHeader, type SnapshotHeader } from "./format.ts";
import { RawStringTable } from "./strings.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** More bytes than one number of a record takes, with the comma and newline after it. */
const NUMBER_LIMIT = 20;

/**
 * Reads records of plain digits, each number followed by a comma (V8 before 13 puts a newline before the comma that
 * ends a record). Returns the position after the last record it took: the same as `from` when there was none.
 */
function readRecords(chunk: Uint8Array, from: number, end: number, record: Float64Array, sink: RecordSink): number {
  const fields = record.length;
  const safe = end - NUMBER_LIMIT * fields;
  let at = from;
  while (at < safe) {
    let p = at;
    for (let f = 0; f < fields; f++) {
      let digit = (chunk[p] as number) ^ 0x30;
      if (digit > 9) return at;
      let value = digit;
      const first = p;
      for (digit = (chunk[++p] as number) ^ 0x30; digit < 10; digit = (chunk[++p] as number) ^ 0x30) value = value * 10 + digit;
      if (p - first > MAX_DIGITS) return at;
      if (digit === NEWLINE_FLIPPED) digit = (chunk[++p] as number) ^ 0x30;
      if (digit !== COMMA_FLIPPED) return at;
      record[f] = value;
      p++;
    }
    sink(record);
    at = p;
  }
  return at;
}

const MAX_DIGITS = 15;
// As they look after ^ 0x30, which turns digits into 0 to 9.
const NEWLINE_FLIPPED = 0x0a ^ 0x30;
const COMMA_FLIPPED = 0x2c ^ 0x30;

/** A header is a few kilobytes; anything beyond this is not one. */
const MAX_HEADER = 1 << 20;
const MAX_KEY = 256;

type State =
  | "start" // before the opening brace
  | "key" // before a key, or the closing brace
  | "in key"
  | "colon"
  | "value" // before a value
  | "numbers" // inside an integer array
  | "strings" // inside the string array, between strings
  | "in string" // inside one string of the string array
  | "skip" // inside a value that we do not use, or the header
  | "after" // after a value
  | "end"; // after the closing brace

/**
 * Decodes a snapshot that arrives in chunks: `write` each chunk, then `finish`.
 * Every error is a LeakhuntError `BAD_SNAPSHOT` that says what is wrong and at which byte.
 * Costs about 20 ns per edge and 40 ns per node; memory is that of the columns.
 */
export class SnapshotDecoder {
  #state: State = "start";
  #offset = 0; // bytes of all earlier chunks
  #text: number[] = []; // key being read
  #key = "";
  #header: SnapshotHeader | undefined;
  #headerText: Buffer[] = [];
  #headerLength = 0;
  #seen = new Set<string>();

  // skip
  #depth = 0;
  #inString = false;
  #escaped = false;

  // strings
  #needsComma = false;

  // numbers
  #record = new Float64Array(0);
  #field = 0;
  #digits = 0;
  #value = 0;
  #afterComma = false;
  #sink: RecordSink = ignoreRecord;

  #nodes: NodeBuilder | undefined;
  #edges: EdgeBuilder | undefined;
  #locations = new LocationBuilder();
  #strings = new RawStringTable();

  /**
   * Only the locations, from the bytes that follow the edges of a file whose header is known.
   * @throws LeakhuntError `BAD_SNAPSHOT`.
   */
  static locations(header: SnapshotHeader, chunks: Iterable<Uint8Array>): LocationColumns {
    const decoder = new SnapshotDecoder();
    decoder.#header = header;
    decoder.#state = "after";
    for (const chunk of chunks) decoder.write(chunk);
    if ((decoder.#state as State) !== "strings") throw badSnapshot("its sections between edges and strings are damaged");
    return decoder.#locations.finish();
  }

  /** Decodes the next chunk. The bytes may be reused by the caller afterwards. */
  write(chunk: Uint8Array): void {
    let at = 0;
    const end = chunk.length;
    while (at < end) {
      switch (this.#state) {
        case "numbers":
          at = this.#readNumbers(chunk, at, end);
          break;
        case "in string":
          at = this.#readString(chunk, at, end);
          break;
        case "skip":
          at = this.#skip(chunk, at, end);
          break;
        case "in key":
          at = this.#readKey(chunk, at, end);
          break;
        default:
          at = this.#readPunctuation(chunk, at, end);
      }
    }
    this.#offset += end;
  }

  /** Checks that everything fits together and hands the columns over. */
  finish(): SnapshotColumns {
    if (this.#state === "start") throw badSnapshot("it is empty");
    if (this.#state !== "end") {
      throw badSnapshot(
        `it ends after ${this.#offset} bytes inside ${this.#key ? `${quoted(this.#key)}` : "its first key"}: it is cut off`,
      );
    }
    const header = this.#header;
    if (!header || !this.#nodes || !this.#edges) throw badSnapshot(`it lacks "${!header ? "snapshot" : !this.#nodes ? "nodes" : "edges"}"`);
    if (!this.#seen.has("strings")) throw badSnapshot('it lacks "strings"');
    return finishColumns(header, this.#nodes, this.#edges, this.#locations.finish(), this.#strings);
  }

  #fail(what: string, at: number): never {
    throw badSnapshot(`${what} at byte ${this.#offset + at}`);
  }

  #readPunctuation(chunk: Uint8Array, start: number, end: number): number {
    for (let at = start; at < end; at++) {
      const c = chunk[at] as number;
      if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) continue;
      switch (this.#state) {
        case "start":
          // A byte order mark is what some editors and shells put before re-saved JSON.
          if (c === 0xef || c === 0xbb || c === 0xbf) continue;
          if (c !== OPEN_OBJECT) this.#fail("it does not start with {", at);
          this.#state = "key";
          continue;
        case "key":
          if (c === CLOSE_OBJECT && this.#seen.size === 0) this.#fail("it has no keys", at);
          if (c !== QUOTE) this.#fail("a key was expected", at);
          this.#text = [];
          this.#state = "in key";
          return at + 1;
        case "colon":
          if (c !== COLON) this.#fail(`a colon was expected after ${quoted(this.#key)}`, at);
          this.#state = "value";
          continue;
        case "value":
          // A skipped value begins with this very byte.
          return this.#openValue(c, at) ? at + 1 : at;
        case "strings":
          if (c === QUOTE && !this.#needsComma) {
            this.#state = "in string";
            return at + 1;
          }
          if (c === COMMA && this.#needsComma) this.#needsComma = false;
          else if (c === CLOSE_ARRAY && (this.#needsComma || this.#strings.count === 0)) this.#state = "after";
          else this.#fail("a string was expected", at);
          continue;
        case "after":
          if (c === COMMA) this.#state = "key";
          else if (c === CLOSE_OBJECT) this.#state = "end";
          else this.#fail(`a comma was expected after ${quoted(this.#key)}`, at);
          continue;
        default:
          this.#fail("there is more text after the end", at);
      }
    }
    return end;
  }

  #readKey(chunk: Uint8Array, start: number, end: number): number {
    for (let at = start; at < end; at++) {
      const c = chunk[at] as number;
      if (c === QUOTE && !this.#escaped) {
        this.#key = Buffer.from(this.#text).toString("utf8");
        if (this.#seen.has(this.#key)) this.#fail(`${quoted(this.#key)} comes twice`, at);
        this.#seen.add(this.#key);
        this.#state = "colon";
        return at + 1;
      }
      if (this.#text.length > MAX_KEY) this.#fail("a key is not one of a heap snapshot", at);
      this.#escaped = c === BACKSLASH && !this.#escaped;
      this.#text.push(c);
    }
    return end;
  }

  /** Enters the state for the value of the current key; whether its first byte is used up by that. */
  #openValue(c: number, at: number): boolean {
    const isArray = c === OPEN_ARRAY;
    const known = this.#key === "nodes" || this.#key === "edges" || this.#key === "locations" || this.#key === "strings";
    if (c === COMMA || c === COLON || c === CLOSE_ARRAY || c === CLOSE_OBJECT) this.#fail(`${quoted(this.#key)} has no value`, at);
    if (known && !isArray) this.#fail(`${quoted(this.#key)} is not an array`, at);
    if (this.#key === "snapshot" && c !== OPEN_OBJECT) this.#fail('"snapshot" is not an object', at);
    if (this.#key === "strings") {
      this.#state = "strings";
      this.#needsComma = false;
      return true;
    }
    const header = this.#header;
    if (known && !header) this.#fail(`${quoted(this.#key)} comes before "snapshot"`, at);
    if (this.#key === "nodes" && header) {
      this.#nodes = allocate(() => new NodeBuilder(header), "nodes", header.nodeCount);
      this.#openNumbers(header.nodeFields.length, this.#nodes.sink);
    } else if (this.#key === "edges" && header) {
      this.#edges = allocate(() => new EdgeBuilder(header), "edges", header.edgeCount);
      this.#openNumbers(header.edgeFields.length, this.#edges.sink);
    } else if (this.#key === "locations" && header && header.locationFields.length > 0) {
      this.#openNumbers(header.locationFields.length, this.#locations.sinkFor(header));
    } else {
      this.#state = "skip";
      this.#depth = 0;
      this.#inString = false;
      this.#escaped = false;
      return false;
    }
    return true;
  }

  #openNumbers(fields: number, sink: RecordSink): void {
    this.#state = "numbers";
    this.#record = new Float64Array(fields);
    this.#field = 0;
    this.#digits = 0;
    this.#value = 0;
    this.#afterComma = false;
    this.#sink = sink;
  }

  #readNumbers(chunk: Uint8Array, start: number, end: number): number {
    const record = this.#record;
    const fields = record.length;
    const sink = this.#sink;
    let field = this.#field;
    let digits = this.#digits;
    let value = this.#value;
    let at = start;
    for (; at < end; at++) {
      if (field === 0 && digits === 0) {
        // Whole records in the shape that V8 writes; whatever looks different is left to the careful way below.
        const after =
          this.#key === "locations"
            ? this.#locations.takeUsual(chunk, at, end, this.#header as SnapshotHeader)
            : readRecords(chunk, at, end, record, sink);
        if (after > at) {
          at = after;
          this.#afterComma = true;
          if (at === end) break;
        }
      }
      const c = chunk[at] as number;
      const digit = c ^ 0x30;
      if (digit < 10) {
        if (digits < 0) this.#fail(`${quoted(this.#key)} has a space inside a number`, at);
        value = value * 10 + digit;
        digits++;
      } else if (c === COMMA || c === CLOSE_ARRAY) {
        if (digits === 0) {
          // An empty array is the only place where a bracket may follow nothing.
          if (c === COMMA || this.#afterComma || field !== 0) this.#fail(`${quoted(this.#key)} lacks a number`, at);
        } else {
          if (digits > 16 || digits < -16) this.#fail(`${quoted(this.#key)} has a number that is too large`, at);
          record[field++] = value;
          if (field === fields) {
            sink(record);
            field = 0;
          }
          value = 0;
          digits = 0;
          this.#afterComma = c === COMMA;
        }
        if (c === CLOSE_ARRAY) {
          if (field !== 0) this.#fail(`${quoted(this.#key)} ends inside a record (${fields} numbers each)`, at);
          this.#state = "after";
          at++;
          break;
        }
      } else if (c === 0x0a || c === 0x20 || c === 0x0d || c === 0x09) {
        // Remember that the number has ended: only a comma or bracket may follow.
        if (digits > 0) digits = -digits;
      } else if (c === MINUS) {
        this.#fail(`${quoted(this.#key)} has a negative number`, at);
      } else {
        this.#fail(`${quoted(this.#key)} has something that is no whole number`, at);
      }
    }
    this.#field = field;
    this.#digits = digits;
    this.#value = value;
    return at;
  }

  #readString(chunk: Uint8Array, start: number, end: number): number {
    let at = start;
    if (this.#escaped && at < end) {
      this.#escaped = false;
      at++;
    }
    while (at < end) {
      const c = chunk[at] as number;
      if (c === QUOTE) {
        this.#strings.append(chunk, start, at);
        this.#strings.endString();
        this.#needsComma = true;
        this.#state = "strings";
        return at + 1;
      }
      if (c === BACKSLASH) {
        if (at + 1 === end) this.#escaped = true;
        at += 2;
      } else {
        at++;
      }
    }
    this.#strings.append(chunk, start, end);
    return end;
  }

  /** Passes over any JSON value; keeps the bytes when the value is the header. */
  #skip(chunk: Uint8Array, start: number, end: number): number {
    const keep = this.#key === "snapshot";
    let at = start;
    for (; at < end; at++) {
      const c = chunk[at] as number;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (c === BACKSLASH) this.#escaped = true;
        else if (c === QUOTE) this.#inString = false;
      } else if (c === QUOTE) {
        this.#inString = true;
      } else if (c === OPEN_ARRAY || c === OPEN_OBJECT) {
        this.#depth++;
      } else if (c === CLOSE_ARRAY || c === CLOSE_OBJECT) {
        if (this.#depth === 0) break; // closes the whole file after a scalar
        if (--this.#depth === 0) {
          at++;
          break;
        }
      } else if (c === COMMA && this.#depth === 0) {
        break;
      }
    }
    if (keep) this.#keepHeader(chunk, start, at);
    const closed = at < end || (this.#depth === 0 && !this.#inString && at > start && isClosing(chunk[at - 1] as number));
    if (closed) {
      this.#state = "after";
      if (keep) this.#header = readHeader(Buffer.concat(this.#headerText).toString("utf8"));
    }
    return at;
  }

  #keepHeader(chunk: Uint8Array, from: number, to: number): void {
    this.#headerText.push(Buffer.from(chunk.subarray(from, to)));
    this.#headerLength += to - from;
    if (this.#headerLength > MAX_HEADER) this.#fail('"snapshot" is too long for a header', to);
  }
}

/** A key as an error may show it: on one line, and with nothing in it that a terminal obeys. */
function quoted(key: string): string {
  const shown = key.length > 60 ? `${key.slice(0, 60)}…` : key;
  return `"${shown.replace(/[^\x20-\x7e…]/g, "?")}"`;
}

function isClosing(c: number): boolean {
  return c === CLOSE_ARRAY || c === CLOSE_OBJECT;
}

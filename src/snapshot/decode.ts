// Bytes of a .heapsnapshot -> columns, in one pass over chunks of any size. Nothing holds the text: integers
// go straight into typed arrays, strings stay bytes. The decoder is a state machine over top-level keys, so a
// chunk may end anywhere, and keys that we do not use (or do not know) are skipped without being kept.
//
// V8 writes the keys in the order snapshot, nodes, edges, …, strings. We need only that `snapshot` comes
// before the arrays it describes, because its meta says what their numbers mean.

import { badSnapshot } from "../errors.ts";
import type { LocationColumns, SnapshotColumns } from "./columns.ts";
import { EDGE_TYPES, EdgeType, readHeader, type SnapshotHeader } from "./format.ts";
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

/** Takes whole records of one integer array. `record` is reused: copy what you keep. */
type RecordSink = (record: Float64Array) => void;

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

function ignoreRecord(): void {}

/** A key as an error may show it: on one line, and with nothing in it that a terminal obeys. */
function quoted(key: string): string {
  const shown = key.length > 60 ? `${key.slice(0, 60)}…` : key;
  return `"${shown.replace(/[^\x20-\x7e…]/g, "?")}"`;
}

function isClosing(c: number): boolean {
  return c === CLOSE_ARRAY || c === CLOSE_OBJECT;
}

function allocate<T>(make: () => T, what: string, count: number): T {
  try {
    return make();
  } catch (cause) {
    throw badSnapshot(`it claims ${count} ${what}, more than this machine can hold`, cause);
  }
}

/** The same numbers with room for bigger ones. Copies only those read so far: a false count must not cost memory. */
function widen(sizes: Uint32Array, read: number): Float64Array {
  const wide = allocate(() => new Float64Array(sizes.length), "nodes", sizes.length);
  wide.set(sizes.subarray(0, read));
  return wide;
}

class NodeBuilder {
  readonly type: Uint8Array;
  readonly name: Uint32Array;
  readonly id: Uint32Array;
  selfSize: Uint32Array | Float64Array;
  readonly detachedness: Uint8Array | undefined;
  readonly firstEdge: Uint32Array;
  readonly sink: RecordSink;
  count = 0;
  edges = 0;
  maxName = -1;

  constructor(header: SnapshotHeader) {
    const n = header.nodeCount;
    const fields = header.nodeFields;
    this.type = new Uint8Array(n);
    this.name = new Uint32Array(n);
    this.id = new Uint32Array(n);
    this.selfSize = new Uint32Array(n);
    this.firstEdge = new Uint32Array(n + 1);
    const detachedAt = fields.indexOf("detachedness");
    const detachedness = detachedAt >= 0 ? new Uint8Array(n) : undefined;
    this.detachedness = detachedness;
    const typeAt = fields.indexOf("type");
    const nameAt = fields.indexOf("name");
    const idAt = fields.indexOf("id");
    const sizeAt = fields.indexOf("self_size");
    const edgesAt = fields.indexOf("edge_count");
    const types = header.nodeTypeMap;
    this.sink = (record) => {
      const i = this.count++;
      if (i >= n) throw badSnapshot(`it has more nodes than the ${n} it claims`);
      const type = record[typeAt] as number;
      if (type >= types.length) throw badSnapshot(`node ${i} has type ${type}, which its meta does not name`);
      const id = record[idAt] as number;
      const name = record[nameAt] as number;
      const size = record[sizeAt] as number;
      if (id > 0xffffffff) throw badSnapshot(`node ${i} has id ${id}, beyond 32 bits`);
      this.type[i] = types[type] as number;
      this.name[i] = name;
      if (name > this.maxName) this.maxName = name;
      this.id[i] = id;
      if (size > 0xffffffff && this.selfSize instanceof Uint32Array) this.selfSize = widen(this.selfSize, i);
      this.selfSize[i] = size;
      this.edges += record[edgesAt] as number;
      if (this.edges > header.edgeCount) throw badSnapshot(`its nodes own more edges than the ${header.edgeCount} it claims`);
      this.firstEdge[i + 1] = this.edges;
      if (detachedness) detachedness[i] = record[detachedAt] as number;
    };
  }
}

class EdgeBuilder {
  readonly type: Uint8Array;
  readonly name: Uint32Array;
  readonly to: Uint32Array;
  readonly sink: RecordSink;
  count = 0;
  maxName = -1;

  constructor(header: SnapshotHeader) {
    const n = header.edgeCount;
    const fields = header.edgeFields;
    const nodeFields = header.nodeFields.length;
    const nodesLength = header.nodeCount * nodeFields;
    this.type = new Uint8Array(n);
    this.name = new Uint32Array(n);
    this.to = new Uint32Array(n);
    const typeAt = fields.indexOf("type");
    const nameAt = fields.indexOf("name_or_index");
    const toAt = fields.indexOf("to_node");
    const types = header.edgeTypeMap;
    this.sink = (record) => {
      const i = this.count++;
      if (i >= n) throw badSnapshot(`it has more edges than the ${n} it claims`);
      const type = record[typeAt] as number;
      if (type >= types.length) throw badSnapshot(`edge ${i} has type ${type}, which its meta does not name`);
      const ours = types[type] as number;
      const name = record[nameAt] as number;
      const to = record[toAt] as number;
      if (to >= nodesLength) throw badSnapshot(`edge ${i} points at ${to}, outside its ${header.nodeCount} nodes`);
      const ordinal = to / nodeFields;
      if (!Number.isInteger(ordinal)) throw badSnapshot(`edge ${i} points into the middle of a node`);
      this.type[i] = ours;
      if (isIndexed(ours)) {
        if (name > 0xffffffff) throw badSnapshot(`edge ${i} has index ${name}, beyond 32 bits`);
      } else if (name > this.maxName) {
        this.maxName = name;
      }
      this.name[i] = name;
      this.to[i] = ordinal;
    };
  }
}

/** Whether an edge of this type carries a number instead of a string index. */
export function isIndexed(edgeType: number): boolean {
  return edgeType === EdgeType.element || edgeType === EdgeType.hidden;
}

type FourColumns = [Uint32Array, Uint32Array, Uint32Array, Uint32Array];

class LocationBuilder {
  #columns: FourColumns = [new Uint32Array(0), new Uint32Array(0), new Uint32Array(0), new Uint32Array(0)];
  #count = 0;

  sinkFor(header: SnapshotHeader): RecordSink {
    const at = ["object_index", "script_id", "line", "column"].map((name) => header.locationFields.indexOf(name));
    if (at.includes(-1)) return ignoreRecord;
    const nodeFields = header.nodeFields.length;
    return (record) => {
      if (this.#count === this.#columns[0].length) this.#grow();
      const node = (record[at[0] as number] as number) / nodeFields;
      if (!Number.isInteger(node) || node >= header.nodeCount) throw badSnapshot(`location ${this.#count} belongs to no node`);
      this.#columns[0][this.#count] = node;
      for (let c = 1; c < 4; c++) {
        const value = record[at[c] as number] as number;
        if (value > 0xffffffff) throw badSnapshot(`location ${this.#count} has the number ${value}, beyond 32 bits`);
        (this.#columns[c] as Uint32Array)[this.#count] = value;
      }
      this.#count++;
    };
  }

  finish(): LocationColumns {
    const [node, scriptId, line, column] = this.#columns.map((c) => c.subarray(0, this.#count)) as FourColumns;
    return { node, scriptId, line, column };
  }

  #grow(): void {
    const size = Math.max(1024, this.#count * 2);
    this.#columns = this.#columns.map((old) => {
      const bigger = new Uint32Array(size);
      bigger.set(old);
      return bigger;
    }) as FourColumns;
  }
}

function finishColumns(
  header: SnapshotHeader,
  nodes: NodeBuilder,
  edges: EdgeBuilder,
  locations: LocationColumns,
  strings: RawStringTable,
): SnapshotColumns {
  if (nodes.count !== header.nodeCount) throw badSnapshot(`it has ${nodes.count} nodes where it claims ${header.nodeCount}`);
  if (edges.count !== header.edgeCount) throw badSnapshot(`it has ${edges.count} edges where it claims ${header.edgeCount}`);
  if (nodes.edges !== edges.count) throw badSnapshot(`its nodes own ${nodes.edges} edges, but there are ${edges.count}`);
  if (nodes.count === 0) throw badSnapshot("it has no nodes");
  const maxName = Math.max(nodes.maxName, edges.maxName);
  if (maxName >= strings.count) throw badSnapshot(`it uses string ${maxName}, but has only ${strings.count}`);
  return {
    nodeCount: nodes.count,
    edgeCount: edges.count,
    nodeType: nodes.type,
    nodeName: nodes.name,
    nodeId: nodes.id,
    nodeSelfSize: nodes.selfSize,
    nodeDetachedness: nodes.detachedness,
    firstEdge: nodes.firstEdge,
    edgeType: edges.type,
    edgeName: edges.name,
    edgeTo: edges.to,
    locations,
    strings,
    nodeTypeNames: header.nodeTypeNames,
    edgeTypeNames: header.edgeTypeNames,
    extraNativeBytes: header.extraNativeBytes,
  };
}

/** Number of edge types that we know; larger numbers are types this file invented. */
export const KNOWN_EDGE_TYPES: number = EDGE_TYPES.length;

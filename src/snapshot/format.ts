// What a .heapsnapshot file says about itself. V8 changes the fields of a record between versions
// (Node 24 dropped `trace_node_id`, 20 added `object shape`), so nothing after this file may know an
// offset or a type number of its own: fields are found by name in the file's `meta`, and type names are
// mapped onto the fixed numbers below.

import { badSnapshot } from "../errors.ts";

/** Node types in the order of our own numbering; the numbers of a file are translated to these. */
export const NODE_TYPES = [
  "hidden",
  "array",
  "string",
  "object",
  "code",
  "closure",
  "regexp",
  "number",
  "native",
  "synthetic",
  "concatenated string",
  "sliced string",
  "symbol",
  "bigint",
  "object shape",
  "wasm object",
] as const;

/** Edge types in the order of our own numbering. */
export const EDGE_TYPES = ["context", "element", "property", "internal", "hidden", "shortcut", "weak"] as const;

/** Our numbers of the node types, for code that branches on them. */
export const NodeType = {
  hidden: 0,
  array: 1,
  string: 2,
  object: 3,
  code: 4,
  closure: 5,
  regexp: 6,
  number: 7,
  native: 8,
  synthetic: 9,
  consString: 10,
  slicedString: 11,
  symbol: 12,
  bigint: 13,
  objectShape: 14,
  wasmObject: 15,
} as const;

/** Our numbers of the edge types. */
export const EdgeType = { context: 0, element: 1, property: 2, internal: 3, hidden: 4, shortcut: 5, weak: 6 } as const;

/** Whether an edge of this type carries a number instead of a string index. */
export function isIndexed(edgeType: number): boolean {
  return edgeType === EdgeType.element || edgeType === EdgeType.hidden;
}

/** The part of the header that decides how the arrays are read. */
export interface SnapshotHeader {
  readonly nodeCount: number;
  readonly edgeCount: number;
  /** Field names of one node record, in file order. */
  readonly nodeFields: readonly string[];
  readonly edgeFields: readonly string[];
  readonly locationFields: readonly string[];
  /** Of one function and one node of the tree of allocation stacks; only tracked snapshots have any of them. */
  readonly traceFunctionFields: readonly string[];
  readonly traceNodeFields: readonly string[];
  /** File's node type number -> our number. Unknown types get numbers from NODE_TYPES.length up. */
  readonly nodeTypeMap: Uint8Array;
  readonly edgeTypeMap: Uint8Array;
  /** All node type names by our number, with unknown ones of this file appended. */
  readonly nodeTypeNames: readonly string[];
  readonly edgeTypeNames: readonly string[];
  /** Bytes that V8 knows to be held outside its heap and that belong to no node (V8 >= 13; else 0). */
  readonly extraNativeBytes: number;
}

/** Edge types that a file may name, with those of EDGE_TYPES; there are seven. */
export const MAX_EDGE_TYPES = 16;
const MAX_FIELDS = 64;
const MAX_COUNT = 2 ** 32 - 2;

/**
 * Reads the value of the file's `"snapshot"` key.
 * @throws LeakhuntError `BAD_SNAPSHOT` when a needed field is missing or a count is absurd.
 */
export function readHeader(text: string): SnapshotHeader {
  const header = asRecord(parseHeader(text));
  const meta = asRecord(header["meta"]);
  const nodeFields = stringList(meta["node_fields"], "node_fields");
  const edgeFields = stringList(meta["edge_fields"], "edge_fields");
  for (const need of ["type", "name", "id", "self_size", "edge_count"]) requireField(nodeFields, need, "node_fields");
  for (const need of ["type", "name_or_index", "to_node"]) requireField(edgeFields, need, "edge_fields");
  const nodeTypes = typeList(meta["node_types"], "node_types", nodeFields.indexOf("type"));
  const edgeTypes = typeList(meta["edge_types"], "edge_types", edgeFields.indexOf("type"));
  const node = mapTypes(nodeTypes, NODE_TYPES);
  const edge = mapTypes(edgeTypes, EDGE_TYPES);
  if (edge.names.length > MAX_EDGE_TYPES)
    throw badSnapshot(`meta.edge_types names ${edge.names.length} types of edges, too many for a heap`);
  return {
    nodeCount: count(header["node_count"], "node_count"),
    edgeCount: count(header["edge_count"], "edge_count"),
    nodeFields,
    edgeFields,
    locationFields: meta["location_fields"] === undefined ? [] : stringList(meta["location_fields"], "location_fields"),
    traceFunctionFields: traceFields(meta["trace_function_info_fields"]),
    traceNodeFields: traceFields(meta["trace_node_fields"]),
    nodeTypeMap: node.map,
    nodeTypeNames: node.names,
    edgeTypeMap: edge.map,
    edgeTypeNames: edge.names,
    extraNativeBytes: header["extra_native_bytes"] === undefined ? 0 : count(header["extra_native_bytes"], "extra_native_bytes"),
  };
}

/** Files without traces may say about them what they like. */
function traceFields(value: unknown): string[] {
  const isList = Array.isArray(value) && value.length <= MAX_FIELDS && value.every((name) => typeof name === "string");
  return isList ? value : [];
}

function parseHeader(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badSnapshot('its "snapshot" header is not valid JSON', cause);
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badSnapshot('its "snapshot" header has no meta object');
  }
  return value as Record<string, unknown>;
}

function stringList(value: unknown, what: string): string[] {
  if (!Array.isArray(value) || value.length > MAX_FIELDS || !value.every((v) => typeof v === "string")) {
    throw badSnapshot(`meta.${what} is not a list of names`);
  }
  return value;
}

/** `node_types` says of each field, in the same order, what it is: for the type a list of names. */
function typeList(value: unknown, what: string, at: number): string[] {
  return stringList(Array.isArray(value) ? value[at] : undefined, `${what}[${at}]`);
}

function requireField(fields: readonly string[], name: string, where: string): void {
  if (!fields.includes(name)) throw badSnapshot(`meta.${where} lacks "${name}"`);
}

function count(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > MAX_COUNT) {
    throw badSnapshot(`${what} is ${shown(value)}, not a count`);
  }
  return value;
}

/** A value as an error may show it. */
function shown(value: unknown): string {
  const text = (JSON.stringify(value) ?? "missing").replace(/[^\x20-\x7e]/g, "?");
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function mapTypes(fileTypes: readonly string[], ours: readonly string[]): { map: Uint8Array; names: string[] } {
  const names = [...ours];
  const map = Uint8Array.from(fileTypes, (name) => {
    const known = names.indexOf(name);
    return known >= 0 ? known : names.push(name) - 1;
  });
  return { map, names };
}

/**
 * V8 numbers its own objects odd. Even numbers are of native objects that the embedder reports; they are handed
 * out anew in every snapshot, so such an object is never the same one twice.
 */
export function isNativeId(id: number): boolean {
  return id % 2 === 0;
}

// Columns -> bytes of a .heapsnapshot that DevTools opens. Three things need the way back: exporting a heap that
// was read from somewhere else than a file, writing a redacted copy that may leave the house, and tests, which
// build a heap in memory and read it through the true decoder.
//
// Bytes come out in pieces, because a snapshot can be longer than the longest string. The text is pure ASCII, as
// V8's own: readers that decode chunk by chunk never find half a character at the border.

import type { SnapshotColumns } from "./columns.ts";
import { TYPE_OF_LABEL } from "./edgeLabels.ts";

const FLUSH = 1 << 16;

/** The snapshot as bytes, about 64 kB at a time (more only for one longer string). */
export function* encodeSnapshot(columns: SnapshotColumns): Generator<Uint8Array> {
  let text = `{"snapshot":${asciiJson(headerOf(columns))},\n`;
  const bytes = (): Uint8Array => {
    const chunk = Buffer.from(text, "latin1");
    text = "";
    return chunk;
  };
  for (const part of bodyOf(columns)) {
    text += part;
    if (text.length >= FLUSH) yield bytes();
  }
  yield bytes();
}

function headerOf(columns: SnapshotColumns): object {
  const hasDetachedness = columns.nodeDetachedness !== undefined;
  const plain = ["number", "number", "number"];
  return {
    meta: {
      node_fields: ["type", "name", "id", "self_size", "edge_count", ...(hasDetachedness ? ["detachedness"] : [])],
      node_types: [columns.nodeTypeNames, "string", ...plain, ...(hasDetachedness ? ["number"] : [])],
      edge_fields: ["type", "name_or_index", "to_node"],
      edge_types: [columns.edgeTypeNames, "string_or_number", "node"],
      trace_function_info_fields: ["function_id", "name", "script_name", "script_id", "line", "column"],
      trace_node_fields: ["id", "function_info_index", "count", "size", "children"],
      sample_fields: ["timestamp_us", "last_assigned_id"],
      location_fields: ["object_index", "script_id", "line", "column"],
    },
    node_count: columns.nodeCount,
    edge_count: columns.edgeCount,
    trace_function_count: 0,
    ...(columns.extraNativeBytes > 0 ? { extra_native_bytes: columns.extraNativeBytes } : {}),
  };
}

/** Everything after the header, in V8's order: DevTools looks for the keys one after the other. */
function* bodyOf(columns: SnapshotColumns): Generator<string> {
  yield '"nodes":[';
  yield* nodesOf(columns);
  yield '],\n"edges":[';
  yield* edgesOf(columns);
  yield '],\n"trace_function_infos":[],\n"trace_tree":[],\n"samples":[],\n"locations":[';
  yield* locationsOf(columns);
  yield '],\n"strings":[';
  for (let s = 0; s < columns.strings.count; s++) yield `${s > 0 ? ",\n" : ""}${asciiJson(columns.strings.get(s))}`;
  yield "]}\n";
}

function* nodesOf(columns: SnapshotColumns): Generator<string> {
  const { nodeCount, nodeType, nodeName, nodeId, nodeSelfSize, nodeDetachedness, firstEdge } = columns;
  for (let n = 0; n < nodeCount; n++) {
    const edges = (firstEdge[n + 1] as number) - (firstEdge[n] as number);
    const detached = nodeDetachedness ? `,${nodeDetachedness[n]}` : "";
    yield `${n > 0 ? "," : ""}${nodeType[n]},${nodeName[n]},${nodeId[n]},${nodeSelfSize[n]},${edges}${detached}\n`;
  }
}

function* edgesOf(columns: SnapshotColumns): Generator<string> {
  const { edgeCount, edgeLabel, edgeNames, edgeTo } = columns;
  const fields = fieldsPerNode(columns);
  for (let e = 0; e < edgeCount; e++) {
    yield `${e > 0 ? "," : ""}${TYPE_OF_LABEL[edgeLabel[e] as number]},${edgeNames.at(e)},${(edgeTo[e] as number) * fields}\n`;
  }
}

function* locationsOf(columns: SnapshotColumns): Generator<string> {
  const { node, scriptId, line, column } = columns.locations;
  const fields = fieldsPerNode(columns);
  for (let i = 0; i < node.length; i++) {
    yield `${i > 0 ? "," : ""}${(node[i] as number) * fields},${scriptId[i]},${line[i]},${column[i]}\n`;
  }
}

/** Edges and locations point at the first number of a node, not at its ordinal. */
function fieldsPerNode(columns: SnapshotColumns): number {
  return columns.nodeDetachedness === undefined ? 5 : 6;
}

/** JSON in ASCII. JSON.stringify escapes quotes, control characters and lone surrogates already. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

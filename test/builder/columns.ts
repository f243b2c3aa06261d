// Heaps for tests as plain data: lists of nodes and edges, made into columns, and through the true encoder and
// decoder into a graph. What a test sees has always been a file.
import { HeapGraph } from "../../src/graph/heapGraph.ts";
import { labelled } from "../../src/snapshot/builders.ts";
import type { SnapshotColumns } from "../../src/snapshot/columns.ts";
import { SnapshotDecoder } from "../../src/snapshot/decode.ts";
import { EdgeNameColumn } from "../../src/snapshot/edgeNames.ts";
import { encodeSnapshot } from "../../src/snapshot/encode.ts";
import { EDGE_TYPES, isIndexed, NODE_TYPES } from "../../src/snapshot/format.ts";

export interface PlainNode {
  /** Index into NODE_TYPES, or behind it into `extraNodeTypes`. */
  readonly type: number;
  readonly name: string;
  readonly id: number;
  readonly size: number;
  readonly detachedness?: number;
}

export interface PlainEdge {
  readonly from: number;
  readonly type: number;
  /** A number for element and hidden edges. */
  readonly name: string | number;
  readonly to: number;
}

export interface PlainHeap {
  readonly nodes: readonly PlainNode[];
  readonly edges: readonly PlainEdge[];
  readonly locations?: readonly { node: number; scriptId: number; line: number; column: number }[];
  readonly hasDetachedness?: boolean;
  readonly extraNodeTypes?: readonly string[];
  readonly extraEdgeTypes?: readonly string[];
  readonly extraNativeBytes?: number;
  /** Strings that nothing uses, before all others. */
  readonly spareStrings?: readonly string[];
}

/** Columns of a plain heap. Edges are sorted by their owner, keeping their order otherwise. */
export function columnsOf(heap: PlainHeap): SnapshotColumns {
  const { nodes, locations = [] } = heap;
  const strings: string[] = [...(heap.spareStrings ?? [])];
  const known = new Map<string, number>();
  const intern = (text: string): number => {
    const at = known.get(text) ?? strings.push(text) - 1;
    known.set(text, at);
    return at;
  };
  const edges = heap.edges.map((edge, i) => ({ edge, i })).sort((a, b) => a.edge.from - b.edge.from || a.i - b.i);
  const firstEdge = new Uint32Array(nodes.length + 1);
  for (const { edge } of edges) (firstEdge[edge.from + 1] as number)++;
  for (let n = 0; n < nodes.length; n++) (firstEdge[n + 1] as number) += firstEdge[n] as number;
  const wide = nodes.some((node) => node.size > 0xffffffff);
  const sizes = nodes.map((node) => node.size);
  const owners = {
    nodeCount: nodes.length,
    nodeType: Uint8Array.from(nodes, (node) => node.type),
    nodeName: Uint32Array.from(nodes, (node) => intern(node.name)),
    nodeId: Uint32Array.from(nodes, (node) => node.id),
    firstEdge,
  };
  const edgeNames = Uint32Array.from(edges, ({ edge }) => (isIndexed(edge.type) ? Number(edge.name) : intern(String(edge.name))));
  const table = {
    get count() {
      return strings.length;
    },
    get: (index: number) => strings[index] as string,
    byteLength: (index: number) => JSON.stringify(strings[index]).length - 2,
    byteAt: (index: number, at: number) => JSON.stringify(strings[index]).charCodeAt(at + 1),
  };
  return {
    ...owners,
    edgeCount: edges.length,
    nodeSelfSize: wide ? Float64Array.from(sizes) : Uint32Array.from(sizes),
    nodeDetachedness: heap.hasDetachedness ? Uint8Array.from(nodes, (node) => node.detachedness ?? 0) : undefined,
    edgeNames: new EdgeNameColumn(edgeNames),
    ...labelled(owners, { type: Uint8Array.from(edges, ({ edge }) => edge.type), name: edgeNames }, table),
    edgeTo: Uint32Array.from(edges, ({ edge }) => edge.to),
    locations: {
      node: Uint32Array.from(locations, (at) => at.node),
      scriptId: Uint32Array.from(locations, (at) => at.scriptId),
      line: Uint32Array.from(locations, (at) => at.line),
      column: Uint32Array.from(locations, (at) => at.column),
    },
    strings: table,
    nodeTypeNames: [...NODE_TYPES, ...(heap.extraNodeTypes ?? [])],
    edgeTypeNames: [...EDGE_TYPES, ...(heap.extraEdgeTypes ?? [])],
    extraNativeBytes: heap.extraNativeBytes ?? 0,
  };
}

/** The whole file at once: tests are small. */
export function fileOf(columns: SnapshotColumns): Buffer {
  return Buffer.concat([...encodeSnapshot(columns)]);
}

export function decode(...chunks: readonly Uint8Array[]): SnapshotColumns {
  const decoder = new SnapshotDecoder();
  for (const chunk of chunks) decoder.write(chunk);
  return decoder.finish();
}

/** A plain heap after its way through a file. */
export function graphOf(heap: PlainHeap): HeapGraph {
  return new HeapGraph(decode(fileOf(columnsOf(heap))));
}

/** Columns as arrays, for comparing. */
export function unpacked(columns: SnapshotColumns): Record<string, unknown> {
  const { strings, locations, nodeDetachedness, nodeSelfSize, edgeNames, lendIds: _, ...rest } = columns;
  return {
    ...Object.fromEntries(
      Object.entries(rest).map(([key, value]) => [
        key,
        value instanceof Uint8Array || value instanceof Uint32Array ? Array.from(value) : value,
      ]),
    ),
    edgeNames: Array.from({ length: columns.edgeCount }, (_, e) => edgeNames.at(e)),
    nodeSelfSize: Array.from(nodeSelfSize),
    nodeDetachedness: nodeDetachedness && Array.from(nodeDetachedness),
    locations: { ...locations },
    strings: Array.from({ length: strings.count }, (_, i) => strings.get(i)),
  };
}

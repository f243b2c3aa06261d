// The one thing this room hands on: a heap as flat columns. 18 bytes per node and 9 per edge, whatever the
// format of the source was; a later source (a core file, process memory) only has to fill the same columns.

import type { StringTable } from "./strings.ts";

/** Where objects and functions were defined, as four parallel columns; V8 lists only some nodes. */
export interface LocationColumns {
  /** Node ordinals, in file order. */
  readonly node: Uint32Array;
  readonly scriptId: Uint32Array;
  /** 0-based, as V8 writes them. */
  readonly line: Uint32Array;
  readonly column: Uint32Array;
}

/** A heap snapshot in memory. Immutable once decoded. Ordinal = position of a node in the file. */
export interface SnapshotColumns {
  readonly nodeCount: number;
  readonly edgeCount: number;
  /** NodeType numbers of format.ts. */
  readonly nodeType: Uint8Array;
  /** Index into `strings`. */
  readonly nodeName: Uint32Array;
  /** V8's object ids: comparable only inside one epoch. */
  readonly nodeId: Uint32Array;
  /** Bytes as V8 wrote them. Float64Array only when some node is 4 GiB or more. */
  readonly nodeSelfSize: Uint32Array | Float64Array;
  /** 0 unknown, 1 attached, 2 detached; undefined when the file has no such field. */
  readonly nodeDetachedness: Uint8Array | undefined;
  /** Edges of node n are firstEdge[n] … firstEdge[n + 1] - 1. Length nodeCount + 1. */
  readonly firstEdge: Uint32Array;
  /** EdgeType numbers of format.ts. */
  readonly edgeType: Uint8Array;
  /** Index into `strings`, or the plain index for element and hidden edges. */
  readonly edgeName: Uint32Array;
  /** Ordinal of the node the edge points at. */
  readonly edgeTo: Uint32Array;
  readonly locations: LocationColumns;
  readonly strings: StringTable;
  readonly nodeTypeNames: readonly string[];
  readonly edgeTypeNames: readonly string[];
  readonly extraNativeBytes: number;
}

// The one thing this room hands on: a heap as flat columns. 17 bytes per node and 5 per edge, whatever the format of
// the source was; a later source (a core file, process memory) only has to fill the same columns.

import type { EdgeNames } from "./edgeNames.ts";
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

/** Property names of the plain objects. Millions of objects share a few lists, so each list is kept once. */
export interface PlainObjects {
  /** Ordinals of the objects that V8 calls `Object`, ascending. */
  readonly node: Uint32Array;
  /** The list of each. */
  readonly list: Uint32Array;
  /** String indexes of list l are names[first[l]] … names[first[l + 1] - 1], in the object's own order, no `__proto__`. */
  readonly first: Uint32Array;
  readonly names: Uint32Array;
}

/** The edges that WeakMap entries are made of, ascending by edge. */
export interface WeakPairs {
  readonly edge: Uint32Array;
  /** The same number for both edges of one entry. */
  readonly pair: Uint32Array;
  /** Object id of the WeakMap's table. */
  readonly table: Float64Array;
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
  /**
   * Gives the column of ids away as working memory, for questions that print none; it is read again if somebody asks.
   * Undefined when the source cannot be read again. Length nodeCount + 1.
   */
  lendIds?(): Uint32Array | undefined;
  /** Gives away, once, memory that reading has left over. */
  lendSpare?(): Uint32Array | undefined;
  /** Bytes as V8 wrote them. Float64Array only when some node is 4 GiB or more. */
  readonly nodeSelfSize: Uint32Array | Float64Array;
  /** 0 unknown, 1 attached, 2 detached; undefined when the file has no such field, or nothing in it. */
  readonly nodeDetachedness: Uint8Array | undefined;
  /** Edges of node n are firstEdge[n] … firstEdge[n + 1] - 1. Length nodeCount + 1. */
  readonly firstEdge: Uint32Array;
  /** Type and well-known name of the edge (edgeLabels.ts). */
  readonly edgeLabel: Uint8Array;
  /** Ordinal of the node the edge points at. */
  readonly edgeTo: Uint32Array;
  /** Names of all edges, read back from the source where they are not in memory. */
  readonly edgeNames: EdgeNames;
  readonly weakPairs: WeakPairs;
  readonly plainObjects: PlainObjects;
  readonly locations: LocationColumns;
  readonly strings: StringTable;
  readonly nodeTypeNames: readonly string[];
  readonly edgeTypeNames: readonly string[];
  readonly extraNativeBytes: number;
}

// V8 heaps have three look-alike numbers: the position of a node, the stable-within-an-epoch object id, and
// plain sizes. Brands keep them apart at compile time; comparing snapshots by the wrong one is the worst bug
// this program could have.

declare const kind: unique symbol;

/** Position of a node in one snapshot. Means nothing in another snapshot. */
export type NodeIndex = number & { readonly [kind]: "NodeIndex" };
/** Position of an edge in one snapshot. */
export type EdgeIndex = number & { readonly [kind]: "EdgeIndex" };
/** V8's object id, printed as @id. The same object keeps it only while one epoch lasts. */
export type ObjectId = number & { readonly [kind]: "ObjectId" };
/** Index of a class of this snapshot (see classes.ts). */
export type ClassIndex = number & { readonly [kind]: "ClassIndex" };

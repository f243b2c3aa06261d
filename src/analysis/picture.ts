// The value behind every picture and tree: which nodes and edges are shown, and what was left out. Chosen by
// backrefs.ts and refs.ts, drawn by report/.

import type { HoldLabel, NodeKind } from "../graph/labels.ts";

/** One card. */
export interface PictureNode {
  /** Unique inside the picture; edges refer to it. */
  readonly key: number;
  /** V8's object id, printed as @id. */
  readonly id: number;
  readonly kind: NodeKind;
  /** Heap text, unescaped: class, function or scope name; for a root its friendly name. */
  readonly title: string;
  /** Heap text, unescaped: `{a, b}`, `2,000 entries`, `variables: ctx, log`; undefined when there is nothing to say. */
  readonly preview: string | undefined;
  /** `lib/store.js:17`, where the function or class was defined, when known. */
  readonly location: string | undefined;
  /** Shallow and retained size in bytes; undefined in a big heap whose sizes nobody asked for. */
  readonly shallowSize: number | undefined;
  readonly retainedSize: number | undefined;
  readonly isTarget: boolean;
  /** How many alike objects this card stands for; 1 for a single object. */
  readonly alike: number;
  /** Retainers (or references, in a refs picture) of this node that are not drawn. */
  readonly more: number;
  /** Strong retaining edges in all; shown with --refcounts. */
  readonly retainerCount: number;
  /** Chosen by --highlight. */
  readonly highlighted: boolean;
  /** Held by a FinalizationRegistry: its callback runs when the object dies. */
  readonly hasFinalizer: boolean;
  /** Line added by the caller's `extraInfo`. */
  readonly extra: string | undefined;
  /** DOT attributes added by the caller's `extraNodeAttrs`. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** One arrow, always from the holder to what it holds. */
export interface PictureEdge {
  readonly from: number;
  readonly to: number;
  /** All ways this holder holds this object, at most three. */
  readonly labels: readonly HoldLabel[];
  /** Ways beyond those listed. */
  readonly moreLabels: number;
  /** How many alike edges this one stands for (groups); 1 for a single one. */
  readonly alike: number;
  /** On the shortest retaining path of a target. */
  readonly onPath: boolean;
}

/** A red dotted box for what was cut at one node. */
export interface MoreBox {
  /** The node whose neighbours were cut. */
  readonly at: number;
  readonly count: number;
  /** The commonest classes among them, at most three. */
  readonly byClass: readonly { readonly name: string; readonly count: number }[];
}

export interface Picture {
  /** "backrefs": arrows lead down to the targets. "refs": arrows lead away from them. */
  readonly direction: "backrefs" | "refs";
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly PictureEdge[];
  readonly more: readonly MoreBox[];
  /** Nodes cut because of maxDepth, without a box of their own. */
  readonly cutByDepth: number;
  /** Alike objects that are drawn as one card, in all. */
  readonly grouped: number;
  /** Objects reachable only through a target: they hold it but are no reason for it to live. */
  readonly backPointers: number;
  /** Sentences about the selection that the reader must know (nothing else holds it, stack only, …). */
  readonly notes: readonly string[];
}

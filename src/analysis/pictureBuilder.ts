// Collects the cards and arrows of one picture. Keys of real nodes are their ordinals; roots that are no object
// of the heap ("active timers", "(Global handles)") get keys behind them.

import type { HeapGraph } from "../graph/heapGraph.ts";
import { EdgeType } from "../graph/kinds.ts";
import type { HoldLabel } from "../graph/labels.ts";
import { sameLabel } from "./holders.ts";
import { strongHolders } from "./objects.ts";
import type { MoreBox, Picture, PictureEdge, PictureNode } from "./picture.ts";
import type { NodePredicate } from "./predicates.ts";
import { glance, type SizedSummary, summarize } from "./summary.ts";

const MAX_LABELS = 3;

/** objgraph's drawing options, with its names. */
export interface PictureOptions {
  /** Cards farther than this from a target are cut; undefined draws every path to its root. */
  readonly maxDepth?: number | undefined;
  /** Holders (or held objects) drawn per target before the rest becomes one box. Default 10. */
  readonly tooMany?: number | undefined;
  /** Cards in all, as long as each target keeps its shortest path. Default 24. */
  readonly maxNodes?: number | undefined;
  /** Objects that are not drawn. */
  readonly extraIgnore?: NodePredicate | undefined;
  /** Only objects that meet it are drawn (targets always are). */
  readonly filter?: NodePredicate | undefined;
  /** Objects that get a blue frame. */
  readonly highlight?: NodePredicate | undefined;
  /** A line added to the card. */
  readonly extraInfo?: ((object: SizedSummary) => string | undefined) | undefined;
  /** DOT attributes added to the card; null or undefined values are dropped. */
  readonly extraNodeAttrs?: ((object: SizedSummary) => Readonly<Record<string, string | null | undefined>>) | undefined;
  /** false adds where each class was defined. Default true. */
  readonly shortnames?: boolean | undefined;
}

interface DraftEdge {
  from: number;
  to: number;
  labels: HoldLabel[];
  moreLabels: number;
  alike: number;
  onPath: boolean;
}

type DraftNode = { -readonly [K in keyof PictureNode]: PictureNode[K] };

export class PictureBuilder {
  readonly #graph: HeapGraph;
  readonly #options: PictureOptions;
  readonly nodes: Map<number, DraftNode> = new Map();
  readonly #edges = new Map<string, DraftEdge>();
  readonly #roots = new Map<string, number>();
  readonly more: MoreBox[] = [];
  readonly notes: string[] = [];
  backPointers = 0;
  cutByDepth = 0;

  constructor(graph: HeapGraph, options: PictureOptions) {
    this.#graph = graph;
    this.#options = options;
  }

  get size(): number {
    return this.nodes.size;
  }

  has(node: number): boolean {
    return this.nodes.has(node);
  }

  /** Makes sure the node has a card, and returns it. */
  card(node: number): DraftNode {
    const known = this.nodes.get(node);
    if (known) return known;
    const graph = this.#graph;
    const options = this.#options;
    const sized = options.extraInfo || options.extraNodeAttrs ? summarize(graph, node) : undefined;
    const object = sized ?? glance(graph, node);
    const { kind, title, preview, location } = object;
    const showPlace = kind === "function" || options.shortnames === false;
    const draft: DraftNode = {
      key: node,
      id: object.id,
      kind,
      title,
      preview,
      location: showPlace ? location : undefined,
      shallowSize: object.shallowSize,
      retainedSize: object.retainedSize,
      isTarget: false,
      alike: 1,
      more: 0,
      retainerCount: strongHolders(graph, node),
      highlighted: options.highlight?.(graph, node) ?? false,
      hasFinalizer: hasFinalizer(graph, node),
      extra: sized && options.extraInfo?.(sized),
      attributes: attributesOf(sized && options.extraNodeAttrs?.(sized)),
    };
    this.nodes.set(node, draft);
    return draft;
  }

  /** Card of a root that is itself an object of the heap. */
  rootCard(node: number, title: string): DraftNode {
    const card = this.card(node);
    if (!card.isTarget) {
      card.kind = "root";
      card.title = title;
    }
    return card;
  }

  /** Card of a root that is no object; returns its key. */
  namedRoot(name: string, preview: string): number {
    const known = this.#roots.get(name);
    if (known !== undefined) return known;
    const key = this.#graph.nodeCount + this.#roots.size;
    this.#roots.set(name, key);
    this.nodes.set(key, {
      key,
      id: 0,
      kind: "root",
      title: name,
      preview,
      location: undefined,
      shallowSize: 0,
      retainedSize: 0,
      isTarget: false,
      alike: 1,
      more: 0,
      retainerCount: 0,
      highlighted: false,
      hasFinalizer: false,
      extra: undefined,
      attributes: {},
    });
    return key;
  }

  /** Adds an arrow, or labels to the one that is there. */
  edge(from: number, to: number, labels: readonly HoldLabel[], marks: { onPath?: boolean; alike?: number } = {}): void {
    const key = `${from}>${to}`;
    const known = this.#edges.get(key);
    const draft: DraftEdge = known ?? { from, to, labels: [], moreLabels: 0, alike: 1, onPath: false };
    this.#edges.set(key, draft);
    draft.onPath ||= marks.onPath ?? false;
    draft.alike = Math.max(draft.alike, marks.alike ?? 1);
    for (const label of labels) {
      if (draft.labels.some((other) => sameLabel(other, label))) continue;
      if (draft.labels.length < MAX_LABELS) draft.labels.push(label);
      else draft.moreLabels++;
    }
  }

  hasEdge(from: number, to: number): boolean {
    return this.#edges.has(`${from}>${to}`);
  }

  finish(direction: Picture["direction"]): Picture {
    const nodes = [...this.nodes.values()];
    return {
      direction,
      nodes,
      edges: [...this.#edges.values()] satisfies PictureEdge[],
      more: this.more,
      cutByDepth: this.cutByDepth,
      grouped: nodes.reduce((sum, node) => sum + (node.alike > 1 ? node.alike : 0), 0),
      backPointers: this.backPointers,
      notes: this.notes,
    };
  }
}

function attributesOf(given: Readonly<Record<string, string | null | undefined>> | undefined): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(given ?? {})) if (value !== null && value !== undefined) kept[name] = value;
  return kept;
}

/** A WeakCell of a FinalizationRegistry points at the object. */
function hasFinalizer(graph: HeapGraph, node: number): boolean {
  for (const edge of graph.retainingEdges(node)) {
    if (graph.edgeType(edge) !== EdgeType.weak || graph.name(graph.ownerOf(edge)) !== "system / WeakCell") continue;
    if (graph.edgeName(edge) === "target") return true;
  }
  return false;
}

/** The commonest classes of some nodes, at most three. */
export function byClass(graph: HeapGraph, nodes: Iterable<readonly [node: number, count: number]>): MoreBox["byClass"] {
  const counts = new Map<string, number>();
  for (const [node, count] of nodes) {
    const name = graph.scopes.isScope(node) ? "closure scope" : graph.className(node);
    counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count)
    .slice(0, 3);
}

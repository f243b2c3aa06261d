// Which references count, in one place. Distances, dominators, paths and pictures all ask here, so they can
// never disagree about what "holds" means. The rules are those of DevTools' heap snapshot engine.

import type { SnapshotColumns, WeakPairs } from "../snapshot/columns.ts";
import { EdgeLabel } from "../snapshot/edgeLabels.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import { NumberStack } from "./scratch.ts";

export interface EdgePolicy {
  /**
   * The root's edges that JavaScript of the page starts from: shortcuts, and those to DOM trees. All that is reached from
   * there by other than weak edges is "page owned", as DevTools calls it. Undefined without a user root: then nothing is.
   */
  readonly pageEdges: readonly number[] | undefined;
  /** Children of the root that are not synthetic: in Node the global object (26: the native context). */
  readonly userRoots: readonly number[];
  /** Id of the table of the WeakMap whose entry this edge belongs to, or undefined. */
  weakMapTable(edge: number): number | undefined;
  /** Whether this edge keeps its target alive, as DevTools decides it for dominators and retained sizes. */
  isEssential(from: number, edge: number): boolean;
}

/** Position of an edge among those of WeakMap entries; it must be one of them. */
export function pairAt({ edge: edges }: WeakPairs, edge: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if ((edges[mid] as number) < edge) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** Prepares the policy for one snapshot. */
export function edgePolicyOf(columns: SnapshotColumns): EdgePolicy {
  const { firstEdge, edgeLabel, edgeTo, nodeType, nodeName, strings, weakPairs } = columns;
  const userRoots = findUserRoots();
  let pageEdges: readonly number[] | undefined;
  let pageOwned: Uint32Array | undefined;

  function weakMapTable(edge: number): number | undefined {
    const label = edgeLabel[edge];
    if (label !== EdgeLabel.weakPairOfKey && label !== EdgeLabel.weakPairOfTable) return undefined;
    return weakPairs.table[pairAt(weakPairs, edge)];
  }

  function isEssential(from: number, edge: number): boolean {
    const label = edgeLabel[edge] as number;
    if (label === EdgeType.weak || label === EdgeLabel.weakPairOfTable) return false;
    const to = edgeTo[edge] as number;
    if (from === to) return false;
    if (from !== 0) {
      if (label === EdgeType.shortcut || label === EdgeLabel.descriptorShortcut) return false;
      const owned = findOwned();
      if (owned && hasBit(owned, to) && !hasBit(owned, from)) return false;
    }
    return true;
  }

  function findPageEdges(): readonly number[] | undefined {
    if (userRoots.length > 0) pageEdges ??= pageEdgesOf(columns);
    return pageEdges;
  }

  function findOwned(): Uint32Array | undefined {
    const begin = findPageEdges();
    if (begin) pageOwned ??= pageOwnedBy(columns, begin);
    return pageOwned;
  }

  return {
    get pageEdges() {
      return findPageEdges();
    },
    userRoots,
    weakMapTable,
    isEssential,
  };

  function findUserRoots(): number[] {
    const roots: number[] = [];
    for (let e = firstEdge[0] as number; e < (firstEdge[1] as number); e++) {
      const to = edgeTo[e] as number;
      const synthetic = nodeType[to] === NodeType.synthetic;
      // The root may hold one node by several edges.
      if ((!synthetic || strings.get(nodeName[to] as number) === "(Document DOM trees)") && !roots.includes(to)) roots.push(to);
    }
    return roots;
  }
}

/** Whether a node's bit is set. */
export function hasBit(bits: Uint32Array, n: number): boolean {
  return ((bits[n >>> 5] as number) & (1 << (n & 31))) !== 0;
}

function pageEdgesOf({ firstEdge, edgeLabel, edgeTo, nodeType, nodeName, strings }: SnapshotColumns): number[] {
  const edges: number[] = [];
  for (let e = firstEdge[0] as number; e < (firstEdge[1] as number); e++) {
    const to = edgeTo[e] as number;
    const isDom = nodeType[to] === NodeType.synthetic && strings.get(nodeName[to] as number) === "(Document DOM trees)";
    if (edgeLabel[e] === EdgeType.shortcut || isDom) edges.push(e);
  }
  return edges;
}

/** What the page owns (DevTools' page-object flag), one bit a node: depth-first over edges that are not weak. */
function pageOwnedBy({ nodeCount, firstEdge, edgeLabel, edgeTo }: SnapshotColumns, begin: readonly number[]): Uint32Array {
  const owned = new Uint32Array((nodeCount + 31) >>> 5);
  const todo = new NumberStack();
  const { weak } = EdgeType;
  for (const e of begin) own(edgeTo[e] as number);
  while (todo.size > 0) {
    const n = todo.pop();
    const end = firstEdge[n + 1] as number;
    for (let e = firstEdge[n] as number; e < end; e++) if (edgeLabel[e] !== weak) own(edgeTo[e] as number);
  }
  return owned;

  function own(n: number): void {
    const word = owned[n >>> 5] as number;
    const bit = 1 << (n & 31);
    if ((word & bit) !== 0) return;
    owned[n >>> 5] = word | bit;
    todo.push(n);
  }
}

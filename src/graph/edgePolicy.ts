// Which references count, in one place. Distances, dominators, paths and pictures all ask here, so they can
// never disagree about what "holds" means. The rules are those of DevTools' heap snapshot engine.

import type { SnapshotColumns, WeakPairs } from "../snapshot/columns.ts";
import { EdgeLabel } from "../snapshot/edgeLabels.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import { NumberStack } from "./scratch.ts";

export interface EdgePolicy {
  /** Nodes that JavaScript of the page can reach (DevTools' "page owned"), one bit each; undefined when there is no user root. */
  readonly pageOwned: Uint32Array | undefined;
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

  function findOwned(): Uint32Array | undefined {
    if (userRoots.length > 0) pageOwned ??= findPageOwned(columns);
    return pageOwned;
  }

  return {
    get pageOwned() {
      return findOwned();
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

/**
 * Depth-first over non-weak edges from the root's shortcut targets and DOM trees (DevTools' page-object flag). One bit a
 * node, so that what every later pass asks at random stays in the processor's cache.
 */
function findPageOwned(columns: SnapshotColumns): Uint32Array {
  const { nodeCount, firstEdge, edgeLabel, edgeTo, nodeType, nodeName, strings } = columns;
  const owned = new Uint32Array((nodeCount + 31) >>> 5);
  const todo = new NumberStack();
  const { shortcut, weak } = EdgeType;
  for (let e = firstEdge[0] as number; e < (firstEdge[1] as number); e++) {
    const to = edgeTo[e] as number;
    const isDom = nodeType[to] === NodeType.synthetic && strings.get(nodeName[to] as number) === "(Document DOM trees)";
    if (edgeLabel[e] === shortcut || isDom) own(to);
  }
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

// A heap without some of its nodes: what a tool has put into the program that it looks at, and whatever is alive only
// because of that, is taken out before anybody counts or asks who holds what.

import type { SnapshotColumns } from "./columns.ts";
import type { EdgeNames } from "./edgeNames.ts";

const GONE = 0xffffffff;
const REACHED = 1;
const UNWANTED = 2;

/** Which nodes and edges to leave out. */
export interface Unwanted {
  /** Nodes that go with all their edges. Never the root. */
  readonly nodes: Iterable<number>;
  /** Edges that are not followed, as if they were not there. */
  readonly edges?: ReadonlySet<number>;
}

/** The unwanted edges, and between which numbers all of them are: most nodes have none. */
interface Cut {
  readonly edges: ReadonlySet<number>;
  readonly low: number;
  readonly high: number;
}

/**
 * The same heap without the unwanted nodes and whatever is reachable from the root only through them: about 10 ns per edge.
 * Nodes keep their order and their ids, not their ordinals. The columns given are used up: what stays is moved together
 * within them, because memory touched for the first time costs more than all the rest.
 */
export function without(columns: SnapshotColumns, unwanted: Unwanted): SnapshotColumns {
  const { nodeCount, firstEdge: first, edgeTo: to, edgeLabel: label } = columns;
  const { nodeType, nodeName, nodeId, nodeSelfSize, nodeDetachedness } = columns;
  const cut = cutOf(unwanted.edges ?? new Set());
  const number = new Uint32Array(nodeCount).fill(GONE);
  const count = numberReachable(columns, unwanted.nodes, cut, number);
  const removed: number[] = [];
  let e = 0;
  let end = first[0] as number;
  for (let n = 0; n < nodeCount; n++) {
    const at = number[n] as number;
    const begin = end;
    end = first[n + 1] as number;
    if (at === GONE) {
      for (let old = begin; old < end; old++) removed.push(old);
      continue;
    }
    nodeType[at] = nodeType[n] as number;
    nodeName[at] = nodeName[n] as number;
    nodeId[at] = nodeId[n] as number;
    nodeSelfSize[at] = nodeSelfSize[n] as number;
    if (nodeDetachedness) nodeDetachedness[at] = nodeDetachedness[n] as number;
    first[at] = e;
    const some = begin <= cut.high && end > cut.low;
    for (let old = begin; old < end; old++) {
      const target = number[to[old] as number] as number;
      if (target === GONE || (some && cut.edges.has(old))) {
        removed.push(old);
        continue;
      }
      label[e] = label[old] as number;
      to[e++] = target;
    }
  }
  first[count] = e;
  const gaps = Uint32Array.from(removed);
  let locations: SnapshotColumns["locations"] | undefined;
  return {
    nodeCount: count,
    edgeCount: e,
    nodeType: nodeType.subarray(0, count),
    nodeName: nodeName.subarray(0, count),
    nodeId: nodeId.subarray(0, count),
    nodeSelfSize: nodeSelfSize.subarray(0, count),
    nodeDetachedness: nodeDetachedness?.subarray(0, count),
    firstEdge: first.subarray(0, count + 1),
    edgeLabel: label.subarray(0, e),
    edgeTo: to.subarray(0, e),
    edgeNames: new NamesWithGaps(columns.edgeNames, gaps),
    weakPairs: pairsWithout(columns, gaps),
    plainObjects: { ...columns.plainObjects, ...rowsOf(columns.plainObjects, number) },
    get locations() {
      locations ??= locationsOf(columns, number);
      return locations;
    },
    strings: columns.strings,
    nodeTypeNames: columns.nodeTypeNames,
    edgeTypeNames: columns.edgeTypeNames,
    extraNativeBytes: columns.extraNativeBytes,
  };
}

function cutOf(edges: ReadonlySet<number>): Cut {
  let low = Number.POSITIVE_INFINITY;
  let high = -1;
  for (const e of edges) {
    low = Math.min(low, e);
    high = Math.max(high, e);
  }
  return { edges, low, high };
}

/** Gives the nodes that stay their new numbers, in `number`; returns how many there are. */
function numberReachable(
  { nodeCount, firstEdge, edgeTo }: SnapshotColumns,
  unwanted: Iterable<number>,
  { edges, low, high }: Cut,
  number: Uint32Array,
): number {
  const seen = new Uint8Array(nodeCount);
  for (const n of unwanted) seen[n] = UNWANTED;
  const todo = new Uint32Array(nodeCount);
  let size = 0;
  seen[0] = REACHED;
  todo[size++] = 0;
  while (size > 0) {
    const n = todo[--size] as number;
    const begin = firstEdge[n] as number;
    const end = firstEdge[n + 1] as number;
    const some = begin <= high && end > low;
    for (let e = begin; e < end; e++) {
      const to = edgeTo[e] as number;
      if (seen[to] !== 0 || (some && edges.has(e))) continue;
      seen[to] = REACHED;
      todo[size++] = to;
    }
  }
  let count = 0;
  for (let n = 0; n < nodeCount; n++) if (seen[n] === REACHED) number[n] = count++;
  return count;
}

/** Edge `e` of what is left is edge `e + k` of the file, when `k` edges before it were taken out. */
class NamesWithGaps implements EdgeNames {
  readonly #names: EdgeNames;
  readonly #gaps: Uint32Array;

  constructor(names: EdgeNames, gaps: Uint32Array) {
    this.#names = names;
    this.#gaps = gaps;
  }

  at(e: number): number {
    let low = 0;
    let high = this.#gaps.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if ((this.#gaps[mid] as number) - mid <= e) low = mid + 1;
      else high = mid;
    }
    return this.#names.at(e + low);
  }
}

function pairsWithout({ weakPairs }: SnapshotColumns, gaps: Uint32Array): SnapshotColumns["weakPairs"] {
  const edge: number[] = [];
  const pair: number[] = [];
  const table: number[] = [];
  let before = 0;
  weakPairs.edge.forEach((old, i) => {
    while (before < gaps.length && (gaps[before] as number) < old) before++;
    if (gaps[before] === old) return;
    edge.push(old - before);
    pair.push(weakPairs.pair[i] as number);
    table.push(weakPairs.table[i] as number);
  });
  return { edge: Uint32Array.from(edge), pair: Uint32Array.from(pair), table: Float64Array.from(table) };
}

function rowsOf({ node, list }: SnapshotColumns["plainObjects"], number: Uint32Array): { node: Uint32Array; list: Uint32Array } {
  const kept = rowsKept(node, number);
  return { node: renumbered(node, number, kept), list: picked(list, kept) };
}

function locationsOf({ locations }: SnapshotColumns, number: Uint32Array): SnapshotColumns["locations"] {
  const { node, scriptId, line, column } = locations;
  const kept = rowsKept(node, number);
  return {
    node: renumbered(node, number, kept),
    scriptId: picked(scriptId, kept),
    line: picked(line, kept),
    column: picked(column, kept),
  };
}

/** Positions of the rows whose node stays. */
function rowsKept(node: Uint32Array, number: Uint32Array): Uint32Array {
  const kept = new Uint32Array(node.length);
  let count = 0;
  for (let i = 0; i < node.length; i++) if (number[node[i] as number] !== GONE) kept[count++] = i;
  return kept.subarray(0, count);
}

function picked(from: Uint32Array, rows: Uint32Array): Uint32Array {
  const values = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = from[rows[i] as number] as number;
  return values;
}

function renumbered(node: Uint32Array, number: Uint32Array, rows: Uint32Array): Uint32Array {
  const values = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = number[node[rows[i] as number] as number] as number;
  return values;
}

// Which references count, in one place. Distances, dominators, paths and pictures all ask here, so they can
// never disagree about what "holds" means. The rules are those of DevTools' heap snapshot engine.

import type { SnapshotColumns } from "../snapshot/columns.ts";
import { EdgeType, isIndexed, NodeType } from "../snapshot/format.ts";

/**
 * V8 writes each WeakMap entry as two `internal` edges with this name, one from the key and one from the table:
 * the value lives only while both do.
 */
const WEAK_MAP_PAIR = /^\d+( \/ part of key \(.*? @\d+\) -> value \(.*? @\d+\) pair in WeakMap \(table @(\d+)\))$/s;

export interface EdgePolicy {
  /** Nodes that JavaScript of the page can reach (DevTools' "page owned"); undefined when there is no user root. */
  readonly pageOwned: Uint8Array | undefined;
  /** Children of the root that are not synthetic: in Node the global object (26: the native context). */
  readonly userRoots: readonly number[];
  /** 1 + the id of the weak map's table for the string index of a pair edge, 0 otherwise. */
  weakMapTable(nameIndex: number): number;
  /** The same number for both edges of a WeakMap pair (their names differ in the leading index), 0 for others. */
  weakMapPair(nameIndex: number): number;
  /** Whether this edge keeps its target alive, as DevTools decides it for dominators and retained sizes. */
  isEssential(from: number, edge: number): boolean;
  /** Whether DevTools' breadth-first distance walk follows this edge. WeakMap pairs are the walk's own business. */
  isDistanceEdge(from: number, edge: number): boolean;
}

/** Prepares the policy for one snapshot: one pass over the edges (about 10 ns each). */
export function edgePolicyOf(columns: SnapshotColumns): EdgePolicy {
  const { firstEdge, edgeType, edgeName, edgeTo, nodeId, nodeType, nodeName, strings } = columns;
  const tables = weakMapTables(columns);
  const userRoots = findUserRoots();
  const pageOwned = userRoots.length > 0 ? findPageOwned(columns) : undefined;
  const sloppyFunctionMap = nameIndexes("sloppy_function_map");
  const nativeContext = (n: number): boolean => strings.get(nodeName[n] as number) === "system / NativeContext";
  const isMapDescriptors = memoByName((name) => name === "(map descriptors)");

  function weakMapTable(nameIndex: number): number {
    return tables.get(nameIndex)?.table ?? 0;
  }

  function weakMapPair(nameIndex: number): number {
    return tables.get(nameIndex)?.pair ?? 0;
  }

  function isEssential(from: number, edge: number): boolean {
    const type = edgeType[edge] as number;
    if (type === EdgeType.weak) return false;
    const to = edgeTo[edge] as number;
    if (from === to) return false;
    if (from !== 0) {
      if (type === EdgeType.shortcut) return false;
      if (pageOwned && pageOwned[to] === 1 && pageOwned[from] === 0) return false;
    }
    if (type === EdgeType.internal) {
      const table = weakMapTable(edgeName[edge] as number);
      if (table !== 0 && table - 1 === nodeId[from]) return false;
    }
    return true;
  }

  function isDistanceEdge(from: number, edge: number): boolean {
    const type = edgeType[edge] as number;
    if (type === EdgeType.weak) return false;
    const fromType = nodeType[from] as number;
    if (fromType === NodeType.hidden) {
      return !(sloppyFunctionMap.has(edgeName[edge] as number) && !isIndexed(type) && nativeContext(from));
    }
    if (fromType === NodeType.array && isMapDescriptors(nodeName[from] as number)) {
      // Descriptor arrays hold (key, details, value) triples; the details' maps would shorten every distance.
      const text = isIndexed(type) ? (edgeName[edge] as number) : Number(strings.get(edgeName[edge] as number));
      return !(Number.isInteger(text) && text >= 2 && text % 3 === 1);
    }
    return true;
  }

  return { pageOwned, userRoots, weakMapTable, weakMapPair, isEssential, isDistanceEdge };

  function nameIndexes(wanted: string): Set<number> {
    const found = new Set<number>();
    const length = Buffer.byteLength(wanted);
    for (let s = 0; s < strings.count; s++) if (strings.byteLength(s) === length && strings.get(s) === wanted) found.add(s);
    return found;
  }

  function memoByName(test: (name: string) => boolean): (nameIndex: number) => boolean {
    const known = new Map<number, boolean>();
    return (nameIndex) => {
      let is = known.get(nameIndex);
      if (is === undefined) {
        is = test(strings.get(nameIndex));
        known.set(nameIndex, is);
      }
      return is;
    };
  }

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

/** String index of a WeakMap pair edge -> 1 + id of the table, and the number of the pair. */
function weakMapTables(columns: SnapshotColumns): Map<number, { table: number; pair: number }> {
  const { edgeType, edgeName, edgeCount, strings } = columns;
  const tested = new Uint8Array(strings.count);
  const tables = new Map<number, { table: number; pair: number }>();
  const pairs = new Map<string, number>();
  for (let e = 0; e < edgeCount; e++) {
    if (edgeType[e] !== EdgeType.internal) continue;
    const name = edgeName[e] as number;
    if (tested[name]) continue;
    tested[name] = 1;
    if (strings.byteLength(name) < 40) continue;
    const match = WEAK_MAP_PAIR.exec(strings.get(name));
    if (!match) continue;
    const key = match[1] as string;
    const pair = pairs.get(key) ?? pairs.size + 1;
    pairs.set(key, pair);
    tables.set(name, { table: 1 + Number(match[2]), pair });
  }
  return tables;
}

/** Depth-first over non-weak edges from the root's shortcut targets and DOM trees (DevTools' page-object flag). */
function findPageOwned(columns: SnapshotColumns): Uint8Array {
  const { nodeCount, firstEdge, edgeType, edgeTo, nodeType, nodeName, strings } = columns;
  const owned = new Uint8Array(nodeCount);
  const todo: number[] = [];
  for (let e = firstEdge[0] as number; e < (firstEdge[1] as number); e++) {
    const to = edgeTo[e] as number;
    const isDom = nodeType[to] === NodeType.synthetic && strings.get(nodeName[to] as number) === "(Document DOM trees)";
    if (edgeType[e] === EdgeType.shortcut || isDom) todo.push(to);
  }
  while (todo.length > 0) {
    const n = todo.pop() as number;
    if (owned[n]) continue;
    owned[n] = 1;
    const end = firstEdge[n + 1] as number;
    for (let e = firstEdge[n] as number; e < end; e++) {
      const to = edgeTo[e] as number;
      if (!owned[to] && edgeType[e] !== EdgeType.weak) todo.push(to);
    }
  }
  return owned;
}

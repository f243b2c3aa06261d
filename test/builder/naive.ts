// Slow and obvious answers to what src/graph computes fast, over plain heaps and written from DevTools' rules, not
// from src: whatever the two disagree on is a mistake in one of them.
import { EdgeType, NodeType } from "../../src/snapshot/format.ts";
import type { PlainEdge, PlainHeap } from "./columns.ts";

const PAIR = /^\d+( \/ part of key \(.*? @\d+\) -> value \(.*? @\d+\) pair in WeakMap \(table @(\d+)\))$/s;

function pairOf(edge: PlainEdge): { key: string; table: number } | undefined {
  const match = edge.type === EdgeType.internal ? PAIR.exec(String(edge.name)) : null;
  return match ? { key: match[1] as string, table: Number(match[2]) } : undefined;
}

export function edgesFrom(heap: PlainHeap, node: number): PlainEdge[] {
  return heap.edges.filter((edge) => edge.from === node);
}

function reach(start: Iterable<number>, edges: readonly PlainEdge[], removed = -1): Set<number> {
  const seen = new Set([...start].filter((node) => node !== removed));
  for (const node of seen) for (const edge of edges) if (edge.from === node && edge.to !== removed) seen.add(edge.to);
  return seen;
}

const isDomRoot = ({ nodes }: PlainHeap, node: number): boolean =>
  nodes[node]?.type === NodeType.synthetic && nodes[node]?.name === "(Document DOM trees)";

/** Children of the root that are no synthetic nodes, and DOM trees. */
export function userRoots(heap: PlainHeap): number[] {
  const children = edgesFrom(heap, 0).map((edge) => edge.to);
  return [...new Set(children.filter((to) => heap.nodes[to]?.type !== NodeType.synthetic || isDomRoot(heap, to)))];
}

/** Edges that keep their target alive, as DevTools decides it. */
export function essentialEdges(heap: PlainHeap): PlainEdge[] {
  const strong = heap.edges.filter((edge) => edge.type !== EdgeType.weak);
  const pageStarts = edgesFrom(heap, 0).filter((edge) => edge.type === EdgeType.shortcut || isDomRoot(heap, edge.to));
  const owned = reach(
    pageStarts.map((edge) => edge.to),
    strong,
  );
  const pages = userRoots(heap).length > 0;
  return strong.filter((edge) => {
    if (edge.from === edge.to) return false;
    if (pairOf(edge)?.table === heap.nodes[edge.from]?.id) return false;
    if (edge.from === 0) return true;
    return edge.type !== EdgeType.shortcut && !(pages && owned.has(edge.to) && !owned.has(edge.from));
  });
}

interface Flow {
  readonly edges: readonly PlainEdge[];
  /** What the root reaches, over essential edges and to nodes that nothing retains. */
  readonly reached: ReadonlySet<number>;
}

function flowOf(heap: PlainHeap): Flow {
  const essential = essentialEdges(heap);
  const retained = new Set(essential.map((edge) => edge.to));
  const orphans = heap.nodes.map((_, n) => n).filter((n) => n !== 0 && !retained.has(n));
  const edges = [...essential, ...orphans.map((to) => ({ from: 0, to, type: EdgeType.internal, name: "orphan" }))];
  return { edges, reached: reach([0], edges) };
}

/** For each node those that would take it along: itself, and all without which the root does not reach it. */
function dominatedBy(heap: PlainHeap, { edges, reached }: Flow): Set<number>[] {
  return heap.nodes.map((_, d) => {
    if (d === 0) return new Set(heap.nodes.map((__, n) => n));
    if (!reached.has(d)) return new Set([d]); // leftover cycles hang under the root one by one
    const left = reach([0], edges, d);
    return new Set([...reached].filter((n) => !left.has(n)));
  });
}

/** Immediate dominator of each node. */
export function bruteForceDominators(heap: PlainHeap): number[] {
  const sets = dominatedBy(heap, flowOf(heap));
  return heap.nodes.map((_, n) => {
    const above = sets.map((set, d) => ({ d, set })).filter(({ d, set }) => d !== n && set.has(n));
    above.sort((a, b) => a.set.size - b.set.size);
    return above[0]?.d ?? 0;
  });
}

/** What each node would free: the sizes of all that the root does not reach without it. */
export function bruteForceRetained(heap: PlainHeap): number[] {
  const sizes = naiveShallow(heap);
  return dominatedBy(heap, flowOf(heap)).map((set) => [...set].reduce((sum, n) => sum + (sizes[n] as number), 0));
}

/** Parts (hidden, array) give their size to the one node that owns them, if it is one. */
export function naiveShallow(heap: PlainHeap): number[] {
  const sizes = heap.nodes.map((node) => node.size);
  if (userRoots(heap).length === 0) return sizes;
  const isPart = heap.nodes.map(
    ({ type, name }) =>
      type === NodeType.hidden || type === NodeType.array || (type === NodeType.native && name === "system / ExternalStringData"),
  );
  const toParts = heap.edges.filter((edge) => edge.type !== EdgeType.weak && isPart[edge.to]);
  const owners = heap.nodes.map(() => new Set<number>());
  heap.nodes.forEach((_, n) => {
    if (!isPart[n]) for (const part of reach([n], toParts)) owners[part]?.add(n);
  });
  heap.nodes.forEach((node, n) => {
    const [owner] = owners[n] as Set<number>;
    if (!isPart[n] || owner === undefined || owners[n]?.size !== 1) return;
    if (owner === 0 || heap.nodes[owner]?.type === NodeType.synthetic) return;
    sizes[owner] = (sizes[owner] as number) + node.size;
    sizes[n] = 0;
  });
  return sizes;
}

/** DevTools' distances, level by level. */
export function naiveDistances(heap: PlainHeap): number[] {
  const distances: number[] = heap.nodes.map(() => -5);
  const seenPairs = new Set<string>();
  const walk = (start: readonly number[], first: number): void => {
    let level = start;
    for (let distance = first; level.length > 0; distance++) {
      const next: number[] = [];
      for (const node of level) {
        for (const edge of edgesFrom(heap, node)) {
          if (distances[edge.to] !== -5 || edge.type === EdgeType.weak || isDetour(heap, edge)) continue;
          const pair = pairOf(edge);
          if (pair && !seenPairs.delete(pair.key)) {
            seenPairs.add(pair.key);
            continue;
          }
          distances[edge.to] = distance + 1;
          next.push(edge.to);
        }
      }
      level = next;
    }
  };
  const roots = userRoots(heap);
  for (const root of roots) distances[root] = 1;
  walk(roots, 1);
  const base = roots.length > 0 ? 1e8 : 0;
  distances[0] = base;
  walk([0], base);
  return distances;
}

/** Edges that would make everything look near: V8's maps and what descriptors list. */
function isDetour({ nodes }: PlainHeap, { from, name }: PlainEdge): boolean {
  const node = nodes[from];
  if (node?.type === NodeType.hidden) return name === "sloppy_function_map" && node.name === "system / NativeContext";
  if (node?.type !== NodeType.array || node.name !== "(map descriptors)") return false;
  const index = Number.parseInt(String(name), 10);
  return index >= 2 && index % 3 === 1;
}

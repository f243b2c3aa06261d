// What a picture promises, whatever the heap: every arrow joins two cards and is true, every target that lives has
// its way from a root, and what was cut is counted.
import fc from "fast-check";
import { expect, test } from "vitest";
import { backrefs } from "../../src/analysis/backrefs.ts";
import type { Picture } from "../../src/analysis/picture.ts";
import { parsePredicate } from "../../src/analysis/predicates.ts";
import { refs } from "../../src/analysis/refs.ts";
import type { HeapGraph } from "../../src/graph/heapGraph.ts";
import { heldBy, isPlumbing } from "../../src/graph/holds.ts";
import { NodeType } from "../../src/snapshot/format.ts";
import { arbitraryHeap } from "../builder/arbitrary.ts";
import { graphOf, type PlainHeap } from "../builder/columns.ts";
import { buildHeap } from "../builder/heap.ts";

/** Random heaps in which only the top leads to V8's root categories, as in all real ones. */
const heaps = (nodes: number, edges: number): fc.Arbitrary<PlainHeap> =>
  arbitraryHeap(nodes, edges).map((heap) => ({
    ...heap,
    edges: heap.edges.filter(({ from, to }) => {
      const top = from === 0 || heap.nodes[from]?.name === "(GC roots)";
      return heap.nodes[to]?.type !== NodeType.synthetic || (top && to !== 0 && from < to);
    }),
  }));

function consistent(graph: HeapGraph, picture: Picture): void {
  const cards = new Map(picture.nodes.map((card) => [card.key, card]));
  expect(cards.size).toBe(picture.nodes.length);
  for (const edge of picture.edges) {
    expect(cards.has(edge.from) && cards.has(edge.to)).toBe(true);
    expect(edge.labels.length).toBeGreaterThan(0);
    expect(edge.labels.length).toBeLessThanOrEqual(3);
  }
  for (const box of picture.more) {
    expect(cards.has(box.at)).toBe(true);
    expect(box.count).toBeGreaterThanOrEqual(box.byClass.reduce((sum, row) => sum + row.count, 0));
  }
  for (const card of picture.nodes) if (card.key < graph.nodeCount) expect(card.id).toBe(graph.id(card.key));
}

/** Cards from which arrows lead to the target, the target included. */
function above(picture: Picture, target: number): Set<number> {
  const seen = new Set([target]);
  for (const key of seen) for (const edge of picture.edges) if (edge.to === key) seen.add(edge.from);
  return seen;
}

test("backrefs of any heap", () => {
  fc.assert(
    fc.property(
      heaps(14, 40),
      fc.nat(13),
      fc.record({ tooMany: fc.nat(3), maxNodes: fc.integer({ min: 1, max: 12 }) }),
      (heap, at, options) => {
        const graph = graphOf(heap);
        const target = at % graph.nodeCount;
        const picture = backrefs(graph, [target], options);
        consistent(graph, picture);
        expect(picture.nodes.filter((card) => card.isTarget).map((card) => card.key)).toEqual([target]);
        const roots = [...above(picture, target)].map((key) => picture.nodes.find((card) => card.key === key));
        const hasRoot = roots.some((card) => card?.kind === "root" || graph.rootPaths.isStart(card?.key as number));
        if (graph.rootPaths.reaches(target)) expect(hasRoot).toBe(true);
        else expect(picture.notes.join()).toMatch(/only weak references or a debugger hold/);
      },
    ),
    { numRuns: 800 },
  );
});

/** Whether strong edges lead from one node to the other, with nothing but plumbing between. */
function leads(graph: HeapGraph, from: number, to: number): boolean {
  const seen = new Set([from]);
  for (const node of seen) {
    for (let e = graph.firstEdge(node); e < graph.endEdge(node); e++) {
      const next = graph.edgeTo(e);
      if (graph.rootPaths.costs.of(node, e) < 0) continue;
      if (next === to) return true;
      if (isPlumbing(graph, next)) seen.add(next);
    }
  }
  return false;
}

test("an arrow of a picture without folded chains is true, or comes from a root", () => {
  fc.assert(
    fc.property(heaps(10, 25), fc.nat(9), (heap, at) => {
      const graph = graphOf(heap);
      const target = at % graph.nodeCount;
      for (const edge of backrefs(graph, [target]).edges) {
        if (edge.from >= graph.nodeCount || edge.labels.some((label) => label.kind === "root")) continue;
        expect(leads(graph, edge.from, edge.to)).toBe(true);
      }
    }),
    { numRuns: 400 },
  );
});

test("refs of any heap: true, biggest first, and nothing is lost", () => {
  fc.assert(
    fc.property(
      heaps(14, 40),
      fc.nat(13),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      (heap, at, maxDepth, tooMany) => {
        const graph = graphOf(heap);
        const target = at % graph.nodeCount;
        const picture = refs(graph, [target], { maxDepth, tooMany });
        consistent(graph, picture);
        const parts = (node: number): Set<number> => new Set(graph.isPrimitive(node) ? [] : heldBy(graph, node).map((hold) => hold.held));
        const drawn = (node: number): number[] => picture.edges.filter((edge) => edge.from === node).map((edge) => edge.to);
        for (const edge of picture.edges) expect(parts(edge.from).has(edge.to)).toBe(true);
        const more = picture.more.find((box) => box.at === target)?.count ?? 0;
        const card = picture.nodes.find((one) => one.key === target);
        expect(new Set(drawn(target)).size + more + (card?.more ?? 0)).toBe(parts(target).size);
        expect(drawn(target).length).toBeLessThanOrEqual(maxDepth === 0 ? 0 : tooMany);
      },
    ),
    { numRuns: 800 },
  );
});

test("refs begin with what is biggest, and plain values come last", () => {
  let target = 0;
  const graph = buildHeap((h) => {
    target = h.global("target", h.object("Target"));
    h.property(target, "text", h.node(NodeType.string, "a long text", { size: 9000 }));
    for (const [name, size] of [
      ["Small", 40],
      ["Big", 4000],
      ["Middle", 400],
    ] as const)
      h.property(target, name, h.object(name, { size }));
  });
  const order = refs(graph, [target]).edges.map((edge) => graph.name(edge.to));
  expect(order).toEqual(["Big", "Middle", "Small", "a long text"]);
  expect(refs(graph, [target], { tooMany: 2 }).more).toMatchObject([{ at: target, count: 2 }]);
});

test("alike holders become one card, with their number; back-pointers are counted", () => {
  let target = 0;
  const graph = buildHeap((h) => {
    target = h.object("Session");
    h.global(
      "listeners",
      h.list(
        Array.from({ length: 40 }, () => {
          const listener = h.object("Listener");
          h.property(listener, "session", target);
          return listener;
        }),
      ),
    );
    h.property(h.property(target, "child", h.object("Child")), "parent", target);
  });
  const picture = backrefs(graph, [target]);
  const [listener] = picture.nodes.filter((card) => card.title === "Listener");
  expect([picture.nodes.filter((card) => card.title === "Listener").length, listener?.alike, picture.grouped]).toEqual([1, 40, 40]);
  expect([picture.backPointers, picture.nodes.some((card) => card.title === "Child")]).toEqual([1, false]);
  expect(picture.edges.find((edge) => edge.to === target)).toMatchObject({ alike: 40, labels: [{ kind: "property", name: "session" }] });
});

test("options: ignored and filtered holders, marks, lines and attributes of the caller", () => {
  let target = 0;
  const graph = buildHeap((h) => {
    target = h.object("Session");
    for (const name of ["Cache", "Queue", "Log"]) h.property(h.global(name, h.object(name)), "item", target);
  });
  const titles = (options: object): string[] =>
    backrefs(graph, [target], options)
      .nodes.filter((card) => card.kind !== "root" && !card.isTarget)
      .map((card) => card.title)
      .sort();
  expect(titles({})).toEqual(["Cache", "Log", "Queue"]);
  expect(titles({ extraIgnore: parsePredicate("Queue") })).toEqual(["Cache", "Log"]);
  expect(titles({ filter: parsePredicate("Log") })).toEqual(["Log"]);
  const cut = backrefs(graph, [target], { tooMany: 1 });
  expect(cut.more).toMatchObject([{ at: target, count: 2 }]);
  const marked = backrefs(graph, [target], {
    highlight: parsePredicate("Cache"),
    extraInfo: ({ title }) => (title === "Log" ? "note" : undefined),
    extraNodeAttrs: ({ title }) => ({ tooltip: title === "Queue" ? "q" : null }),
  });
  const card = (title: string): object | undefined => marked.nodes.find((one) => one.title === title);
  expect(card("Cache")).toMatchObject({ highlighted: true, extra: undefined, attributes: {} });
  expect(card("Log")).toMatchObject({ highlighted: false, extra: "note" });
  expect(card("Queue")).toMatchObject({ attributes: { tooltip: "q" } });
});

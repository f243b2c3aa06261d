// Root paths: nothing cheaper exists, every path told is one, and what was to be avoided is avoided.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { HeapGraph } from "../../src/graph/heapGraph.ts";
import { NO_COST, type RootPath } from "../../src/graph/rootPaths.ts";
import { arbitraryHeap } from "../builder/arbitrary.ts";
import { bruteForceCosts, startCosts } from "../builder/bruteForcePaths.ts";
import { graphOf } from "../builder/columns.ts";
import { buildHeap, type HeapBuilder } from "../builder/heap.ts";

const heaps = arbitraryHeap(14, 40);

/** Price of a path; fails if it is none. */
function priceOf(graph: HeapGraph, path: RootPath, to: number): number {
  expect(path.nodes.at(-1)).toBe(to);
  expect(path.edges.length).toBe(path.nodes.length - 1);
  expect(new Set(path.nodes).size).toBe(path.nodes.length);
  let price = startCosts(graph).get(path.nodes[0] as number);
  expect(price).toBeDefined();
  path.edges.forEach((edge, i) => {
    const from = path.nodes[i] as number;
    expect(edge).toBeGreaterThanOrEqual(graph.firstEdge(from));
    expect(edge).toBeLessThan(graph.endEdge(from));
    expect(graph.edgeTo(edge)).toBe(path.nodes[i + 1]);
    const step = graph.rootPaths.costs.of(from, edge);
    expect(step).toBeGreaterThanOrEqual(0);
    price = (price as number) + step;
  });
  return price as number;
}

test("the price of each node is the lowest, and its path costs that much", () => {
  fc.assert(
    fc.property(heaps, (heap) => {
      const graph = graphOf(heap);
      const { rootPaths } = graph;
      expect(heap.nodes.map((_, n) => rootPaths.costOf(n))).toEqual(bruteForceCosts(graph));
      for (let n = 0; n < graph.nodeCount; n++) {
        const path = rootPaths.pathTo(n);
        expect(path !== undefined).toBe(rootPaths.reaches(n));
        if (!path) continue;
        expect(priceOf(graph, path, n)).toBe(rootPaths.costOf(n));
        expect(rootPaths.isStart(n)).toBe(path.nodes.length === 1);
        for (let m = 0; m < graph.nodeCount; m++) expect(rootPaths.passes(n, m)).toBe(path.nodes.includes(m));
      }
    }),
    { numRuns: 1000 },
  );
});

test("in whatever order nodes are asked for, and whatever is asked of them, the tree is the same", () => {
  const asked = fc.array(fc.record({ node: fc.nat(13), what: fc.constantFrom("reaches", "costOf", "before", "isStart", "pathTo") }));
  fc.assert(
    fc.property(heaps, asked, (heap, questions) => {
      const whole = graphOf(heap).rootPaths;
      const nodes = heap.nodes.map((_, n) => n);
      const costs = nodes.map((n) => whole.costOf(n));
      const { rootPaths } = graphOf(heap);
      for (const { node, what } of questions) {
        if (node >= nodes.length) continue;
        expect(rootPaths[what as "pathTo"](node)).toEqual(whole[what as "pathTo"](node));
      }
      expect(nodes.map((n) => rootPaths.pathTo(n))).toEqual(nodes.map((n) => whole.pathTo(n)));
      expect(nodes.map((n) => rootPaths.costOf(n))).toEqual(costs);
    }),
    { numRuns: 1000 },
  );
});

test("the cheapest path that avoids some nodes", () => {
  let found = 0;
  let none = 0;
  fc.assert(
    fc.property(heaps, fc.uniqueArray(fc.nat(13), { maxLength: 4 }), (heap, list) => {
      const graph = graphOf(heap);
      const avoid = new Set(list);
      const expected = bruteForceCosts(graph, avoid);
      for (let n = 0; n < graph.nodeCount; n++) {
        const path = graph.rootPaths.pathAvoiding(n, avoid);
        if (expected[n] === NO_COST) {
          expect(path).toBeUndefined();
          none++;
          continue;
        }
        expect(path).toBeDefined();
        expect(path?.nodes.filter((node) => avoid.has(node))).toEqual([]);
        expect(priceOf(graph, path as RootPath, n)).toBe(expected[n]);
        found++;
      }
    }),
    { numRuns: 2000 },
  );
  expect(Math.min(found, none)).toBeGreaterThan(1000);
});

test("a short search says what a long one says, or that it gave up", () => {
  let gaveUp = 0;
  fc.assert(
    fc.property(heaps, fc.uniqueArray(fc.nat(13), { maxLength: 4 }), fc.integer({ min: 1, max: 2 }), (heap, list, most) => {
      const { rootPaths, nodeCount } = graphOf(heap);
      const avoid = new Set(list);
      for (let n = 0; n < nodeCount; n++) {
        const found = rootPaths.searchAvoiding(n, avoid, most);
        if (!found.gaveUp) expect(found.path).toEqual(rootPaths.pathAvoiding(n, avoid));
        else gaveUp++;
        expect(found.path?.nodes.filter((node) => avoid.has(node)) ?? []).toEqual([]);
      }
    }),
    { numRuns: 1000 },
  );
  expect(gaveUp).toBeGreaterThan(10);
});

test("weak edges and debuggers' handles hold nothing", () => {
  const nodes: number[] = [];
  const graph = buildHeap((h) => {
    for (const name of ["Weak", "Shown", "Held"]) nodes.push(h.object(name));
    const [weak = 0, shown = 0, held = 0] = nodes;
    h.weak(h.globalObject, "1", weak);
    h.held("(Global handles)", shown, "51 / DevTools console");
    h.held("(Global handles)", held, "52 / napi_ref");
  });
  expect(nodes.map((n) => graph.rootPaths.reaches(n))).toEqual([false, false, true]);
  expect(graph.rootPaths.pathTo(nodes[2] as number)).toMatchObject({ kind: "handle", category: "(Global handles)", held: "52 / napi_ref" });
});

test("a property of a module is told before a way through V8's own", () => {
  let target = 0;
  const told = (more: (h: HeapBuilder, target: number) => void): string => {
    const graph = buildHeap((h) => {
      target = h.object("Session");
      more(h, target);
    });
    const path = graph.rootPaths.pathTo(target) as RootPath;
    return `${path.kind}: ${path.nodes.map((n) => graph.name(n)).join(" > ")}`;
  };
  const handle = (h: HeapBuilder, at: number): void => h.held("(Stack roots)", at);
  expect(told(handle)).toBe("stack: Session");
  const bothHold = (h: HeapBuilder, at: number): void => {
    handle(h, at);
    h.moduleScope("file:///app/store.js", { cache: h.map([[h.text("k"), at]]) });
  };
  expect(told(bothHold)).toBe("module: system / Context > Map >  > Session");
  const code = (h: HeapBuilder, at: number): void => {
    h.internal(h.globalObject, "feedback_cell", at);
    h.property(h.global("app", h.object("App")), "session", at);
  };
  expect(told(code)).toBe("global: global /  > App > Session");
});

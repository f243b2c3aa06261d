// Retainers by passes over the edges are those of the index, whatever is asked for and in whatever order.
import fc from "fast-check";
import { expect, test } from "vitest";
import { findEdgesTo } from "../../src/graph/retainerSearch.ts";
import { arbitraryHeap } from "../builder/arbitrary.ts";
import { graphOf } from "../builder/columns.ts";

/** Nodes that share a slot of the filter, and some that do not. */
const node = fc.tuple(fc.nat(5), fc.nat(3)).map(([low, high]) => low + high * (1 << 15));

test("the edges to some nodes, also to such as look alike to the filter", () => {
  let hits = 0;
  fc.assert(
    fc.property(fc.array(node, { maxLength: 40 }), fc.uniqueArray(node, { minLength: 1, maxLength: 12 }), (to, nodes) => {
      const found = findEdgesTo(Uint32Array.from(to), nodes).map((edges) => Array.from(edges as Uint32Array));
      expect(found).toEqual(nodes.map((n) => to.flatMap((target, e) => (target === n ? [e] : []))));
      hits += found.flat().length;
    }),
    { numRuns: 1000 },
  );
  expect(hits).toBeGreaterThan(1000);
});

test("a guess with very many edges is dropped, the node that was asked for never", () => {
  const edgeTo = Uint32Array.from({ length: 300_003 }, (_, e) => e & 1);
  const [asked, guessed] = findEdgesTo(edgeTo, [0, 1]);
  expect([asked?.length, asked?.[150_001], guessed]).toEqual([150_002, 300_002, undefined]);
  expect(findEdgesTo(edgeTo.subarray(0, 1001), [0, 1]).map((edges) => edges?.length)).toEqual([501, 500]);
});

test("asked for many, in any order and with or without root paths, a graph answers as its index does", () => {
  fc.assert(
    fc.property(arbitraryHeap(), fc.infiniteStream(fc.nat(1000)), fc.boolean(), (heap, order, withPaths) => {
      const index = graphOf(heap).retainers;
      const graph = graphOf(heap);
      if (withPaths) graph.rootPaths.reaches(heap.nodes.length - 1);
      const nodes = heap.nodes.map((_, n) => ({ n, rank: order.next().value as number }));
      nodes.sort((a, b) => a.rank - b.rank);
      for (const { n } of [...nodes, ...nodes]) {
        const expected = index.edge.subarray(index.first[n], index.first[n + 1]);
        expect(Array.from(graph.retainingEdges(n))).toEqual(Array.from(expected));
      }
    }),
    { numRuns: 500 },
  );
});

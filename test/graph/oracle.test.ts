// Whole-heap results against slow and obvious ones, on random heaps.
import fc from "fast-check";
import { expect, test } from "vitest";
import { NodeType } from "../../src/snapshot/format.ts";
import { arbitraryHeap } from "../builder/arbitrary.ts";
import { graphOf } from "../builder/columns.ts";
import { buildHeap } from "../builder/heap.ts";
import {
  bruteForceDominators,
  bruteForceRetained,
  edgesFrom,
  essentialEdges,
  naiveDistances,
  naiveShallow,
  userRoots,
} from "../builder/naive.ts";

const heaps = arbitraryHeap();
const runs = { numRuns: 1500 };

test("which edges keep their target alive", () => {
  fc.assert(
    fc.property(heaps, (heap) => {
      const graph = graphOf(heap);
      const kept: string[] = [];
      for (let n = 0; n < graph.nodeCount; n++) {
        for (let e = graph.firstEdge(n); e < graph.endEdge(n); e++) {
          if (graph.policy.isEssential(n, e)) kept.push(`${n} ${graph.edgeName(e)} ${graph.edgeTo(e)}`);
        }
      }
      expect(kept.sort()).toEqual(
        essentialEdges(heap)
          .map((edge) => `${edge.from} ${edge.name} ${edge.to}`)
          .sort(),
      );
      expect([...graph.policy.userRoots]).toEqual(userRoots(heap));
    }),
    runs,
  );
});

test("retainers are the edges, turned round, in file order", () => {
  fc.assert(
    fc.property(heaps, (heap) => {
      const graph = graphOf(heap);
      const { first, edge } = graph.retainers;
      expect(first.length).toBe(heap.nodes.length + 1);
      heap.nodes.forEach((_, n) => {
        const here = Array.from(edge.subarray(first[n], first[n + 1]));
        const expected = heap.nodes.flatMap((__, from) => edgesFrom(heap, from)).filter((one) => one.to === n);
        expect(here.map((e) => `${graph.edgeType(e)} ${graph.edgeName(e)}`)).toEqual(expected.map((one) => `${one.type} ${one.name}`));
        expect(here.map((e) => graph.ownerOf(e))).toEqual(expected.map((one) => one.from));
        // Searched for one by one they are the same.
        expect(Array.from(graphOf(heap).retainingEdges(n))).toEqual(here);
        expect(here).toEqual([...here].sort((a, b) => a - b));
      });
    }),
    runs,
  );
});

test("dominators, by removing each node in turn", () => {
  fc.assert(
    fc.property(heaps, (heap) => {
      const { dominator, order } = graphOf(heap).dominators;
      expect(Array.from(dominator)).toEqual(bruteForceDominators(heap));
      const position = new Map(Array.from(order, (n, i) => [n, i]));
      expect(position.size).toBe(heap.nodes.length);
      dominator.forEach((d, n) => {
        if (n !== 0) expect(position.get(d)).toBeLessThan(position.get(n) as number);
      });
    }),
    { numRuns: 3000 },
  );
});

test("dominators of denser and of longer heaps", () => {
  const forms = fc.oneof(arbitraryHeap(8, 60), arbitraryHeap(30, 45), arbitraryHeap(30, 120));
  fc.assert(
    fc.property(forms, (heap) => {
      expect(Array.from(graphOf(heap).dominators.dominator)).toEqual(bruteForceDominators(heap));
    }),
    { numRuns: 600 },
  );
});

test("retained sizes are what would be freed", () => {
  fc.assert(
    fc.property(heaps, (heap) => {
      const graph = graphOf(heap);
      expect(Array.from(graph.retainedSizes)).toEqual(bruteForceRetained(heap));
      expect(graph.totalSize).toBe(heap.nodes.reduce((sum, node) => sum + node.size, 0));
    }),
    runs,
  );
});

test("shallow sizes: parts give theirs to their one owner", () => {
  fc.assert(
    fc.property(heaps, (heap) => {
      expect(Array.from(graphOf(heap).shallowSizes)).toEqual(naiveShallow(heap));
    }),
    runs,
  );
});

test("distances", () => {
  fc.assert(
    fc.property(heaps, (heap) => {
      const graph = graphOf(heap);
      expect(Array.from(graph.distances)).toEqual(naiveDistances(heap));
    }),
    { numRuns: 3000 },
  );
});

test("what V8's maps list makes nothing near", () => {
  const nodes: number[] = [];
  const graph = buildHeap((h) => {
    const descriptors = h.global("descriptors", h.array(12, "(map descriptors)"));
    for (let i = 0; i < 10; i++) nodes.push(h.internal(descriptors, String(i), h.object(`D${i}`)));
    const map = h.object("SloppyMap");
    h.internal(h.nativeContext, "sloppy_function_map", map);
    h.internal(h.global("other", h.node(NodeType.hidden, "system / Other")), "sloppy_function_map", h.object("Near"));
    nodes.push(map, map + 2);
  });
  // Of the triples from 2 on, the second of each is skipped; nothing else is.
  const reached = [3, 3, 3, 3, undefined, 3, 3, undefined, 3, 3, undefined, 3];
  expect(nodes.map((n) => graph.distance(n))).toEqual(reached);
  expect([graph.name(nodes[11] as number), graph.distances[nodes[10] as number]]).toEqual(["Near", -5]);
});

test("an object finds itself by its id, and no other", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 0xffffffff }), { minLength: 1, maxLength: 20 }), (ids) => {
      const graph = graphOf({ nodes: ids.map((id) => ({ type: 3, name: "A", id, size: 1 })), edges: [] });
      ids.forEach((id, n) => {
        expect(graph.byId(id)).toBe(n);
      });
      const free = ids.map((id) => id - 1).find((id) => !ids.includes(id)) as number;
      expect(graph.byId(free)).toBeUndefined();
    }),
  );
});

// What the bytes of a heap are, against DevTools' rules on a heap whose every byte is known.
import { expect, test } from "vitest";
import { heapStatistics } from "../../src/analysis/statistics.ts";
import { NodeType } from "../../src/snapshot/format.ts";
import { graphOf } from "../builder/columns.ts";
import { buildHeap, HeapBuilder } from "../builder/heap.ts";

test("each part has its own nodes, and the totals add up", () => {
  const graph = buildHeap((h) => {
    h.global("code", h.node(NodeType.code, "system / SharedFunctionInfo", { size: 100 }));
    h.global("text", h.node(NodeType.string, "Array", { size: 20 }));
    h.global("cons", h.node(NodeType.consString, "ab", { size: 30 }));
    h.global("slice", h.node(NodeType.slicedString, "b", { size: 40 }));
    h.global("memory", h.node(NodeType.native, "system / JSArrayBufferData", { size: 5000 }));
    h.global("handle", h.node(NodeType.native, "Node / TCP", { size: 700 }));
    h.global("session", h.object("Session", { size: 64 }));
  });
  const { v8heap, native, total } = heapStatistics(graph);
  expect(native).toEqual({ total: 5700, typedArrays: 5000 });
  expect(v8heap).toMatchObject({ code: 100, strings: 90, jsArrays: 0 });
  expect(total).toBe(graph.totalSize);
  expect(v8heap.total).toBe(total - 5700);
});

test("elements count with their array as long as nothing else leads to them", () => {
  const sizes = (shared: boolean): number => {
    const h = new HeapBuilder();
    const list = h.object("Array", { size: 16 });
    const elements = h.array(10);
    h.global("list", list);
    h.internal(list, "elements", elements);
    // Held by two, so that its size is not given to the array as a shallow size either.
    if (shared) h.property(h.global("other", h.object("Other")), "elements", elements);
    return heapStatistics(graphOf(h.plain())).v8heap.jsArrays;
  };
  expect(sizes(false)).toBe(16 + 16 + 80);
  expect(sizes(true)).toBe(16);
});

test("without transferred sizes, elements of one array are added once", () => {
  const h = new HeapBuilder();
  const list = h.object("Array", { size: 16 });
  h.held("(Strong roots)", list);
  h.internal(list, "elements", h.array(10));
  const plain = h.plain();
  // As in files with exposeInternals: no user root, so nothing is transferred.
  const graph = graphOf({ ...plain, edges: plain.edges.filter(({ from, name }) => !(from === 0 && name === "1")) });
  expect(graph.policy.userRoots).toEqual([]);
  expect(graph.shallowSize(list)).toBe(16);
  expect(heapStatistics(graph).v8heap.jsArrays).toBe(16 + 96);
});

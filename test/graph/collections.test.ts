// Maps, Sets, arrays and buffers as V8 lays them out, and who holds what in the program's words.
import { expect, test } from "vitest";
import type { HeapGraph } from "../../src/graph/heapGraph.ts";
import { foldPath, heldBy, holdersOf } from "../../src/graph/holds.ts";
import { EdgeType, NodeType } from "../../src/snapshot/format.ts";
import { buildHeap } from "../builder/heap.ts";

const SMI = { smi: 1 };

const labels = (graph: HeapGraph, node: number): unknown[] => heldBy(graph, node).map((hold) => [hold.label, graph.name(hold.held)]);

test("entries of a Map, with small integers that have no node", () => {
  let map = 0;
  const graph = buildHeap((h) => {
    const key = h.object("Key");
    map = h.global(
      "map",
      h.map([
        [h.text("a"), h.object("A")],
        [SMI, h.object("B")],
        [key, SMI],
        [SMI, SMI],
        [h.text("e"), h.text("E")],
      ]),
    );
  });
  const named = graph.collections.entries(map).map(({ key, value }) => [key, value].map((n) => (n === undefined ? "-" : graph.name(n))));
  expect(named).toEqual([
    ["a", "A"],
    ["-", "B"],
    ["Key", "-"],
    ["e", "E"],
  ]);
  const key = graph.collections.entries(map)[2]?.key as number;
  expect(labels(graph, map)).toEqual([
    [{ kind: "map key" }, "a"],
    [{ kind: "map value", key: { kind: "string", text: "a" } }, "A"],
    [{ kind: "map value", key: { kind: "number", text: undefined } }, "B"],
    [{ kind: "map key" }, "Key"],
    [{ kind: "map key" }, "e"],
    [{ kind: "map value", key: { kind: "string", text: "e" } }, "E"],
  ]);
  expect(graph.collections.previewKey(key)).toEqual({ kind: "object", className: "Key", id: graph.id(key) });
});

test.each([0, 1, 2, 4, 5, 16, 17, 300])("a Map and a Set of %d, whatever the size of their tables", (count) => {
  let map = 0;
  let set = 0;
  const graph = buildHeap((h) => {
    const values = Array.from({ length: count }, (_, i) => h.object(`V${i}`));
    map = h.map(values.map((value, i) => [h.text(`k${i}`), value] as const));
    set = h.set(values);
  });
  const expected = Array.from({ length: count }, (_, i) => `V${i}`);
  expect(graph.collections.entries(map).map(({ value }) => graph.name(value as number))).toEqual(expected);
  expect(graph.collections.entries(set).map(({ key }) => graph.name(key as number))).toEqual(expected);
  const keyed = heldBy(graph, map).filter((hold) => hold.label.kind === "map value");
  expect(keyed.map(({ label, held }) => [label, graph.name(held)])).toEqual(
    expected.map((name, i) => [{ kind: "map value", key: { kind: "string", text: `k${i}` } }, name]),
  );
  expect(heldBy(graph, set).every((hold) => hold.label.kind === "set member")).toBe(true);
});

test("a Map of a hundred thousand entries is listed in time that grows with it", () => {
  let map = 0;
  const graph = buildHeap((h) => {
    map = h.global("map", h.map(Array.from({ length: 100_000 }, (_, i) => [h.text(`k${i}`), h.object("V")] as const)));
  });
  const holds = heldBy(graph, map);
  expect(holds).toHaveLength(200_000);
  expect(holds.at(-1)?.label).toEqual({ kind: "map value", key: { kind: "string", text: "k99999" } });
});

test("a table that says it has 13 GB costs no more than its edges, which may come in any order", () => {
  let map = 0;
  const graph = buildHeap((h) => {
    map = h.object("Map");
    const bytes = 8 * (2 + 3 + 7 * 200_000_000);
    const table = h.node(NodeType.array, "", { size: bytes });
    h.internal(map, "table", table);
    const first = 3 + 200_000_000;
    const slots: readonly (readonly [slot: number, name: string])[] = [
      [first + 600_000_001, "late value"],
      [first + 600_000_000, "late key"],
      [first + 1, "early value"],
      [first + 1, "a second one in its slot"],
      [first - 1, "bucket"],
      [first + 2, "chain"],
      [first + 2_000_000_000, "beyond the end"],
    ];
    for (const [slot, name] of slots) h.internal(table, String(slot), h.object(name));
  });
  const name = (node: number | undefined): string | undefined => (node === undefined ? undefined : graph.name(node));
  expect(graph.collections.count(map)).toBe(2);
  expect(graph.collections.entries(map).map(({ key, value }) => [name(key), name(value)])).toEqual([
    [undefined, "early value"],
    ["late key", "late value"],
  ]);
});

test("slots of a hash table: numbers of its own first, then keys and values", () => {
  let map = 0;
  const graph = buildHeap((h) => {
    map = h.map([[h.text("a"), h.text("b")]]);
  });
  const table = graph.collections.tableOf(map) as number;
  const slots = (kind: "Map" | "Set", count: number): string =>
    Array.from({ length: count }, (_, slot) => graph.collections.slotIn(kind, table, slot)?.[0] ?? "-").join("");
  expect(slots("Map", 11)).toBe("-----kv-kv-");
});

test("a subclass of Map is one, something named Map without a table is none", () => {
  const nodes: number[] = [];
  const graph = buildHeap((h) => {
    const proto = h.object("Map");
    h.property(proto, "forEach", h.closure("forEach"));
    const cache = h.map([[h.text("k"), h.object("V")]], "LruCache");
    h.property(cache, "__proto__", h.property(h.object("LruCache"), "__proto__", proto));
    nodes.push(cache, proto, h.weakMap([]), h.set([h.text("x")], "Other"), h.map([]), h.set([]));
  });
  expect(nodes.map((n) => graph.collections.kindOf(n))).toEqual(["Map", undefined, undefined, undefined, "Map", "Set"]);
});

test("arrays: elements present, the last index, room", () => {
  let list = 0;
  let bare = 0;
  const graph = buildHeap((h) => {
    list = h.list([h.object("A"), h.object("B")]);
    h.edge(list, EdgeType.element, 7, h.object("C"));
    bare = h.object("Array");
    h.internal(bare, "elements", h.array(17));
  });
  expect(graph.collections.elements(list)).toEqual({ present: 3, capacity: 2, last: 7 });
  expect(graph.collections.elements(bare)).toEqual({ present: 0, capacity: 17, last: -1 });
  expect(labels(graph, list).map((pair) => (pair as unknown[])[0])).toEqual([0, 1, 7].map((index) => ({ kind: "element", index })));
});

test("bytes behind buffers", () => {
  const nodes: number[] = [];
  const graph = buildHeap((h) => {
    const store = h.node(8, "system / JSArrayBufferData", { size: 8192 });
    const buffer = h.object("ArrayBuffer");
    h.internal(buffer, "backing_store", store);
    const view = h.object("Uint8Array");
    h.internal(view, "buffer", buffer);
    nodes.push(buffer, view, h.object("Session"), h.text("text"));
  });
  expect(nodes.map((n) => graph.collections.bufferBytes(n))).toEqual([8192, 8192, undefined, undefined]);
});

test("holders look through V8's plumbing: the table, the scope, the pair of a WeakMap", () => {
  let target = 0;
  const graph = buildHeap((h) => {
    target = h.object("Session");
    h.global("map", h.map([[h.text("user:1"), target]]));
    h.global("set", h.set([target]));
    h.global("list", h.list([h.text("first"), target]));
    h.global("holder", h.object("Holder"));
    h.property(h.object("App"), "#secret", target);
    h.property(h.object("Tagged"), "<symbol tag>", target);
    h.moduleScope("file:///app/store.js", { current: target });
    const key = h.global("key", h.object("Key"));
    h.global("weak", h.weakMap([[key, target]]));
    h.weak(h.object("WeakRef"), "target", target);
    h.edge(target, EdgeType.property, "self", target);
  });
  const found = holdersOf(graph, target).map((hold) => [graph.name(hold.holder), hold.label]);
  expect(found).toHaveLength(7);
  expect(found).toEqual(
    expect.arrayContaining([
      ["Map", { kind: "map value", key: { kind: "string", text: "user:1" } }],
      ["Set", { kind: "set member" }],
      ["Array", { kind: "element", index: 1 }],
      ["App", { kind: "property", name: "#secret" }],
      ["Tagged", { kind: "symbol", name: "tag" }],
      ["system / Context", { kind: "variable", name: "current" }],
      ["Key", { kind: "weak map value", of: "weak" }],
    ]),
  );
});

test("a path in the program's words", () => {
  let target = 0;
  const graph = buildHeap((h) => {
    target = h.object("Session");
    const inner = h.object("App");
    h.property(inner, "sessions", h.map([[h.text("id"), target]]));
    const scope = h.scope({ app: inner }, h.moduleScope("file:///app/a.js", {}), "handle");
    h.held("(Global handles)", h.closure("listener", scope, "file:///app/a.js"));
  });
  const path = graph.rootPaths.pathTo(target);
  expect(path).toBeDefined();
  const steps = foldPath(graph, path?.nodes ?? [], path?.edges ?? []).map(({ label }) => label);
  expect(steps).toEqual([
    { kind: "scope" },
    { kind: "variable", name: "app" },
    { kind: "property", name: "sessions" },
    { kind: "map value", key: { kind: "string", text: "id" } },
  ]);
});

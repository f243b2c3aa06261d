// Finding objects: by type, by id, what one is and holds, and those that only native code holds.
import { expect, test } from "vitest";
import { countType, leakingObjects, listType, nodeById, nodesOfType, showObject, typicalOfType } from "../../src/analysis/objects.ts";
import { parsePredicate } from "../../src/analysis/predicates.ts";
import type { LeakhuntError } from "../../src/errors.ts";
import { NodeType } from "../../src/snapshot/format.ts";
import { buildHeap } from "../builder/heap.ts";

const names: Record<string, number> = {};
const graph = buildHeap((h) => {
  const sessions = [3, 1, 2].map((size) => h.object("Session", { size: size * 80 }));
  names["first"] = sessions[0] as number;
  names["last"] = sessions[2] as number;
  const list = h.global("list", h.list(sessions));
  names["list"] = list;
  names["payload"] = h.property(names["first"], "payload", h.object("Payload", { size: 8000 }));
  names["text"] = h.node(NodeType.consString, "");
  h.internal(names["text"], "first", h.text("hello "));
  h.internal(names["text"], "second", h.text("world"));
  h.property(names["first"], "name", names["text"]);
  const proto = h.object("Session");
  h.property(proto, "constructor", h.property(h.global("Session", h.closure("Session")), "prototype", proto));
  names["orphan"] = h.object("Orphan");
  h.held("(Global handles)", names["orphan"], "7 / napi_ref");
  names["shared"] = h.object("Shared");
  h.held("(Global handles)", names["shared"], "8 / napi_ref");
  h.property(names["first"], "shared", names["shared"]);
  names["weakly"] = h.object("Weakly", { size: 800 });
  h.weak(h.global("ref", h.object("WeakRef")), "target", names["weakly"]);
});
const at = (name: string): number => names[name] as number;
const errorOf = (ask: () => unknown): LeakhuntError => {
  try {
    ask();
  } catch (error) {
    return error as LeakhuntError;
  }
  throw new Error("nothing was thrown");
};

test("by type: all of it, parts of others left out", () => {
  expect(nodesOfType(graph, "Session")).toHaveLength(4);
  expect(nodesOfType(graph, "(array)")).toEqual([]); // the elements belong to their array
  expect(nodesOfType(graph, "Nothing")).toEqual([]);
  expect(countType(graph, "Session")).toEqual({ type: "Session", count: 4, shallow: 6 * 80 + 32 });
});

test("an unknown type names close ones", () => {
  const error = errorOf(() => countType(graph, "session"));
  expect([error.code, error.exitCode, error.hint]).toEqual(["NO_SUCH_TYPE", 2, "there is Session"]);
  expect(errorOf(() => listType(graph, "zzz")).hint).toContain("common");
});

test("lists: order, limit, filter, since when", () => {
  const list = (options: object): number[] => listType(graph, "Session", options).objects.map((object) => object.shallowSize);
  expect(list({ sort: "oldest" })).toEqual([240, 80, 160, 32]);
  expect(list({})).toEqual([32, 160, 80, 240]);
  expect(list({ sort: "shallow" })).toEqual([240, 160, 80, 32]);
  expect(list({ sort: "retained", limit: 1 })).toEqual([240]);
  expect(list({ filter: parsePredicate("size<100"), sort: "oldest" })).toEqual([80, 32]);
  const cut = listType(graph, "Session", {
    limit: 1,
    earlier: [
      { label: "1", has: () => false },
      { label: "2", has: (id) => id < 200 },
    ],
  });
  expect([cut.count, cut.omitted, cut.objects[0]?.since]).toEqual([4, 3, "2"]);
});

test("the object that stands for its type is an instance, not the prototype, and alive", () => {
  expect(typicalOfType(graph, "Session")).toBe(at("last"));
  expect(typicalOfType(graph, "Weakly")).toBe(at("weakly"));
  expect(typicalOfType(graph, "Nothing")).toBeUndefined();
});

test("a class with one instance: the prototype, though newer, does not stand for it", () => {
  let instance = 0;
  const heap = buildHeap((h) => {
    instance = h.global("only", h.object("Only"));
    const proto = h.property(h.global("Only", h.closure("Only")), "prototype", h.object("Only"));
    h.property(proto, "constructor", h.object("Function"));
  });
  expect(typicalOfType(heap, "Only")).toBe(instance);
});

test("by id", () => {
  expect(nodeById(graph, graph.id(at("list")), "here")).toBe(at("list"));
  const error = errorOf(() => nodeById(graph, 99_999, "snapshot 3"));
  expect([error.exitCode, error.message]).toEqual([2, "there is no @99999 in snapshot 3"]);
});

test("one object: what it holds, by whom it is held, what would free it", () => {
  const shown = showObject(graph, at("first"));
  expect(shown).toMatchObject({ type: "Session", nodeType: "object", rawSize: 240, holders: 2, moreParts: 0, text: undefined });
  expect(shown.parts.map(({ label, value }) => [label, value.title])).toEqual([
    [{ kind: "property", name: "payload" }, "Payload"],
    [{ kind: "property", name: "name" }, '"hello world"'],
    [{ kind: "property", name: "shared" }, "Shared"],
  ]);
  // The handle on Shared is not the program's: DevTools lets the session have it.
  expect(shown.retainedSize).toBe(240 + 8000 + 4 * 32);
  expect(shown.dominatedBy?.title).toBe("Array");
  expect(showObject(graph, at("first"), 1)).toMatchObject({ moreParts: 2 });
  expect(showObject(graph, at("text"))).toMatchObject({ text: "hello world", parts: [] });
  expect(showObject(graph, at("list")).parts.map((part) => part.label)).toEqual([0, 1, 2].map((index) => ({ kind: "element", index })));
});

test("objects that only native code holds, or nobody", () => {
  const { objects, byType, omitted } = leakingObjects(graph, 0);
  const found = objects.map((object) => [object.type, object.heldBy]);
  expect(found).toEqual([
    ["Weakly", "weak edges only"],
    ["Orphan", "(Global handles)"],
  ]);
  expect(byType).toEqual(
    expect.arrayContaining([
      { type: "Orphan", count: 1, shallow: 32 },
      { type: "Weakly", count: 1, shallow: 800 },
    ]),
  );
  expect(omitted).toBe(0);
  expect(leakingObjects(graph, 1)).toMatchObject({ omitted: 1, objects: [{ type: "Weakly" }] });
});

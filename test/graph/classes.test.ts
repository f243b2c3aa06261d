// Names under which nodes are counted, and shapes of plain objects, against DevTools' rules done the slow way.
import fc from "fast-check";
import { expect, test } from "vitest";
import { shapeName } from "../../src/graph/classes.ts";
import { EdgeType, NODE_TYPES, NodeType } from "../../src/snapshot/format.ts";
import { graphOf, type PlainHeap } from "../builder/columns.ts";
import { buildHeap } from "../builder/heap.ts";
import { naiveClassNames, naiveShapes } from "../builder/naiveClasses.ts";

const property = fc.oneof(
  fc.constantFrom("id", "user", "a", "b", "c", "__proto__", "a,b", "it's", 'q"', "{x}", "<symbol s>"),
  fc.integer({ min: 30, max: 130 }).map((length) => "p".repeat(length)),
);
const shape = fc.uniqueArray(property, { maxLength: 6 });

/** Objects of a few shapes, more than one of each, some with more properties, some in another order. */
const heaps: fc.Arbitrary<PlainHeap> = fc
  .record({
    shapes: fc.array(shape, { minLength: 1, maxLength: 4 }),
    objects: fc.array(fc.record({ shape: fc.nat(3), more: fc.array(property, { maxLength: 2 }), turned: fc.boolean() }), { maxLength: 14 }),
    others: fc.array(
      fc.record({
        type: fc.nat(NODE_TYPES.length - 1),
        name: fc.constantFrom(
          "Object",
          "Session",
          "",
          "<div id='a' b>",
          "<div>",
          "<div",
          "</TD><script>",
          "Detached <p x>",
          "Detached < x",
          "a <b c>",
        ),
      }),
      { maxLength: 6 },
    ),
  })
  .map(({ shapes, objects, others }) => {
    const nodes = [...objects.map(() => ({ type: NodeType.object, name: "Object" })), ...others].map((node, i) => ({
      ...node,
      id: i + 1,
      size: 8,
    }));
    const edges = objects.flatMap(({ shape: s, more, turned }, from) => {
      const own = [...new Set([...(shapes[s % shapes.length] ?? []), ...more])];
      return (turned ? own.reverse() : own).map((name) => ({ from, type: EdgeType.property, name, to: from }));
    });
    return { nodes: nodes.length > 0 ? nodes : [{ type: 9, name: "", id: 1, size: 0 }], edges };
  });

test("shapes of plain objects", () => {
  let most = 0;
  fc.assert(
    fc.property(heaps, (heap) => {
      const found = graphOf(heap).shapes;
      const expected = naiveShapes(heap);
      expect(found.map(shapeName)).toEqual(expected.map((one) => one.name));
      expect(found.map((one) => [...one])).toEqual(expected.map((one) => [...one.properties]));
      most = Math.max(most, found.length);
    }),
    { numRuns: 2000 },
  );
  expect(most).toBeGreaterThan(2);
});

test("the row of each node", () => {
  fc.assert(
    fc.property(heaps, (heap) => {
      const graph = graphOf(heap);
      expect(heap.nodes.map((_, n) => graph.className(n))).toEqual(naiveClassNames(heap, naiveShapes(heap)));
    }),
    { numRuns: 2000 },
  );
});

test("shapes given from outside replace the snapshot's own", () => {
  fc.assert(
    fc.property(heaps, fc.array(shape, { maxLength: 4 }), (heap, given) => {
      const graph = graphOf(heap);
      expect(graph.className(0)).toBeDefined();
      graph.useShapes(given);
      const definitions = given.map((properties) => ({ name: shapeName(properties), properties }));
      const usable = definitions.filter(({ properties }) => !properties.includes("__proto__") && properties.length > 0);
      graph.useShapes(usable.map(({ properties }) => [...properties]));
      expect(heap.nodes.map((_, n) => graph.className(n))).toEqual(naiveClassNames(heap, usable));
    }),
    { numRuns: 500 },
  );
});

test("one in a thousand plain objects is not enough for a row when there are thousands", () => {
  const graph = buildHeap((h) => {
    const value = h.text("x");
    for (let i = 0; i < 5000; i++) h.property(h.object("Object"), i < 4 ? "rare" : i < 12 ? "seldom" : "common", value);
  });
  expect(graph.shapes.map(shapeName)).toEqual(["{common}", "{seldom}"]);
});

test("classes of one name are told apart by where they were defined, functions are not", () => {
  const nodes: number[] = [];
  const graph = buildHeap((h) => {
    nodes.push(h.at(h.object("Item"), 3, 10), h.at(h.object("Item"), 3, 10), h.at(h.object("Item"), 3, 99), h.object("Item"));
    nodes.push(h.at(h.closure("f"), 3, 1), h.at(h.closure("g"), 4, 2));
  });
  const { classes, classOf } = graph.locatedClasses;
  const rows = nodes.map((n) => classOf[n] as number);
  expect(rows[0]).toBe(rows[1]);
  expect(new Set(rows.slice(0, 4)).size).toBe(3);
  expect(rows[4]).toBe(rows[5]);
  expect(classes[rows[2] as number]).toEqual({ name: "Item", location: { scriptId: 3, line: 99, column: 0 } });
  expect(new Set(nodes.slice(0, 4).map((n) => graph.className(n)))).toEqual(new Set(["Item"]));
});

// Random heaps for property tests: every type of node and edge, weak and shortcut edges, self edges, cycles, nodes
// that nothing reaches, WeakMap pairs, and the names that the code under test treats in a special way.
import fc from "fast-check";
import { EdgeType, NODE_TYPES, NodeType } from "../../src/snapshot/format.ts";
import type { PlainEdge, PlainHeap, PlainNode } from "./columns.ts";

const NODE_NAMES = [
  "Object",
  "Session",
  "global / ",
  "(GC roots)",
  "(Global handles)",
  "(Document DOM trees)",
  "system / NativeContext",
  "system / Context",
  "system / ExternalStringData",
  "(map descriptors)",
  "",
];
const EDGE_NAMES = [
  ..."abcdef",
  ...["context", "table", "value", "elements", "prototype", "map", "code", "__proto__", "constructor", "sloppy_function_map"],
  ...["1", "4", "7", "_onTimeout", "_idleNext", "global_object", "extension", "previous"],
];

const anyName = (names: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...names);

function arbitraryNode(i: number): fc.Arbitrary<PlainNode> {
  return fc.record({
    type: i === 0 ? fc.constant(NodeType.synthetic) : fc.nat(NODE_TYPES.length - 1),
    name: i === 0 ? fc.constant("") : anyName(NODE_NAMES),
    id: fc.constant(i * 2 + 1),
    size: fc.oneof(fc.constant(0), fc.nat(1000)),
  });
}

function arbitraryEdges(count: number, maxEdges: number): fc.Arbitrary<PlainEdge[]> {
  const node = fc.nat(count - 1);
  const edge = fc
    .record({ from: fc.oneof({ weight: 5, arbitrary: node }, { weight: 1, arbitrary: fc.constant(0) }), type: fc.nat(6), to: node })
    .chain(({ from, type, to }) => {
      const name = type === EdgeType.element || type === EdgeType.hidden ? fc.nat(9) : anyName(EDGE_NAMES);
      return name.map((n) => ({ from, type, name: n, to }));
    });
  return fc.array(edge, { maxLength: maxEdges });
}

/** Both edges of WeakMap pairs. */
function arbitraryPairs(count: number): fc.Arbitrary<PlainEdge[]> {
  const node = fc.nat(count - 1);
  const pair = fc.record({ table: node, key: node, value: node }).map(({ table, key, value }) => {
    const name = ` / part of key (Object @${key}) -> value (Object @${value}) pair in WeakMap (table @${table * 2 + 1})`;
    return [
      { from: key, type: EdgeType.internal, name: `2${name}`, to: value },
      { from: table, type: EdgeType.internal, name: `5${name}`, to: value },
    ];
  });
  return fc.array(pair, { maxLength: 3 }).map((pairs) => pairs.flat());
}

/** The top of a heap as V8 writes it, so that random nodes below are held by roots of every kind. */
const SCAFFOLD: readonly [type: number, name: string][] = [
  [NodeType.synthetic, ""],
  [NodeType.synthetic, "(GC roots)"],
  [NodeType.object, "global / "],
  [NodeType.synthetic, "(Global handles)"],
  [NodeType.synthetic, "(Stack roots)"],
];
const SCAFFOLD_EDGES: readonly PlainEdge[] = [
  { from: 0, type: EdgeType.element, name: 1, to: 1 },
  { from: 0, type: EdgeType.shortcut, name: "1", to: 2 },
  { from: 1, type: EdgeType.element, name: 1, to: 3 },
  { from: 1, type: EdgeType.element, name: 2, to: 4 },
];

/** A heap of up to `maxNodes` nodes; about half of them with V8's roots. */
export function arbitraryHeap(maxNodes = 12, maxEdges = 36): fc.Arbitrary<PlainHeap> {
  return fc.record({ count: fc.integer({ min: 1, max: maxNodes }), real: fc.boolean() }).chain(({ count, real }) => {
    const scaffold = real ? SCAFFOLD.slice(0, count) : [];
    return fc
      .record({
        nodes: fc.tuple(...Array.from({ length: count }, (_, i) => arbitraryNode(i))),
        edges: arbitraryEdges(count, maxEdges),
        pairs: arbitraryPairs(count),
      })
      .map(({ nodes, edges, pairs }) => ({
        nodes: nodes.map((node, i) => ({ ...node, type: scaffold[i]?.[0] ?? node.type, name: scaffold[i]?.[1] ?? node.name })),
        edges: [...SCAFFOLD_EDGES.filter((edge) => edge.to < scaffold.length), ...edges, ...pairs],
      }));
  });
}

/** Any sequence of UTF-16 units, so lone surrogates too, with those that trip parsers among them. */
export function arbitraryText(): fc.Arbitrary<string> {
  const unit = fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)),
    fc.constantFrom('"', "\\", "\\u", "\\\\", "\n", "\r\n", "\0", "\u007f", "\u2028", "\ufeff", "\ud800", "\udfff", "😀", "],", "/*", "é"),
  );
  return fc.array(unit, { maxLength: 12 }).map((units) => units.join(""));
}

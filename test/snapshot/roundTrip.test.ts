// Columns -> bytes -> columns must change nothing, whatever the heap, the strings, the chunk borders or the spacing.
import fc from "fast-check";
import { expect, test } from "vitest";
import { SnapshotDecoder } from "../../src/snapshot/decode.ts";
import { encodeSnapshot } from "../../src/snapshot/encode.ts";
import { EDGE_TYPES, NODE_TYPES } from "../../src/snapshot/format.ts";
import { arbitraryText } from "../builder/arbitrary.ts";
import { columnsOf, decode, fileOf, type PlainHeap, unpacked } from "../builder/columns.ts";
import { parsed, spaced } from "../builder/rewrite.ts";

const uint32 = fc.integer({ min: 0, max: 0xffffffff });

/** Any heap that columns can hold: all ids, sizes, types (also unknown ones), strings. */
const anyHeap: fc.Arbitrary<PlainHeap> = fc
  .record({ count: fc.integer({ min: 1, max: 8 }), odd: fc.array(arbitraryText(), { maxLength: 2 }) })
  .chain(({ count, odd }) => {
    const extra = [...new Set(odd)].filter((name) => !(NODE_TYPES as readonly string[]).includes(name));
    const node = fc.record({
      type: fc.nat(NODE_TYPES.length - 1 + extra.length),
      name: arbitraryText(),
      id: uint32,
      size: fc.oneof(fc.nat(5000), uint32, fc.constantFrom(2 ** 32, 2 ** 40, 2 ** 52)),
      detachedness: fc.nat(2),
    });
    const at = fc.nat(count - 1);
    const edge = fc.record({ from: at, type: fc.nat(EDGE_TYPES.length - 1 + extra.length), to: at, index: uint32, text: arbitraryText() });
    return fc.record({
      nodes: fc.array(node, { minLength: count, maxLength: count }),
      edges: fc.array(
        edge.map(({ index, text, ...rest }) => ({ ...rest, name: rest.type === 1 || rest.type === 4 ? index : text })),
        { maxLength: 12 },
      ),
      locations: fc.array(fc.record({ node: at, scriptId: uint32, line: uint32, column: uint32 }), { maxLength: 4 }),
      hasDetachedness: fc.boolean(),
      extraNodeTypes: fc.constant(extra),
      extraEdgeTypes: fc.constant(extra.filter((name) => !(EDGE_TYPES as readonly string[]).includes(name))),
      extraNativeBytes: fc.oneof(
        fc.constant(0),
        uint32.map((n) => Math.min(n, 2 ** 32 - 2)),
      ),
      spareStrings: fc.array(arbitraryText(), { maxLength: 5 }),
    });
  });

test("any columns survive the way through a file", () => {
  fc.assert(
    fc.property(anyHeap, (heap) => {
      const columns = columnsOf(heap);
      expect(unpacked(decode(fileOf(columns)))).toEqual(unpacked(columns));
    }),
    { numRuns: 600 },
  );
});

test("the file is JSON as V8 lays it out: an independent parser finds the same heap", () => {
  fc.assert(
    fc.property(anyHeap, (heap) => {
      const columns = columnsOf(heap);
      const file = fileOf(columns);
      expect(file.every((byte) => byte < 0x7f)).toBe(true);
      const json = parsed(file);
      const fields = json.snapshot.meta.node_fields;
      const column = (name: string): number[] => json.nodes.filter((_, i) => i % fields.length === fields.indexOf(name));
      expect(json.strings).toEqual(unpacked(columns)["strings"]);
      expect(column("id")).toEqual(heap.nodes.map((node) => node.id));
      expect(column("self_size")).toEqual(heap.nodes.map((node) => node.size));
      expect(column("type").map((type) => (json.snapshot.meta.node_types[0] as string[])[type])).toEqual(
        heap.nodes.map((node) => columns.nodeTypeNames[node.type]),
      );
      expect(column("edge_count").reduce((a, b) => a + b, 0)).toBe(json.snapshot.edge_count);
      expect(json.edges.filter((_, i) => i % 3 === 2).map((to) => to / fields.length)).toEqual(Array.from(columns.edgeTo));
      expect(json.snapshot.extra_native_bytes).toBe(columns.extraNativeBytes > 0 ? columns.extraNativeBytes : undefined);
      expect(fields.includes("detachedness")).toBe(heap.hasDetachedness);
    }),
    { numRuns: 200 },
  );
});

test("a chunk may end anywhere", () => {
  const borders = fc.array(fc.nat(5000), { maxLength: 30 });
  fc.assert(
    fc.property(anyHeap, borders, (heap, cuts) => {
      const columns = columnsOf(heap);
      const file = fileOf(columns);
      const at = [0, ...cuts.map((cut) => cut % (file.length + 1)).sort((a, b) => a - b), file.length];
      const chunks = at.slice(1).map((end, i) => file.subarray(at[i], end));
      expect(unpacked(decode(...chunks))).toEqual(unpacked(columns));
    }),
    { numRuns: 300 },
  );
});

test("even after every byte, and the chunk's memory may be used again", () => {
  fc.assert(
    fc.property(anyHeap, (heap) => {
      const columns = columnsOf(heap);
      const one = new Uint8Array(1);
      const file = fileOf(columns);
      function* bytes(): Generator<Uint8Array> {
        for (const byte of file) {
          one[0] = byte;
          yield one;
        }
      }
      expect(unpacked(decode(...[...bytes()].map((_, i) => file.subarray(i, i + 1))))).toEqual(unpacked(columns));
      expect(unpacked(decodeEach(bytes()))).toEqual(unpacked(columns));
    }),
    { numRuns: 60 },
  );
});

test("any white space between tokens", () => {
  fc.assert(
    fc.property(anyHeap, fc.infiniteStream(fc.nat(4)), (heap, stream) => {
      const columns = columnsOf(heap);
      const file = spaced(fileOf(columns), () => stream.next().value as number);
      const half = file.length >> 1;
      expect(unpacked(decode(file.subarray(0, half), file.subarray(half)))).toEqual(unpacked(columns));
    }),
    { numRuns: 200 },
  );
});

test("strings of many megabytes, across the segments of the table", () => {
  const long = `${"é\ud800".repeat(1_500_000)}end`;
  const heap: PlainHeap = {
    nodes: [long, "between", long.slice(1), "", "last"].map((name, i) => ({ type: 2, name, id: i + 1, size: 1 })),
    edges: [],
  };
  const columns = decode(fileOf(columnsOf(heap)));
  heap.nodes.forEach((node, n) => {
    expect(columns.strings.get(columns.nodeName[n] as number) === node.name).toBe(true);
  });
  expect(columns.strings.byteLength(0)).toBeGreaterThan(1 << 24);
});

test("pieces of an encoded snapshot stay small", () => {
  const nodes = Array.from({ length: 50_000 }, (_, i) => ({ type: 3, name: `n${i}`, id: i * 2 + 1, size: 16 }));
  const edges = nodes.map((_, i) => ({ from: i, type: 1, name: i, to: (i * 7919) % nodes.length }));
  const pieces = [...encodeSnapshot(columnsOf({ nodes, edges }))];
  expect(pieces.length).toBeGreaterThan(20);
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(70_000);
});

function decodeEach(chunks: Iterable<Uint8Array>): ReturnType<typeof decode> {
  const decoder = new SnapshotDecoder();
  for (const chunk of chunks) decoder.write(chunk);
  return decoder.finish();
}

// Snapshots that V8 of another version, or another program, wrote differently and that mean the same.
import { expect, test } from "vitest";
import { decode, unpacked } from "../builder/columns.ts";
import { parsed, type SnapshotJson, withFields, written } from "../builder/rewrite.ts";
import { sampleFile } from "../builder/sample.ts";

const file = sampleFile();
const plain = unpacked(decode(file));
const json = (): SnapshotJson => parsed(file);
const NODE = ["type", "name", "id", "self_size", "edge_count"];
const EDGE = ["type", "name_or_index", "to_node"];

const same: Record<string, () => Buffer> = {
  "pretty-printed": () => written(json(), 2),
  "indented by tabs": () => written(json(), "\t"),
  "CRLF line ends": () => Buffer.from(JSON.stringify(json(), null, 1).replaceAll("\n", "\r\n")),
  "a byte order mark": () => Buffer.concat([Buffer.from("\ufeff"), file]),
  "white space at the end": () => Buffer.concat([file, Buffer.from("\n\n  \r\n")]),
  "non-ASCII bytes that are not escaped": () => Buffer.from(JSON.stringify(json())),
  "a trace_node_id per node (V8 before 13)": () => written(withFields(json(), [...NODE, "trace_node_id"], EDGE)),
  "unknown node and edge fields": () => written(withFields(json(), ["new_1", ...NODE, "new_2"], ["flags", ...EDGE, "more"])),
  "fields in another order": () =>
    written(withFields(json(), ["edge_count", "self_size", "id", "name", "type"], ["to_node", "type", "name_or_index"])),
  "unknown keys of every kind": () =>
    written({
      comment: 'a string with ] } " \\ in it',
      flag: true,
      'quoted "key" \\': 1,
      clé: 2,
      nothing: null,
      minus: -1.5e300,
      nested: { a: [[[{ b: "]}" }]]], c: {} },
      empty: [],
      ...json(),
      snapshot: { root_index: 0, ...json().snapshot, vendor: { deep: [{}] } },
      later: [1, "]", { x: "\\" }],
    }),
  "strings before nodes": () => {
    const { snapshot, nodes, edges, locations, strings } = json();
    return written({ strings, snapshot, locations, edges, nodes });
  },
  "no keys but those that are needed": () => {
    const { snapshot, nodes, edges, locations, strings } = json();
    return written({ snapshot, nodes, edges, locations, strings });
  },
};

for (const [name, make] of Object.entries(same)) {
  test(name, () => {
    const bytes = make();
    expect(unpacked(decode(bytes))).toEqual(plain);
    const each = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
    expect(unpacked(decode(...each))).toEqual(plain);
  });
}

test("no locations: not in meta, or no such key", () => {
  const { snapshot, nodes, edges, strings } = json();
  const { location_fields: _, ...meta } = snapshot.meta;
  const without = unpacked(decode(written({ snapshot: { ...snapshot, meta }, nodes, edges, locations: [], strings })));
  const none = { node: new Uint32Array(0), scriptId: new Uint32Array(0), line: new Uint32Array(0), column: new Uint32Array(0) };
  expect(without).toEqual({ ...plain, locations: none });
  expect(unpacked(decode(written({ snapshot, nodes, edges, strings })))).toEqual(without);
});

test("types in another order are translated; unknown ones keep their names behind ours", () => {
  const { snapshot, nodes, ...rest } = json();
  const { meta } = snapshot;
  const types = meta.node_types[0] as string[];
  const turned = [...types.slice(3), ...types.slice(0, 3), "marshmallow"];
  const moved = nodes.map((value, i) => (i % NODE.length === 0 ? turned.indexOf(types[value] as string) : value));
  const last = nodes.length - NODE.length;
  moved[last] = turned.length - 1;
  const columns = decode(written({ snapshot: { ...snapshot, meta: { ...meta, node_types: [turned, "string"] } }, nodes: moved, ...rest }));
  const before = decode(file);
  expect(Array.from(columns.nodeType).slice(0, -1)).toEqual(Array.from(before.nodeType).slice(0, -1));
  expect(columns.nodeTypeNames[columns.nodeType.at(-1) as number]).toBe("marshmallow");
});

test("an object of 5 GB keeps its size, and those before it theirs", () => {
  const { nodes, ...rest } = json();
  const changed = [...nodes];
  changed[3 * NODE.length + 3] = 5_000_000_000;
  const { nodeSelfSize } = decode(written({ ...rest, nodes: changed }));
  const expected = nodes.filter((_, i) => i % NODE.length === 3);
  expected[3] = 5_000_000_000;
  expect(Array.from(nodeSelfSize)).toEqual(expected);
});

test("extra_native_bytes of newer V8s", () => {
  const { snapshot, ...rest } = json();
  expect(decode(written({ snapshot: { ...snapshot, extra_native_bytes: 123_456 }, ...rest })).extraNativeBytes).toBe(123_456);
});

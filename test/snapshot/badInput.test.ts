// What is no heap snapshot, or no whole one: exit code 4 and one line that says where it broke, at once.
import { expect, test } from "vitest";
import { LeakhuntError } from "../../src/errors.ts";
import { decode } from "../builder/columns.ts";
import { parsed, type SnapshotJson, written } from "../builder/rewrite.ts";
import { sampleFile } from "../builder/sample.ts";

const file = sampleFile();
const text = file.toString();
const F = 5;

/** The error that decoding gives, whole and byte by byte alike. */
function refusal(bytes: Buffer): LeakhuntError {
  const errors = [[bytes], Array.from(bytes.subarray(0, 200_000), (_, i) => bytes.subarray(i, i + 1))].map((chunks) => {
    try {
      decode(...chunks);
    } catch (error) {
      return error;
    }
    return undefined;
  });
  expect(errors[0]).toBeInstanceOf(LeakhuntError);
  if (bytes.length < 200_000) expect((errors[1] as Error | undefined)?.message).toBe((errors[0] as Error).message);
  const error = errors[0] as LeakhuntError;
  expect([error.code, error.exitCode]).toEqual(["BAD_SNAPSHOT", 4]);
  expect(error.line).not.toMatch(/\n/);
  expect(error.line.length).toBeLessThan(400);
  return error;
}

function edited(change: (json: SnapshotJson) => void): Buffer {
  const json = parsed(file);
  change(json);
  return written(json);
}

const set =
  (list: "nodes" | "edges" | "locations", at: number, value: number) =>
  (json: SnapshotJson): void => {
    json[list][at] = value;
  };

const replaced = (from: string | RegExp, to: string) => (): Buffer => {
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return Buffer.from(changed);
};

const without = (key: string) => (): Buffer =>
  edited((json) => {
    delete json[key];
  });

const count = (name: "node_count" | "edge_count", value: unknown) => (): Buffer =>
  edited((json) => {
    Object.assign(json.snapshot, { [name]: value });
  });

const nodes = parsed(file).snapshot.node_count;
const edges = parsed(file).snapshot.edge_count;
const strings = parsed(file).strings.length;

const cases: [name: string, bytes: () => Buffer, says: RegExp][] = [
  ["empty", () => Buffer.from(""), /empty/],
  ["only white space", () => Buffer.from(" \n\n"), /empty/],
  ["HTML", () => Buffer.from("<!doctype html><html><body>404</body></html>"), /start with \{ at byte 0/],
  ["plain text", () => Buffer.from("Error: ENOENT"), /start with \{ at byte 0/],
  ["an array", () => Buffer.from(`[${text}]`), /start with \{ at byte 0/],
  ["zeros", () => Buffer.alloc(4096), /start with \{ at byte 0/],
  ["UTF-16", () => Buffer.from(text, "utf16le"), /a key was expected at byte 1/],
  ["an empty object", () => Buffer.from("{}"), /no keys at byte 1/],
  [
    "a .cpuprofile",
    () => Buffer.from('{"nodes":[{"id":1,"callFrame":{"functionName":"(root)"}}],"startTime":1}'),
    /"nodes" comes before "snapshot"/,
  ],
  ["a package.json", () => Buffer.from('{"name":"x","version":"1.0.0"}'), /lacks "snapshot"/],
  ["bytes after the end", () => Buffer.concat([file, Buffer.from("}")]), /more text after the end at byte/],
  ["a second snapshot after the first", () => Buffer.concat([file, file]), /more text after the end at byte/],
  [
    "nodes before snapshot",
    () => {
      const { snapshot, nodes: n, ...rest } = parsed(file);
      return written({ nodes: n, snapshot, ...rest });
    },
    /"nodes" comes before "snapshot" at byte/,
  ],
  ["no nodes key", without("nodes"), /lacks "nodes"/],
  ["no edges key", without("edges"), /lacks "edges"/],
  ["no strings key", without("strings"), /lacks "strings"/],
  ["no snapshot key", without("snapshot"), /"nodes" comes before "snapshot"/],
  ["a key twice", replaced('"edges":[', '"nodes":[],"edges":['), /"nodes" comes twice at byte/],
  ["strings twice", () => Buffer.from(text.replace(/\]\}\s*$/, '],"strings":[]}')), /"strings" comes twice at byte/],
  ["an object for nodes", replaced('"nodes":[', '"nodes":{"x":['), /"nodes" is not an array/],
  ["a string for edges", replaced('"edges":[', '"edges":"'), /"edges" is not an array/],
  ["null for strings", replaced(/"strings":.*$/s, '"strings":null}'), /"strings" is not an array/],
  ["an array for snapshot", replaced('"snapshot":{', '"snapshot":[{'), /"snapshot" is not an object/],
  ["a number among strings", replaced('"strings":[', '"strings":[1,'), /a string was expected at byte/],
  ["two commas among strings", replaced('"strings":["",', '"strings":["",,'), /a string was expected at byte/],
  ["a comma at the end of strings", replaced(/\]\}\s*$/, ",]}"), /a string was expected at byte/],
  ["a missing comma between keys", replaced(',\n"edges"', '\n"edges"'), /comma was expected after "nodes" at byte/],
  ["a missing colon", replaced('"edges":', '"edges"'), /colon was expected after "edges" at byte/],
  [
    "a key that a terminal would obey",
    () => Buffer.from('{"\x1b[2J\u009b\n": 1, "\x1b[2J\u009b\n": 2}'),
    /^[ -~]*: "\?\[2J\?\?" comes twice at byte/,
  ],
  [
    "a count that a terminal would obey",
    count("node_count", "\u009b2J".repeat(1000)),
    /^[ -~]*node_count is "\?2J[ -~]{36}…, not a count$/,
  ],
  ["a key without quotes", replaced('"edges":', "edges:"), /a key was expected at byte/],
  ["a key without a value", replaced('"trace_tree":[]', '"trace_tree":'), /"trace_tree" has no value at byte/],
  ["a key that never ends", () => Buffer.from(`{"${"k".repeat(100_000)}`), /key/],
  ["a negative number", replaced('"nodes":[9', '"nodes":[-9'), /"nodes" has a negative number at byte/],
  ["a fraction", replaced('"nodes":[9', '"nodes":[9.5'), /"nodes" has something that is no whole number at byte/],
  ["an exponent", replaced('"nodes":[9', '"nodes":[9e1'), /no whole number at byte/],
  ["null among numbers", replaced('"nodes":[9', '"nodes":[null'), /no whole number at byte/],
  ["a string among numbers", replaced('"nodes":[9', '"nodes":["9"'), /no whole number at byte/],
  ["an array among numbers", replaced('"nodes":[9', '"nodes":[[9]'), /no whole number at byte/],
  ["a space inside a number", replaced('"nodes":[9,', '"nodes":[9 9,'), /space inside a number at byte/],
  ["two commas", replaced('"nodes":[9,', '"nodes":[9,,'), /"nodes" lacks a number at byte/],
  ["a comma first", replaced('"nodes":[9,', '"nodes":[,9,'), /"nodes" lacks a number at byte/],
  ["a comma last", replaced('\n],\n"edges"', ',],\n"edges"'), /"nodes" lacks a number at byte/],
  ["half a record", replaced('\n],\n"edges"', ',1,2],\n"edges"'), /"nodes" ends inside a record/],
  ["a huge number", replaced('"nodes":[9', `"nodes":[${"9".repeat(400)}`), /number that is too large at byte/],
  ["a number of a million digits", replaced('"nodes":[9', `"nodes":[${"9".repeat(1_000_000)}`), /number that is too large at byte/],
  ["an id beyond 32 bits", () => edited(set("nodes", 2, 2 ** 33)), /node 0 has id 8589934592, beyond 32 bits/],
  ["a node type that meta does not name", () => edited(set("nodes", F, 99)), /node 1 has type 99/],
  ["an edge type that meta does not name", () => edited(set("edges", 3, 7)), /edge 1 has type 7/],
  [
    "an edge out of range",
    () => edited(set("edges", 2, nodes * F)),
    new RegExp(`edge 0 points at ${nodes * F}, outside its ${nodes} nodes`),
  ],
  ["an edge into the middle of a node", () => edited(set("edges", 2, F + 1)), /edge 0 points into the middle of a node/],
  ["an index beyond 32 bits", () => edited(set("edges", 1, 2 ** 32)), /edge 0 has index 4294967296/],
  ["a node name that is no string", () => edited(set("nodes", 1, strings)), new RegExp(`string ${strings}, but has only ${strings}`)],
  ["an edge name that is no string", () => edited(set("edges", 4, 1e9)), /string 1000000000, but has only/],
  ["a location of no node", () => edited(set("locations", 0, nodes * F)), /location 0 belongs to no node/],
  ["a location inside a node", () => edited(set("locations", 0, 3)), /location 0 belongs to no node/],
  ["a location beyond 32 bits", () => edited(set("locations", 1, 2 ** 32)), /location 0 has the number 4294967296/],
  ["fewer nodes than claimed", count("node_count", nodes + 1), new RegExp(`has ${nodes} nodes where it claims ${nodes + 1}`)],
  ["more nodes than claimed", count("node_count", nodes - 1), new RegExp(`more nodes than the ${nodes - 1} it claims`)],
  ["fewer edges than claimed", count("edge_count", edges + 1), new RegExp(`${edges} edges where it claims ${edges + 1}`)],
  ["more edges than claimed", count("edge_count", edges - 1), new RegExp(`more edges than the ${edges - 1} it claims`)],
  ["nodes that own more edges than there are", () => edited(set("nodes", 4, 1e6)), /own more edges than/],
  ["nodes that own fewer edges than there are", () => edited(set("nodes", 4, 0)), /nodes own \d+ edges, but there are \d+/],
  [
    "no node at all",
    () =>
      edited((json) => {
        Object.assign(json, { nodes: [], edges: [], locations: [] });
        Object.assign(json.snapshot, { node_count: 0, edge_count: 0 });
      }),
    /no nodes/,
  ],
  ["node_count 1e15", count("node_count", 1e15), /node_count is 1000000000000000, not a count/],
  ["node_count 2^32 - 2", count("node_count", 2 ** 32 - 2), /claims 4294967294/],
  ["edge_count 4e9", count("edge_count", 4e9), /claims 4000000000/],
  [
    "node_count 4e9 and one huge object",
    () =>
      edited((json) => {
        json.snapshot.node_count = 4e9;
        json.nodes[3] = 2 ** 40;
      }),
    /claims 4000000000/,
  ],
  ["node_count -1", count("node_count", -1), /node_count is -1, not a count/],
  ["node_count 1.5", count("node_count", 1.5), /node_count is 1.5, not a count/],
  ["node_count as text", count("node_count", "12"), /node_count is "12", not a count/],
  ["no node_count", count("node_count", undefined), /node_count is missing, not a count/],
  ["edge_count null", count("edge_count", null), /edge_count is null, not a count/],
  [
    "extra_native_bytes -1",
    () =>
      edited((json) => {
        json.snapshot.extra_native_bytes = -1;
      }),
    /extra_native_bytes is -1/,
  ],
  ["no meta", () => edited((json) => Object.assign(json.snapshot, { meta: undefined })), /no meta object/],
  ["meta as a list", () => edited((json) => Object.assign(json.snapshot, { meta: [] })), /no meta object/],
  [
    "node_fields without id",
    () =>
      edited((json) => {
        json.snapshot.meta.node_fields[2] = "identity";
      }),
    /meta.node_fields lacks "id"/,
  ],
  ["edge_fields without to_node", () => edited((json) => json.snapshot.meta.edge_fields.pop()), /meta.edge_fields lacks "to_node"/],
  [
    "node_fields as text",
    () => edited((json) => Object.assign(json.snapshot.meta, { node_fields: "type" })),
    /meta.node_fields is not a list/,
  ],
  [
    "a thousand node_fields",
    () =>
      edited((json) => {
        json.snapshot.meta.node_fields.push(...Array.from({ length: 1000 }, (_, i) => `f${i}`));
      }),
    /meta.node_fields is not a list/,
  ],
  [
    "node_types without a list",
    () => edited((json) => Object.assign(json.snapshot.meta, { node_types: ["string"] })),
    /meta.node_types\[0\] is not a list/,
  ],
  [
    "no edge_types",
    () => edited((json) => Object.assign(json.snapshot.meta, { edge_types: undefined })),
    /meta.edge_types\[0\] is not a list/,
  ],
  ["a header that is not JSON", replaced('"node_count":', "node_count:"), /header is not valid JSON/],
  ["a header that never ends", () => Buffer.from(`{"snapshot":{"x":"${"y".repeat(3_000_000)}`), /too long for a header/],
  ["arrays nested a million deep, cut off", () => Buffer.from(`{"x":${"[".repeat(1_000_000)}`), /cut off/],
  ["arrays nested a million deep", () => Buffer.from(`{"x":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`), /lacks "snapshot"/],
];

for (const [name, bytes, says] of cases) {
  test(name, () => {
    const rss = process.memoryUsage.rss();
    const began = performance.now();
    expect(refusal(bytes()).message).toMatch(says);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(process.memoryUsage.rss() - rss).toBeLessThan(500e6);
  });
}

test("cut off anywhere", () => {
  const end = text.lastIndexOf("}");
  for (let length = 1; length <= end; length += length < 2000 ? 1 : 7) {
    const error = refusalOf(file.subarray(0, length));
    expect(error?.exitCode).toBe(4);
    expect(error?.message).toMatch(new RegExp(`it ends after ${length} bytes inside (".*"|its first key): it is cut off`));
  }
});

test("a string that is no JSON is refused when it is asked for", () => {
  const columns = decode(Buffer.from(text.replace('"user:1"', '"user:\\x1"')));
  const bad = Array.from({ length: columns.strings.count }, (_, i) => i).filter((i) => {
    try {
      columns.strings.get(i);
    } catch (error) {
      expect((error as LeakhuntError).exitCode).toBe(4);
      expect((error as LeakhuntError).message).toContain(`string ${i} is not a valid JSON string`);
      return true;
    }
    return false;
  });
  expect(bad).toHaveLength(1);
});

test("a string index that is none is a mistake of ours, not of the file", () => {
  const { strings: table } = decode(file);
  for (const index of [-1, table.count, 0.5]) expect(() => table.get(index)).toThrow(RangeError);
});

function refusalOf(bytes: Buffer): LeakhuntError | undefined {
  try {
    decode(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof LeakhuntError) return error;
    throw error;
  }
}

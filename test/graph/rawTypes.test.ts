// Counting node records from both ends of a file must give what the whole graph gives.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROW_OF_TYPE } from "../../src/graph/classes.ts";
import { HeapGraph } from "../../src/graph/heapGraph.ts";
import { compareRaw, countRawGraph, countRawTypes, type RawDifference } from "../../src/graph/rawTypes.ts";
import { IdBits } from "../../src/snapshot/nodeSums.ts";
import { readSnapshot } from "../../src/snapshot/open.ts";
import { canScan, NodeScanner } from "../../src/snapshot/scan.ts";

const PROGRAM = `
  class Session { constructor(i) { this.id = i; this.name = "user \\"" + i + "\\\\"; } }
  globalThis.list = [];
  for (let i = 0; i < 500; i++) list.push(new Session(i), { plain: i });
  const v8 = require("v8");
  v8.writeHeapSnapshot(process.argv[1]);
  list.splice(0, 100);
  for (let i = 0; i < 300; i++) list.push(new Session(i), { plain: i });
  v8.writeHeapSnapshot(process.argv[2]);
`;

let folder: string;
let before: string;
let after: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "leakhunt-raw-"));
  before = join(folder, "before.heapsnapshot");
  after = join(folder, "after.heapsnapshot");
  execFileSync(process.execPath, ["-e", PROGRAM, before, after]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function count(path: string) {
  const scanner = NodeScanner.open(path);
  try {
    return countRawTypes(scanner);
  } finally {
    scanner.close();
  }
}

const graphOf = async (path: string): Promise<HeapGraph> => new HeapGraph(await readSnapshot(path));

test("counts of a real file equal those of its graph", async () => {
  const wanted = countRawGraph(await graphOf(before));
  expect(wanted.get("Session")?.count).toBeGreaterThanOrEqual(500);
  expect(count(before)).toEqual(wanted);
});

test("white space, unknown fields and other field orders do not matter", async () => {
  const json = JSON.parse(readFileSync(before, "utf8"));
  const { node_fields: fields, node_types: types } = json.snapshot.meta;
  const order = [...fields.keys()].reverse();
  const width = fields.length;
  const nodes: number[] = [];
  for (let n = 0; n < json.nodes.length; n += width) nodes.push(...order.map((f: number) => json.nodes[n + f]), 7);
  json.snapshot.meta.node_fields = [...order.map((f: number) => fields[f]), "news"];
  json.snapshot.meta.node_types = [...order.map((f: number) => types[f]), "number"];
  // The type names of a node stand in the first entry of node_types, whatever its place among the fields.
  json.snapshot.meta.node_types[0] = types[0];
  const odd = join(folder, "odd.heapsnapshot");
  writeFileSync(odd, JSON.stringify({ ...json, nodes }, null, 1).replaceAll("\n", "\r\n"));
  expect(count(odd)).toEqual(count(before));
});

test("new and gone objects equal those of two sets of ids", async () => {
  const older = await graphOf(before);
  const newer = await graphOf(after);
  const wanted = naiveDifference(older, newer);
  expect(wanted.get("Session")?.added).toBe(300);
  expect(wanted.get("Session")?.removed).toBe(50);
  const a = NodeScanner.open(before);
  const b = NodeScanner.open(after);
  expect(compareRaw(a, b)).toEqual(wanted);
  a.close();
  b.close();
});

test("any two lists of nodes: also of long numbers, on the borders of windows, and as V8 writes them with and without newlines", () => {
  const node = fc.record({
    id: fc.oneof(fc.nat(60), fc.nat(100_000), fc.integer({ min: 4_294_967_200, max: 4_294_967_295 })),
    type: fc.nat(15),
    name: fc.nat(40),
    // Nine digits and more are not for the kernel.
    size: fc.oneof(fc.nat(20), fc.nat(99_999_999), fc.integer({ min: 999_999_990, max: 3_999_999_999 })),
  });
  const nodes = fc.uniqueArray(node, { maxLength: 60, selector: ({ id }) => id });
  const padding = fc.constantFrom(0, 0, 0, 47_000, 48_000);
  fc.assert(
    fc.property(nodes, nodes, padding, fc.boolean(), fc.boolean(), (older, newer, pad, olderLines, newerLines) => {
      const files = [older, newer].map((own, i) => {
        // More than a window of nodes that are in both.
        const all = [...Array.from({ length: pad }, (_, k) => ({ id: 200_001 + 2 * k, type: 3, name: 1, size: 24 })), ...own];
        const path = join(folder, `any-${i}.heapsnapshot`);
        writeFileSync(path, nodesOnly(all, (i === 0 ? olderLines : newerLines) ? "\n" : ""));
        return { path, all };
      });
      const [a, b] = files.map(({ path }) => NodeScanner.open(path)) as [NodeScanner, NodeScanner];
      try {
        const found = compareRaw(a, b);
        const wanted = new Map<string, RawDifference>();
        const add = (name: string, change: (row: RawDifference) => void): void => {
          const row = wanted.get(name) ?? { before: 0, now: 0, added: 0, removed: 0, addedBytes: 0, removedBytes: 0 };
          wanted.set(name, row);
          change(row);
        };
        const [before, now] = files.map(({ all }) => all.filter(({ id, size }) => size > 0 && id % 2 === 1)) as [Node[], Node[]];
        const [oldIds, newIds] = files.map(({ all }) => new Set(all.map(({ id }) => id))) as [Set<number>, Set<number>];
        for (const { id, type, name, size } of before) {
          add(rowName(type, name), (row) => {
            row.before++;
            if (newIds.has(id)) return;
            row.removed++;
            row.removedBytes += size;
          });
        }
        for (const { id, type, name, size } of now) {
          add(rowName(type, name), (row) => {
            row.now++;
            if (oldIds.has(id)) return;
            row.added++;
            row.addedBytes += size;
          });
        }
        expect(found).toEqual(wanted);
      } finally {
        a.close();
        b.close();
      }
    }),
    { numRuns: 60 },
  );
});

interface Node {
  readonly id: number;
  readonly type: number;
  readonly name: number;
  readonly size: number;
}

const TYPES = "hidden array string object code closure regexp number native synthetic".split(" ");
const MORE_TYPES = ["concatenated string", "sliced string", "symbol", "bigint", "object shape", "wasm object"];

function rowName(type: number, name: number): string {
  if (type === 3 || type === 8) return `Name${name}`;
  return ROW_OF_TYPE[type] ?? `(${[...TYPES, ...MORE_TYPES][type]})`;
}

/** A snapshot file of nodes without edges. */
function nodesOnly(nodes: readonly Node[], newline: string): string {
  const fields = ["type", "name", "id", "self_size", "edge_count", "detachedness"];
  const meta = {
    node_fields: fields,
    node_types: [[...TYPES, ...MORE_TYPES], "string", "number", "number", "number", "number"],
    edge_fields: ["type", "name_or_index", "to_node"],
    edge_types: [["context"], "string_or_number", "node"],
  };
  const records = nodes.map(({ type, name, id, size }) => `${[type, name, id, size, 0, 0].join()}${newline}`).join();
  const strings = Array.from({ length: 41 }, (_, i) => `Name${i}`);
  const snapshot = JSON.stringify({ meta, node_count: nodes.length, edge_count: 0 });
  return `{"snapshot":${snapshot},\n"nodes":[${records}],\n"edges":[],\n"strings":${JSON.stringify(strings)}}`;
}

function naiveDifference(older: HeapGraph, newer: HeapGraph): Map<string, RawDifference> {
  const rows = new Map<string, RawDifference>();
  const one = (
    graph: HeapGraph,
    other: HeapGraph,
    side: "before" | "now",
    changed: "removed" | "added",
    bytes: "removedBytes" | "addedBytes",
  ): void => {
    const ids = new Set(other.columns.nodeId);
    for (let n = 0; n < graph.nodeCount; n++) {
      // Native objects (even ids) are numbered anew in every snapshot.
      if (graph.rawSize(n) === 0 || graph.id(n) % 2 === 0) continue;
      const name = rawName(graph, n);
      const row = rows.get(name) ?? { before: 0, now: 0, added: 0, removed: 0, addedBytes: 0, removedBytes: 0 };
      rows.set(name, row);
      row[side]++;
      if (ids.has(graph.id(n))) continue;
      row[changed]++;
      row[bytes] += graph.rawSize(n);
    }
  };
  one(newer, older, "now", "added", "addedBytes");
  one(older, newer, "before", "removed", "removedBytes");
  return rows;
}

function rawName(graph: HeapGraph, n: number): string {
  const type = graph.typeName(n);
  if (type === "object" || type === "native") return graph.name(n);
  const rows: Record<string, string> = { hidden: "(system)", code: "(compiled code)", closure: "Function", regexp: "RegExp" };
  return rows[type] ?? `(${type})`;
}

test("a file cut anywhere is refused in one sentence", () => {
  const bytes = readFileSync(before);
  const nodes = bytes.indexOf('"nodes"');
  const edges = bytes.indexOf('"edges"');
  for (const cut of [0, 10, nodes - 1, nodes + 20, Math.floor((nodes + edges) / 2), edges - 3, bytes.length - 5]) {
    const path = join(folder, "cut.heapsnapshot");
    writeFileSync(path, bytes.subarray(0, cut));
    expect(() => count(path), `cut at ${cut}`).toThrow(/not a usable heap snapshot/);
  }
});

test("what is no plain file is not scanned", () => {
  expect(canScan(before)).toBe(true);
  expect(canScan("-")).toBe(false);
  expect(canScan(folder)).toBe(false);
  expect(() => canScan(join(folder, "none"))).toThrow(/cannot read/);
});

test("strings are found across windows, with every kind of escape", () => {
  const strings = ["", '"', "\\", "\\\\", '\\"', "a".repeat((1 << 20) - 3), '\\"'.repeat(5000), "é\u2028\n", "x".repeat(3 << 20), "last"];
  const file = {
    snapshot: {
      meta: {
        node_fields: ["type", "name", "id", "self_size", "edge_count"],
        node_types: [["hidden", "object"], "string", "number", "number", "number"],
        edge_fields: ["type", "name_or_index", "to_node"],
        edge_types: [["context"], "string_or_number", "node"],
      },
      node_count: strings.length,
      edge_count: 0,
    },
    nodes: strings.flatMap((_, i) => [1, i, i + 1, 8, 0]),
    edges: [],
    strings,
  };
  const path = join(folder, "strings.heapsnapshot");
  writeFileSync(path, JSON.stringify(file));
  const scanner = NodeScanner.open(path);
  const all = scanner.strings(new Set(strings.keys()));
  expect(strings.map((_, i) => all.get(i))).toEqual(strings);
  expect([...scanner.strings(new Set([9]))]).toEqual([[9, "last"]]);
  scanner.close();
});

test("id bits hold what was added and nothing else, up to 32 bits", () => {
  const bits = new IdBits();
  const ids = [0, 1, 31, 32, 65_535, 65_536, 1_244_714_272, 4_294_967_295];
  for (const id of ids) bits.add(id);
  for (const id of ids) expect(bits.has(id)).toBe(true);
  for (const id of [2, 33, 65_537, 4_294_967_294]) expect(bits.has(id)).toBe(false);
});

// The kernel reads what V8 writes nearly always and leaves the rest to others: numbers of every length must come out the
// same, wherever they lie in a window, and its code must be what its source says.
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { Kernel } from "../../src/snapshot/kernel.ts";
import { NodeScanner } from "../../src/snapshot/scan.ts";
import { temporaryFolder } from "../builder/captures.ts";

const { path: folder, remove } = temporaryFolder();
afterAll(remove);

/** A number with any count of digits up to `digits`, each count as likely. */
const number = (digits: number, most = 10 ** digits - 1): fc.Arbitrary<number> =>
  fc
    .integer({ min: 1, max: digits })
    .chain((d) => fc.integer({ min: d === 1 ? 0 : Math.min(most, 10 ** (d - 1)), max: Math.min(most, 10 ** d - 1) }));

const MOST_NAMES = 10 ** 8;
const kernel = Kernel.open({ strings: 1000, keys: 1000 }) as Kernel;

function put(text: string): number {
  kernel.window.fill(0);
  return kernel.window.write(text, "latin1");
}

test("the code is what the source compiles to", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/kernel.mjs", "--check"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("nodes of any numbers that it takes", () => {
  const node = fc.tuple(fc.integer({ min: 0, max: 15 }), number(8), number(10, 0xffffffff), number(8), number(5), fc.nat(9), fc.nat(255));
  fc.assert(
    fc.property(fc.array(node, { minLength: 1, maxLength: 300 }), fc.integer({ min: 5, max: 7 }), (nodes, fields) => {
      const end = put(`${nodes.map((values) => values.slice(0, fields).join()).join("\n,")}\n,`);
      kernel.setTypes(Uint8Array.from({ length: 16 }, (_, i) => 15 - i));
      const shape = { fields, detachedAt: fields === 7 ? 6 : -1, maxNames: MOST_NAMES, maxEdges: 0xffffffff };
      const used = kernel.nodes(0, end, 4096, shape, 5);
      expect({ used, count: kernel.count }).toEqual({ used: end, count: nodes.length });
      let edges = 5;
      nodes.forEach(([type, name, id, size, own, , detached], n) => {
        edges += own;
        const { type: types, name: names, id: ids, selfSize, edgesSoFar, detachedness } = kernel;
        const read = [types[n], names[n], ids[n], selfSize[n], edgesSoFar[n], detachedness[n]];
        expect(read).toEqual([15 - type, name, id, size, edges, fields === 7 ? detached : 0]);
      });
    }),
    { numRuns: 200 },
  );
});

test.each(["\n,", ","])("edges of any numbers that it takes, with the positions of every 128th, between them %j", (between) => {
  const edge = fc.tuple(fc.integer({ min: 0, max: 9 }), number(8), number(9, 306_783_378));
  fc.assert(
    fc.property(fc.array(edge, { minLength: 1, maxLength: 600 }), fc.nat(1000), fc.integer({ min: 5, max: 7 }), (edges, before, fields) => {
      const lines = edges.map(([type, name, node]) => `${type},${name},${node * fields}${between}`);
      // The last ones are not taken when something else is in sight.
      put(lines.join("") + `1,2,3${between}`.repeat(15));
      const end = lines.join("").length;
      kernel.setTypes(Uint8Array.from({ length: 10 }, (_, i) => i));
      kernel.planes.fill(2);
      const shape = { nodeFields: fields, nodeCount: 306_783_379, maxNames: MOST_NAMES };
      const used = kernel.edges(0, end, 4096, shape, before);
      expect({ used, count: kernel.count }).toEqual({ used: end, count: edges.length });
      edges.forEach(([type, name, node], e) => {
        expect([kernel.type[e], kernel.label[e], kernel.name[e], kernel.to[e]]).toEqual([type, type, name, node]);
      });
      let at = kernel.window.byteOffset;
      const positions = lines.map((line) => {
        at += line.length;
        return at - line.length;
      });
      const kept = positions.filter((_, e) => (before + e) % 128 === 0);
      expect([...kernel.positions.subarray(0, kept.length)]).toEqual(kept);
    }),
    { numRuns: 200 },
  );
});

test.each([
  "1,2,3,4,5,0", // one number too few
  "123,2,3,4,5,0,0",
  "99,2,3,4,5,0,0",
  "1,123456789,3,4,5,0,0",
  "1,2,4294967296,4,5,0,0",
  "1,2,12345678901,4,5,0,0",
  "1,2,3,123456789,5,0,0",
  "1,2,3,4,,0,0",
  ",2,3,4,5,0,0",
  "1,2,3,4,5,0,",
  "1,2,3,4,5,0,-1",
  "1,2,3,4,5,0,256",
  "1,2,3.5,4,5,0,0",
  "1, 2,3,4,5,0,0",
  "1,2,3,4,5\n0,0",
  "1,2,3,4,5e3,0,0",
  "1,500,3,4,5,0,0",
  "1,2,3,4,90,0,0",
])("stops at a node as V8 hardly writes one: %j", (odd) => {
  const usual = "1,2,3,4,5,0,0\n,";
  const end = put(`${usual}${usual}${odd}\n,${usual}`);
  kernel.setTypes(Uint8Array.from({ length: 16 }, (_, i) => i));
  expect(kernel.nodes(0, end, 4096, { fields: 7, detachedAt: 6, maxNames: 500, maxEdges: 99 }, 0)).toBe(2 * usual.length);
  expect(kernel.count).toBe(2);
});

test("nodes are added up by key", () => {
  const node = fc.tuple(fc.integer({ min: 0, max: 15 }), fc.nat(2000), number(10), number(8), number(5), fc.nat(9), fc.nat(255));
  fc.assert(
    fc.property(fc.array(node, { minLength: 1, maxLength: 300 }), fc.integer({ min: 5, max: 7 }), fc.boolean(), (nodes, fields, lines) => {
      const end = put(`${nodes.map((values) => values.slice(0, fields).join()).join(lines ? "\n," : ",")}${lines ? "\n" : ""},`);
      const adder = Kernel.open({ keys: 2300 }) as Kernel;
      adder.window.set(kernel.window.subarray(0, end));
      adder.setTypes(Uint8Array.from({ length: 16 }, (_, i) => 15 - i));
      const used = adder.tally(0, end, { fields, maxNames: 2001, named: (1 << 3) | (1 << 8) });
      expect({ used, count: adder.tallied }).toEqual({ used: end, count: nodes.length });
      const sums = new Map<number, [number, number]>();
      for (const [type, name, , size] of nodes) {
        const own = 15 - type;
        const key = own === 3 || own === 8 ? name + 256 : own;
        const [objects, bytes] = sums.get(key) ?? [0, 0];
        if (size > 0) sums.set(key, [objects + 1, bytes + size]);
      }
      const seen = new Map<number, [number, number]>();
      adder.sums((key, objects, _, bytes) => seen.set(key, [objects, bytes]));
      expect(seen).toEqual(sums);
    }),
    { numRuns: 100 },
  );
});

const ODD_FOR_SUMS = [
  "12,2,3",
  "1,2,3,4,5,0", // one number too few
  "1,2,3,4,5,0,0,0",
  "123,2,3,4,5,0,0",
  "99,2,3,4,5,0,0",
  ",2,3,4,5,0,0",
  "1,,3,4,5,0,0",
  "1,2,,4,5,0,0",
  "1,2,3,,5,0,0",
  "1,2,3,4,,0,0",
  "1,2,3,4,5,0,",
  "1,123456789,3,4,5,0,0",
  "1,2,12345678901,4,5,0,0",
  "1,2,3,123456789,5,0,0",
  "1,500,3,4,5,0,0",
  "1,2,3,4,5,0,-1",
  "1,2,3.5,4,5,0,0",
  "1, 2,3,4,5,0,0",
  "1,2,3,4,5e3,0,0",
  "1,2,3,4,\u00b5,0,0",
];

test.each([...ODD_FOR_SUMS, "1,2,3,4,5\n0,0", "1,2,3,4,5\n,0,0", "1,2,3,4,5,0,0\n", "1,2,3,4,5,0,0\n1"])(
  "adds up to a node as V8 hardly writes one, wherever it stands: %j",
  (odd) => {
    for (let before = 1; before < 600; before += 7) {
      const usual = "1,2,3,4,5,0,0\n,".repeat(before);
      const end = put(`${usual}${odd}\n,1,2,3,4,5,0,0\n,`);
      kernel.setTypes(Uint8Array.from({ length: 10 }, (_, i) => i));
      const used = kernel.tally(0, end, { fields: 7, maxNames: 500, named: 0 });
      expect({ used, records: kernel.tallied }).toEqual({ used: usual.length, records: before });
    }
  },
);

// Without newlines a number too many or too few shifts all records behind it: that is seen by their count, at the end.
test.each(ODD_FOR_SUMS.filter((odd) => odd.split(",").length === 7))("also without newlines: %j", (odd) => {
  for (let before = 1; before < 600; before += 7) {
    const usual = "1,2,3,4,5,0,0,".repeat(before);
    const end = put(`${usual}${odd},1,2,3,4,5,0,0,`);
    kernel.setTypes(Uint8Array.from({ length: 10 }, (_, i) => i));
    const used = kernel.tally(0, end, { fields: 7, maxNames: 500, named: 0 });
    expect({ used, records: kernel.tallied }).toEqual({ used: usual.length, records: before });
  }
});

test("names that there is no room for are left to others", () => {
  const adder = Kernel.open({ keys: 1000 }) as Kernel;
  const [first, last] = ["1,743,3,4,5,0,0\n,", "1,744,3,4,5,0,0\n,"];
  const end = adder.window.write(first + last, "latin1");
  adder.setTypes(Uint8Array.of(0, 1));
  expect(adder.tally(0, end, { fields: 7, maxNames: 1e8, named: 2 })).toBe(first.length);
  expect(adder.tally(first.length, end, { fields: 7, maxNames: 1e8, named: 0 })).toBe(end);
});

test("quotes that begin or end strings, among backslashes and across windows", () => {
  const piece = fc.constantFrom('"', "\\", "\\\\", "x", "ü", " ".repeat(61), "\\".repeat(63), "\\".repeat(64), "y".repeat(64), ",");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.boolean(), fc.integer({ min: 1, max: 12 }), (pieces, isEscaped, most) => {
      const end = put(Buffer.from(pieces.join("")).toString("latin1"));
      let [found, at, escaped] = [0, 0, isEscaped];
      while (at < end && found < most) {
        const byte = kernel.window[at++];
        if (byte === 0x22 && !escaped) found++;
        escaped = byte === 0x5c && !escaped;
      }
      const used = kernel.quotes(0, end, most, isEscaped);
      expect([used, kernel.quotesFound, kernel.isEscaping]).toEqual([at, found, escaped]);
    }),
    { numRuns: 2000 },
  );
});

test("a record with numbers too many is read as two, the second of which stops it", () => {
  const end = put("1,2,7\n,1,2,7,0\n,1,2,7\n,");
  kernel.setTypes(Uint8Array.of(0, 1, 2));
  kernel.planes.fill(2);
  expect(kernel.edges(0, end, 4096, { nodeFields: 7, nodeCount: 10, maxNames: 500 }, 0)).toBe("1,2,7\n,1,2,7,".length);
});

test.each(["1,2", "12,2,7", "1,123456789,7", "1,2,8", "1,2,70", "1,,7", ",2,7", "1,2,", "2,500,7", "1 ,2,7", "1,2\n7", "9,2,7"])(
  "stops at an edge as V8 hardly writes one: %j",
  (odd) => {
    const usual = "1,2,7\n,";
    const end = put(`${usual}${usual}${odd}\n,${usual}`);
    kernel.setTypes(Uint8Array.of(0, 1, 2));
    kernel.planes.fill(2);
    kernel.planes[1] = 3;
    const used = kernel.edges(0, end, 4096, { nodeFields: 7, nodeCount: 10, maxNames: 500 }, 0);
    expect([used, kernel.count]).toEqual([2 * usual.length, 2]);
  },
);

test("without WebAssembly everything is read, only slower", () => {
  const heap = join(folder, "by-hand.heapsnapshot");
  const meta = {
    node_fields: ["type", "name", "id", "self_size", "edge_count"],
    node_types: [["hidden", "object"], "string", "number", "number", "number"],
    edge_fields: ["type", "name_or_index", "to_node"],
    edge_types: [["context", "element", "property"], "string_or_number", "node"],
  };
  const nodes = "1,0,1,0,1\n,1,0,3,123456789012,0\n,1,0,5,16,0\n";
  writeFileSync(
    heap,
    `{"snapshot":{"meta":${JSON.stringify(meta)},"node_count":3,"edge_count":1},\n"nodes":[${nodes}],\n"edges":[2,0,5\n],\n"strings":["A"]}`,
  );
  const fd = openSync(heap, "r");
  const sizes: number[] = [];
  NodeScanner.of(fd).scan(({ count, selfSize }) => sizes.push(...selfSize.subarray(0, count)));
  closeSync(fd);
  expect(sizes).toEqual([0, 123_456_789_012, 16]);
  const run = (...flags: string[]): string => {
    const words = [...flags, "dist/cli/main.js", "common", heap, "--json", "--internals"];
    return spawnSync(process.execPath, words, { encoding: "utf8", env: { ...process.env, LEAKHUNT_HOME: join(folder, "home") } }).stdout;
  };
  expect(run()).toContain('"type"');
  expect(run("--jitless")).toBe(run());
  const other = join(folder, "other.heapsnapshot");
  writeFileSync(other, readFileSync(heap, "utf8").replace("1,0,5,16", "1,0,7,16"));
  const compare = (...flags: string[]): string => {
    const words = [...flags, "dist/cli/main.js", "new", heap, other, "--raw", "--json"];
    return spawnSync(process.execPath, words, { encoding: "utf8", env: { ...process.env, LEAKHUNT_HOME: join(folder, "home") } }).stdout;
  };
  expect(compare()).toContain('"added":1');
  expect(compare("--jitless")).toBe(compare());
});

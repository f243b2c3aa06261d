// Node records read from both ends of a file, against the whole decoder: the same nodes, the same strings, and
// broken files refused the same way.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { LeakhuntError } from "../../src/errors.ts";
import { countRawTypes } from "../../src/graph/rawTypes.ts";
import { NodeScanner } from "../../src/snapshot/scan.ts";
import { arbitraryHeap, arbitraryText } from "../builder/arbitrary.ts";
import { temporaryFolder } from "../builder/captures.ts";
import { columnsOf, decode, fileOf } from "../builder/columns.ts";
import { seeded } from "../builder/random.ts";
import { parsed, spaced, withFields, written } from "../builder/rewrite.ts";
import { sampleFile } from "../builder/sample.ts";

const { path: folder, remove } = temporaryFolder();
afterAll(remove);
const path = join(folder, "scanned.heapsnapshot");

interface Scanned {
  readonly nodes: (number | undefined)[][];
  readonly strings: Map<number, string>;
}

function scanned(bytes: Uint8Array, wanted: ReadonlySet<number> = new Set()): Scanned {
  writeFileSync(path, bytes);
  const scanner = NodeScanner.open(path);
  try {
    const nodes: (number | undefined)[][] = [];
    scanner.scan(({ count, type, name, id, selfSize }) => {
      for (let i = 0; i < count; i++) nodes.push([type[i], name[i], id[i], selfSize[i]]);
    });
    return { nodes, strings: scanner.strings(wanted) };
  } finally {
    scanner.close();
  }
}

function decoded(bytes: Uint8Array): Scanned {
  const { nodeCount, nodeType, nodeName, nodeId, nodeSelfSize, strings } = decode(bytes);
  return {
    nodes: Array.from({ length: nodeCount }, (_, n) => [nodeType[n], nodeName[n], nodeId[n], nodeSelfSize[n]]),
    strings: new Map(Array.from({ length: strings.count }, (_, s) => [s, strings.get(s)])),
  };
}

test("the same nodes and strings as the whole file, however it is written", () => {
  const fields = ["extra", "id", "edge_count", "type", "self_size", "name"];
  fc.assert(
    fc.property(arbitraryHeap(), fc.array(arbitraryText(), { maxLength: 4 }), fc.nat(2 ** 31), (heap, spareStrings, seed) => {
      const plain = fileOf(columnsOf({ ...heap, spareStrings }));
      const random = seeded(seed);
      const other = written(withFields(parsed(plain), fields, ["type", "name_or_index", "to_node"]));
      for (const file of [plain, spaced(plain, () => random(5)), other, Buffer.from(JSON.stringify(parsed(plain), null, 2))]) {
        const expected = decoded(file);
        expect(scanned(file, new Set(expected.strings.keys()))).toEqual(expected);
        const [some] = [...expected.strings].filter(() => random(2) === 0);
        if (some) expect([...scanned(file, new Set([some[0]])).strings]).toEqual([some]);
      }
    }),
    { numRuns: 150 },
  );
});

test("more nodes than fit into one reading", () => {
  const random = seeded(3);
  const nodes = Array.from({ length: 150_000 }, (_, i) => ({
    type: random(16),
    name: `n${random(5000)}`,
    id: i * 2 + 1,
    size: random(2 ** 30),
  }));
  const file = fileOf(columnsOf({ nodes, edges: [] }));
  expect(file.indexOf('"edges"')).toBeGreaterThan(2.5e6);
  const expected = decoded(file);
  const found = scanned(file, new Set(expected.strings.keys()));
  expect(found.nodes.length).toBe(150_000);
  expect(JSON.stringify(found.nodes) === JSON.stringify(expected.nodes)).toBe(true);
  expect(found.strings).toEqual(expected.strings);
});

/** Counts the types of a file; undefined, or the error. */
function refusal(bytes: Uint8Array): unknown {
  writeFileSync(path, bytes);
  let scanner: NodeScanner | undefined;
  try {
    scanner = NodeScanner.open(path);
    countRawTypes(scanner);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    scanner?.close();
  }
}

const file = sampleFile();
const text = file.toString();

test.each<[name: string, bytes: () => string, says: RegExp]>([
  ["a name beyond all strings", () => text.replace(/"nodes":\[9,\d+/, '"nodes":[3,4294967290'), /node 0 has name 4294967290/],
  [
    "a name one beyond the last string",
    () => text.replace(/"nodes":\[9,\d+,1,0/, `"nodes":[3,${parsed(file).strings.length},1,8`),
    /uses string \d+, which is not there/,
  ],
  ["a type that meta does not name", () => text.replace(/"nodes":\[9/, '"nodes":[99'), /node 0 has a type or id/],
  ["an id beyond 32 bits", () => text.replace(/"nodes":\[9,(\d+),1/, '"nodes":[9,$1,99999999999'), /node 0 has a type or id/],
  ["a negative number", () => text.replace(/"nodes":\[9/, '"nodes":[-9'), /no whole number in record 0/],
  ["a fraction", () => text.replace(/"nodes":\[9/, '"nodes":[9.5'), /no whole number in record 0/],
  ["half a record", () => text.replace('\n],\n"edges"', ',1,2],\n"edges"'), /no whole number in record/],
  ["two commas between records", () => text.replace("\n,", "\n,,"), /no whole number in record 1/],
  ["no comma between records", () => text.replace("\n,", "\n"), /no whole number in record 1/],
  ["one node fewer", () => text.replace(/"node_count":(\d+)/, (_, n) => `"node_count":${Number(n) + 1}`), /nodes where it claims/],
  ["a string that is no JSON", () => text.replace('"Session"', '"Sess\\x41"'), /string \d+ is not a valid JSON string/],
  ["nodes as an object", () => text.replace('"nodes":[', '"nodes":{"a":['), /not an array|not a usable/],
  ["no strings", () => text.replace('"strings":[', '"other":['), /lacks "strings"/],
  ["a number that never ends", () => text.replace(/"nodes":\[9/, `"nodes":[${"9".repeat(3e6)}`), /never ends|cannot be|no whole number/],
])("%s: exit 4, in one line", (_, bytes, says) => {
  const changed = bytes();
  expect(changed).not.toBe(text);
  const error = refusal(Buffer.from(changed));
  expect(error).toBeInstanceOf(LeakhuntError);
  expect((error as LeakhuntError).message).toMatch(says);
  expect([(error as LeakhuntError).exitCode, (error as LeakhuntError).line.includes("\n")]).toEqual([4, false]);
});

test("control characters that are not escaped do not matter to either reader", () => {
  const raw = Buffer.from(text.replace('"user:1"', '"user\n\t1"'));
  const expected = decoded(raw);
  expect([...expected.strings.values()]).toContain("user\n\t1");
  expect(scanned(raw, new Set(expected.strings.keys()))).toEqual(expected);
});

test("thousands of broken files: refused in one line, or counted", () => {
  const random = seeded(11);
  let refused = 0;
  for (let i = 0; i < 1200; i++) {
    const broken = Buffer.from(file);
    for (let changes = 1 + random(3); changes > 0; changes--)
      broken[random(broken.length)] = random(3) === 0 ? random(256) : 0x20 + random(96);
    const error = refusal(i % 4 === 0 ? broken.subarray(0, random(broken.length)) : broken);
    if (error === undefined) continue;
    if (!(error instanceof LeakhuntError) || error.exitCode !== 4) throw new Error(`case ${i}`, { cause: error });
    refused++;
  }
  expect(refused).toBeGreaterThan(300);
});

// Locations have a fast loop for whole records of V8's usual form. It must say what the patient way says, which is what
// a file that comes byte by byte is read with.
import fc from "fast-check";
import { expect, test } from "vitest";
import { columnsOf, decode, fileOf, unpacked } from "../builder/columns.ts";
import { parsed, written } from "../builder/rewrite.ts";

const NODES = 40;
const nodes = Array.from({ length: NODES }, (_, i) => ({ type: i === 0 ? 9 : 3, name: "A", id: i * 2 + 1, size: 8 }));
const uint32 = fc.oneof(fc.nat(50), fc.integer({ min: 0, max: 0xffffffff }));
const location = fc.record({ node: fc.nat(NODES - 1), scriptId: uint32, line: uint32, column: uint32 });

/** What V8 puts between two records: the newline before the comma, or after it. */
const SEPARATORS = ["\n,", ",\n", ","];

/** The file with its locations written in this form. */
function withSeparator(file: Uint8Array, separator: string): Buffer {
  const { locations } = parsed(Buffer.from(file)) as unknown as { locations: number[] };
  const records = Array.from({ length: locations.length / 4 }, (_, i) => locations.slice(4 * i, 4 * i + 4).join(","));
  const text = Buffer.from(file).toString();
  return Buffer.from(text.replace(/"locations":\[[^\]]*\]/, `"locations":[${records.join(separator)}\n]`));
}

test("read whole, in pieces and byte by byte they are the same", () => {
  const cases = fc.tuple(fc.array(location, { maxLength: 80 }), fc.constantFrom(...SEPARATORS), fc.integer({ min: 70, max: 400 }));
  fc.assert(
    fc.property(cases, ([locations, separator, size]) => {
      const file = withSeparator(fileOf(columnsOf({ nodes, edges: [], locations })), separator);
      const pieces = Array.from({ length: Math.ceil(file.length / size) }, (_, i) => file.subarray(i * size, (i + 1) * size));
      const bytes = Array.from(file, (_, i) => file.subarray(i, i + 1));
      const expected = {
        node: Uint32Array.from(locations, (one) => one.node),
        scriptId: Uint32Array.from(locations, (one) => one.scriptId),
        line: Uint32Array.from(locations, (one) => one.line),
        column: Uint32Array.from(locations, (one) => one.column),
      };
      for (const way of [[file], pieces, bytes]) {
        expect((unpacked(decode(...way)) as { locations: unknown }).locations).toEqual(expected);
      }
    }),
    { numRuns: 150 },
  );
});

test("a bad record among good ones is named by its number", () => {
  const locations = Array.from({ length: 60 }, (_, i) => ({ node: i % NODES, scriptId: 1, line: i, column: 2 }));
  const good = parsed(Buffer.from(fileOf(columnsOf({ nodes, edges: [], locations }))));
  const fields = good.nodes.length / NODES;
  const bad: [number, number, RegExp][] = [
    [0, NODES * fields, /location 20 belongs to no node/],
    [0, 3, /location 20 belongs to no node/],
    [0, 2 ** 40 * fields, /location 20 belongs to no node/],
    [1, 2 ** 32, /location 20 has the number 4294967296/],
    [3, 2 ** 33, /location 20 has the number 8589934592/],
  ];
  for (const [field, value, why] of bad) {
    const json = structuredClone(good);
    (json as unknown as { locations: number[] }).locations[20 * 4 + field] = value;
    for (const separator of SEPARATORS) expect(() => decode(withSeparator(written(json), separator))).toThrow(why);
  }
});

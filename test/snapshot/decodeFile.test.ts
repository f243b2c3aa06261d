// The fast way into a file must say exactly what the patient decoder says, and must decline what it cannot read.
import { closeSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { SnapshotColumns } from "../../src/snapshot/columns.ts";
import { decodeFile } from "../../src/snapshot/decodeFile.ts";
import { EDGES_PER_BLOCK } from "../../src/snapshot/edgeNames.ts";
import { EDGE_TYPES, EdgeType, NODE_TYPES, NodeType } from "../../src/snapshot/format.ts";
import { arbitraryHeap } from "../builder/arbitrary.ts";
import { bySignal, byWriteHeapSnapshot, otherNodes, temporaryFolder } from "../builder/captures.ts";
import { columnsOf, decode, fileOf, type PlainEdge, type PlainHeap, unpacked } from "../builder/columns.ts";
import { sampleFile } from "../builder/sample.ts";

const { path: folder, remove } = temporaryFolder();
afterAll(remove);
let files = 0;

/** What the fast way makes of a file; undefined when it declines. Names are read back from a file that is gone by then. */
async function fast(bytes: Uint8Array): Promise<SnapshotColumns | undefined> {
  const path = join(folder, `${files++}.heapsnapshot`);
  writeFileSync(path, bytes);
  const fd = openSync(path, "r");
  const columns = await decodeFile(fd);
  if (!columns) closeSync(fd);
  rmSync(path);
  return columns;
}

/** Both ways, as arrays. A column of nothing but zeros is as good as none. */
async function both(file: Uint8Array): Promise<{ fast: unknown; patient: unknown }> {
  const columns = await fast(file);
  expect(columns).toBeDefined();
  const plain = (c: SnapshotColumns): unknown => {
    const detached = c.nodeDetachedness?.some((d) => d !== 0) ? c.nodeDetachedness : undefined;
    return unpacked({ ...c, nodeDetachedness: detached });
  };
  return { fast: plain(columns as SnapshotColumns), patient: plain(decode(file)) };
}

async function alike(file: Uint8Array): Promise<void> {
  const result = await both(file);
  expect(result.fast).toEqual(result.patient);
}

test("a small heap with something of everything", async () => {
  await alike(sampleFile());
});

test("any heap", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryHeap(), async (heap) => {
      await alike(fileOf(columnsOf(heap)));
    }),
    { numRuns: 150 },
  );
});

test("a snapshot as this Node writes it", async () => {
  await alike(await bySignal(folder));
});

test.each(otherNodes)("a snapshot as %s writes it", async (node) => {
  await alike(byWriteHeapSnapshot(folder, { exposeNumericValues: true }, node));
});

test("a snapshot without newlines, as V8 writes it since 13.6", async () => {
  const text = sampleFile().toString("latin1");
  expect(text).toContain('",\n"');
  await alike(Buffer.from(text.replaceAll("\n", ""), "latin1"));
});

test("files longer than the window, with long and short numbers on its borders", async () => {
  const edges: PlainEdge[] = [];
  for (let i = 0; i < 120_000; i++) {
    edges.push({ from: i % 5000, type: EdgeType.element, name: (i * 7919) % 4_000_000_000, to: (i * 31) % 5000 });
    if (i % 3 === 0) edges.push({ from: i % 5000, type: EdgeType.property, name: `p${i % 50}`, to: i % 5000 });
  }
  const nodes = Array.from({ length: 5000 }, (_, i) => ({
    type: i === 0 ? NodeType.synthetic : NodeType.object,
    name: i % 2 === 0 ? "Object" : "Session",
    id: i === 4000 ? 0xffffffff : i * 2 + 1,
    size: i === 17 ? 5 * 2 ** 30 : i === 18 ? 0xffffffff : i % 1000,
  }));
  const file = fileOf(columnsOf({ nodes, edges }));
  expect(file.length).toBeGreaterThan(2 << 20);
  await alike(file);
});

test.each([
  [1, 6000],
  [300, 600],
])("records with %i more numbers than this V8 writes: the same, or declined", async (extra, count) => {
  const more = Array.from({ length: extra }, (_, i) => `extra${i}`);
  const nodes = Array.from({ length: count }, (_, i) => [
    i === 0 ? 9 : 3,
    0,
    i * 2 + 1,
    i % 90,
    i === 0 ? 1 : 0,
    ...more.map(() => 123_456_789_012_345),
  ]);
  const meta = {
    node_fields: ["type", "name", "id", "self_size", "edge_count", ...more],
    node_types: [NODE_TYPES, "string", "number", "number", "number", ...more.map(() => "number")],
    edge_fields: ["type", "name_or_index", "to_node"],
    edge_types: [EDGE_TYPES, "string_or_number", "node"],
  };
  const header = JSON.stringify({ meta, node_count: count, edge_count: 1 });
  const body = `"nodes":[${nodes.map((node) => node.join()).join("\n,")}\n],\n"edges":[1,1,${nodes[0]?.length}\n],\n"strings":["Object"]}\n`;
  const file = Buffer.from(`{"snapshot":${header},\n${body}`);
  const columns = await fast(file);
  if (extra === 300) expect(file.length).toBeGreaterThan(2 << 20);
  if (extra === 300) expect(columns).toBeUndefined();
  else await alike(file);
});

test("names of blocks that are not full, and in any order of asking", async () => {
  const heap = (edges: number): PlainHeap => ({
    nodes: [{ type: NodeType.synthetic, name: "", id: 1, size: 0 }],
    edges: Array.from({ length: edges }, (_, i) => ({ from: 0, type: EdgeType.element, name: i * 3, to: 0 })),
  });
  for (const count of [1, EDGES_PER_BLOCK - 1, EDGES_PER_BLOCK, EDGES_PER_BLOCK + 1, 20 * EDGES_PER_BLOCK + 5]) {
    const columns = (await fast(fileOf(columnsOf(heap(count))))) as SnapshotColumns;
    for (let e = count - 1; e >= 0; e--) expect(columns.edgeNames.at(e)).toBe(e * 3);
  }
});

test.each<[string, (text: string) => string]>([
  ["spaces between numbers", (text) => text.replace(/("edges":\[\d+,)/, "$1 ")],
  ["a fraction", (text) => text.replace(/("nodes":\[\d+),/, "$1.0,")],
  ["a negative number", (text) => text.replace(/("nodes":\[\d+,)/, "$1-")],
  ["a number too many", (text) => text.replace('"edges":[', '"edges":[1,')],
  ["a number too few", (text) => text.replace(/"edges":\[\d+,/, '"edges":[')],
  ["an edge into the middle of a node", (text) => text.replace(/("edges":\[\d+,\d+,)(\d+)/, (_, head, to) => `${head}${Number(to) + 1}`)],
  ["nodes that nobody counted", (text) => text.replace(/"node_count":(\d+)/, (_, n) => `"node_count":${Number(n) - 1}`)],
  ["more nodes than the file has room for", (text) => text.replace(/"node_count":\d+/, '"node_count":4000000000')],
  ["fields in another order", (text) => text.replace('"name","id"', '"id","name"')],
  ["a section between nodes and edges", (text) => text.replace('"edges"', '"more":[],"edges"')],
  ["strings that are not the last section", (text) => text.replace(/\]\}\s*$/, '],"more":1}')],
  ["spaces between strings", (text) => text.replace('"strings":["', '"strings":[ "')],
  ["strings some of which have a newline between them", (text) => text.replace(/",\n"([^"]*"\]\})/, '","$1')],
  ["a comma after the last string", (text) => text.replace(/\]\}\s*$/, ",]}")],
  ["no end", (text) => text.slice(0, -5)],
])("declines %s", async (_, change) => {
  const text = sampleFile().toString("latin1");
  const changed = change(text);
  expect(changed).not.toBe(text);
  expect(await fast(Buffer.from(changed, "latin1"))).toBeUndefined();
});

test("a file that is overwritten while it is open is noticed, not believed", async () => {
  const path = join(folder, "changing.heapsnapshot");
  const file = sampleFile();
  writeFileSync(path, file);
  const columns = (await decodeFile(openSync(path, "r"))) as SnapshotColumns;
  await new Promise((done) => setTimeout(done, 20));
  writeFileSync(path, Buffer.concat([file, Buffer.from("\n")]));
  expect(() => columns.edgeNames.at(3)).toThrow("changed while it was open");
});

// Broken snapshots, by the ten thousands: each is refused with exit code 4, or gives columns that hold together and
// that every question can be asked of. Never a hang, another kind of error, or much memory.
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { backrefs } from "../../src/analysis/backrefs.ts";
import { leakingObjects, showObject } from "../../src/analysis/objects.ts";
import { retainingPaths } from "../../src/analysis/paths.ts";
import { mostCommonTypes } from "../../src/analysis/typeTable.ts";
import { LeakhuntError } from "../../src/errors.ts";
import { HeapGraph } from "../../src/graph/heapGraph.ts";
import type { SnapshotColumns } from "../../src/snapshot/columns.ts";
import { decodeFile } from "../../src/snapshot/decodeFile.ts";
import { TYPE_OF_LABEL } from "../../src/snapshot/edgeLabels.ts";
import { isIndexed } from "../../src/snapshot/format.ts";
import { decodeStream } from "../../src/snapshot/open.ts";
import { temporaryFolder } from "../builder/captures.ts";
import { decode, fileOf, unpacked } from "../builder/columns.ts";
import { seeded } from "../builder/random.ts";
import { sampleFile } from "../builder/sample.ts";

const file = sampleFile();
const { path: folder, remove } = temporaryFolder();
afterAll(remove);
const SLOW_MS = 3000;
const counts = { cases: 0, refused: 0, decoded: 0, slowest: 0, peak: 0 };

afterAll(() => {
  console.log(`fuzz: ${JSON.stringify(counts)}`);
  expect(counts.peak).toBeLessThan(1.5e9);
});

/** One case. `how` is for the message when it fails. */
function check(bytes: Buffer, how: string): void {
  const began = performance.now();
  counts.cases++;
  try {
    holdsTogether(decode(bytes));
    counts.decoded++;
  } catch (error) {
    if (!(error instanceof LeakhuntError) || error.exitCode !== 4) throw new Error(`${how}: ${(error as Error).stack}`, { cause: error });
    if (/\n/.test(error.line) || error.line.length > 500) throw new Error(`${how}: not one line: ${error.line}`);
    counts.refused++;
  }
  const took = performance.now() - began;
  counts.slowest = Math.max(counts.slowest, Math.round(took));
  if (took > SLOW_MS) throw new Error(`${how}: took ${took} ms`);
  if (counts.cases % 500 === 0) counts.peak = Math.max(counts.peak, process.memoryUsage.rss());
}

function holdsTogether(columns: SnapshotColumns): void {
  const { nodeCount, edgeCount, firstEdge, strings } = columns;
  const bad: string[] = [];
  const must = (fine: boolean, what: string): void => {
    if (!fine) bad.push(what);
  };
  must(firstEdge.length === nodeCount + 1 && firstEdge[nodeCount] === edgeCount, "edges per node");
  for (let n = 0; n < nodeCount; n++) {
    must((firstEdge[n] as number) <= (firstEdge[n + 1] as number), "edges in order");
    must((columns.nodeName[n] as number) < strings.count, "node name");
    must((columns.nodeType[n] as number) < columns.nodeTypeNames.length, "node type");
  }
  for (let e = 0; e < edgeCount; e++) {
    must((columns.edgeTo[e] as number) < nodeCount, "edge target");
    must((TYPE_OF_LABEL[columns.edgeLabel[e] as number] as number) < columns.edgeTypeNames.length, "edge type");
    must(isIndexed(TYPE_OF_LABEL[columns.edgeLabel[e] as number] as number) || columns.edgeNames.at(e) < strings.count, "edge name");
  }
  must(
    columns.locations.node.every((n) => n < nodeCount),
    "location",
  );
  if (bad.length > 0) throw new Error(`columns do not hold together: ${bad.slice(0, 3).join(", ")}`);
  for (let s = 0; s < strings.count; s++) strings.get(s);
  const again = decode(fileOf(columns));
  if (JSON.stringify(unpacked(again)) !== JSON.stringify(unpacked(columns))) throw new Error("written again it is another heap");
  ask(new HeapGraph(columns));
}

/** Every question, of every node. */
function ask(graph: HeapGraph): void {
  mostCommonTypes(graph, { limit: 0, internals: true, long: true });
  leakingObjects(graph);
  for (let n = 0; n < graph.nodeCount; n++) {
    showObject(graph, n);
    retainingPaths(graph, n, { all: 3 });
  }
  backrefs(graph, [graph.nodeCount - 1]);
}

const HARMFUL = [...'0919,[]{}"\\ :-e.n\n'].map((c) => c.charCodeAt(0)).concat(0, 0x7f, 0xc3, 0xff);

test("the sample itself is whole", () => {
  check(file, "sample");
  expect(counts).toMatchObject({ decoded: 1, refused: 0 });
});

test("every byte, replaced by each of the bytes that mean something", () => {
  for (let at = 0; at < file.length; at++) {
    for (const byte of HARMFUL) {
      if (file[at] === byte) continue;
      const broken = Buffer.from(file);
      broken[at] = byte;
      check(broken, `byte ${at} = ${byte}`);
    }
  }
});

test("every byte: left out, doubled, the rest cut off, the rest moved by one bit", () => {
  for (let at = 0; at < file.length; at++) {
    check(Buffer.concat([file.subarray(0, at), file.subarray(at + 1)]), `without byte ${at}`);
    check(Buffer.concat([file.subarray(0, at + 1), file.subarray(at)]), `byte ${at} twice`);
    check(file.subarray(0, at), `cut at ${at}`);
    for (let bit = 0; bit < 8; bit += 3) {
      const broken = Buffer.from(file);
      broken[at] = (broken[at] as number) ^ (1 << bit);
      check(broken, `bit ${bit} of byte ${at}`);
    }
  }
});

test("the fast way into a broken file: never another answer than the patient way, unless the damage changed nothing", async () => {
  const path = join(folder, "broken.heapsnapshot");
  const whole = shown(decode(file));
  const outcome = { declined: 0, same: 0, harmless: 0 };
  for (let at = 0; at < file.length; at++) {
    for (const byte of [0x30, 0x39, 0x2c, 0x0a, 0x22, 0x5d, 0x5c, 0xff]) {
      if (file[at] === byte) continue;
      const broken = Buffer.from(file);
      broken[at] = byte;
      writeFileSync(path, broken);
      const fd = openSync(path, "r");
      const columns = await decodeFile(fd).catch((error: unknown) => error);
      if (columns === undefined) {
        closeSync(fd);
        outcome.declined++;
        continue;
      }
      const fast = attempt(() => {
        if (columns instanceof Error) throw columns;
        return shown(columns as SnapshotColumns);
      });
      const patient = attempt(() => shown(decode(broken)));
      if (fast === patient) outcome.same++;
      else if (fast === whole) outcome.harmless++;
      else throw new Error(`byte ${at} = ${byte}: ${fast.slice(0, 200)} instead of ${patient.slice(0, 200)}`);
    }
  }
  console.log(`fast way: ${JSON.stringify(outcome)}`);
  expect(Math.min(outcome.declined, outcome.same)).toBeGreaterThan(100);
});

function shown(columns: SnapshotColumns): string {
  const plain = unpacked({
    ...columns,
    nodeDetachedness: columns.nodeDetachedness?.some((d) => d !== 0) ? columns.nodeDetachedness : undefined,
  });
  return JSON.stringify(Object.entries(plain).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The text, or that it was refused as a bad snapshot; other errors pass. */
function attempt(make: () => string): string {
  try {
    return make();
  } catch (error) {
    if (error instanceof LeakhuntError && error.exitCode === 4) return "refused";
    throw error;
  }
}

test("several changes at once: bytes, digits, whole pieces moved", () => {
  const random = seeded(20261124);
  for (let i = 0; i < 12_000; i++) {
    let broken = Buffer.from(file);
    for (let changes = 1 + random(4); changes > 0; changes--) {
      const at = random(broken.length);
      const length = 1 + random(60);
      const kind = random(5);
      if (kind === 0) broken[at] = random(256);
      else if (kind === 1) broken[at] = 0x30 + random(10);
      else if (kind === 2) broken = Buffer.concat([broken.subarray(0, at), broken.subarray(at + length)]);
      else if (kind === 3) broken = Buffer.concat([broken.subarray(0, at), broken.subarray(random(at + 1), at + length)]);
      else broken = Buffer.concat([broken.subarray(0, at), Buffer.from(String(random(2 ** 31) * random(9))), broken.subarray(at)]);
    }
    check(broken, `random case ${i}`);
  }
});

/** Changes numbers only, so that most cases are still snapshots: of heaps that no V8 has. */
test("other numbers in the arrays: heaps with impossible edges, types and names", () => {
  const random = seeded(7);
  const json = JSON.parse(file.toString()) as { nodes: number[]; edges: number[]; locations: number[]; strings: string[] };
  const nodes = json.nodes.length / 5;
  const before = counts.decoded;
  for (let i = 0; i < 12_000; i++) {
    const changed = structuredClone(json);
    for (let changes = 1 + random(6); changes > 0; changes--) {
      const edge = random(json.edges.length / 3) * 3;
      const node = random(nodes) * 5;
      const kind = random(6);
      if (kind === 0) changed.edges[edge] = random(7);
      else if (kind === 1) changed.edges[edge + 1] = random(json.strings.length);
      else if (kind === 2) changed.edges[edge + 2] = random(nodes) * 5;
      else if (kind === 3) changed.nodes[node] = random(16);
      else if (kind === 4) changed.nodes[node + 1] = random(json.strings.length);
      else changed.nodes[node + 3] = random(3) === 0 ? 2 ** 33 + random(9) : random(200);
    }
    check(Buffer.from(JSON.stringify(changed)), `numbers case ${i}`);
  }
  expect(counts.decoded - before).toBeGreaterThan(10_000);
});

test("gzip: every byte changed, and cut off everywhere", async () => {
  const zipped = gzipSync(file);
  const refusedOf = async (bytes: Buffer): Promise<boolean> => {
    counts.cases++;
    try {
      holdsTogether(await decodeStream(Readable.from([bytes]), bytes.length));
      return false;
    } catch (error) {
      if (error instanceof LeakhuntError && error.exitCode === 4) return true;
      throw error;
    }
  };
  for (let at = 0; at < zipped.length; at++) {
    const broken = Buffer.from(zipped);
    broken[at] = (broken[at] as number) ^ 0xff;
    // The ten bytes of the header say nothing of what is inside: name, time and system may be anything.
    if (!(await refusedOf(broken)) && at >= 10) throw new Error(`byte ${at} changed and nobody noticed`);
    expect(await refusedOf(zipped.subarray(0, at))).toBe(true);
  }
});

// A snapshot that is decoded while it is written must give the very columns that its file gives afterwards; and whatever
// happens to the capture, nothing of it may stay behind.
import { appendFileSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, expect, test } from "vitest";
import type { SnapshotColumns } from "../../src/snapshot/columns.ts";
import { DecodeAlong } from "../../src/snapshot/decodeAlong.ts";
import { decodeFile } from "../../src/snapshot/decodeFile.ts";
import { byWriteHeapSnapshot, otherNodes, temporaryFolder } from "../builder/captures.ts";
import { unpacked } from "../builder/columns.ts";

const { path: folder, remove } = temporaryFolder();
afterAll(remove);
let path: string;
let part: string;
let files = 0;
beforeEach(() => {
  path = join(folder, `${files++}.heapsnapshot`);
  part = `${path}.part`;
});

const real = byWriteHeapSnapshot(folder, { exposeNumericValues: true });

/** Writes the file as V8 does: into one that is there with something else in it, piece by piece. */
async function written(bytes: Uint8Array, piece: number): Promise<void> {
  writeFileSync(part, "");
  for (let at = 0; at < bytes.length; at += piece) {
    appendFileSync(part, bytes.subarray(at, at + piece));
    await sleep(1);
  }
}

function begin(): DecodeAlong {
  writeFileSync(part, "0123456789abcdef0123456789abcdef");
  return new DecodeAlong(part);
}

async function finished(along: DecodeAlong): Promise<SnapshotColumns | undefined> {
  renameSync(part, path);
  return along.finish(path);
}

/** How many descriptors of ours mean the file of this test. */
function openFiles(): number {
  const isOurs = (fd: string): boolean => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(path);
    } catch {
      return false;
    }
  };
  return existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").filter(isOurs).length : 0;
}

async function fromFile(bytes: Uint8Array): Promise<SnapshotColumns> {
  const other = join(folder, "other.heapsnapshot");
  writeFileSync(other, bytes);
  const columns = await decodeFile(openSync(other, "r"));
  rmSync(other);
  return columns as SnapshotColumns;
}

/** Without what only a decoder along has left over. */
function bare({ lendSpare: _, ...columns }: SnapshotColumns): SnapshotColumns {
  return columns;
}

test.each([process.execPath, ...otherNodes])("columns are those of the file: %s", async (node) => {
  const bytes = node === process.execPath ? real : byWriteHeapSnapshot(folder, { exposeNumericValues: true }, node);
  const along = begin();
  await written(bytes, 100_001);
  const columns = await finished(along);
  expect(columns).toBeDefined();
  expect(unpacked(bare(columns as SnapshotColumns))).toEqual(unpacked(await fromFile(bytes)));
});

test("a file that is written at once, or by few bytes", async () => {
  for (const piece of [real.length, 9973]) {
    const along = begin();
    await written(real, piece);
    await sleep(60);
    const columns = await finished(along);
    expect(columns?.edgeCount).toBe((await fromFile(real)).edgeCount);
  }
});

test("strings that end like a snapshot are not taken for its end", async () => {
  const text = real.toString("latin1").replace('"strings":["', '"strings":["]}');
  const at = text.lastIndexOf('"]}') + 3;
  const first = text.indexOf('"strings":["]}') + '"strings":["]}'.length;
  const along = begin();
  writeFileSync(part, text.slice(0, first), "latin1");
  await sleep(120);
  appendFileSync(part, text.slice(first, at), "latin1");
  const columns = await finished(along);
  expect(columns?.strings.get(0).startsWith("]}")).toBe(true);
});

test("each edge and node before there are names", async () => {
  writeFileSync(part, "");
  let seen: { nodes: number; edges: number } | undefined;
  const along = new DecodeAlong(part, {
    onUnnamed: ({ nodeCount, edgeTo }) => {
      seen = { nodes: nodeCount, edges: edgeTo.length };
      return undefined;
    },
  });
  await written(real, 1 << 18);
  const columns = await finished(along);
  expect(seen).toEqual({ nodes: columns?.nodeCount, edges: columns?.edgeCount });
});

test("the columns are there before the file has its name", async () => {
  writeFileSync(part, "");
  let tell: (columns: SnapshotColumns) => void = () => {};
  const named = new Promise<SnapshotColumns>((resolve) => {
    tell = resolve;
  });
  const along = new DecodeAlong(part, { onNamed: tell });
  await written(real, 1 << 18);
  const columns = await named;
  expect(columns.edgeCount).toBe((await fromFile(real)).edgeCount);
  expect(await finished(along)).toBe(columns);
});

test("strings are left until somebody else has done with the processor, or V8 has", async () => {
  for (const isDone of [true, false]) {
    writeFileSync(part, "");
    let goOn = (): void => {};
    let isNamed = false;
    const along = new DecodeAlong(part, {
      onUnnamed: () =>
        new Promise<void>((resolve) => {
          goOn = resolve;
        }),
      onNamed: () => {
        isNamed = true;
      },
    });
    await written(real, 1 << 20);
    await sleep(300);
    expect(isNamed).toBe(false);
    if (isDone) {
      goOn();
      while (!isNamed) await sleep(5);
    }
    const columns = await finished(along);
    expect(columns?.edgeCount).toBeGreaterThan(0);
    expect(isNamed).toBe(true);
  }
});

test.each<[string, (text: string) => string]>([
  ["is cut off", (text) => text.slice(0, -40)],
  ["has a name that is no string", (text) => text.replace(/("edges":\[)\d+,\d+/, "$12,99999999")],
  ["has a letter among its numbers", (text) => text.replace(/("edges":\[\d+,)\d/, "$1x")],
  ["has fields in another order", (text) => text.replace('"name","id"', '"id","name"')],
  ["goes on after its end", (text) => `${text.trimEnd()}1`],
])("declines one that %s, and closes it", async (_, change) => {
  const text = real.toString("latin1");
  const changed = change(text);
  expect(changed).not.toBe(text);
  const along = begin();
  await written(Buffer.from(changed, "latin1"), 1 << 20);
  expect(await finished(along)).toBeUndefined();
  expect(openFiles()).toBe(0);
});

test("what was declined while it was written is declined in the end", async () => {
  const text = real.toString("latin1").replace('"name","id"', '"id","name"');
  const along = begin();
  await written(Buffer.from(text, "latin1"), text.length);
  await sleep(200);
  expect(openFiles()).toBe(0);
  expect(await finished(along)).toBeUndefined();
});

test("another file with the name is not the one that was decoded", async () => {
  let isBegun = false;
  writeFileSync(part, "");
  const along = new DecodeAlong(part, {
    onUnnamed: () => {
      isBegun = true;
      return undefined;
    },
  });
  await written(real, 1 << 20);
  while (!isBegun) await sleep(5);
  writeFileSync(path, readFileSync(part));
  expect(openFiles()).toBe(existsSync("/proc/self/fd") ? 1 : 0);
  expect(await along.finish(path)).toBeUndefined();
});

test("a capture that is given up leaves nothing, however far it was", async () => {
  await new DecodeAlong(part).cancel();
  await begin().cancel();
  const along = begin();
  await written(real.subarray(0, real.length / 2), 1 << 18);
  await sleep(60);
  await along.cancel();
  const whole = begin();
  await written(real, 1 << 18);
  while (existsSync("/proc/self/fd") && openFiles() === 0) await sleep(5);
  await whole.cancel();
  expect(openFiles()).toBe(0);
});

test("nobody waits for the columns any more", async () => {
  const along = begin();
  await written(real.subarray(0, real.length - 9), 1 << 20);
  const abort = new AbortController();
  abort.abort(new Error("cancelled"));
  renameSync(part, path);
  await expect(along.finish(path, abort.signal)).rejects.toThrow("cancelled");
});

test("one that is there before anybody looked", async () => {
  writeFileSync(path, real);
  const columns = await new DecodeAlong(part).finish(path);
  expect(columns?.edgeCount).toBe((await fromFile(real)).edgeCount);
});

test("no snapshot at all", async () => {
  const along = begin();
  await written(Buffer.from('{"snapshot":{}}'), 100);
  expect(await finished(along)).toBeUndefined();
});

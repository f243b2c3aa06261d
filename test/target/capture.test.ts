// Captures: both ways give a whole snapshot, and every way out leaves the target running and no half file.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { attachTarget, type CaptureProgress, type Target } from "../../src/target/attach.ts";
import { captureFile } from "../../src/target/capture.ts";
import { captureCost } from "../../src/target/cost.ts";
import type { HeapSnapshotOptions, Inspector } from "../../src/target/inspector.ts";
import { freeMemoryFor } from "../../src/target/limits.ts";
import { BUSY, cleanUp, codeOf, folder, IDLE, isAlive, openPorts, start, until } from "./programs.ts";

afterEach(cleanUp);

/** A heap that takes about a second to write, so that there is a midway. */
const BIG = `globalThis.big=Array.from({length:250000},(_,i)=>({i,text:'t'+i}));${IDLE}`;
const MARKED = `globalThis.marker='unmistakable marker';${IDLE}`;

function contents(path: string): { snapshot: { node_count: number }; strings: string[] } {
  return JSON.parse(readFileSync(path, "utf8"));
}

describe.each(["file", "stream"] as const)("by %s", (how) => {
  test("the snapshot is whole, private, and its ids stay", async () => {
    const { pid } = await start(MARKED);
    const target = await attachTarget({ pid });
    const path = join(folder(), "one.heapsnapshot");
    const progress: CaptureProgress[] = [];
    const done = await target.capture(path, { how, onProgress: (each) => progress.push(each) });
    expect(done).toMatchObject({ path, how, epochKept: true, bytes: statSync(path).size });
    expect(done.pauseMs).toBeGreaterThan(5);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path}.part`)).toBe(false);
    expect(contents(path).strings).toContain("unmistakable marker");
    expect(progress[0]?.phase).toBe("building graph");
    expect(await target.checkEpoch()).toBe(true);
    expect((await target.capture(path, { how })).epochKept).toBe(true);
    await target.detach();
  });

  test("the values of numbers are in it unless left out", async () => {
    const { pid } = await start(`globalThis.holder={unmistakable:123456789};${IDLE}`);
    const target = await attachTarget({ pid });
    const path = join(folder(), "numbers.heapsnapshot");
    await target.capture(path, { how });
    expect(contents(path).strings).toContain("123456789");
    await target.capture(path, { how, numbers: false });
    const lean = contents(path);
    expect(lean.strings).not.toContain("123456789");
    // its key is still the name of a string of the program, so the file is of the same heap
    expect(lean.strings).toContain("unmistakable");
    await target.detach();
  });

  test("a busy loop is no obstacle", async () => {
    const { pid } = await start(BUSY);
    const target = await attachTarget({ pid });
    const path = join(folder(), "busy.heapsnapshot");
    await target.capture(path, { how });
    expect(contents(path).snapshot.node_count).toBeGreaterThan(10_000);
    expect(await target.detach()).toEqual({ closed: true });
    expect(isAlive(pid)).toBe(true);
  });

  test("a target that is killed midway leaves no file", async () => {
    const { target, child, into } = await midway(how);
    const work = codeOf(into.work);
    child.kill("SIGKILL");
    expect(await work).toBe("TARGET_GONE");
    expect(await target.gone).toMatch(/process \d+ ended/);
    expect(readdirSync(into.folder)).toEqual([]);
    expect(await target.detach()).toEqual({ closed: true });
  });

  test("an abort midway leaves no file and a target that lives on", async () => {
    const { target, into, abort, pid } = await midway(how);
    abort.abort();
    expect(await codeOf(into.work)).toBe("ABORTED");
    expect(readdirSync(into.folder)).toEqual([]);
    await target.detach();
    // V8 writes its snapshot to the end before it hears of us: on a busy machine that takes long
    await until(() => openPorts(pid).length === 0, 90_000);
    expect(isAlive(pid)).toBe(true);
    expect(readdirSync(into.folder)).toEqual([]);
  }, 120_000);

  test("a full disk is said, and leaves no file", async () => {
    const small = join(folder(), "small");
    mkdirSync(small);
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", small]).status !== 0) return;
    try {
      const { pid } = await start(IDLE);
      const target = await attachTarget({ pid });
      await expect(target.capture(join(small, "x.heapsnapshot"), { how })).rejects.toThrow(/no space left/);
      expect(readdirSync(small)).toEqual([]);
      await target.detach();
    } finally {
      spawnSync("umount", ["-l", small]);
    }
  });
});

interface Midway {
  readonly target: Target;
  readonly pid: number;
  readonly child: { kill(signal: "SIGKILL"): void };
  readonly abort: AbortController;
  readonly into: { readonly folder: string; readonly work: Promise<unknown> };
}

/** A capture that has begun: its first progress was reported. */
async function midway(how: "file" | "stream"): Promise<Midway> {
  const { pid, child } = await start(BIG);
  const target = await attachTarget({ pid });
  const abort = new AbortController();
  const path = folder();
  let begun = (): void => {};
  const beginning = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const work = target.capture(join(path, "x.heapsnapshot"), { how, signal: abort.signal, onProgress: () => setTimeout(begun, 150) });
  await Promise.race([beginning, work]);
  return { target, pid, child, abort, into: { folder: path, work } };
}

test("V8 counts its progress only for a target whose processor time we cannot see", async () => {
  const { pid } = await start(IDLE);
  const target = await attachTarget({ pid });
  const path = join(folder(), "x.heapsnapshot");
  const asked: unknown[] = [];
  const inspector: Inspector = Object.create(target.inspector, {
    heapSnapshot: {
      value: (onChunk: (chunk: string) => Promise<void>, options: HeapSnapshotOptions) => {
        asked.push(options.onProgress !== undefined);
        return target.inspector.heapSnapshot(onChunk, options);
      },
    },
  });
  const source = { inspector, nodeVersion: target.identity.nodeVersion, cost: await target.predict() };
  for (const seen of [pid, undefined]) await captureFile({ ...source, pid: seen }, path, { how: "stream" });
  expect(asked).toEqual([false, true]);
  await target.detach();
});

test("a target that may not write there is streamed from", async () => {
  const place = folder();
  const { pid } = await start(`process.setuid(65534);${IDLE}`, ["--inspect=0"]);
  const target = await attachTarget({ pid });
  const done = await target.capture(join(place, "x.heapsnapshot"));
  expect(done.how).toBe("stream");
  expect(statSync(done.path).uid).toBe(0);
  await target.detach();
});

test("a folder that is not there is said", async () => {
  const { pid } = await start(IDLE);
  const target = await attachTarget({ pid });
  expect(await codeOf(target.capture(join(folder(), "none", "x.heapsnapshot")))).toBe("CANNOT_WRITE");
  await target.detach();
});

test("the estimate follows a previous capture, and an upper bound of its own", () => {
  const cost = captureCost(process.pid, 2e6, { nodes: 1000, heapUsed: 1e6, pauseMs: 30, fileBytes: 1e6 });
  expect(cost).toMatchObject({ pauseMs: 60, fileBytes: 2e6, extraBytes: 15e6, fits: true });
  expect(captureCost(process.pid, 2e6, { nodes: 1000, heapUsed: 1e6, pauseMs: 30, fileBytes: 9e6 }).extraBytes).toBe(30e6);
  expect(captureCost(undefined, 1e12)).toMatchObject({ fits: true, freeBytes: Number.POSITIVE_INFINITY });
  expect(freeMemoryFor(process.pid).bytes).toBeGreaterThan(1e6);
});

const GROUPS = "/sys/fs/cgroup/memory";
const canGroup =
  existsSync(`${GROUPS}/memory.limit_in_bytes`) && attempt(() => rmdirSync(mkdirSync(`${GROUPS}/leakhunt-try`, { recursive: true }) ?? ""));

test.skipIf(!canGroup)("what does not fit into the target's cgroup is refused unless forced", async () => {
  const group = `${GROUPS}/leakhunt-test-${process.pid}`;
  mkdirSync(group);
  const { pid, child, ended } = await start(BIG);
  try {
    writeFileSync(`${group}/memory.limit_in_bytes`, "300000000");
    writeFileSync(`${group}/cgroup.procs`, String(pid));
    const target = await attachTarget({ pid });
    expect(await target.predict()).toMatchObject({ limit: "cgroup", fits: false });
    const place = folder();
    expect(await codeOf(target.capture(join(place, "x.heapsnapshot")))).toBe("CAPTURE_TOO_BIG");
    expect(readdirSync(place)).toEqual([]);
    writeFileSync(`${group}/memory.limit_in_bytes`, "2000000000");
    await target.capture(join(place, "x.heapsnapshot"));
    await target.detach();
  } finally {
    child.kill("SIGKILL");
    await ended;
    await until(() => attempt(() => rmdirSync(group)));
  }
});

function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

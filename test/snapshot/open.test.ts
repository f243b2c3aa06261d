// Where the bytes come from: a file, a pipe, standard input, gzip or not; and every way in which they may not come.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { LeakhuntError } from "../../src/errors.ts";
import { decodeStream, readSnapshot } from "../../src/snapshot/open.ts";
import { temporaryFolder } from "../builder/captures.ts";
import { decode, unpacked } from "../builder/columns.ts";
import { sampleFile } from "../builder/sample.ts";

const { path: folder, remove } = temporaryFolder();
afterAll(remove);
afterEach(() => {
  vi.restoreAllMocks();
});

const file = sampleFile();
const zipped = gzipSync(file);
const plain = unpacked(decode(file));

function saved(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function refusal(reading: Promise<unknown>): Promise<LeakhuntError> {
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LeakhuntError);
  expect((error as LeakhuntError).line).not.toContain("\n");
  return error as LeakhuntError;
}

function bytes(chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  return Readable.from(chunks, { objectMode: true }) as AsyncIterable<Uint8Array>;
}

const split = (all: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.subarray(i * size, (i + 1) * size));

test("a file, and the same file gzipped, whatever it is called", async () => {
  expect(unpacked(await readSnapshot(saved("a.heapsnapshot", file)))).toEqual(plain);
  expect(unpacked(await readSnapshot(saved("b.heapsnapshot", zipped)))).toEqual(plain);
  expect(unpacked(await readSnapshot(saved("c.gz", file)))).toEqual(plain);
});

test.each([1, 2, 3, 17, 1000, 1e6])("streams in chunks of %d bytes, plain and gzipped", async (size) => {
  expect(unpacked(await decodeStream(bytes(split(file, size)), undefined))).toEqual(plain);
  expect(unpacked(await decodeStream(bytes(split(zipped, size)), undefined))).toEqual(plain);
});

test("gzip in several members, as `cat a.gz b.gz` makes it", async () => {
  const half = file.length >> 1;
  const members = Buffer.concat([gzipSync(file.subarray(0, half)), gzipSync(file.subarray(half))]);
  expect(unpacked(await readSnapshot(saved("members.gz", members)))).toEqual(plain);
});

test("standard input, plain and gzipped; errors name it", async () => {
  const stdin = vi.spyOn(process, "stdin", "get");
  for (const input of [file, zipped]) {
    stdin.mockReturnValue(Readable.from(split(input, 100)) as unknown as typeof process.stdin);
    expect(unpacked(await readSnapshot("-"))).toEqual(plain);
  }
  stdin.mockReturnValue(Readable.from([Buffer.from("<html>")]) as unknown as typeof process.stdin);
  expect((await refusal(readSnapshot("-"))).line).toBe("standard input: not a usable heap snapshot: it does not start with { at byte 0");
});

test("a named pipe is opened once: its writer is not cut off", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const path = saved("into-pipe", file);
  const writer = spawn("sh", ["-c", 'cat "$0" > "$1"', path, pipe], { stdio: "ignore" });
  const ended = new Promise((resolve) => writer.on("close", (code, signal) => resolve(signal ?? code)));
  expect(unpacked(await readSnapshot(pipe))).toEqual(plain);
  expect(await ended).toBe(0);
});

test("progress counts the bytes of the source, to its end", async () => {
  const path = saved("progress.gz", zipped);
  const seen: [number, number | undefined][] = [];
  await readSnapshot(path, { onProgress: (done, of) => seen.push([done, of]) });
  expect(seen.at(-1)).toEqual([zipped.length, zipped.length]);
  const streamed: [number, number | undefined][] = [];
  await decodeStream(bytes(split(file, 1000)), undefined, { onProgress: (done, of) => streamed.push([done, of]) });
  expect(streamed.map(([done]) => done)).toEqual([...streamed.keys()].map((i) => Math.min((i + 1) * 1000, file.length)));
  expect(streamed.every(([, of]) => of === undefined)).toBe(true);
});

test("an aborted reading rejects with the signal's reason, and lets go of the source", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const source = Readable.from(split(file, 100));
  const reading = decodeStream(source, undefined, {
    signal: controller.signal,
    onProgress: (done) => done > 500 && controller.abort(reason),
  });
  await expect(reading).rejects.toBe(reason);
  expect(source.destroyed).toBe(true);
  await expect(readSnapshot(saved("aborted", file), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("a bad file is left at once, not read to its end", async () => {
  let given = 0;
  const endless = (function* () {
    for (; given < 1e6; given++) yield Buffer.from("<html>");
  })();
  await refusal(decodeStream(bytes(endless as unknown as Uint8Array[]), undefined));
  expect(given).toBeLessThan(100);
});

test("damaged gzip: exit 4 and what is wrong with it", async () => {
  for (let length = 2; length < zipped.length; length += 7) {
    const error = await refusal(decodeStream(bytes([zipped.subarray(0, length)]), undefined));
    expect([error.exitCode, error.message]).toEqual([4, expect.stringMatching(/gzip data is damaged|cut off|empty/)]);
  }
  let refused = 0;
  for (let at = 10; at < zipped.length; at += 5) {
    const broken = Buffer.from(zipped);
    broken[at] = (broken[at] as number) ^ 0x55;
    expect((await refusal(decodeStream(bytes([broken]), undefined))).exitCode).toBe(4);
    refused++;
  }
  expect(refused).toBeGreaterThan(100);
});

test("gzip of something else", async () => {
  const error = await refusal(readSnapshot(saved("html.gz", gzipSync("<html>"))));
  expect(error.line).toBe(`${join(folder, "html.gz")}: not a usable heap snapshot: it does not start with { at byte 0`);
});

test.each<[name: string, make: () => string, says: RegExp]>([
  ["no such file", () => join(folder, "none"), /cannot read .*none: there is no such file/],
  ["a directory", () => folder, /it is a directory/],
  ["a file below a file", () => join(saved("plain", file), "below"), /cannot read/],
])("%s: exit 2", async (_, make, says) => {
  const error = await refusal(readSnapshot(make()));
  expect([error.code, error.exitCode]).toEqual(["CANNOT_READ", 2]);
  expect(error.message).toMatch(says);
});

test.skipIf(process.getuid?.() === 0)("a file that may not be read: exit 2", async () => {
  const path = saved("secret", file);
  chmodSync(path, 0);
  expect((await refusal(readSnapshot(path))).message).toMatch(/permission denied/);
});

test("a source that fails on the way: exit 2 for a file's own trouble, other errors as they are", async () => {
  mkdirSync(join(folder, "dir"));
  const stdin = vi.spyOn(process, "stdin", "get");
  const failing = (error: Error): typeof process.stdin =>
    Readable.from(
      (function* () {
        yield file.subarray(0, 100);
        throw error;
      })(),
    ) as unknown as typeof process.stdin;
  stdin.mockReturnValue(failing(Object.assign(new Error("EIO: i/o error, read"), { code: "EIO", syscall: "read", errno: -5 })));
  expect(await refusal(readSnapshot("-"))).toMatchObject({ exitCode: 2, message: "cannot read standard input: EIO: i/o error, read" });
  const own = new TypeError("a mistake of ours");
  stdin.mockReturnValue(failing(own));
  await expect(readSnapshot("-")).rejects.toBe(own);
});

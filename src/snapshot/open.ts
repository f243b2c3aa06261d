// Bytes of a snapshot, wherever they are: a path or standard input, plain or gzip. Recognised by content, not
// by name, because dumps get renamed on their way out of a container.

import { closeSync, createReadStream, openSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { pipeline } from "node:stream";
import { badSnapshot, cannotReadFile, LeakhuntError } from "../errors.ts";
import type { SnapshotColumns } from "./columns.ts";
import { SnapshotDecoder } from "./decode.ts";
import { decodeFile } from "./decodeFile.ts";

const CHUNK = 1 << 20;

export interface ReadOptions {
  /** Called after each chunk with the bytes read so far and, if known, the size of the source. */
  readonly onProgress?: ((done: number, of: number | undefined) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a snapshot file, or standard input when `path` is "-"; gzip is unpacked on the way.
 * @throws LeakhuntError `CANNOT_READ` (exit 2) when there is no such file, `BAD_SNAPSHOT` (exit 4) when it is none.
 */
export async function readSnapshot(path: string, options: ReadOptions = {}): Promise<SnapshotColumns> {
  try {
    if (path === "-") return await decodeStream(process.stdin, undefined, options);
    const size = await fileSize(path);
    if (size !== undefined) {
      const columns = await decodeFileAt(path, options);
      if (columns) return columns;
    }
    return await decodeStream(createReadStream(path, { highWaterMark: CHUNK }), size, options);
  } catch (error) {
    const name = path === "-" ? "standard input" : path;
    if (error instanceof LeakhuntError) throw error.code === "BAD_SNAPSHOT" ? error.about(name) : error;
    if (isSystemError(error)) throw cannotReadFile(name, reasonOf(error), error);
    throw error;
  }
}

/** The fast way, for files as V8 writes them; undefined for others. */
async function decodeFileAt(path: string, { onProgress, signal }: ReadOptions): Promise<SnapshotColumns | undefined> {
  const fd = openSync(path, "r");
  let columns: SnapshotColumns | undefined;
  try {
    columns = await decodeFile(fd, { onProgress, signal });
    return columns;
  } finally {
    if (!columns) closeSync(fd);
  }
}

/** Undefined for pipes and devices, which must not be opened twice: the writer would see its reader go. */
async function fileSize(path: string): Promise<number | undefined> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) throw cannotReadFile(path, "it is a directory");
    if (!facts.isFile()) return undefined;
    const handle = await open(path, "r");
    await handle.close();
    return facts.size;
  } catch (error) {
    if (error instanceof LeakhuntError) throw error;
    throw cannotReadFile(path, reasonOf(error), error);
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && "code" in error;
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  return (error as Error).message;
}

/** Decodes a stream of bytes; gzip is recognised by its first two bytes. */
export async function decodeStream(
  source: AsyncIterable<Uint8Array>,
  size: number | undefined,
  { onProgress, signal }: ReadOptions = {},
): Promise<SnapshotColumns> {
  const decoder = new SnapshotDecoder();
  let read = 0;
  const counted = (async function* () {
    for await (const chunk of source) {
      signal?.throwIfAborted();
      read += chunk.length;
      onProgress?.(read, size);
      yield chunk;
    }
  })();
  for await (const chunk of unpacked(counted)) {
    signal?.throwIfAborted();
    decoder.write(chunk);
  }
  return decoder.finish();
}

async function* unpacked(source: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 2) {
    const next = await source.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  const all = (async function* () {
    yield head;
    yield* source;
  })();
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* all;
    return;
  }
  const { createGunzip } = await import("node:zlib");
  try {
    yield* pipeline(all, createGunzip({ chunkSize: CHUNK }), () => {}) as unknown as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && String(cause.code).startsWith("Z_")) {
      throw badSnapshot(`its gzip data is damaged (${cause.message})`, cause);
    }
    throw cause;
  }
}

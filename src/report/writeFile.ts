// Files appear whole or not at all: written under another name in the same folder, then renamed. They may show what
// was in a program's memory, so only their owner can read them.

import { open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { cannotWriteFile } from "../errors.ts";

/** Writes `bytes` to `path`, replacing a file but never a directory. Rejects with `cannotWriteFile`. */
export async function writeBeside(path: string, bytes: Uint8Array | string, mode = 0o600): Promise<void> {
  const existing = await stat(path).catch(() => undefined);
  if (existing?.isDirectory()) throw cannotWriteFile(path, "it is a directory");
  const { randomBytes } = await import("node:crypto");
  const temporary = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomBytes(6).toString("hex")}.part`);
  try {
    await writeNew(temporary, bytes, mode);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw cannotWriteFile(path, reason(cause), cause);
  }
}

async function writeNew(path: string, bytes: Uint8Array | string, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}

function reason(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "its folder does not exist";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "no permission to write there";
    case "ENOSPC":
    case "EDQUOT":
      return "the disk is full";
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}

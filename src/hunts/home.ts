// Where hunts are remembered, and how files there are written: a heap holds passwords, so everything is 0700 or
// 0600 and written beside before it is renamed into place.

import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, platform } from "node:os";
import { join } from "node:path";
import { cannotWriteFile } from "../errors.ts";

/** $LEAKHUNT_HOME, else the platform's place for state. */
export function homePath(env: NodeJS.ProcessEnv = process.env): string {
  if (env["LEAKHUNT_HOME"]) return env["LEAKHUNT_HOME"];
  if (env["XDG_STATE_HOME"]) return join(env["XDG_STATE_HOME"], "leakhunt");
  if (platform() === "darwin") return join(homedir(), "Library", "Application Support", "leakhunt");
  if (platform() === "win32") return join(env["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "leakhunt");
  return join(homedir(), ".local", "state", "leakhunt");
}

/**
 * Makes a folder that only this user can enter.
 * @throws LeakhuntError `CANNOT_WRITE`.
 */
export function privateFolder(path: string): string {
  try {
    if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
  } catch (error) {
    throw cannotWriteFile(path, (error as NodeJS.ErrnoException).code ?? String(error), error);
  }
  return path;
}

/** Writes a value as JSON, so that a reader sees the old or the new file and never half of one. */
export function writeJson(path: string, value: unknown): void {
  const beside = `${path}.${process.pid}.part`;
  try {
    writeFileSync(beside, JSON.stringify(value), { mode: 0o600 });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw cannotWriteFile(path, (error as NodeJS.ErrnoException).code ?? String(error), error);
  }
}

/** Reads a JSON file of ours; undefined when it is not there or not ours. */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch {
    return undefined;
  }
}

// Where hunts are remembered, and how files there are written: a heap holds passwords, so everything is 0700 or
// 0600 and written beside before it is renamed into place.

import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, platform } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cannotWriteFile } from "../errors.ts";

/** $LEAKHUNT_HOME, else the platform's place for state. */
export function homePath(env: NodeJS.ProcessEnv = process.env): string {
  // Absolute: the target, and another leakhunt that holds it, work in folders of their own.
  if (env["LEAKHUNT_HOME"]) return resolve(env["LEAKHUNT_HOME"]);
  if (env["XDG_STATE_HOME"]) return resolve(env["XDG_STATE_HOME"], "leakhunt");
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
    mkdirSync(path, { recursive: true, mode: 0o700 });
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

/** Longest time between making a lock and writing the owner into it. */
const OWNER_WRITTEN_MS = 3000;

/** Does something while no other leakhunt of this home does something under the same name. A dead owner's lock is void. */
export async function alone<T>(home: string, name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const path = join(privateFolder(home), `${name.replace(/[^\w.-]/g, "_")}.lock`);
  while (!makeLock(path)) {
    if (!isOwned(path)) rmSync(path, { force: true });
    else await sleep(50, undefined, { signal });
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function makeLock(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { mode: 0o600, flag: "wx" });
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (code === "EEXIST") return false;
    if (code === "ENOSPC") rmSync(path, { force: true });
    throw cannotWriteFile(path, code, error);
  }
}

function isOwned(path: string): boolean {
  try {
    const owner = Number(readFileSync(path, "utf8"));
    return owner > 0 ? isAlive(owner) : Date.now() - statSync(path).mtimeMs < OWNER_WRITTEN_MS;
  } catch {
    return false;
  }
}

/** Whether a process with this pid exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

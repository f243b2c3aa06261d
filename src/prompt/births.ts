// Children of a followed program tell of themselves before their first line, and wait a moment to be held (birth.cts).
// They tell by files in a folder of ours, since a process that has just begun cannot wait for an answer any other way.

import { existsSync, type FSWatcher, mkdtempSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { builtFile } from "../builtFiles.ts";

/** Quoted as NODE_OPTIONS wants it: a path may hold blanks. */
const PRELOAD = `--require ${JSON.stringify(fileURLToPath(builtFile("target/birth.cjs")))}`;

export class Births {
  readonly #folder = mkdtempSync(join(tmpdir(), "leakhunt-births-"));
  #watcher: FSWatcher | undefined;

  /** An environment in which every Node process tells of itself, and opens its inspector at a port of its own, when asked to. */
  environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const options = `${env["NODE_OPTIONS"] ?? ""} ${PRELOAD}`.trim();
    return { ...env, NODE_OPTIONS: options, LEAKHUNT_BIRTHS: `${process.pid}:${this.#folder}` };
  }

  /** Calls back when a process tells of itself, or one is let go. Where nothing can be watched it never does. */
  watch(onBirth: () => void): void {
    try {
      this.#watcher = watch(this.#folder, (event) => event === "rename" && onBirth()).on("error", () => this.#watcher?.close());
    } catch {
      // the processes wait in vain for a second
    }
  }

  /** Asks a process that told of itself to wait a little longer. */
  coming(pid: number): void {
    const file = this.#fileOf(pid);
    try {
      if (existsSync(file)) writeFileSync(file, "coming", { flag: "r+" });
    } catch {
      // it waits no more
    }
  }

  /** Lets a process go on. */
  letGo(pid: number): void {
    rmSync(this.#fileOf(pid), { force: true });
  }

  /** Whether a process has told of itself. */
  hasTold(pid: number): boolean {
    return existsSync(this.#fileOf(pid));
  }

  /** Nobody is told of births any more, and who waits goes on. */
  close(): void {
    this.#watcher?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #fileOf(pid: number): string {
    return join(this.#folder, String(pid));
  }
}

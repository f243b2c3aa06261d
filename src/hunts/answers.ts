// Answers kept beside the snapshots they are about. Whoever hunts a leak asks the same things of the same file again and
// again: in another shell, after scrolling away, from a script. What took seconds to compute is kept as a small file,
// tied to the snapshot's size and time and to this build of leakhunt, and is thrown away when either changes.

import { readdirSync, readFileSync, realpathSync, rmSync, statSync, utimesSync } from "node:fs";
import { join, sep } from "node:path";
import { builtFile } from "../builtFiles.ts";
import { privateFolder, readJson, writeJson } from "./home.ts";

/** Answers of one snapshot, by question, the last used last. */
interface Kept {
  readonly build: string;
  readonly size: number;
  readonly modified: number;
  readonly answers: Record<string, unknown>;
}

/** Characters of the answers kept for one snapshot. */
const MOST_PER_SNAPSHOT = 4_000_000;
/** Bytes of all answers about files outside the hunts' own folders, whose answers go when they go. */
const MOST_ELSEWHERE = 64_000_000;
/** What the file of a hunt's snapshot is called, with this behind it. */
export const ANSWERS_SUFFIX = ".answers.json";

/**
 * This build, whichever of its files we are in: another one may count differently. The program's first file names the one that it
 * loads, whose name has a hash of what is in it and in all that it loads.
 */
const BUILD = ((): string => {
  try {
    return /parts\/[^"'`]+/.exec(readFileSync(builtFile("cli/main.js"), "utf8"))?.[0] ?? "";
  } catch {
    return "";
  }
})();

export class Answers {
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
  }

  /** What was answered to this question about the file as it is now. */
  get<T>(snapshot: string, question: string): T | undefined {
    const path = this.#pathOf(snapshot);
    const kept = path === undefined ? undefined : readJson<Kept>(path);
    if (!path || !kept || !isAbout(kept, snapshot)) return undefined;
    const answer = kept.answers[question];
    if (answer !== undefined) touch(path);
    return answer as T | undefined;
  }

  /** Keeps an answer. A disk that cannot take it is no reason to fail: it was only to save time. */
  put(snapshot: string, question: string, answer: unknown): void {
    try {
      const path = this.#pathOf(snapshot);
      const facts = statSync(snapshot, { throwIfNoEntry: false });
      if (path === undefined || !facts?.isFile()) return;
      const old = readJson<Kept>(path);
      const answers = { ...(old && isAbout(old, snapshot) ? old.answers : {}) };
      delete answers[question];
      answers[question] = answer;
      const entries = Object.entries(answers).map(([key, value]) => ({ key, value, length: JSON.stringify(value).length }));
      let length = entries.reduce((sum, entry) => sum + entry.length, 0);
      while (length > MOST_PER_SNAPSHOT) length -= entries.shift()?.length ?? length;
      const kept: Kept = {
        build: BUILD,
        size: facts.size,
        modified: facts.mtimeMs,
        answers: Object.fromEntries(entries.map(({ key, value }) => [key, value])),
      };
      writeJson(path, kept);
      if (!this.#isOurs(snapshot)) this.#bound();
    } catch {}
  }

  /** Deletes the answers about files that are not ours. @returns bytes. */
  clear(): number {
    let bytes = 0;
    for (const { path, size } of this.#elsewhere()) {
      rmSync(path, { force: true });
      bytes += size;
    }
    return bytes;
  }

  /** Bytes of the answers about files that are not ours. */
  get size(): number {
    return this.#elsewhere().reduce((sum, { size }) => sum + size, 0);
  }

  #isOurs(snapshot: string): boolean {
    return snapshot.startsWith(join(this.#home, "hunts") + sep);
  }

  /** Beside a hunt's own snapshot; in a folder of ours for any other file: its folder is not ours to write in. */
  #pathOf(snapshot: string): string | undefined {
    if (this.#isOurs(snapshot)) return snapshot + ANSWERS_SUFFIX;
    try {
      const { createHash } = process.getBuiltinModule("node:crypto");
      const name = createHash("sha256").update(realpathSync(snapshot)).digest("hex").slice(0, 32);
      return join(privateFolder(join(privateFolder(this.#home), "answers")), name + ANSWERS_SUFFIX);
    } catch {
      return undefined;
    }
  }

  #elsewhere(): { path: string; size: number; used: number }[] {
    const folder = join(this.#home, "answers");
    let names: string[] = [];
    try {
      names = readdirSync(folder);
    } catch {}
    return names.flatMap((name) => {
      const path = join(folder, name);
      const facts = statSync(path, { throwIfNoEntry: false });
      return facts ? [{ path, size: facts.size, used: facts.mtimeMs }] : [];
    });
  }

  #bound(): void {
    const all = this.#elsewhere().sort((a, b) => b.used - a.used);
    let sum = 0;
    for (const { path, size } of all) {
      sum += size;
      if (sum > MOST_ELSEWHERE) rmSync(path, { force: true });
    }
  }
}

function isAbout(kept: Kept, snapshot: string): boolean {
  const facts = statSync(snapshot, { throwIfNoEntry: false });
  return facts !== undefined && kept.build === BUILD && kept.size === facts.size && kept.modified === facts.mtimeMs;
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {}
}

/** A question as text, or undefined when it holds what no text can (a condition is a function). */
export function questionText(verb: string, parts: Readonly<Record<string, unknown>>): string | undefined {
  const values = Object.entries(parts).filter(([, value]) => value !== undefined);
  if (values.some(([, value]) => typeof value === "function")) return undefined;
  return `${verb} ${JSON.stringify(values.sort(([a], [b]) => (a < b ? -1 : 1)))}`;
}

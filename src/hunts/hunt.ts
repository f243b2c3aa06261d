// One hunt: the record of one target between commands. Its snapshots are ordinary .heapsnapshot files that
// DevTools opens; the last few are kept, so that an @id can be asked about in the snapshot that printed it.

import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ANSWERS_SUFFIX } from "./answers.ts";
import { homePath, privateFolder, readJson, writeJson } from "./home.ts";

export { isAlive } from "./home.ts";

export interface HuntTarget {
  readonly pid: number | undefined;
  readonly startTime: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly nodeVersion: string;
  readonly command: string;
  readonly openedByUs: boolean;
}

/** One kept snapshot. Times are ISO 8601, sizes bytes. */
export interface SnapshotEntry {
  readonly number: number;
  readonly file: string;
  readonly takenAt: string;
  readonly epoch: string;
  readonly bytes: number;
  readonly nodes: number;
  readonly heapUsed: number;
  readonly pauseMs: number;
  /** False when it was taken without the values of numbers. */
  readonly numbers?: boolean;
}

export interface HuntRecord {
  readonly version: 1;
  readonly key: string;
  target: HuntTarget;
  readonly createdAt: string;
  lastUsed: string;
  /** The process that holds the target's session. */
  holder: { pid: number; socket: string } | undefined;
  snapshots: SnapshotEntry[];
  nextNumber: number;
  /** Snapshots with a name of their own: baselines that are kept whatever `--keep` says. */
  marks?: Mark[];
}

/** A named baseline. */
export interface Mark {
  readonly name: string;
  /** Number of its snapshot. */
  readonly snapshot: number;
}

const LOCK_STALE_MS = 3000;
/** Longest path of a Unix socket on the strictest platform. */
const SOCKET_LIMIT = 100;

export class Hunt {
  readonly key: string;
  readonly folder: string;

  private constructor(key: string, folder: string) {
    this.key = key;
    this.folder = folder;
  }

  /** The hunt of a target, made when there is none yet. */
  static of(target: HuntTarget, home: string = homePath()): Hunt {
    const key = huntKey(target);
    const folder = privateFolder(join(privateFolder(join(privateFolder(home), "hunts")), key));
    const hunt = new Hunt(key, folder);
    const now = new Date().toISOString();
    hunt.update(
      (record) => {
        record.target = target;
        record.lastUsed = now;
      },
      { version: 1, key, target, createdAt: now, lastUsed: now, holder: undefined, snapshots: [], nextNumber: 1 },
    );
    return hunt;
  }

  static open(key: string, home: string = homePath()): Hunt | undefined {
    const folder = join(home, "hunts", key);
    return readJson(join(folder, "hunt.json")) === undefined ? undefined : new Hunt(key, folder);
  }

  /** All hunts, the last used first. */
  static all(home: string = homePath()): Hunt[] {
    let keys: string[] = [];
    try {
      keys = readdirSync(join(home, "hunts"));
    } catch {
      return [];
    }
    const hunts = keys.map((key) => Hunt.open(key, home)).filter((hunt) => hunt !== undefined);
    return hunts.sort((a, b) => (a.record.lastUsed < b.record.lastUsed ? 1 : -1));
  }

  get record(): HuntRecord {
    const record = readJson<HuntRecord>(join(this.folder, "hunt.json"));
    if (!record) throw new Error(`hunt ${this.key} has lost its record`);
    return record;
  }

  /** Changes the record: read, change, write, while no other leakhunt does. */
  update(change: (record: HuntRecord) => void, initial?: HuntRecord): HuntRecord {
    const unlock = this.#lock();
    try {
      const record = readJson<HuntRecord>(join(this.folder, "hunt.json")) ?? initial;
      if (!record) throw new Error(`hunt ${this.key} has lost its record`);
      change(record);
      writeJson(join(this.folder, "hunt.json"), record);
      return record;
    } finally {
      unlock();
    }
  }

  /** Path and number for the next snapshot. */
  nextSnapshot(): { number: number; path: string } {
    const record = this.update((r) => {
      r.nextNumber++;
    });
    const number = record.nextNumber - 1;
    return { number, path: join(this.folder, `${number}.heapsnapshot`) };
  }

  /** Names a snapshot; a name that was given before moves to it. */
  mark(name: string, entry: SnapshotEntry): void {
    this.update((r) => {
      r.marks = [...(r.marks ?? []).filter((mark) => mark.name !== name), { name, snapshot: entry.number }];
    });
  }

  /** The snapshot of that name. */
  marked(name: string): SnapshotEntry | undefined {
    const { marks = [], snapshots } = this.record;
    const number = marks.find((mark) => mark.name === name)?.snapshot;
    return snapshots.find((entry) => entry.number === number);
  }

  /** Records a snapshot and deletes the oldest beyond `keep`; those with a name are kept besides. */
  addSnapshot(entry: SnapshotEntry, keep: number): void {
    const record = this.update((r) => {
      r.snapshots.push(entry);
      r.lastUsed = entry.takenAt;
    });
    const named = new Set((record.marks ?? []).map((mark) => mark.snapshot));
    const nameless = record.snapshots.filter(({ number }) => !named.has(number));
    const old = nameless.slice(0, Math.max(0, nameless.length - keep));
    if (old.length === 0) return;
    for (const { file } of old) {
      rmSync(join(this.folder, file), { force: true });
      rmSync(join(this.folder, file + ANSWERS_SUFFIX), { force: true });
    }
    this.update((r) => {
      r.snapshots = r.snapshots.filter((s) => !old.some((o) => o.number === s.number));
    });
  }

  pathOf(entry: SnapshotEntry): string {
    return join(this.folder, entry.file);
  }

  /** A value that was saved under this name. */
  load<T>(name: string): T | undefined {
    return readJson<T>(join(this.folder, `${name}.json`));
  }

  save(name: string, value: unknown): void {
    writeJson(join(this.folder, `${name}.json`), value);
  }

  /** Where the holder of this target listens. Short enough for every platform. */
  socketPath(): string {
    const path = join(this.folder, "session.sock");
    if (Buffer.byteLength(path) <= SOCKET_LIMIT) return path;
    return join(privateFolder(join(tmpdir(), `leakhunt-${process.getuid?.() ?? "user"}`)), `${this.key}.sock`);
  }

  /** Bytes on disk. */
  get size(): number {
    let sum = 0;
    for (const file of readdirSync(this.folder)) sum += statSync(join(this.folder, file), { throwIfNoEntry: false })?.size ?? 0;
    return sum;
  }

  delete(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #lock(): () => void {
    const path = join(this.folder, "lock");
    for (;;) {
      try {
        mkdirSync(path);
        return () => rmdirSync(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
        // Whoever took it longer ago than a write takes has died.
        if (age > LOCK_STALE_MS) rmSync(path, { recursive: true, force: true });
        else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      }
    }
  }
}

/** `<pid>-<start time>`, or the address of a target that runs elsewhere. */
export function huntKey(target: Pick<HuntTarget, "pid" | "startTime" | "host" | "port">): string {
  if (target.pid !== undefined && target.startTime !== undefined) return `${target.pid}-${target.startTime}`;
  return `${target.host}-${target.port}`.replace(/[^\w.-]/g, "_");
}

/** What the last printed table was about, so that `path 1` means its first row. */
export interface LastTable {
  /** A file's absolute path, or a hunt's snapshot. */
  readonly source: { readonly file: string } | { readonly hunt: string; readonly snapshot: number };
  readonly rows: readonly ({ readonly type: string } | { readonly id: number })[];
  /** Rows are what grew since the snapshot before. */
  readonly isGrowth?: boolean | undefined;
}

export interface Current {
  /** Key of the current hunt. */
  hunt?: string | undefined;
  table?: LastTable | undefined;
}

/** What `leakhunt` without a source means. */
export function readCurrent(home: string = homePath()): Current {
  return readJson<Current>(join(home, "current.json")) ?? {};
}

export function writeCurrent(change: Current, home: string = homePath()): void {
  privateFolder(home);
  writeJson(join(home, "current.json"), { ...readCurrent(home), ...change });
}

/** Kernel's start time of a process, to tell it from a later one with the same pid. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

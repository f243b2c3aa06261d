// Opened snapshots: the last one stays open, because the next question is usually about it.

import { IdSet } from "../analysis/newObjects.ts";
import { usage } from "../errors.ts";
import { HeapGraph } from "../graph/heapGraph.ts";
import { type Hunt, type LastTable, type SnapshotEntry, targetName } from "../hunts/hunt.ts";
import { readSnapshot } from "../snapshot/open.ts";
import type { Meanwhile } from "./meanwhile.ts";

/** Something is under way; phases follow each other. */
export interface Progress {
  readonly phase: string;
  readonly bytes?: number | undefined;
  /** 0 to 1, where it can be told. */
  readonly fraction?: number | undefined;
}

/** A snapshot, and what to call it. */
export interface Subject {
  /** `snapshot 3 of 4242`, `snapshot 1 of 4242/2` for a worker, or the file. */
  readonly name: string;
  readonly takenAt: string | undefined;
  readonly from: LastTable["source"];
}

/** A snapshot that was read. */
export interface Loaded extends Subject {
  readonly graph: HeapGraph;
}

/** A kept snapshot, unread. */
export function subjectOf(hunt: Hunt, entry: SnapshotEntry): Subject {
  return {
    name: `snapshot ${entry.number} of ${targetName(hunt.record.target)}`,
    takenAt: entry.takenAt,
    from: { hunt: hunt.key, snapshot: entry.number },
  };
}

/** Sets of ids held for `ls`. */
const IDS_KEPT = 8;

/** What reading needs of the session. */
export interface ShelfOwner {
  readonly signal: AbortSignal;
  progress(progress: Progress | undefined): void;
}

export class Shelf {
  readonly #owner: ShelfOwner;
  #last: { path: string; loaded: Loaded } | undefined;
  readonly #ids = new Map<string, IdSet>();
  #stdinTaken = false;

  constructor(owner: ShelfOwner) {
    this.#owner = owner;
  }

  get opened(): Loaded | undefined {
    return this.#last?.loaded;
  }

  /** The open snapshot, if it came from this path. */
  peek(path: string): Loaded | undefined {
    return this.#last?.path === path ? this.#last.loaded : undefined;
  }

  /** Forgets the open snapshot: two graphs at once would double our memory. */
  clear(): void {
    this.#last = undefined;
  }

  /**
   * Reads a snapshot that was just taken; it becomes the open one with `keep`.
   * @param meanwhile what was done while it was written.
   */
  async read(path: string, meanwhile?: Meanwhile): Promise<HeapGraph> {
    const { signal } = this.#owner;
    try {
      const graph = await meanwhile?.finish(path, signal);
      if (graph) return graph;
      return new HeapGraph(
        await readSnapshot(path, {
          signal,
          onProgress: (done, of) => this.#owner.progress({ phase: "reading", bytes: done, fraction: of ? done / of : undefined }),
        }),
      );
    } catch (error) {
      await meanwhile?.cancel();
      throw error;
    } finally {
      this.#owner.progress(undefined);
    }
  }

  /** Makes a graph of a hunt the open one. */
  keep(path: string, graph: HeapGraph, hunt: Hunt, entry: SnapshotEntry): Loaded {
    const loaded: Loaded = { graph, ...subjectOf(hunt, entry) };
    this.#last = { path, loaded };
    return loaded;
  }

  /** Opens a kept snapshot. */
  async open(hunt: Hunt, entry: SnapshotEntry): Promise<Loaded> {
    const path = hunt.pathOf(entry);
    if (this.#last?.path === path) return this.#last.loaded;
    return this.keep(path, await this.read(path), hunt, entry);
  }

  /** Ids of the objects of a kept snapshot; the one that is open stays open. */
  async idsOf(hunt: Hunt, entry: SnapshotEntry): Promise<IdSet> {
    const path = hunt.pathOf(entry);
    let ids = this.#ids.get(path);
    if (!ids) {
      ids = new IdSet((this.#last?.path === path ? this.#last.loaded.graph : await this.read(path)).columns.nodeId);
      this.#ids.set(path, ids);
      const [oldest] = this.#ids.keys();
      if (this.#ids.size > IDS_KEPT && oldest !== undefined) this.#ids.delete(oldest);
    }
    return ids;
  }

  /** Standard input holds something else than a snapshot. */
  claimStdin(): void {
    this.#stdinTaken = true;
  }

  async openFile(path: string): Promise<Loaded> {
    if (path === "-") {
      if (this.#stdinTaken) throw usage("standard input can be read only once", "give a file instead of -");
      this.#stdinTaken = true;
    }
    if (this.#last?.path === path) return this.#last.loaded;
    const graph = await this.read(path);
    const loaded: Loaded = { graph, name: path === "-" ? "standard input" : path, takenAt: undefined, from: { file: path } };
    this.#last = { path, loaded };
    return loaded;
  }
}

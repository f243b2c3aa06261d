// A snapshot file -> columns while V8 is still writing it: nodes and edges as they appear, labels when the last bytes, the
// strings, have come. V8 spends most of a capture on its own graph and then writes everything within some tenths of a
// second; reading along, hardly more than the strings is left when it has finished.
//
// Nobody depends on it: whatever is unusual, too big or not the file that was meant in the end is read again from the file
// (open.ts), with its errors.

import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { badSnapshot } from "../errors.ts";
import type { SnapshotColumns } from "./columns.ts";
import { Kernel } from "./kernel.ts";
import { type EdgeBatch, EdgeLabeller, UNLABELLED } from "./labeller.ts";
import { findLayout, findNodes, type Layout } from "./layout.ts";
import type { NameTaker } from "./records.ts";
import { BEGIN, breathe, columnsOf, isUsual, ownersOf, readRecords, readStrings, type Source } from "./sections.ts";
import { sharedNumbers } from "./shared.ts";
import type { FileStringTable } from "./strings.ts";

/** Names take four bytes an edge until they are understood: with more edges than this the file is read afterwards. */
const MOST_EDGES = 20_000_000;
/** Between two looks at the file, in milliseconds: before V8 writes, and while it does. */
const LOOK_MS = 25;
const NEXT_LOOK_MS = 3;
/** Bytes in which a header has its place: V8 writes more at once. */
const WITH_HEADER = 1 << 14;
/** More than there can be strings: they are counted in the end. */
const ANY_NAME = 0x7fffffff;

/** Nodes and edges without names. */
export type Unnamed = Pick<SnapshotColumns, "nodeCount" | "nodeType" | "firstEdge" | "edgeLabel" | "edgeTo">;

export interface DecodeAlongOptions {
  /**
   * Called when all but the strings has been read; the labels of the edges are types until it returns. The strings are read when
   * what it returned has resolved, or V8 has finished.
   */
  readonly onUnnamed?: (columns: Unnamed) => Promise<unknown> | undefined;
  /** Called with the columns as soon as they are there; whether they are of the file that was meant, only finish() tells. */
  readonly onNamed?: (columns: SnapshotColumns) => void;
}

export class DecodeAlong {
  /** Where the file is. */
  #path: string;
  readonly #options: DecodeAlongOptions;
  readonly #result: Promise<SnapshotColumns | undefined>;
  readonly #stop = new AbortController();
  #signal: AbortSignal | undefined;
  /** Of the file, once it is complete. */
  #size: number | undefined;
  #fd: number | undefined;
  #isOver = false;

  /**
   * Begins to look for the file that V8 is going to write. finish() or cancel() must be called.
   */
  constructor(part: string, options: DecodeAlongOptions = {}) {
    this.#path = part;
    this.#options = options;
    this.#result = this.#run();
    this.#result.catch(() => {});
  }

  /**
   * The file is complete and has its name. Rejects only with what `signal` was aborted with.
   * @returns undefined when it must be read as any other file.
   */
  finish(path: string, signal?: AbortSignal): Promise<SnapshotColumns | undefined> {
    this.#signal = signal;
    if (this.#isOver) return this.#result; // declined while it was being written
    this.#path = path;
    const size = sizeOf(path, this.#fd);
    if (size === undefined) this.#stop.abort();
    this.#size = size;
    return this.#result;
  }

  /** There will be no such file. Resolves when nothing of it is held any more. */
  async cancel(): Promise<void> {
    this.#stop.abort();
    await this.#result.catch(() => {});
  }

  async #run(): Promise<SnapshotColumns | undefined> {
    let columns: SnapshotColumns | undefined;
    try {
      columns = await this.#decode();
    } catch {
      // stopped, or not what a snapshot looks like: reading it as a file will tell
      this.#signal?.throwIfAborted();
    } finally {
      if (!columns && this.#fd !== undefined) closeSync(this.#fd);
      this.#fd = undefined; // closed, or the columns' own
      this.#isOver = true;
    }
    return columns;
  }

  async #decode(): Promise<SnapshotColumns | undefined> {
    const fd = await this.#begun();
    const { header, nodesAt } = findNodes(fd, fstatSync(fd).size);
    if (!isUsual(header) || header.edgeCount > MOST_EDGES) return undefined;
    const kernel = Kernel.open();
    if (!kernel) return undefined;
    kernel.planes.set(UNLABELLED.subarray(0, kernel.planes.length));
    const names = new KeptNames(header.edgeCount);
    const records = await readRecords(this.#source(fd), kernel, { header, nodesAt }, ANY_NAME, () => names);
    if (!records) return undefined;
    const owners = ownersOf(records.nodes);
    await this.#until(this.#options.onUnnamed?.({ ...owners, edgeLabel: records.edges.label, edgeTo: records.edges.to }));
    const end = await this.#strings(fd, nodesAt, records.edgesEnd);
    if (!end || !areBelow(records.nodes.name, end.strings.count)) return undefined;
    const { layout, strings, size } = end;
    const tables = Kernel.open({ strings: strings.count });
    if (!tables) return undefined;
    const labeller = new EdgeLabeller(owners, strings, tables);
    if (!labeller.labelAll(records.edges.label, names.column, tables)) return undefined;
    const understood = labeller.finish();
    let spare: Uint32Array | undefined = names.column;
    const lendSpare = (): Uint32Array | undefined => {
      const lent = spare;
      spare = undefined;
      return lent;
    };
    const columns = Object.assign(columnsOf(fd, layout, records, strings, understood), { lendSpare });
    this.#options.onNamed?.(columns);
    while (this.#size === undefined) await this.#look(NEXT_LOOK_MS);
    // From here on the columns own the descriptor.
    return this.#size === size ? columns : undefined;
  }

  /** Resolves when `done` has, or the file is complete. */
  async #until(done: Promise<unknown> | undefined): Promise<void> {
    let isDone = done === undefined;
    void done?.then(() => {
      isDone = true;
    });
    while (!isDone && this.#size === undefined) await this.#look(NEXT_LOOK_MS);
  }

  /**
   * The strings, as soon as they are all there. V8 goes on for a while after its last byte, to give back the memory of its
   * graph: a tenth of a second that need not be waited for.
   * @returns undefined when they are not as V8 writes them.
   */
  async #strings(fd: number, nodesAt: number, edgesEnd: number): Promise<End | undefined> {
    for (let seen = 0; ; await this.#look(NEXT_LOOK_MS)) {
      const isWhole = this.#size !== undefined;
      const size = fstatSync(fd).size;
      if (!isWhole && (size === seen || !endsLikeSnapshot(fd, size))) {
        seen = size;
        continue;
      }
      seen = size;
      // A string may end in a bracket and a brace too: only a whole section is a table.
      const layout = findLayout(fd, size);
      if (layout.nodesAt !== nodesAt || layout.stringsAt <= edgesEnd) return undefined;
      const strings = readStrings(fd, layout.stringsAt, size);
      if (strings) return { layout, strings, size };
      if (isWhole) return undefined;
    }
  }

  /** The file, when V8 has written its header. Until then there may be none, or one with something else in it. */
  async #begun(): Promise<number> {
    const begin = Buffer.alloc(BEGIN.length);
    for (;;) {
      const isWhole = this.#size !== undefined;
      const fd = openIfThere(this.#path);
      if (fd !== undefined) {
        readSync(fd, begin, 0, begin.length, 0);
        if (begin.equals(BEGIN) && (isWhole || fstatSync(fd).size > WITH_HEADER)) {
          this.#fd = fd;
          return fd;
        }
        closeSync(fd);
      }
      if (isWhole) throw badSnapshot("it does not begin like one");
      await this.#look(LOOK_MS);
    }
  }

  #source(fd: number): Source {
    const sizeNow = (): number | undefined => this.#size;
    return {
      fd,
      get size() {
        return sizeNow();
      },
      grown: () => this.#look(NEXT_LOOK_MS),
      pause: async () => {
        await breathe(this.#signal);
        this.#stop.signal.throwIfAborted();
      },
    };
  }

  async #look(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stop.signal });
    this.#signal?.throwIfAborted();
  }
}

interface End {
  readonly layout: Layout;
  readonly strings: FileStringTable;
  /** Of the file. */
  readonly size: number;
}

/** Keeps names until the strings are there. */
class KeptNames implements NameTaker {
  readonly column: Uint32Array;

  constructor(edgeCount: number) {
    this.column = sharedNumbers(edgeCount);
  }

  mend(first: number, count: number, { name }: EdgeBatch): void {
    this.column.set(name.subarray(0, count), first);
  }

  take(e: number, type: number, name: number): number {
    this.column[e] = name;
    return type;
  }
}

/** Whether the last bytes are those that end a snapshot. */
function endsLikeSnapshot(fd: number, size: number): boolean {
  const tail = Buffer.alloc(Math.min(size, 4));
  readSync(fd, tail, 0, tail.length, size - tail.length);
  return tail.toString("latin1").trimEnd().endsWith("]}");
}

function areBelow(numbers: Uint32Array, limit: number): boolean {
  for (let i = 0; i < numbers.length; i++) if ((numbers[i] as number) >= limit) return false;
  return true;
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch {
    return undefined;
  }
}

/** Size of the file at `path`; undefined when there is none, or `fd` is another one. */
function sizeOf(path: string, fd: number | undefined): number | undefined {
  const there = statSync(path, { throwIfNoEntry: false });
  const here = fd === undefined ? there : fstatSync(fd);
  return there && here && here.ino === there.ino && here.dev === there.dev ? there.size : undefined;
}

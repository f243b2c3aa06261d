// What a person means by `@1234`, or by `path 1` after a table: objects by id, or by the row of the last table, in the
// snapshot that printed them.

import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { GrowthState } from "../analysis/growth.ts";
import { nodeById, typicalOfType } from "../analysis/objects.ts";
import { cannotReadFile, noSnapshots, noSuchRow, noSuchType, usage } from "../errors.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import type { NodeIndex } from "../graph/ids.ts";
import { Hunt, type LastTable, readCurrent, type SnapshotEntry, writeCurrent } from "../hunts/hunt.ts";
import { type Loaded, type Shelf, type Subject, subjectOf } from "./shelf.ts";

export class Rows {
  readonly #home: string;
  readonly #shelf: Shelf;
  readonly #currentHunt: () => Hunt;
  #table: LastTable | undefined;

  constructor(home: string, shelf: Shelf, currentHunt: () => Hunt) {
    this.#home = home;
    this.#shelf = shelf;
    this.#currentHunt = currentHunt;
  }

  /** This hunt is the current one; rows of a table about something else must not be taken for rows of it. */
  makeCurrent(hunt: Hunt): void {
    const source = this.#lastTable?.source;
    const isAboutIt = source !== undefined && "hunt" in source && source.hunt === hunt.key;
    if (!isAboutIt) this.#table = undefined;
    writeCurrent(isAboutIt ? { hunt: hunt.key } : { hunt: hunt.key, table: undefined }, this.#home);
  }

  /** Remembers what the rows of a printed table are, for `path 1`. */
  remember(loaded: Subject, rows: LastTable["rows"], isGrowth = false): void {
    // A round in which nothing grew leaves the rows of the last table askable.
    if (rows.length === 0) return;
    this.#table = { source: loaded.from, rows, isGrowth };
    // Standard input cannot be asked again, and an older table must not answer in its place.
    const gone = "file" in loaded.from && !isAbsolute(loaded.from.file);
    writeCurrent({ table: gone ? undefined : this.#table }, this.#home);
  }

  /** Ids of the rows of the last table, where rows are objects. */
  ids(): number[] {
    return (this.#lastTable?.rows ?? []).flatMap((row) => ("id" in row ? [row.id] : []));
  }

  get #lastTable(): LastTable | undefined {
    return this.#table ?? readCurrent(this.#home).table;
  }

  /**
   * The objects that words name: `@1234`, or the number of a row of the last table (a typical object of it). They are
   * looked up in the snapshot that printed them, or in the one that `given` opens.
   */
  async objects(words: readonly string[], given: (() => Promise<Loaded>) | undefined): Promise<{ loaded: Loaded; nodes: NodeIndex[] }> {
    if (words.length === 0) throw usage("which object?", "give an @id, or the number of a row of the last table");
    const loaded = given ? await given() : await this.#snapshotOf(words);
    const before = words.every((word) => word.startsWith("@")) ? undefined : await this.#otherEpoch(loaded);
    return { loaded, nodes: words.map((word) => this.#objectIn(loaded, word, before)) };
  }

  /** The snapshot that a growth table was compared with, when ids cannot tell which objects are new since then. */
  async #otherEpoch(loaded: Loaded): Promise<HeapGraph | undefined> {
    if (!("hunt" in loaded.from) || this.#lastTable?.isGrowth !== true) return undefined;
    const { hunt: key, snapshot } = loaded.from;
    const hunt = Hunt.open(key, this.#home);
    const kept = hunt?.record.snapshots ?? [];
    const at = kept.findIndex((entry) => entry.number === snapshot);
    const [before, now] = [kept[at - 1], kept[at]];
    if (!hunt || !before || !now || before.epoch === now.epoch) return undefined;
    return (await this.#shelf.open(hunt, before)).graph;
  }

  #objectIn(loaded: Loaded, word: string, before: HeapGraph | undefined): NodeIndex {
    const id = /^@(\d+)$/.exec(word);
    if (id) return nodeById(loaded.graph, Number(id[1]), loaded.name);
    if (!/^\d+$/.test(word))
      throw usage(`${JSON.stringify(word)} names no object`, "objects are @1234, or the number of a row of the last table");
    const rows = this.#lastTable?.rows ?? [];
    const row = rows[Number(word) - 1];
    if (!row) throw noSuchRow(Number(word), rows.length);
    if ("id" in row) return nodeById(loaded.graph, row.id, loaded.name);
    const node = typicalOfType(loaded.graph, row.type, before) ?? this.#byGrowthShapes(loaded, row.type);
    if (node === undefined) throw noSuchType(row.type, []);
    return node;
  }

  /** The snapshot, unread, that words without a source are most likely about: the one that printed the last table. */
  printedIn(): Subject | undefined {
    const source = this.#lastTable?.source;
    if (!source) return undefined;
    if ("file" in source) return existsSync(source.file) ? { name: source.file, takenAt: undefined, from: source } : undefined;
    const hunt = Hunt.open(source.hunt, this.#home);
    const entry = hunt?.record.snapshots.find(({ number }) => number === source.snapshot);
    return hunt && entry ? subjectOf(hunt, entry) : undefined;
  }

  /** `{id, user}` rows of growth are split by the shapes of all its rounds, which one snapshot may not know. */
  #byGrowthShapes(loaded: Loaded, type: string): NodeIndex | undefined {
    const hunt = "hunt" in loaded.from ? Hunt.open(loaded.from.hunt, this.#home) : undefined;
    const shapes = hunt?.load<GrowthState>("growth")?.shapes;
    if (!shapes) return undefined;
    const own = loaded.graph.shapes;
    loaded.graph.useShapes(shapes);
    try {
      return typicalOfType(loaded.graph, type);
    } finally {
      loaded.graph.useShapes(own);
    }
  }

  /** The snapshot that printed these words; failing that, the newest kept one that has the first id. */
  async #snapshotOf(words: readonly string[]): Promise<Loaded> {
    const table = this.#lastTable;
    const hasRow = words.some((word) => !word.startsWith("@"));
    const printed = table && (await this.#openTable(table));
    const firstId = Number(/^@(\d+)$/.exec(words[0] as string)?.[1] ?? Number.NaN);
    if (printed && (hasRow || printed.graph.byId(firstId) !== undefined)) return printed;
    if (hasRow && table && "file" in table.source) throw cannotReadFile(table.source.file, "the last table is about it, and it is gone");
    const hunt = this.#currentHunt();
    const kept = [...hunt.record.snapshots].reverse();
    for (const entry of kept) {
      const loaded = await this.#shelf.open(hunt, entry);
      if (Number.isNaN(firstId) || loaded.graph.byId(firstId) !== undefined) return loaded;
    }
    if (printed) return printed;
    if (kept.length === 0) throw noSnapshots();
    return this.#shelf.open(hunt, kept[0] as SnapshotEntry);
  }

  async #openTable(table: LastTable): Promise<Loaded | undefined> {
    if ("file" in table.source) {
      const { file } = table.source;
      return this.#shelf.peek(file) ?? (existsSync(file) ? this.#shelf.openFile(file) : undefined);
    }
    const { hunt: key, snapshot } = table.source;
    const hunt = Hunt.open(key, this.#home);
    const entry = hunt?.record.snapshots.find((s) => s.number === snapshot);
    return hunt && entry ? this.#shelf.open(hunt, entry) : undefined;
  }
}

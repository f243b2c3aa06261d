// Which question is about which snapshot on disk, and whether it was answered before. The answers themselves lie where
// hunts/answers.ts puts them.

import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { Answers } from "../hunts/answers.ts";
import { Hunt } from "../hunts/hunt.ts";
import { type Subject, subjectOf } from "./shelf.ts";
import { parseSource } from "./source.ts";
import type { Stops } from "./stops.ts";

/** Answers that came quicker than this are computed again. */
const WORTH_KEEPING_MS = 250;

export interface SourceOptions {
  readonly fresh?: boolean | undefined;
  readonly force?: boolean | undefined;
  /** Retained sizes will be asked for. */
  readonly sizes?: boolean | undefined;
}

export interface Answered<V> {
  readonly value: V;
  readonly subject: Subject;
}

export class KeptAnswers {
  readonly #home: string;
  readonly #answers: Answers;
  readonly #currentHunt: () => Hunt;
  readonly #stops: Stops;

  constructor(home: string, currentHunt: () => Hunt, stops: Stops) {
    this.#stops = stops;
    this.#home = home;
    this.#answers = new Answers(home);
    this.#currentHunt = currentHunt;
  }

  /**
   * The kept answer, or a new one.
   * @param known the snapshot the question is about, if that can be told without reading it.
   * @param question see `questionText`; undefined for one that is always asked anew.
   * @param open reads the snapshot, and says how to answer.
   */
  async answer<V>(
    known: Subject | undefined,
    question: string | undefined,
    open: () => Promise<{ subject: Subject; compute: () => Promise<V> | V }>,
  ): Promise<Answered<V>> {
    const knownPath = known && question !== undefined ? this.#fileOf(known) : undefined;
    if (known && question !== undefined && knownPath !== undefined) {
      const kept = this.#answers.get<V>(knownPath, question);
      if (kept !== undefined) return { value: kept, subject: known };
    }
    const began = performance.now();
    const { subject, compute } = await open();
    const value = await compute();
    const path = question === undefined ? undefined : this.#fileOf(subject);
    if (question !== undefined && path !== undefined && performance.now() - began > WORTH_KEEPING_MS)
      this.#answers.put(path, question, value);
    return { value, subject };
  }

  /** The snapshot that a source means, when it is on disk. */
  unread(sourceText: string | undefined, options: SourceOptions): Subject | undefined {
    const source = parseSource(sourceText);
    if (source.kind === "file")
      return source.path === "-" ? undefined : { name: source.path, takenAt: undefined, from: { file: source.path } };
    if (source.kind !== "current" || options.fresh) return undefined;
    const hunt = this.#currentHunt();
    const last = this.#stops.latest(hunt);
    return last && subjectOf(hunt, last);
  }

  /** The file of a snapshot; undefined when it is gone, or was none. */
  #fileOf({ from }: Subject): string | undefined {
    if ("file" in from) return isAbsolute(from.file) && existsSync(from.file) ? from.file : undefined;
    const hunt = Hunt.open(from.hunt, this.#home);
    const entry = hunt?.record.snapshots.find(({ number }) => number === from.snapshot);
    return hunt && entry ? hunt.pathOf(entry) : undefined;
  }
}

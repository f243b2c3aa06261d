// What the program asks of the analyser process, and what it gets: JSON both ways.

import type { ExitCode } from "../errors.ts";

/** A predicate or another function on its way out of the program. */
export type SentFunction = { readonly condition: string } | { readonly source: string };

export type QuestionName =
  | "typestats"
  | "common"
  | "count"
  | "list"
  | "growth"
  | "newIds"
  | "leaking"
  | "backrefs"
  | "refs"
  | "chain"
  | "held"
  | "runs"
  | "draw";

export interface Request {
  readonly question: QuestionName;
  /** Plain values, and functions as `SentFunction`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether the answer is to have a text. */
  readonly show: boolean;
  /** The snapshot; undefined for `draw`. */
  readonly file?: string | undefined;
  /** The snapshots that `runs` is about, oldest first. */
  readonly files?: readonly string[] | undefined;
  /** Name of the property by which the holder is found (subject.ts). */
  readonly key?: string | undefined;
  /** How many objects are asked about. */
  readonly subjects: number;
  /** Whether the one subject is an array that may be meant as a list. */
  readonly mayBeList: boolean;
  /** Files with what the same question remembered the last time, and for what it remembers now. */
  readonly stateIn?: string | undefined;
  readonly stateOut?: string | undefined;
}

export interface Answer {
  readonly value: unknown;
  readonly text?: string | undefined;
  /** V8's id of the object that tells whether ids were handed out anew. */
  readonly sentinel?: number | undefined;
  /** Milliseconds of each phase. */
  readonly phases: Readonly<Record<string, number>>;
}

/** What `leakhunt/test` gets: the value, the text of the failure, and the picture that was written or why not. */
export interface Evidence<Result> {
  readonly result: Result;
  readonly text: string;
  readonly picture?: string;
  readonly note?: string;
}

export interface Refusal {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string | undefined; readonly exitCode: ExitCode };
}

/** A live object to be found by its id. Objects of one prototype are found together, others with those beside them. */
export interface Wanted {
  readonly id: number;
  /** Id of its prototype; undefined when it has none. */
  readonly prototype: number | undefined;
  /** Id of an object that holds it as a property, element or entry; looked for only where there is no prototype. */
  readonly holder?: number | undefined;
}

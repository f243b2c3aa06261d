// The shape of a verb. The command line, the prompt and the library are doors to the same verbs: each runs to
// plain values, and renders them to text; nothing here writes.

import type { Session } from "./session.ts";

export interface ArgumentSpec {
  /** As commander writes it: `<type>`, `[source]`, `[objects...]`. */
  readonly name: string;
  readonly help: string;
}

export interface OptionSpec {
  /** As commander writes it: `--limit <n>`. */
  readonly flags: string;
  readonly help: string;
  readonly parse?: (text: string, previous: unknown) => unknown;
  readonly default?: unknown;
}

/** How text is written for this terminal. */
export interface TextStyle {
  readonly color: boolean;
  readonly width: number;
}

export type Options = Readonly<Record<string, unknown>>;

export interface Verb<Value = unknown> {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Lines shown under the help. */
  readonly examples: readonly string[];
  /**
   * How the prompt reads what follows the verb: "object", an id, row or expression up to the first option; "rest", all of
   * it as one argument; left out, words as in a shell.
   */
  readonly line?: "object" | "rest";
  /** Everything after the first argument belongs to that argument, options too: a program and its own options. */
  readonly passesOn?: boolean;
  /** Yields one value per answer; a loop yields many. */
  run(session: Session, args: readonly unknown[], options: Options): AsyncIterable<Value>;
  render(value: Value, style: TextStyle): string;
  /** What the command ends with when this was its last answer; 0 when left out. An error has a code of its own. */
  exitCode?(value: Value): number;
}

/** Types a verb's values without losing them in the list of all verbs. */
export function defineVerb<Value>(verb: Verb<Value>): Verb {
  return verb as unknown as Verb;
}

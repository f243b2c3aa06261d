// Options that several verbs share, and the parsers behind them. A wrong value is told in one sentence.

import { parsePredicate } from "../analysis/predicates.ts";
import { usage } from "../errors.ts";
import type { ArgumentSpec, OptionSpec } from "./verb.ts";

/** A whole number from `min` up. */
export function toCount(what: string, min = 0): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min)
      throw usage(`${what} takes a whole number${min > 0 ? ` from ${min}` : ""}, not ${JSON.stringify(text)}`);
    return value;
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/** A timer set for longer than 2^31 ms fires at once. */
const LONGEST_WAIT_MS = 24 * 3_600_000;

/** `5s`, `500ms`, `2m`, `1h`; a bare number is seconds. Milliseconds. */
export function toDuration(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)?$/.exec(text);
  if (!parts) throw usage(`${JSON.stringify(text)} is no time span`, "write 5s, 500ms, 2m or 1h");
  const ms = Number(parts[1]) * (UNIT_MS[parts[2] ?? "s"] as number);
  if (ms < 1 || ms > LONGEST_WAIT_MS) throw usage(`${text} cannot be waited for`, "write a time from 1ms to 24h");
  return ms;
}

/** One of a few words. */
export function toChoice<T extends string>(what: string, choices: readonly T[]): (text: string) => T {
  return (text) => {
    if (!(choices as readonly string[]).includes(text)) throw usage(`${what} takes ${choices.join(", ")}, not ${JSON.stringify(text)}`);
    return text as T;
  };
}

/** `@1,@2` or `1,2`: object ids. */
export function toIds(text: string): number[] {
  return text.split(",").map((part) => {
    const id = /^@?(\d+)$/.exec(part.trim());
    if (!id) throw usage(`${JSON.stringify(part)} is no object id`, "ids look like @1234");
    return Number(id[1]);
  });
}

/** Collects a repeatable list of ids. */
export function moreIds(text: string, previous: unknown): number[] {
  return [...((previous as number[] | undefined) ?? []), ...toIds(text)];
}

export const sizesOption: OptionSpec = {
  flags: "--sizes",
  help: "retained sizes also where they take longer than the answer: in a heap of millions of objects",
};

export const sourceArgument: ArgumentSpec = {
  name: "[source]",
  help: "pid, host:port, ws:// url, snapshot file or - ; the current hunt when left out",
};

export const sourceOption: OptionSpec = {
  flags: "--source <source>",
  help: "pid, host:port, ws:// url, or snapshot file, instead of the current hunt",
};
export const freshOption: OptionSpec = { flags: "--fresh", help: "take a new snapshot instead of using the last one of the hunt" };
export const forceOption: OptionSpec = { flags: "--force", help: "take a snapshot even when it may not fit into memory" };
export const numbersOption: OptionSpec = {
  flags: "--no-numbers",
  help: "leave out the values of numbers: stops the target for a tenth to a half less, and takes less memory",
};
export const keepOption: OptionSpec = {
  flags: "--keep <n>",
  help: "snapshots kept in the hunt",
  parse: toCount("--keep", 1),
  default: 3,
};
export const limitOption: OptionSpec = { flags: "--limit <n>", help: "rows; 0 for all", parse: toCount("--limit"), default: 10 };
export const internalsOption: OptionSpec = { flags: "--internals", help: "also show V8's own rows and plumbing" };
export const filterOption: OptionSpec = {
  flags: "--filter <condition>",
  help: 'only objects that meet it: Session, /Req|Res/, "retained>1MB", !Array',
  parse: parsePredicate,
};

export const timingOption: OptionSpec = {
  flags: "--timing",
  help: "say how long V8's snapshot took, and how long leakhunt, from the question to the answer",
};

// Text of a stopped program: why and where, the source around it, and what is in scope.

import { forTerminal } from "./escape.ts";
import { type Column, tableLines } from "./table.ts";
import { formatBytes } from "./units.ts";

export interface SourceLine {
  readonly line: number;
  readonly text: string;
  /** Where the call goes on. */
  readonly isHere: boolean;
}

export interface FrameLine {
  readonly index: number;
  readonly name: string;
  readonly place: string;
}

/** Calls that wait. */
export interface AsyncLines {
  /** "await", "Promise.then", "Timeout". */
  readonly description: string;
  readonly frames: readonly Omit<FrameLine, "index">[];
}

export interface LocalLine {
  readonly name: string;
  readonly value: string;
  /** Bytes; known only from a snapshot of this stop. */
  readonly shallow: number | undefined;
  readonly retained: number | undefined;
}

export interface ScopeLines {
  /** `locals of handle()`, `closure`. */
  readonly title: string;
  readonly variables: readonly LocalLine[];
  /** Names of variables that have no value yet: told in one line, since code that has just begun has many. */
  readonly unset: readonly string[];
  /** Variables that were left out. */
  readonly omitted: number;
}

export interface StopValue {
  readonly reason: string;
  readonly breakpoints: readonly number[];
  /** Breakpoints whose condition threw. */
  readonly failed: readonly { readonly number: number; readonly why: string }[];
  readonly exception: string | undefined;
  readonly frame: FrameLine;
  readonly source: readonly SourceLine[];
  readonly scopes: readonly ScopeLines[];
  readonly others: boolean;
}

/** Everything that is said when a program stops. */
export function stopText(stop: StopValue, color: boolean): string {
  const why = stop.breakpoints.length > 0 ? `breakpoint ${stop.breakpoints.join(", ")}` : stop.reason;
  const head = `stopped (${why}) in ${frameText(stop.frame)}`;
  const lines = [head];
  for (const { number, why } of stop.failed) lines.push(`the condition of breakpoint ${number} failed: ${forTerminal(why, 300)}`);
  if (stop.exception !== undefined) lines.push(`thrown: ${forTerminal(stop.exception, 300)}`);
  if (stop.others) lines.push("another debugger holds this stop: leaving resumes nothing");
  lines.push(...sourceLines(stop.source, color), ...scopeLines(stop.scopes));
  return lines.join("\n");
}

/** `handle() at app.js:12:3` */
export function frameText({ name, place }: Omit<FrameLine, "index">): string {
  return `${forTerminal(name, 80)} at ${forTerminal(place, 300)}`;
}

/** @param callers null where nothing of them was recorded. */
export function whereText(frames: readonly FrameLine[], selected: number, callers: readonly AsyncLines[] | null): string {
  const calls = frames.map((frame) => `${frame.index === selected ? ">" : " "} #${frame.index} ${frameText(frame)}`);
  const waiting = callers?.flatMap((each) => [
    `  -- async: ${forTerminal(each.description, 60)} --`,
    ...each.frames.map((frame) => `     ${frameText(frame)}`),
  ]);
  return [...calls, ...(waiting ?? ["  (who waits for these calls is recorded from now on)"])].join("\n");
}

export function sourceLines(source: readonly SourceLine[], color: boolean): string[] {
  const width = String(source[source.length - 1]?.line ?? 0).length;
  return source.map(({ line, text, isHere }) => {
    const shown = `${isHere ? ">" : " "} ${String(line).padStart(width)}  ${forTerminal(text.replaceAll("\t", "  "), 200)}`.trimEnd();
    return color && isHere ? `\u001b[1m${shown}\u001b[0m` : shown;
  });
}

/** What is in scope, one scope after the other. */
export function scopeLines(scopes: readonly ScopeLines[]): string[] {
  return scopes.flatMap(({ title, variables, unset, omitted }) => {
    if (variables.length === 0 && unset.length === 0) return [];
    const sized = variables.some(({ shallow }) => shallow !== undefined);
    const rows = variables.map(({ name, value, shallow, retained }) => [
      `    ${forTerminal(name, 60)}`,
      forTerminal(value, 90),
      ...(sized ? [bytes(shallow), bytes(retained)] : []),
    ]);
    const [head = "", ...lines] = tableLines(sized ? SIZED : PLAIN, rows);
    const none = unset.length > 0 ? [`    no value yet: ${forTerminal(unset.join(", "), 110)}`] : [];
    const more = omitted > 0 ? [`    … ${omitted} more (\`locals\` lists all)`] : [];
    return [titled(`  ${forTerminal(title, 100)}`, head), ...lines, ...none, ...more];
  });
}

/** The title, and after it the names of the columns where there is room. */
function titled(title: string, head: string): string {
  return head.length > title.length ? title + head.slice(title.length) : title;
}

const PLAIN: readonly Column[] = [
  { title: "", align: "left" },
  { title: "", align: "left" },
];
const SIZED: readonly Column[] = [...PLAIN, { title: "shallow", align: "right" }, { title: "retained", align: "right" }];

function bytes(value: number | undefined): string {
  return value === undefined ? "" : formatBytes(value);
}

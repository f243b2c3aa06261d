// Where to stop: break, delete.

import { defineVerb, type Verb } from "../../commands/verb.ts";
import { usage } from "../../errors.ts";
import { breakpointsText } from "../../report/breakpointsText.ts";
import type { Breakpoint, ExceptionMode } from "../../target/debugger.ts";
import type { Debugging } from "../debugging.ts";

interface BreakValue {
  readonly breakpoints: readonly Breakpoint[];
  /** Set by `break on`. */
  readonly exceptions: ExceptionMode | undefined;
}

const MODES: Readonly<Record<string, ExceptionMode>> = {
  exceptions: "uncaught",
  "uncaught exceptions": "uncaught",
  "all exceptions": "all",
  "exceptions all": "all",
  "no exceptions": "none",
};

function breakVerb(debugging: Debugging): Verb {
  return defineVerb<BreakValue>({
    name: "break",
    aliases: ["b"],
    summary: "stop at a line: break app.js:12, break 12 (this file), break app.js:12 if i > 3; alone, list the breakpoints",
    line: "rest",
    arguments: [{ name: "[place]", help: "file:line [if expr], line, or: on exceptions, on all exceptions, on no exceptions" }],
    options: [],
    examples: ["break src/server.ts:42", "break 12 if user === undefined", "break on exceptions", "break"],
    async *run(_session, [given]) {
      const debug = await debugging.open();
      const text = ((given as string | undefined) ?? "").trim();
      const mode = /^on\s+(.+)$/.exec(text)?.[1]?.replace(/\s+/g, " ");
      if (mode !== undefined) {
        const exceptions = Object.hasOwn(MODES, mode) ? MODES[mode] : undefined;
        if (exceptions === undefined) throw usage(`break on ${mode}?`, `break on ${Object.keys(MODES).join(", on ")}`);
        await debug.stopOnExceptions(exceptions);
        yield { breakpoints: [], exceptions };
      } else if (text === "") yield { breakpoints: debug.breakpoints(), exceptions: undefined };
      else {
        const { file, line, condition } = placeOf(text, debugging.frame?.place.file);
        yield { breakpoints: [await debug.setBreakpoint(file, line, condition)], exceptions: undefined };
      }
    },
    render: ({ breakpoints, exceptions }) => breakpointsText(breakpoints, exceptions),
  });
}

/** `app.js:12`, or `12` in the file of the stop; then `if …`. */
function placeOf(text: string, here: string | undefined): { file: string; line: number; condition: string | undefined } {
  const parts = /^(?:(.+):)?(\d+)(?:\s+if\s+(.+))?$/s.exec(text);
  const file = parts?.[1] ?? here;
  if (!parts || file === undefined)
    throw usage(`${JSON.stringify(text)} is no place`, here === undefined ? "write file:line, as app.js:12" : "write file:line, or a line");
  return { file, line: Number(parts[2]), condition: parts[3] };
}

function deleteVerb(debugging: Debugging): Verb {
  return defineVerb<{ deleted: number[] }>({
    name: "delete",
    aliases: ["d"],
    summary: "delete breakpoints by number, or all of them",
    arguments: [{ name: "[numbers...]", help: "numbers that `break` lists; all when left out" }],
    options: [],
    examples: ["delete 1", "delete"],
    async *run(_session, [given]) {
      const debug = await debugging.open();
      const words = (given as string[] | undefined) ?? [];
      const numbers = words.length > 0 ? words.map(numberOf) : debug.breakpoints().map(({ number }) => number);
      for (const number of numbers) await debug.deleteBreakpoint(number);
      yield { deleted: numbers };
    },
    render: ({ deleted }) => (deleted.length === 0 ? "there is no breakpoint" : `deleted breakpoint ${deleted.join(", ")}`),
  });
}

function numberOf(word: string): number {
  if (!/^\d+$/.test(word)) throw usage(`${JSON.stringify(word)} is no breakpoint`, "`break` lists their numbers");
  return Number(word);
}

export function breakingVerbs(debugging: Debugging): Verb[] {
  return [breakVerb(debugging), deleteVerb(debugging)];
}

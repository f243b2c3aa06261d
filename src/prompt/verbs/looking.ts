// Looking around at a stop: where, frame, up, down, list, locals, print.

import { defineVerb, type Verb } from "../../commands/verb.ts";
import { noSuchFrame, usage } from "../../errors.ts";
import { forTerminal } from "../../report/escape.ts";
import {
  type AsyncLines,
  type FrameLine,
  frameText,
  type ScopeLines,
  type SourceLine,
  type StopValue,
  scopeLines,
  sourceLines,
  whereText,
} from "../../report/stopText.ts";
import type { Debugging } from "../debugging.ts";
import { noteEvaluated } from "../expression.ts";
import { asyncLines, frameLine, scopesOf, sourceAround, stopValue } from "../scene.ts";

const LISTED = 11;

interface WhereValue {
  readonly frames: readonly FrameLine[];
  readonly selected: number;
  /** Who waits for the outermost frame; null where nothing of that was recorded. */
  readonly callers: readonly AsyncLines[] | null;
}

function whereVerb(debugging: Debugging): Verb {
  return defineVerb<WhereValue>({
    name: "where",
    aliases: ["w", "bt", "backtrace"],
    summary: "the calls that are under way, innermost first, and those that wait for them (async)",
    arguments: [],
    options: [],
    examples: ["where"],
    async *run() {
      const debug = await debugging.open();
      const selected = debugging.needFrame().index;
      const { frames = [], callers } = debugging.stop ?? {};
      if (callers === undefined) await debug.recordCallers();
      yield { frames: frames.map(frameLine), selected, callers: callers?.map(asyncLines) ?? null };
    },
    render: ({ frames, selected, callers }) => whereText(frames, selected, callers),
  });
}

/** Looks at another frame, and shows it as a stop is shown. */
async function* look(debugging: Debugging, to: (at: number) => number): AsyncGenerator<StopValue> {
  await debugging.open();
  const index = to(debugging.needFrame().index);
  const count = debugging.stop?.frames.length ?? 0;
  if (index < 0 || index >= count) throw noSuchFrame(index, count);
  debugging.select(index);
  const value = debugging.stop && (await stopValue(debugging, debugging.stop));
  if (value) yield value;
}

const renderFrame = (value: StopValue, { color }: { color: boolean }): string =>
  [`#${value.frame.index} ${frameText(value.frame)}`, ...sourceLines(value.source, color), ...scopeLines(value.scopes)].join("\n");

function frameVerbs(debugging: Debugging): Verb[] {
  const times = [{ name: "[n]", help: "how many; 1 when left out" }];
  const count = (given: unknown): number => {
    if (given !== undefined && !/^\d+$/.test(given as string)) throw usage(`${JSON.stringify(given)} is no number of frames`);
    return Number(given ?? 1);
  };
  const of = (name: string, summary: string, sign: 1 | -1): Verb =>
    defineVerb<StopValue>({
      name,
      summary,
      arguments: times,
      options: [],
      examples: [name],
      run: (_session, [n]) => look(debugging, (at) => at + sign * count(n)),
      render: renderFrame,
    });
  const frame = defineVerb<StopValue>({
    name: "frame",
    aliases: ["f"],
    summary: "look at frame <n> of `where`: expressions are evaluated there",
    arguments: [{ name: "[n]", help: "number of the frame; the one looked at when left out" }],
    options: [],
    examples: ["frame 2"],
    run: (_session, [n]) => look(debugging, (at) => (n === undefined ? at : count(n))),
    render: renderFrame,
  });
  return [of("up", "look at the frame that called this one", 1), of("down", "look at the frame that this one called", -1), frame];
}

function listVerb(debugging: Debugging): Verb {
  return defineVerb<{ source: SourceLine[] }>({
    name: "list",
    aliases: ["l"],
    summary: "the source around the stop; again, the lines that follow; `list 40` around line 40",
    arguments: [{ name: "[line]", help: "the line in the middle" }],
    options: [],
    examples: ["list", "list 40"],
    async *run(_session, [given]) {
      await debugging.open();
      const frame = debugging.needFrame();
      if (given !== undefined && !/^[1-9]\d*$/.test(given as string))
        throw usage(`${JSON.stringify(given)} is no line`, "list, or list 40");
      const around = Math.floor(LISTED / 2);
      const middle = given === undefined ? (debugging.listFrom ?? frame.place.line) : Number(given);
      const source = await sourceAround(debugging, frame, middle, around);
      debugging.listFrom = middle + LISTED;
      yield { source };
    },
    render: ({ source }, { color }) => (source.length === 0 ? "no source there" : sourceLines(source, color).join("\n")),
  });
}

function localsVerb(debugging: Debugging): Verb {
  return defineVerb<{ scopes: ScopeLines[] }>({
    name: "locals",
    summary: "the variables of the frame; with their sizes when there is a snapshot of this stop",
    arguments: [],
    options: [
      { flags: "--all", help: "also the scopes around the function" },
      { flags: "--sizes", help: "take a snapshot of this stop, if there is none, for the sizes" },
    ],
    examples: ["locals", "locals --sizes"],
    async *run(session, _args, { all, sizes }) {
      await debugging.open();
      const frame = debugging.needFrame();
      if (sizes === true) await session.load(undefined);
      yield { scopes: await scopesOf(debugging, frame, 0, all !== true) };
    },
    render: ({ scopes }) => {
      const lines = scopeLines(scopes);
      return lines.length === 0 ? "no variables" : lines.join("\n");
    },
  });
}

function printVerb(debugging: Debugging): Verb {
  return defineVerb<{ text: string; type: string }>({
    name: "print",
    aliases: ["p", "exec"],
    summary: "evaluate an expression in the frame, or in the global scope of a running program",
    line: "rest",
    arguments: [{ name: "[expression]", help: "any JavaScript" }],
    options: [],
    examples: ["print req.url", "p [...cache.keys()].length"],
    async *run(_session, [expression]) {
      const text = ((expression as string | undefined) ?? "").trim();
      if (text === "") throw usage("print what?", "print <expression>");
      const debug = await debugging.open();
      await noteEvaluated(debugging, text);
      const value = await debug.evaluate(text, debugging.frame);
      yield { text: value.text, type: value.type };
    },
    render: ({ text }) => forTerminal(text, 4000),
  });
}

export function lookingVerbs(debugging: Debugging): Verb[] {
  return [whereVerb(debugging), ...frameVerbs(debugging), listVerb(debugging), localsVerb(debugging), printVerb(debugging)];
}

// `path this.cache.get("a b") --all 3`: a line whose object is an expression. A shell's words would cut it at the blank, so
// for verbs that ask about objects the rest of the line up to an option is one word. Pure.

import type { OptionSpec } from "../commands/verb.ts";
import { usage } from "../errors.ts";
import { splitLine } from "./line.ts";

export interface ObjectLine {
  /** The words of the line, the expression as one. */
  readonly words: readonly string[];
  /** The expression, where there is one: the object is not named by `@id`, row or `--id`. */
  readonly expression: string | undefined;
}

const OPTION = /^--?[a-zA-Z]/;
const CLOSES: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/**
 * Reads a line whose verb asks about objects. Ids (`@12`), row numbers and files stay words, as everywhere.
 * @param isSource whether a word names a snapshot or a process rather than a variable.
 * @throws LeakhuntError `USAGE` for a quote or bracket that is not closed.
 */
export function readObjectLine(line: string, options: readonly OptionSpec[], isSource: (word: string) => boolean): ObjectLine {
  const [verb = "", ...tokens] = tokenize(line);
  const taken = takesValue(options);
  const words: string[] = [];
  const parts: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as string;
    if (!OPTION.test(token)) {
      parts.push(token);
      continue;
    }
    words.push(...splitLine(token));
    const value = tokens[i + 1];
    if (taken.has(token) && value !== undefined) {
      words.push(...splitLine(value));
      i++;
    }
  }
  const hasId = words.includes("--id") || words.some((word) => word.startsWith("--id="));
  const areNames = parts.some((part) => /^@?\d+$/.test(unquoted(part)) || isSource(unquoted(part)));
  if (parts.length === 0 || hasId || areNames) return { words: [verb, ...parts.flatMap(splitLine), ...words], expression: undefined };
  const expression = parts.join(" ");
  return { words: [verb, expression, ...words], expression };
}

/** The rest of a line after its first word, without the comment. */
export function restOf(line: string): string {
  return tokenize(line).slice(1).join(" ");
}

function unquoted(part: string): string {
  return /^(["']).*\1$/.test(part) ? part.slice(1, -1) : part;
}

function takesValue(options: readonly OptionSpec[]): ReadonlySet<string> {
  return new Set(options.filter(({ flags }) => flags.includes("<")).flatMap(({ flags }) => flags.match(/--?[\w-]+/g) ?? []));
}

/** Pieces between blanks that are outside of quotes, templates and brackets. ` #` begins a comment. */
function tokenize(line: string): string[] {
  const tokens: string[] = [];
  const open: string[] = [];
  let token = "";
  let quote: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const c = line[i] as string;
    if (quote !== undefined) {
      token += c;
      if (c === "\\" && i + 1 < line.length) token += line[++i];
      else if (c === quote) quote = undefined;
      continue;
    }
    if (c === "#" && token === "" && open.length === 0) break;
    if (/\s/.test(c) && open.length === 0) {
      if (token !== "") tokens.push(token);
      token = "";
      continue;
    }
    if (c === '"' || c === "'" || c === "`") quote = c;
    else if (c in CLOSES) open.push(CLOSES[c] as string);
    else if (c === open[open.length - 1]) open.pop();
    token += c;
  }
  if (quote !== undefined) throw usage(`a ${quote} is not closed`);
  const missing = open[open.length - 1];
  if (missing !== undefined) throw usage(`a ${missing} is missing`);
  if (token !== "") tokens.push(token);
  return tokens;
}

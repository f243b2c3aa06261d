// One line of the prompt -> words, by the quoting rules of a shell: 'a b', "a \" b", a\ b. Pure.

import { usage } from "../errors.ts";

/**
 * Splits a line into words. `#` begins a comment.
 * @throws LeakhuntError `USAGE` when a quote is not closed.
 */
export function splitLine(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const c = line[i] as string;
    if (quote !== undefined) {
      if (c === quote) quote = undefined;
      else if (c === "\\" && quote === '"' && i + 1 < line.length) word = (word ?? "") + line[++i];
      else word = (word ?? "") + c;
    } else if (c === "'" || c === '"') {
      quote = c;
      word ??= "";
    } else if (c === "\\" && i + 1 < line.length) word = (word ?? "") + line[++i];
    else if (c === "#" && word === undefined) break;
    else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + c;
  }
  if (quote !== undefined) throw usage(`a ${quote} is not closed`);
  if (word !== undefined) words.push(word);
  return words;
}

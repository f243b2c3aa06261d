// The line of a call. V8's allocation stacks tell where a function begins, not which of its lines was running; the source
// often leaves only one: the only line of the function that calls what was called next. Text alone is looked at, so the
// answer is given only when there is just one candidate.

/** A place in a text, line and column from 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** Longer functions have too many lines that look like the call, and cost more to look at. */
const MOST_CODE = 100_000;

/**
 * The place in the function that begins at `start` (its parameters, as V8 counts) where `name` is called or constructed;
 * undefined when several lines do, or none.
 */
export function callLine(text: string, start: Position, name: string): Position | undefined {
  if (!/^[\p{L}$_][\p{L}\p{N}$_]*$/u.test(name)) return undefined;
  const begin = offsetOf(text, start);
  if (begin === undefined) return undefined;
  const rest = codeOnly(text.slice(begin, begin + MOST_CODE));
  // what begins with its script is the script
  const code = begin === 0 ? rest : bodyOf(rest);
  const escaped = name.replaceAll("$", "\\$");
  // `function open(` and `open() {` of a nested definition are no calls
  const call = new RegExp(`(?<![\\p{L}\\p{N}$_])(?<!function\\s*\\*?\\s*)${escaped}\\s*(?:\\?\\.\\s*)?\\(`, "gu");
  const bare = new RegExp(`(?<![\\p{L}\\p{N}$_.])new\\s+(?:[\\p{L}\\p{N}$_]+\\s*\\.\\s*)*${escaped}(?![\\p{L}\\p{N}$_])`, "gu");
  const found = [...code.matchAll(call), ...code.matchAll(bare)].map(({ index }) => positionAt(text, begin + index));
  const [first] = found;
  return first && found.every(({ line }) => line === first.line) ? first : undefined;
}

function offsetOf(text: string, { line, column }: Position): number | undefined {
  let at = 0;
  for (let l = 1; l < line; l++) {
    at = text.indexOf("\n", at) + 1;
    if (at === 0) return undefined;
  }
  return at + column - 1;
}

/** The position of an offset. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

/** The function's own text: from its parameters to the end of its body. */
function bodyOf(code: string): string {
  let depth = 0;
  let isBody = false;
  for (let i = 0; i < code.length; i++) {
    const c = code[i] as string;
    if ("([{".includes(c)) {
      if (c === "{" && depth === 0) isBody = true;
      depth++;
    } else if (")]}".includes(c)) {
      depth--;
      if (depth < 0) return code.slice(0, i);
      if (depth === 0 && c === "}" && isBody) return code.slice(0, i + 1);
    } else if (depth === 0 && (c === ";" || c === ",")) return code.slice(0, i);
  }
  return code;
}

/** The text with the same length, but blanks instead of comments, strings and regular expressions. */
export function codeOnly(text: string): string {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|`(?:\\.|[^`\\])*`?|\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g;
  return text.replace(token, (found, at: number) => {
    // A slash after a value divides.
    if (found[0] === "/" && !/^\/[/*]/.test(found) && /[\p{L}\p{N}$_)\]]\s*$/u.test(text.slice(Math.max(0, at - 20), at))) {
      if (!/\b(?:return|typeof|case|in|of|do|else|void|delete)\s*$/.test(text.slice(Math.max(0, at - 20), at))) return found;
    }
    return found.replace(/[^\n]/g, " ");
  });
}

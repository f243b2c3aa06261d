// The one place where text that comes from a heap is made safe to show. A class, a key or a string of the target
// may hold anything: control characters, terminal escapes, right-to-left overrides, markup, 100 kB. Every text goes
// through `visible` first (what cannot be seen is written out) and then through the escape of its destination.

/** Longest heap text shown in a card or label, in code points. */
export const LABEL_LIMIT = 48;

const ELLIPSIS = "…";

/** At most `max` code points, the middle replaced by `…`. Looks only at the ends of the text, whatever its length. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  if (text.length <= 2 * max && [...text].length <= max) return text;
  const head = Math.ceil((max - 1) / 2);
  const tail = max - 1 - head;
  const start = [...text.slice(0, 2 * head)].slice(0, head).join("");
  const end = tail > 0 ? [...text.slice(-2 * tail)].slice(-tail).join("") : "";
  return start + ELLIPSIS + end;
}

// Controls, format characters (bidi, zero-width, tags), line separators, ignorable fillers, what XML forbids, and lone
// surrogates. The emoji variation selector stays: it is harmless and common.
const INVISIBLE = /(?!\u{fe0f})[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{DI}\p{Cs}\u{fffe}\u{ffff}]/gu;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text with everything invisible written as `\n`, `\x1b`, `\u202e`, `\u{e0041}`; a lone surrogate as U+FFFD. */
export function visible(text: string, max?: number): string {
  return (max === undefined ? text : clip(text, max)).replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff) return "\u{fffd}";
    return SHORT[character] ?? codeEscape(code);
  });
}

function codeEscape(code: number): string {
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}

/** Characters for which `covers` is false, written as `\u{65e5}`: a font without a glyph draws an empty box. */
export function spellUncovered(text: string, covers: (codePoint: number) => boolean): string {
  let out = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    out += covers(code) ? character : `\\u{${code.toString(16)}}`;
  }
  return out;
}

/** One line for a terminal: no control sequence survives. `max` in code points. */
export function forTerminal(text: string, max?: number): string {
  return visible(text, max);
}

/** JSON text that means the same and holds nothing invisible: a terminal shows it, and no reader trips over it. */
export function forJson(json: string): string {
  return json.replace(INVISIBLE, (character) => {
    const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
  });
}

const MARKUP: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text or attribute value of a page. */
export function forHtml(text: string, max?: number): string {
  return visible(text, max).replace(/[&<>"']/g, (character) => MARKUP[character] ?? character);
}

/** Text or attribute value of an SVG: the same five characters matter. */
export function forSvg(text: string, max?: number): string {
  return forHtml(text, max);
}

/** Text or attribute value of an XML document; what XML 1.0 forbids is among what `visible` writes out. */
export function forXml(text: string, max?: number): string {
  return forHtml(text, max);
}

/**
 * Text inside an HTML-like DOT label. Graphviz substitutes `\N` and `\G` even there, after it has decoded entities,
 * so every backslash is doubled.
 */
export function forDotLabel(text: string, max?: number): string {
  return forHtml(text, max).replaceAll("\\", "\\\\");
}

/** Text inside a quoted DOT attribute, without the quotes. Graphviz decodes entities there, so `&` is written out. */
export function forDotString(text: string, max?: number): string {
  return visible(text, max).replaceAll("&", "&amp;").replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}

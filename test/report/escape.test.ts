import { expect, test } from "vitest";
import { clip, forDotLabel, forDotString, forHtml, forTerminal, spellUncovered, visible } from "../../src/report/escape.ts";
import { hasGlyph, textWidth } from "../../src/report/fontMetrics.ts";
import { NASTY } from "./nastyStrings.ts";

test("clip keeps both ends and counts code points", () => {
  expect(clip("abcdefghij", 10)).toBe("abcdefghij");
  expect(clip("abcdefghijk", 10)).toBe("abcde…hijk");
  expect(clip("😀".repeat(10), 10)).toBe("😀".repeat(10));
  expect([...clip("😀".repeat(11), 10)]).toHaveLength(10);
  expect(clip("😀".repeat(11), 10)).not.toMatch(/\p{Cs}/u);
  expect(clip("abc", 1)).toBe("…");
});

test("what cannot be seen is written out", () => {
  expect(visible("a\n\r\tb\0\x1b\x7f\x9b")).toBe("a\\n\\r\\tb\\x00\\x1b\\x7f\\x9b");
  expect(visible("\u202egnp\u200b\u2028\ufffe\u{e0041}")).toBe("\\u202egnp\\u200b\\u2028\\ufffe\\u{e0041}");
  expect(visible("\ud800x\udc00😀é日")).toBe("\ufffdx\ufffd😀é日");
});

test("a long text is cut before it is expanded", () => {
  expect(forTerminal("\0".repeat(100_000), 5)).toBe("\\x00\\x00…\\x00\\x00");
});

test.each(Object.entries(NASTY))("no control sequence reaches a terminal: %s", (_, text) => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(forTerminal(text, 48)).not.toMatch(/[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/);
});

test.each(Object.entries(NASTY))("no markup reaches a page: %s", (_, text) => {
  expect(forHtml(text)).not.toMatch(/[<>"']|&(?!amp;|lt;|gt;|quot;|#39;)/);
});

test("DOT", () => {
  expect(forDotLabel('C:\\Node <b>"&\n')).toBe("C:\\\\Node &lt;b&gt;&quot;&amp;\\\\n");
  expect(forDotString('C:\\Node "&lt;"\n')).toBe('C:\\\\Node \\"&amp;lt;\\"\\\\n');
});

test("characters without a glyph are spelled out", () => {
  expect(spellUncovered("日本 Привет × …→·—😀", hasGlyph)).toBe("\\u{65e5}\\u{672c} Привет × …→·—\\u{1f600}");
});

test("text is measured in Arimo, whose widths are those of Arial", () => {
  expect(textWidth("W", 1000)).toBeCloseTo(944, 0);
  expect(textWidth("iiii", 10)).toBeCloseTo(4 * 2.22, 1);
  expect(textWidth("Object", 11, 700)).toBeGreaterThan(textWidth("Object", 11));
  expect(textWidth("日", 9)).toBe(9);
});

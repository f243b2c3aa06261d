// The line of a call inside a function: told only when the text leaves one.
import { expect, test } from "vitest";
import { callLine, codeOnly } from "../../src/commands/callLine.ts";

/** The line of the call to `name` in the function whose parameters begin at the § of the text. */
function lineOf(text: string, name: string): number | undefined {
  const at = text.indexOf("§");
  const before = text.slice(0, at);
  const start = { line: before.split("\n").length, column: at - before.lastIndexOf("\n") };
  return callLine(text.replace("§", ""), start, name)?.line;
}

test.each([
  ["a class", "function open§(id) {\n  const x = 1;\n  return new Session(id);\n}", "Session", 3],
  ["a class of a module", "function open§() {\n\n  return new store.Session;\n}", "Session", 3],
  ["a method", "class A {\n  handle§(a, b = {}) {\n    if (a) {\n      this.store.open(a);\n    }\n  }\n}", "open", 4],
  ["an optional call", "const f = §(x) => {\n  x\n    .go?.(1);\n};", "go", 3],
  ["an arrow without braces", "const a = §(x) => make(x),\n b = (x) => make(x, 2);", "make", 1],
  ["twice in one line", "function f§() { g(1); g(2); }", "g", 1],
  ["not in strings, comments and patterns", 'function f§() {\n  // g()\n  "g()"; /g()/; `g()`;\n  g();\n}', "g", 4],
  ["not the next function", "function f§() {\n  g();\n}\nfunction h() { g(); }", "g", 2],
  ["not its definition", "function f§() {\n  function g() {}\n  g();\n}", "g", 3],
  ["not a longer name", "function f§() {\n  going(); $g();\n  g();\n}", "g", 3],
])("%s", (_, text, name, line) => {
  expect(lineOf(text, name)).toBe(line);
});

test.each([
  ["several lines call it", "function f§() {\n  g();\n  g();\n}", "g"],
  ["no line does", "function f§() {\n  h();\n}", "g"],
  ["the name is no name", "function f§() {\n  g();\n}", "get x"],
  ["another function calls it", "function f§() {}\ng();", "g"],
])("none when %s", (_, text, name) => {
  expect(lineOf(text, name)).toBeUndefined();
});

test("a place outside the text is none, and code of a script begins with the script", () => {
  expect(callLine("g();", { line: 9, column: 1 }, "g")).toBeUndefined();
  expect(callLine("const a = 1;\ng();\n", { line: 1, column: 1 }, "g")).toEqual({ line: 2, column: 1 });
});

test("a division is no pattern, and nothing moves", () => {
  const text = "a = b / c; d = e / f; return /x\\/[/]y/g.test(\"'\") + '\\'' // end\n/* 1\n2 */ g";
  const code = codeOnly(text);
  expect(code).toHaveLength(text.length);
  expect(code.replace(/\s+/g, " ")).toBe("a = b / c; d = e / f; return .test( ) + g");
});

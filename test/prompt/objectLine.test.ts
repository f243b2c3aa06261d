// How a line with an expression is read.
import { expect, test } from "vitest";
import { pathVerb } from "../../src/commands/objects.ts";
import { backrefsVerb } from "../../src/commands/pictures.ts";
import { readObjectLine, restOf } from "../../src/prompt/objectLine.ts";

const isSource = (word: string): boolean => word.endsWith(".heapsnapshot");

test.each([
  ["path this.cache", ["path", "this.cache"], "this.cache"],
  ['path this.cache.get("a  b")', ["path", 'this.cache.get("a  b")'], 'this.cache.get("a  b")'],
  ["path a - b --all 3", ["path", "a - b", "--all", "3"], "a - b"],
  ["path --all 3 this.cache", ["path", "this.cache", "--all", "3"], "this.cache"],
  ["path [1, -x].map((n) => n --  )", ["path", "[1, -x].map((n) => n --  )"], "[1, -x].map((n) => n --  )"],
  ["path `a -o b` -- ", ["path", "`a -o b` --"], "`a -o b` --"],
  ["path this.#secret # a comment", ["path", "this.#secret"], "this.#secret"],
  ["path @12", ["path", "@12"], undefined],
  ["path 3 --all 2", ["path", "3", "--all", "2"], undefined],
  ["path", ["path"], undefined],
  ["path --id @12 a.heapsnapshot", ["path", "a.heapsnapshot", "--id", "@12"], undefined],
  ['path @12 "my heap.heapsnapshot"', ["path", "@12", "my heap.heapsnapshot"], undefined],
] as const)("%s", (line, words, expression) => {
  expect(readObjectLine(line, pathVerb.options, isSource)).toEqual({ words, expression });
});

test("options with a value keep it, in both spellings", () => {
  const read = readObjectLine("backrefs x -o 'my refs.png' --title=\"a b\"", backrefsVerb.options, isSource);
  expect(read).toEqual({ words: ["backrefs", "x", "-o", "my refs.png", "--title=a b"], expression: "x" });
});

test.each([
  ['path cache.get("a', 'a " is not closed'],
  ["path f(a", "a ) is missing"],
])("%s is told in a sentence", (line, said) => {
  expect(() => readObjectLine(line, pathVerb.options, isSource)).toThrow(said);
});

test("the rest of a line is its text without the comment", () => {
  expect(restOf('print "a  b" + c # why')).toBe('"a  b" + c');
});

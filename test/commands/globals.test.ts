// Which line of a program makes a global: told from the text of its scripts.
import { expect, test } from "vitest";
import { makesSymbols, mentions } from "../../src/commands/globals.ts";

/** The text from the place that was found on. */
function found(text: string, name = "jobs"): string | undefined {
  const { made, read } = mentions(text, name);
  return made !== undefined ? `made: ${text.slice(made)}` : read !== undefined ? `read: ${text.slice(read)}` : undefined;
}

test.each([
  ["an assignment", "a(); global.jobs = [];", "made: global.jobs = [];"],
  ["one that only fills in", "globalThis.jobs ??= new Map()", "made: globalThis.jobs ??= new Map()"],
  ["by a text", `x; globalThis["jobs"] = {}`, `made: globalThis["jobs"] = {}`],
  ["the one that assigns, not the one before it that reads", "if (!global.jobs) {\n  global.jobs = [];\n}", "made: global.jobs = [];\n}"],
  ["nobody declares it", "'use x';\njobs = [];", "made: jobs = [];"],
  ["it is only used", "global.jobs.push(1)", "read: global.jobs.push(1)"],
  ["a comparison is no assignment", "global.jobs === 1", "read: global.jobs === 1"],
])("%s", (_, text, expected) => {
  expect(found(text)).toBe(expected);
});

test.each([
  ["in a comment", "// global.jobs = []"],
  ["in a text", "say('global.jobs = 1')"],
  ["a longer name", "global.jobsDone = 1; xglobal.jobs = 2; my.global.jobs = 3"],
  ["a variable of its own", "let jobs;\njobs = [];"],
  ["a parameter", "function run(id, jobs) {\n  jobs = jobs || [];\n}"],
  ["a property of something else", "this.jobs = []; app.jobs = 1"],
  ["a name that is a pattern elsewhere", "global.a$b = 1"],
])("not taken for it: %s", (_, text) => {
  expect(found(text)).toBeUndefined();
});

test("names with a dollar", () => {
  expect(found("global.$a = 1", "$a")).toBe("made: global.$a = 1");
});

test.each([
  ["a name put together", "a(); Symbol.for(`trace.$" + "{id}`)", 5],
  ["a variable", "const s = Symbol.for( name )", 10],
  ["fixed names", "Symbol.for(\"a\"); Symbol.for('b' ); Symbol.for(`c`)", undefined],
  ["in a comment", "// Symbol.for(name)", undefined],
])("symbols by name: %s", (_, text, expected) => {
  expect(makesSymbols(text)).toBe(expected);
});

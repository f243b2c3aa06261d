// Exceptions that nobody catches, in ES modules: V8 takes them for caught, since Node evaluates modules in a `try`.
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Frame } from "../../src/target/debugger.ts";
import { at, endPrograms, files, launch, stopOf, where } from "./debugged.ts";
import { cleanUp } from "./programs.ts";

afterEach(async () => {
  await endPrograms();
  cleanUp();
});

const FAILS = 'export const z = 1;\nthrow new Error("in a dependency");\n';
const LATER = "async function later(text) {\n  await null;\n  throw new Error(text);\n}\n";

/** Where a program stops because of exceptions, and what was thrown, until it ends. */
async function stops(texts: Readonly<Record<string, string>>): Promise<string[]> {
  const place = files(texts);
  const program = await launch([join(place, Object.keys(texts)[0] as string)], place);
  await program.debugger.stopOnExceptions("uncaught");
  const seen: string[] = [];
  let resume = program.debugger.resume();
  for (;;) {
    const next = await Promise.race([resume.then(() => stopOf(program.debugger)), program.ended]);
    if (!("frames" in next)) return [...seen, `exit ${next.code}`];
    seen.push(`${where(next)} ${next.reason} ${next.exception}`);
    resume = program.debugger.resume().catch(() => {});
  }
}

describe("what nobody catches stops where it is thrown:", () => {
  test("by the outermost code of a module, in a call of it", async () => {
    const main = `const name = "x";
try { JSON.parse("{"); } catch {}
function fail(of) {
  throw new Error("top " + of);
}
fail(name);
`;
    expect(await stops({ "main.mjs": main })).toEqual(["fail main.mjs:4 exception Error: top x", "exit 1"]);
  });

  test("after an await of the outermost code", async () => {
    expect(await stops({ "main.mjs": 'await null;\nthrow new Error("late");\n' })).toEqual(["main.mjs:2 exception Error: late", "exit 1"]);
  });

  test("in a module that another one imports, whichever way", async () => {
    const expected = ["dep.mjs:2 exception Error: in a dependency", "exit 1"];
    expect(await stops({ "main.mjs": 'import "./dep.mjs";\n', "dep.mjs": FAILS })).toEqual(expected);
    expect(await stops({ "main.mjs": 'import "./dep.mjs";\n', "dep.mjs": `await 1;${FAILS}` })).toEqual(expected);
    expect(await stops({ "main.mjs": 'const { z } = await import("./dep.mjs");\n', "dep.mjs": FAILS })).toEqual(expected);
  });

  test("by async functions that the outermost code waits for", async () => {
    const main = `${LATER}async function main() {
  await later("inner");
}
await main();
`;
    expect(await stops({ "main.mjs": main })).toEqual(["later main.mjs:3 exception Error: inner", "exit 1"]);
    const all = `${LATER}await Promise.all(["a", "b"].map((text) => text === "b" && later(text)));\n`;
    expect(await stops({ "main.mjs": all })).toEqual(["later main.mjs:3 exception Error: b", "exit 1"]);
  });
});

describe("what the program catches stops nothing:", () => {
  test("at the outermost code of a module", async () => {
    const main = `${LATER}try { null.x; } catch {}
try { throw 1; } catch {} finally {}
try { await later("in a try"); } catch {}
try { await Promise.all([later("a"), later("b")]); } catch {}
await later("told of").catch(() => {});
await later("told of later").then(() => 1).catch(() => {});
later("told of at once").then(() => 1, () => 2);
await Promise.reject(new Error("made")).catch(() => {});
await new Promise(() => { throw new Error("executor"); }).catch(() => {});
await new Promise((_, reject) => setTimeout(() => reject(new Error("by a timer")), 1)).catch(() => {});
class Careful { static { try { null.x; } catch {} } }
`;
    expect(await stops({ "main.mjs": main })).toEqual(["exit 0"]);
  });

  test("of a module that it imports", async () => {
    const caught = { "dep.mjs": FAILS, "slow.mjs": `await 1;${FAILS}` };
    const main = `try { await import("./dep.mjs"); } catch {}
const load = async () => {
  const found = await import("./slow.mjs");
  return found;
};
try { await load(); } catch {}
`;
    expect(await stops({ "main.mjs": main, ...caught })).toEqual(["exit 0"]);
    expect(await stops({ "main.mjs": 'import("./dep.mjs").catch(() => {});\n', ...caught })).toEqual(["exit 0"]);
  });
});

test("the source and the locals are there, and the calls that wait", async () => {
  const main = `${LATER}async function outer() {
  const what = { name: "config" };
  await later(what.name);
}
await outer();
`;
  const place = files({ "main.mjs": main });
  const { debugger: live } = await launch([join(place, "main.mjs")], place);
  await live.stopOnExceptions("uncaught");
  await live.resume();
  const stop = await stopOf(live);
  const frame = stop.frames[0] as Frame;
  expect(await live.source(frame.place, 0)).toEqual([{ line: 3, text: "  throw new Error(text);" }]);
  const [locals] = await live.scopes(frame);
  expect(locals?.variables.map(({ name, value }) => `${name} = ${value.text}`)).toEqual(['text = "config"']);
  expect(stop.callers?.[0]?.description).toBe("await");
  expect(stop.callers?.[0]?.frames.map((each) => at(each as Frame))).toEqual(["outer main.mjs:7", "main.mjs:9"]);
});

test("a step goes on over an exception that is caught, further in or further out", async () => {
  const main = `function inner() {
  throw new Error("caught");
}
function middle() {
  try { inner(); } catch {}
  return 1;
}
function outer() {
  inner();
}
debugger;
middle();
let n = 1;
try { outer(); } catch { n = 2; }
n = 3;
n++;
`;
  const place = files({ "main.mjs": main });
  const { debugger: live } = await launch([join(place, "main.mjs")], place);
  await live.stopOnExceptions("uncaught");
  await live.resume();
  expect(where(await stopOf(live))).toBe("main.mjs:11");
  const lines = [];
  for (let line = ""; line !== "main.mjs:15"; lines.push(line)) line = where(await live.move("next"));
  expect([...new Set(lines)]).toEqual(["main.mjs:12", "main.mjs:13", "main.mjs:14", "main.mjs:15"]);
  expect(live.stop?.reason).toBe("step");
});

test("a program that throws and catches without end is soon left to V8", async () => {
  const main = `let caught = 0;
for (let i = 0; i < 20_000; i++) try { throw i; } catch { caught++; }
debugger;
setTimeout(() => { throw new Error("of a timer"); });
`;
  const place = files({ "main.mjs": main });
  const { debugger: live, target } = await launch([join(place, "main.mjs")], place);
  await live.stopOnExceptions("uncaught");
  let pauses = 0;
  target.inspector.on("Debugger.paused", () => pauses++);
  await live.resume();
  const stop = await stopOf(live);
  expect(stop.reason).toBe("debugger statement");
  expect((await live.evaluate("caught", stop.frames[0])).text).toBe("20000");
  expect(pauses).toBeGreaterThan(100);
  expect(pauses).toBeLessThan(2000);
  await live.resume();
  expect((await stopOf(live)).exception).toBe("Error: of a timer");
});

// `leakhunt/test` in plain programs and under node:test: leaks of many kinds fail with their path, and what is no leak passes.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { run } from "../breakpoint/programs.ts";
import { project } from "./programs.ts";

vi.setConfig({ testTimeout: 1_800_000 });

const HEAD = `import { expectCollected, expectNoLeak } from "leakhunt/test";
class Session { constructor(i) { this.id = "s" + i; } }
let i = 0;
const say = async (work, options) => { try { await work(); console.log("fine"); } catch (error) { console.log(error.name + ": " + error.message); } console.log("----"); };
const leak = (work, options) => say(() => expectNoLeak(work, { picture: false, settle: 0, ...options }));
`;

/** What a program says, block by block. */
async function blocks(context: Parameters<typeof project>[0], text: string): Promise<string[]> {
  const at = project(context);
  const done = await run(at, [at.write("program.mjs", HEAD + text)]);
  expect(done).toMatchObject({ code: 0, stderr: "" });
  expect(at.leftovers()).toEqual([]);
  return done.stdout.split("----\n").slice(0, -1);
}

test("one small object per run is named, with what holds it, in a module, in a variable and in an inner map", async (context) => {
  const [map, local, list, timer, many] = await blocks(
    context,
    `const sessions = new Map();
await leak(async () => { sessions.set(i++, new Session(i)); });
await (async () => { const mine = []; await leak(() => { mine.push(new Session(i)); }); })();
let list;
await leak(() => { list = { next: list }; });
const timers = new Set();
await leak(() => { const timer = setTimeout(() => {}, 1e6); timer.unref(); });
const tenants = new Map([..."abcdefghijklmnopqrst"].map((name) => [name, new Map()]));
await leak(() => { [...tenants.values()][i++ % 20].set("x" + i, new Session(i)); });
`,
  );
  expect(map).toMatch(
    /^LeakFound: Session leaks: 1 per run, with it 1 \(string\); \d+ B per run\nstill there in the end: 10 of 10 runs, 20 of 20 runs, /,
  );
  expect(map).toMatch(
    /module scope of program\.mjs.*\n {2}└ sessions {2}Map @\d+, 150 entries.*\n {4}└ \.get\(<number>\) {2}Session @\d+\n$/,
  );
  expect(local).toMatch(/^LeakFound: Session leaks: 1 per run.*[\s\S]*└ mine {2}Array @\d+, 150 elements.*\n.*\[\d+\] {2}Session/);
  expect(list).toMatch(/^LeakFound: \{next\} leaks: 1 per run; 32 B per run\n[\s\S]*└ list {2}Object @\d+/);
  expect(timer).toMatch(/^LeakFound: Timeout leaks: 1 per run[\s\S]*active timers\n {2}└ /);
  expect(many).toMatch(/^LeakFound: Session leaks: 1 per run in 20 alike holders[\s\S]*└ tenants {2}Map @\d+, 20 entries/);
});

test("what gets bigger without getting more is found too: numbers in an array, a text, a buffer", async (context) => {
  const [numbers, text, buffer] = await blocks(
    context,
    `const numbers = [];
await leak(() => { numbers.push(i++); });
let text = "";
await leak(() => { text = Buffer.from(text + "y".repeat(90)).toString(); });
let buffer = Buffer.alloc(0);
await leak(() => { buffer = Buffer.concat([buffer, Buffer.alloc(1000)]); });
`,
  );
  expect(numbers).toMatch(/^LeakFound: Array leaks: Array @\d+ gets bigger with the runs, \d+ B per run \([\s\S]*└ numbers {2}Array/);
  expect(text).toMatch(/^LeakFound: \(string\) leaks: "yyy[\s\S]*└ text {2}"yyy/);
  expect(buffer).toMatch(/^LeakFound: Buffer leaks: Buffer @\d+ gets bigger with the runs, 1\.0 kB per run[\s\S]*└ buffer {2}Buffer/);
});

test("caches with a bound, pools, lazy parts, batches and things that end a little later are no leaks", async (context) => {
  const said = await blocks(
    context,
    `const lru = new Map();
await leak(() => { lru.set(i++, new Session(i)); if (lru.size > 50) lru.delete(lru.keys().next().value); });
const pool = [];
await leak(() => { const one = pool.pop() ?? new Session(i++); for (let k = 0; k < 5; k++) pool[k] ??= new Session(k); pool[4] = one; });
let lazy;
await leak(() => { lazy ??= Array.from({ length: 1000 }, () => new Session(i++)); });
let batch = [];
await leak(() => { batch.push(new Session(i++)); if (batch.length === 7) batch = []; });
await leak(() => { setTimeout(() => {}, 1500); }, { settle: 2000, runs: 5 });
await leak(async () => { await new Promise((settle) => setImmediate(settle)); JSON.parse(JSON.stringify({ a: [new Session(i++)] })); });
`,
  );
  expect(said).toEqual(Array(6).fill("fine\n"));
});

test("expectCollected: the path when it is not, and a picture; a little later is soon enough", async (context) => {
  const at = project(context);
  const program = at.write(
    "program.mjs",
    `${HEAD}const held = new Set();
await say(() => expectCollected(() => new Session(1)));
await say(() => expectCollected(async () => { const late = new Session(2); setTimeout(() => late, 300); return late; }));
await say(() => expectCollected(new WeakRef({ me: 1 })));
await say(() => expectCollected(() => { const one = new Session(3); held.add(one); return one; }, { within: 50, picture: "." }));
await say(() => expectCollected(() => held, { within: 50, picture: "held.dot" }));
await say(() => expectCollected(() => held, { within: 0, picture: "held.txt" }));
await say(() => expectCollected(() => held, { within: 0, picture: "not/there.svg" }));
await say(() => expectCollected({}));
await say(() => expectCollected(() => 1));
await say(async () => { const mine = new Session(4); await expectCollected(new WeakRef(mine), { within: 50 }); });
await say(() => expectNoLeak(() => { held.add(new Session(i++)); }, { settle: 0 }));
await say(() => expectNoLeak(() => { throw new Error("of the work"); }));
await say(() => expectNoLeak(() => {}, { rounds: 2 }));
`,
  );
  const done = await run(at, [program]);
  expect(done).toMatchObject({ code: 0, stderr: "" });
  const said = done.stdout.split("----\n").slice(0, -1);
  expect(said.slice(0, 3)).toEqual(Array(3).fill("fine\n"));
  expect(said[3]).toMatch(
    /^LeakFound: Session @\d+ is alive because\n {2}module scope of program\.mjs\n {2}└ held {2}Set @\d+, 1 member\n {4}└ set member {2}Session @\d+\npicture: (.*\.png)\n$/,
  );
  const picture = /picture: (.*)\n/.exec(said[3] as string)?.[1] as string;
  expect(picture).toMatch(new RegExp(`^${at.folder}/leakhunt-[0-9a-f]+\\.png$`));
  expect(readFileSync(picture).subarray(1, 4).toString()).toBe("PNG");
  expect(readFileSync(join(at.folder, "held.dot"), "utf8")).toMatch(/^digraph/);
  expect(said[5]).toBe('LeakhuntError: "held.txt" is neither a folder that is there nor a picture\n');
  // a picture that cannot be written hides nothing
  expect(said[6]).toMatch(
    /^LeakFound: Set @\d+ is alive because[\s\S]*\nno picture: cannot write .*there\.svg: its folder does not exist\n$/,
  );
  expect(said[7]).toMatch(/^LeakhuntError: only a WeakRef/);
  expect(said[8]).toMatch(/^LeakhuntError: the function made a value of type number/);
  expect(said[9]).toMatch(/^LeakFound: the object is still there, and only code that waits for this expectation holds it: [^\n]*\n$/);
  expect(existsSync(/picture: (.*)\n/.exec(said[10] as string)?.[1] as string)).toBe(true);
  expect(said[11]).toBe("Error: of the work\n");
  expect(said[12]).toMatch(/^LeakhuntError: rounds takes a whole number from 3/);
  // the picture of expectNoLeak went to the folder for temporary files, and nothing else stayed there
  expect(at.leftovers()).toEqual([expect.stringMatching(/^leakhunt-[0-9a-f]+\.png$/)]);
});

test("under node:test, from CommonJS", async (context) => {
  const at = project(context);
  const file = at.write(
    "leak.test.cjs",
    `const test = require("node:test");
const { expectNoLeak, expectCollected } = require("leakhunt/test");
const kept = [];
test("clean", () => expectNoLeak(() => ({ a: 1 })));
test("collected", () => expectCollected(() => ({ a: 1 })));
test("leaking", () => expectNoLeak(() => { kept.push({ a: 1 }); }, { picture: false, settle: 0 }));
`,
  );
  const done = await run(at, ["--test", "--test-reporter=tap", file]);
  expect(done.code).toBe(1);
  expect(done.stdout).toMatch(/ok \d - clean[\s\S]*ok \d - collected[\s\S]*not ok \d - leaking/);
  expect(done.stdout).toContain("{a} leaks: 1 per run");
  expect(done.stdout).toMatch(/└ kept {2}Array @\d+, 150 elements/);
});

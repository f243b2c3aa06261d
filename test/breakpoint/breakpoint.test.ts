// leakhunt inside the program, with the Node that runs the tests.
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { place, run } from "./programs.ts";
import { breakpointTests } from "./scenarios.ts";

vi.setConfig({ testTimeout: 600_000 });

breakpointTests(() => process.execPath, { rounds: 0, kinds: ["cjs"] });

const REGISTER = ["--import", "leakhunt/register"];

test("nothing but one file is loaded until somebody says leakhunt", async (context) => {
  const at = place(context);
  const program = at.write(
    "program.cjs",
    `const loaded = () => Object.keys(require.cache).map((path) => path.split("/").slice(-3).join("/")).filter((path) => /dist/.test(path));
console.log(JSON.stringify([loaded(), process.moduleLoadList.includes("NativeModule child_process")]));
`,
  );
  const done = await run(at, ["-r", "leakhunt/register", program]);
  expect(JSON.parse(done.stdout)).toEqual([["dist/breakpoint/register.cjs"], false]);
});

test("another name; a name that is taken is left alone, and that is said in one line", async (context) => {
  const at = place(context);
  const program = at.write("program.js", "console.log(typeof globalThis.lh, typeof globalThis.leakhunt, typeof fetch);\n");
  const named = await run(at, [...REGISTER, program], { env: { LEAKHUNT_GLOBAL: "lh" } });
  expect(named).toMatchObject({ stdout: "object undefined function\n", stderr: "" });
  const taken = await run(at, [...REGISTER, program], { env: { LEAKHUNT_GLOBAL: "fetch" } });
  expect(taken.stdout).toBe("undefined undefined function\n");
  expect(taken.stderr).toMatch(/^leakhunt: globalThis\.fetch is there already[^\n]*\n$/);
  const own = at.write("own.js", 'leakhunt = "mine"; console.log(leakhunt);\n');
  expect((await run(at, [...REGISTER, own])).stdout).toBe("mine\n");
});

test('`import { breakpoint } from "leakhunt"` is the same object, and its code is not in the answers', async (context) => {
  const at = place(context);
  const program = at.write(
    "program.mjs",
    `import { breakpoint, LeakhuntError } from "leakhunt";
let error; try { breakpoint.showBackrefs(1); } catch (thrown) { error = thrown; }
const before = breakpoint.typestats();
console.log(JSON.stringify([breakpoint === globalThis.leakhunt, error instanceof LeakhuntError, breakpoint.count("HeapGraph"), before.Session ?? 0]));
console.log(breakpoint.findBackrefChain(breakpoint.count, "root").outcome);
`,
  );
  const done = await run(at, [...REGISTER, program]);
  expect(done.stdout).toBe("[true,true,0,0]\n");
  expect(done.stderr).toContain("nothing in the program holds it: only leakhunt or a debugger does");
});

test("an --inspect-brk and an --import in NODE_OPTIONS do not reach the analyser; the working folder may be gone", async (context) => {
  const at = place(context);
  const program = at.write(
    "program.cjs",
    `const { mkdirSync, rmdirSync } = require("node:fs");
mkdirSync("gone"); process.chdir("gone"); rmdirSync("../gone");
process.env.NODE_OPTIONS = "--inspect-brk=0 --import leakhunt/register";
globalThis.held = { me: 1 };
leakhunt.showBackrefs(held);
leakhunt.showBackrefs(held, { filename: process.env.TMPDIR + "/../held.dot" });
try { leakhunt.showBackrefs(held, { filename: "held.dot" }); } catch (error) { console.log(error.stack); }
`,
  );
  const done = await run(at, [...REGISTER, program]);
  expect(done.stderr).toBe("");
  expect(done.stdout).toMatch(/\.held ← ■ globalThis/);
  expect(done.stdout).toMatch(
    /LeakhuntError: "held\.dot" cannot be written: the program's working folder is gone; give an absolute path\n$/,
  );
  expect(readFileSync(join(at.folder, "held.dot"), "utf8")).toMatch(/^digraph/);
});

test("the snapshot is private, and goes when the analyser cannot be started", async (context) => {
  const at = place(context);
  const program = at.write(
    "program.cjs",
    `const fs = require("node:fs"), v8 = require("node:v8"), { syncBuiltinESMExports } = require("node:module");
const write = v8.writeHeapSnapshot; const modes = [];
v8.writeHeapSnapshot = (path, options) => {
  const done = write(path, options);
  modes.push(...[path, require("node:path").dirname(path)].map((one) => (fs.statSync(one).mode & 0o777).toString(8)));
  return done;
};
syncBuiltinESMExports();
leakhunt.count("Session");
Object.defineProperty(process, "execPath", { value: "/no/such/node" });
try { leakhunt.count("Session"); } catch (error) { console.log(error.stack); }
process.env.TMPDIR = "/no/such/folder";
try { leakhunt.count("Session"); } catch (error) { console.log(error.stack); }
console.log(modes.join());
`,
  );
  const done = await run(at, [...REGISTER, program]);
  expect(done.stderr).toBe("");
  expect(done.stdout).toMatch(
    /^LeakhuntError: the analyser cannot be started with \/no\/such\/node: ENOENT[^\n]*\nLeakhuntError: cannot write \/no\/such\/folder: ENOENT\n600,700,600,700\n$/,
  );
  expect(at.leftovers()).toEqual([]);
});

test("timing on demand", async (context) => {
  const at = place(context);
  const program = at.write("program.cjs", "leakhunt.count('Session'); leakhunt.count('Session', { timing: true });\n");
  const once = await run(at, [...REGISTER, program]);
  expect(once.stdout).toMatch(
    /^timing in ms: V8's snapshot \d+, leakhunt \d+, \d+ % of that \(start \d+, read \d+, own \d+, answer \d+\)\n$/,
  );
  const both = await run(at, [...REGISTER, program], { env: { LEAKHUNT_TIMING: "1" } });
  expect(both.stdout.match(/timing/g)).toHaveLength(2);
});

test("a symbolic link to the package", async (context) => {
  const at = place(context);
  symlinkSync(join(at.folder, "node_modules", "leakhunt"), join(at.folder, "node_modules", "lh"));
  const program = at.write(
    "program.cjs",
    "const before = leakhunt.count('Breakpoint'); console.log(before, leakhunt.typestats().Function > 0);\n",
  );
  const done = await run(at, ["--import", "lh/register", program]);
  expect(done).toMatchObject({ stdout: "0 true\n", stderr: "" });
});

test("a debugger that leaves resets the ids, and that is noticed", async (context) => {
  const at = place(context);
  const program = at.write(
    "program.cjs",
    `const { Session } = require("node:inspector");
globalThis.held = { me: 1 };
leakhunt.getNewIds();
const { id } = leakhunt.findBackrefChain(held).target;
console.log(leakhunt.at(id) === held);
const other = new Session(); other.connect(); other.post("Runtime.enable"); other.disconnect();
try { leakhunt.at(id); } catch (error) { console.log(error.code); }
leakhunt.getNewIds();
console.log(leakhunt.at(leakhunt.findBackrefChain(held).target.id) === held);
`,
  );
  const done = await run(at, [...REGISTER, program]);
  expect(done.stderr).toBe("");
  expect(done.stdout.split("\n")).toEqual([
    "first call: the next one tells what came since",
    "true",
    "IDS_RESET",
    "a debugger left the program and V8 handed out its ids anew: this call is the first again",
    "true",
    "",
  ]);
});

test("TypeScript knows the global and the import", async (context) => {
  const at = place(context);
  at.write("package.json", '{"type":"module"}');
  at.write(
    "program.ts",
    `import "leakhunt/register";
import { type Breakpoint, breakpoint } from "leakhunt";
class Session {}
const same: Breakpoint = leakhunt;
const found: object[] = leakhunt.byType("Session", { filter: (object) => object.retainedSize > 10 });
const rows: number = leakhunt.showGrowth({ limit: 3 }).rows.length;
leakhunt.showBackrefs(new Session(), { filename: "x.png", maxDepth: 3, tooMany: 5 });
// @ts-expect-error a type is a text
leakhunt.count(Session);
export { breakpoint, found, rows, same };
`,
  );
  const compiler = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
  const types = fileURLToPath(new URL("../../node_modules/@types", import.meta.url));
  const options = ["--target", "es2022", "--module", "nodenext", "--strict", "--noEmit", "--types", "node", "--typeRoots", types];
  expect(await run(at, [compiler, ...options, "program.ts"])).toEqual({ code: 0, stdout: "", stderr: "" });
});

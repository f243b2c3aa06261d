// The debugger's verbs and questions about expressions, driven through a pipe.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { leakhunt, lines, newHome } from "../support/leakhunt.ts";
import { folderWith, NODE, runWith, SEED, SESSIONS } from "./programs.ts";

vi.setConfig({ testTimeout: 180_000, maxConcurrency: 2 });

test.concurrent("the seed's session: x, y and who holds them, by name", async (context) => {
  const cwd = folderWith(context, { "seed.cjs": SEED });
  const input = `${["c", "path x", "backrefs x", "backrefs x -o refs.png", "refs y", "path y[2]", "q"].join("\n")}\n`;
  const { stdout, stderr, code } = await leakhunt(newHome(context), ["run", "--", NODE, "seed.cjs"], { cwd, input });
  expect(code).toBe(0);
  expect(stdout).toMatch(/stopped \(debugger statement\) in hunt\(\) at seed\.cjs:4:3/);
  expect(stdout).toMatch(/> 4 {4}debugger;/);
  expect(stdout).toMatch(/locals of hunt\(\)\n(.*\n)? {4}x {2,}Array\(1\) \[1\]/);
  expect(stdout).toMatch(/Array @\d+ is alive because\n {2}stack\n {2}└ local x of hunt\(\) \(until it returns\) {2}Array @\d+/);
  const tree = stdout.slice(stdout.indexOf("├─ local x of hunt() (until it returns) ← ■ stack"));
  expect(tree).toMatch(/\[0\] ← Array @\d+ {2}3 elements/);
  expect(tree).toMatch(/└─ local y of hunt\(\) \(until it returns\) ← ■ stack/);
  expect(tree).toMatch(/\.a ← Object @\d+ {2}\{a\}/);
  expect(stdout).toMatch(/refs\.png {2}\d+ × \d+, 4 retainers drawn/);
  expect(existsSync(join(cwd, "refs.png"))).toBe(true);
  expect(stdout).not.toMatch(/DevTools|\(object properties\)/);
  // one snapshot answers all of them
  expect(stderr.match(/a snapshot will stop it/g)).toHaveLength(1);
});

test.concurrent("breakpoints, steps, frames, source and printing", async (context) => {
  const { stdout, stderr } = await runWith(context, { "app.mjs": SESSIONS }, [
    "break 5 if m === 2",
    "c",
    "delete",
    "break 6 if n === 2",
    "break",
    "c",
    "where",
    "p session.user",
    "up",
    "p n",
    "locals",
    "down",
    "next",
    "out",
    "delete",
    "break",
    "list 2",
    "frame 9",
    "break app.mjs:900",
    "b on nothing",
    "delete 7",
    "q",
  ]);
  expect(stdout).toMatch(/stopped \(start\) in \(outermost code\) at app\.mjs:1/);
  expect(stdout).toMatch(
    /stopped \(breakpoint 1\) in handle\(\) at app\.mjs:5:\d+\nthe condition of breakpoint 1 failed: ReferenceError: m is not defined\n/,
  );
  expect(stdout).toContain("breakpoint 2 at app.mjs:6:3 if n === 2");
  expect(stdout).toMatch(/> #0 handle\(\) at app\.mjs:6:3\n {2}#1 \(outermost code\) at app\.mjs:9:\d+/);
  expect(stdout).toContain('"u2"');
  expect(stdout).toMatch(/#1 \(outermost code\) at app\.mjs:9/);
  expect(stdout).toMatch(/stopped \(step\) in handle\(\) at app\.mjs:7/);
  expect(stdout).toContain("deleted breakpoint 2");
  expect(stdout).toContain("no breakpoints");
  expect(stderr).toContain("there is no frame 9; the stack has frames 0 to");
  expect(stderr).toContain("break on nothing?");
  expect(`${stdout}${stderr}`).not.toMatch(/\n +at .*\(.*:\d+:\d+\)|internal error/);
});

test.concurrent("growth between two stops is one word; marks outlive --keep", async (context) => {
  const { stdout, stderr } = await runWith(context, { "app.mjs": SESSIONS }, [
    "c",
    "growth",
    "mark first",
    "c",
    "growth --keep 1",
    "path 1",
    "c",
    "growth --keep 1",
    "growth --since first",
    "growth --since nothing",
    "mark",
    "mark a/b",
    "q",
  ]);
  expect(stdout).toContain("no earlier stop has a snapshot: stop 2 is what the next `growth` compares with");
  expect(stdout).toMatch(/first is snapshot 1: /);
  const rounds = [...stdout.matchAll(/since (stop \d at app\.mjs:6|first \(snapshot 1\))\n#.*\n1 {2}Session +(\d+) +\+(\d+)/g)];
  expect(rounds.map(([, since, total, delta]) => [since, total, delta])).toEqual([
    ["stop 2 at app.mjs:6", "2", "1"],
    ["stop 3 at app.mjs:6", "3", "1"],
    ["first (snapshot 1)", "3", "2"],
  ]);
  expect(stdout).toMatch(/Session @\d+ is alive because\n {2}module scope of app\.mjs\n {2}└ store/);
  expect(stderr).toContain('no baseline is called "nothing"; there is first');
  expect(stderr).toContain('"a/b" cannot be a name');
});

test.concurrent("an expression that means no object is told in a line, and the prompt lives on", async (context) => {
  const program = `const weird = { get boom() { throw new Error("no"); } };
function f() { const n = 42, text = "hello " + process.pid, nothing = null, weird2 = weird; debugger; return [n, text, nothing, weird2]; }
f();
`;
  const { stdout, stderr, code } = await runWith(context, { "app.cjs": program }, [
    "c",
    "path n",
    "path 7 +",
    "path nothing",
    "path undefined",
    "path zzz",
    "show weird2.boom",
    "path n n",
    "path (",
    "print",
    "path text",
    "p n + 1",
    "c",
    "p n",
    "q",
  ]);
  expect(code).not.toBe(0);
  expect(stderr).toContain("n is 42; numbers have no identity in the heap; ask about the object that holds it");
  expect(stderr).toContain("nothing is null, which has no identity in the heap");
  expect(stderr).toContain("undefined is undefined, which has no identity in the heap");
  expect(stderr).toMatch(/zzz is not defined here; in scope: .*\bn, text, nothing, weird2/);
  expect(stderr).toMatch(/Error: no/);
  expect(stderr).toMatch(/SyntaxError/);
  expect(stderr).toContain("a ) is missing");
  expect(stderr).toContain("print what?");
  expect(stdout).toMatch(/"hello \d+" @\d+ is alive because/);
  expect(stdout).toMatch(/^43$/m);
  expect(stderr).toMatch(/the program ended with exit code 0 \(`quit` leaves/);
  expect(`${stdout}${stderr}`).not.toMatch(/internal error|\n {4}at /);
});

test.concurrent("an uncaught exception stops the program; a TypeScript user sees TypeScript", async (context) => {
  const source = `interface Cache { readonly items: Map<string, object> }

export function keep(cache: Cache, key: string): number {
  cache.items.set(key, { key });
  debugger;
  return cache.items.size;
}

keep({ items: new Map() }, "a");
setTimeout(() => {
  throw new Error("the end");
});
`;
  const folder = folderWith(context, { "app.ts": source, "package.json": '{"type":"module"}' });
  const { execFileSync } = await import("node:child_process");
  const tsc = join(process.cwd(), "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "app.ts", "--sourceMap", "--target", "es2022", "--module", "esnext", "--skipLibCheck"], {
    cwd: folder,
  });
  const input = `${["break app.ts:4", "break on exceptions", "c", "path cache.items", "c", "c", "q"].join("\n")}\n`;
  const { stdout } = await leakhunt(newHome(context), ["run", "--", NODE, "app.js"], { cwd: folder, input });
  expect(stdout).toContain("exceptions that nobody catches stop the program");
  expect(stdout).toMatch(/stopped \(breakpoint 1\) in keep\(\) at app\.ts:4/);
  expect(stdout).toContain("export function keep(cache: Cache, key: string): number {");
  expect(stdout).toMatch(/stopped \(debugger statement\) in keep\(\) at app\.ts:5/);
  expect(stdout).toMatch(/stopped \(exception\) in .* at app\.ts:11/);
  expect(stdout).toContain("thrown: Error: the end");
});

test.concurrent("an exception that leaves an ES module stops the program; `where` shows who waits, by the lines of the source", async (context) => {
  const source = `interface Row { readonly id: number }

async function query(row: Row): Promise<Row> {
  await null;
  if (row.id === 1) throw new Error("no such row");
  return row;
}

async function handle(id: number): Promise<Row> {
  try { JSON.parse("{"); } catch {}
  const row: Row = { id };
  return await query(row);
}

await handle(0);
debugger;
await handle(1);
export {};
`;
  const folder = folderWith(context, { "app.ts": source, "package.json": '{"type":"module"}' });
  const { execFileSync } = await import("node:child_process");
  const tsc = join(process.cwd(), "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "app.ts", "--sourceMap", "--target", "es2022", "--module", "esnext", "--skipLibCheck"], {
    cwd: folder,
  });
  const input = `${["c", "where", "break on exceptions all", "break on exceptions", "c", "where", "p row", "c", "q"].join("\n")}\n`;
  const { stdout, stderr } = await leakhunt(newHome(context), ["run", "--", NODE, "app.js"], { cwd: folder, input });
  expect(stdout).toContain("(who waits for these calls is recorded from now on)");
  expect(stdout).toContain("every exception stops the program");
  expect(stdout).toMatch(/stopped \(exception\) in query\(\) at app\.ts:5:21\nthrown: Error: no such row\n/);
  expect(stdout).toContain('> 5    if (row.id === 1) throw new Error("no such row");');
  expect(stdout).toMatch(
    /> #0 query\(\) at app\.ts:5:21\n {2}-- async: await --\n {5}handle\(\) at app\.ts:12:\d+\n {5}\(outermost code\) at app\.ts:17:\d+/,
  );
  expect(stdout).toContain("{id: 1}");
  expect(stdout.match(/stopped \(exception\)/g)).toHaveLength(1);
  expect(stderr).toMatch(/the program ended with exit code 1/);
});

test.concurrent("with --json every stop is a value, also one that no verb waited for", async (context) => {
  const cwd = folderWith(context, { "seed.cjs": SEED });
  const { stdout } = await leakhunt(newHome(context), ["run", "--json", "--", NODE, "seed.cjs"], {
    cwd,
    input: "c\nlocals\np y.length\nq\n",
  });
  const values = lines(stdout);
  expect(values.map(({ verb }) => verb)).toEqual(["run", "stop", "continue", "locals", "print"]);
  expect(values[2]).toMatchObject({ reason: "debugger statement", frame: { index: 0, name: "hunt()" } });
  expect(values[3].scopes[0].variables.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(["x", "y"]));
  expect(values[4]).toMatchObject({ text: "3", type: "number" });
});

// `leakhunt check`: real programs that leak, do not, end, crash or never get ready; its exit codes, its XML, and what is left running.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type TestContext, test, vi } from "vitest";
import { type Done, leakhunt, lines, newHome, start } from "../support/leakhunt.ts";
import { parseXml } from "../support/xml.ts";
import { isAlive } from "../target/programs.ts";

vi.setConfig({ testTimeout: 300_000, maxConcurrency: 2 });

const LEAKY = `class Session { constructor(i) { this.id = "s<" + i + ">&\\u0007"; } }
const sessions = new Map(); let i = 0;
setInterval(() => { for (let k = 0; k < 5; k++) { const one = new Session(i++); sessions.set(one.id, one); } }, 20);
debugger;
console.log("listen" + "ing at", process.argv[2]);
`;
const CLEAN = `class Session { constructor(i) { this.id = "s" + i; } }
let last; let i = 0;
setInterval(() => { last = new Session(i++); }, 20);
console.log("listening");
`;
const SCRIPT = `const all = []; const end = Date.now() + Number(process.argv[2]);
const timer = setInterval(() => {
  all.push({ at: Date.now() });
  if (Date.now() > end) { clearInterval(timer); process.exitCode = Number(process.argv[3]); }
}, 10);
`;
const QUICK = ["--warm-up", "500ms", "--interval", "1s"];

function program(context: Pick<TestContext, "onTestFinished">, text: string): { home: string; path: string } {
  const home = newHome(context);
  const path = join(home, "program.cjs");
  writeFileSync(path, text);
  return { home, path };
}

function check(
  context: Pick<TestContext, "onTestFinished">,
  text: string,
  options: readonly string[],
  args: readonly string[] = [],
): Promise<Done> {
  const { home, path } = program(context, text);
  return leakhunt(home, ["check", ...QUICK, ...options, "--", path, ...args], { cwd: home });
}

test.concurrent("a leak is exit code 10, with the suspect in text and XML; the program gets its own arguments and prints to stderr", async (context) => {
  const { home, path } = program(context, LEAKY);
  const done = await leakhunt(home, ["check", ...QUICK, "--ready", "listening at", "--junit", "leak.xml", "--", path, "--json"], {
    cwd: home,
  });
  expect(done, done.stderr).toMatchObject({ code: 10 });
  expect(done.stdout).toMatch(/^failed\n\nleak: Session \+[\d,]+\/s gathers in sessions/);
  expect(done.stdout).toMatch(/└ sessions {2}Map @\d+/);
  expect(done.stderr).toContain("listening at --json\n");
  const { children } = parseXml(readFileSync(join(home, "leak.xml"), "utf8"));
  expect(children[0]?.attributes).toMatchObject({ tests: "1", failures: "1" });
  expect(children[0]?.children[0]?.attributes).toMatchObject({ name: "no Session gathers in sessions" });
  expect(children[0]?.children[0]?.children[0]?.text).toContain("└ sessions  Map");
});

test.concurrent("without a leak it is 0", async (context) => {
  const done = await check(context, CLEAN, ["--ready", "listening", "--rounds", "4"]);
  expect(done, done.stderr).toMatchObject({ code: 0 });
  expect(done.stdout).toMatch(/^passed\n\nno leak found/);
});

test.concurrent("assertions decide, and are told with their numbers; a name that nothing has is pointed out", async (context) => {
  const options = ["--rounds", "2", "--growth", "Session <= 10", "--growth", "Sesion <= 10", "--heap", "+1GB", "--json"];
  const done = await check(context, LEAKY, options);
  expect(done, done.stderr).toMatchObject({ code: 10 });
  const [value] = lines(done.stdout);
  expect(value).toMatchObject({
    verb: "check",
    verdict: "failed",
    conclusion: "1 of 3 assertions failed (growth Session <= 10)",
    rounds: 2,
    assertions: [
      { assertion: "growth Session <= 10", passed: false, unit: "objects", most: 10, seen: true },
      { assertion: "growth Sesion <= 10", passed: true, delta: 0, seen: false },
      { assertion: "heap +1GB", passed: true, unit: "bytes" },
    ],
    notes: ["growth Sesion <= 10: there was none of that type in any round; is the name right?"],
  });
  expect(value.assertions[0].delta).toBe(value.assertions[0].series[1] - value.assertions[0].series[0]);
  expect(value.assertions[0].delta).toBeGreaterThan(10);
  const held = await check(context, LEAKY, ["--rounds", "2", "--growth", "Session <= 1000000"]);
  expect(held, held.stderr).toMatchObject({ code: 0 });
  expect(held.stdout).toMatch(/^passed: 1 assertion held in 2 rounds\n {2}ok {6}growth Session <= 1000000: \+/);
});

test.concurrent("a script that ends by itself is undecided when it was too quick", async (context) => {
  const done = await check(context, SCRIPT, ["--junit", "/dev/null/no"], ["100", "0"]);
  expect(done.code).toBe(1);
  const quick = await check(context, SCRIPT, [], ["100", "0"]);
  expect(quick).toMatchObject({ code: 11, stderr: "" });
  expect(quick.stdout).toMatch(
    /^undecided: 0 rounds cannot tell a leak from a difference\nthe program ended by itself after 0 rounds: three tell/,
  );
});

test.concurrent("a program that fails, is killed, is not there or never gets ready is one line", async (context) => {
  const failed = await check(context, SCRIPT, [], ["100", "3"]);
  expect(failed).toMatchObject({ code: 3, stdout: "" });
  expect(failed.stderr).toMatch(/^leakhunt: the program ended with exit code 3 before the first round, so it was not checked; [^\n]*\n$/);
  const killed = await check(context, 'console.error("ouch"); process.kill(process.pid, "SIGKILL");', ["--ready", "x"]);
  expect(killed).toMatchObject({ code: 3, stdout: "" });
  expect(killed.stderr).toMatch(/^ouch\nleakhunt: the program ended by SIGKILL before the first round[^\n]*\n$/);
  const never = await check(context, CLEAN, ["--ready", "never", "--ready-within", "1s"]);
  expect(never).toMatchObject({ code: 3, stdout: "" });
  expect(never.stderr).toMatch(/leakhunt: the program did not print "never" within 1 s; [^\n]*\n$/);
  const home = newHome(context);
  for (const args of [["--", "not-there.js"], ["--growth", "Session", "--", "x.js"], ["--heap", "-5%", "--", "x.js"], []]) {
    const done = await leakhunt(home, ["check", ...args], { cwd: home });
    expect(done).toMatchObject({ code: 2, stdout: "" });
    expect(done.stderr).toMatch(/^leakhunt: [^\n]+\n$/);
  }
});

test.concurrent("Ctrl-C ends the program and what it started", async (context) => {
  const { home, path } = program(
    context,
    'const child = require("child_process").spawn("sleep", ["1000"]); console.log("pids", process.pid, child.pid, "."); setInterval(() => {}, 100);',
  );
  const it = start(home, ["check", "--warm-up", "60s", "--", path]);
  await it.sees(/pids \d+ \d+ \./);
  const pids = /pids (\d+) (\d+)/.exec(it.stderr())?.slice(1).map(Number) as number[];
  it.child.kill("SIGINT");
  expect(await it.ended).toMatchObject({ code: 130, stdout: "" });
  expect(pids.filter(isAlive)).toEqual([]);
});

// The debugger at a pseudo-terminal: keys, stops that come while somebody types, and ends.
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { newHome } from "../support/leakhunt.ts";
import { CTRL_C, ENTER, TAB, terminal } from "../support/terminal.ts";
import { isAlive } from "../target/programs.ts";
import { folderWith, inspected, NODE, SEED } from "./programs.ts";

vi.setConfig({ testTimeout: 180_000, maxConcurrency: 2 });

const PROMPT = /\(leakhunt\) $/;
const STOPPED = /stopped [\s\S]*\(leakhunt\) $/;

const BUSY = `function spin() { let n = 0; const end = Date.now() + 100; while (Date.now() < end) n++; return n; }
setInterval(spin, 1);
`;

test.concurrent("Ctrl-C stops the running program, ends a running question, and twice leaves; the program ends with us", async (context) => {
  const folder = folderWith(context, { "busy.cjs": BUSY });
  const typed = terminal(context, newHome(context), ["run", "--", NODE, join(folder, "busy.cjs")]);
  await typed.sees(STOPPED);
  const pid = Number(/started (\d+)/.exec(typed.screen())?.[1]);
  expect(isAlive(pid)).toBe(true);
  typed.type(`c${ENTER}`);
  await typed.sees(/c\n/);
  await new Promise((resolve) => setTimeout(resolve, 500));
  typed.type(CTRL_C);
  await typed.sees(/stopped \(pause\) in spin\(\)[\s\S]*\(leakhunt\) $/);
  typed.type(`growth --interval 60s${ENTER}`);
  await typed.sees(/baseline taken/);
  typed.type(CTRL_C);
  await typed.sees(/cancelled\n\(leakhunt\) $/);
  typed.type(`p 1 + 1${ENTER}`);
  await typed.sees(/2\n\(leakhunt\) $/);
  typed.type(CTRL_C);
  await typed.sees(/leaves\)\n\(leakhunt\) $/);
  typed.type(CTRL_C);
  expect(await typed.ended).toBe(0);
  expect(isAlive(pid)).toBe(false);
});

test.concurrent("a debugger statement stops a program attached to; Enter repeats; Tab completes; leaving lets it run", async (context) => {
  const folder = folderWith(context, { "seed.cjs": SEED });
  const { pid } = await inspected(context, join(folder, "seed.cjs"));
  const typed = terminal(context, newHome(context), ["attach", String(pid)]);
  await typed.sees(/stopped \(debugger statement\) in hunt\(\)[\s\S]*\(leakhunt\) $/);
  typed.type(`next${ENTER}`);
  await typed.sees(/stopped \(step\) in hunt\(\) at .*seed\.cjs:5[\s\S]*\(leakhunt\) $/);
  typed.type(ENTER);
  await typed.sees(/stopped \(step\)[\s\S]*\(leakhunt\) $/);
  // the statement comes again while something is being typed
  typed.type(`c &${ENTER}`);
  await typed.sees(PROMPT);
  typed.type("print y[2].a.le");
  await typed.sees(/stopped \(debugger statement\)[\s\S]*\(leakhunt\) print y\[2\]\.a\.le$/);
  typed.type(TAB);
  await typed.sees(/ngth/);
  typed.type(ENTER);
  await typed.sees(/\n1\n\(leakhunt\) $/);
  typed.type("pa");
  typed.type(TAB);
  await typed.sees(/pa/);
  typed.type(CTRL_C);
  await typed.sees(PROMPT);
  typed.type(`path x${ENTER}`);
  await typed.sees(/local x of hunt\(\) \(until it returns\)[\s\S]*\(leakhunt\) $/);
  typed.type("path @");
  await typed.sees(/@/);
  typed.type(CTRL_C);
  await typed.sees(PROMPT);
  typed.type(`ls Timeout${ENTER}`);
  await typed.sees(/Timeout[\s\S]*\(leakhunt\) $/);
  typed.type("path @");
  typed.type(TAB);
  await typed.sees(/path @\d+/);
  typed.type(CTRL_C);
  await typed.sees(PROMPT);
  typed.type("count Timeo");
  typed.type(TAB);
  await typed.sees(/count Timeout/);
  typed.type(CTRL_C);
  await typed.sees(PROMPT);
  typed.type(`quit${ENTER}`);
  expect(await typed.ended).toBe(0);
  expect(isAlive(pid)).toBe(true);
});

test.concurrent("a program that ends leaves the prompt, and what was seen of it can be asked about", async (context) => {
  const folder = folderWith(context, {
    "short.cjs": "class Thing {}\nglobalThis.thing = new Thing();\ndebugger;\nprocess.exitCode = 4;\n",
  });
  const typed = terminal(context, newHome(context), ["run", "--", NODE, join(folder, "short.cjs")]);
  await typed.sees(STOPPED);
  typed.type(`c${ENTER}`);
  await typed.sees(STOPPED);
  typed.type(`path thing${ENTER}`);
  await typed.sees(/globalThis.*\n {2}└ \.thing {2}Thing @\d+\n\(leakhunt\) $/);
  typed.type(`c${ENTER}`);
  await typed.sees(/the program ended with exit code 4/);
  typed.type(`count Thing${ENTER}`);
  await typed.sees(/1 Thing.*from snapshot 1.*\n\(leakhunt\) $/);
  typed.type(`path thing${ENTER}`);
  await typed.sees(/the program ended with exit code 4\n\(leakhunt\) $/);
  typed.type(`quit${ENTER}`);
  expect(await typed.ended).toBe(0);
});

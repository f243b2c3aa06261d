// The prompt, typed at through a pseudo-terminal.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { expectUntouched, listening, modeOf, newHome, target } from "../support/leakhunt.ts";
import { CTRL_C, CTRL_D, ENTER, TAB, terminal, UP } from "../support/terminal.ts";

vi.setConfig({ testTimeout: 180_000, maxConcurrency: 2 });

const PROMPT = /\(leakhunt\) $/;

test.concurrent("help, completion, errors, history, quit", async (context) => {
  const home = newHome(context);
  const it = await target(context, "map-cache");
  const ports = listening(it.pid);
  const typed = terminal(context, home, ["attach", String(it.pid)]);
  await typed.sees(/attached to \d+ [\s\S]*\(leakhunt\) $/);

  typed.type(`help${ENTER}`);
  await typed.sees(PROMPT);
  for (const verb of ["common", "growth", "path", "backrefs", "leaking", "detach"])
    expect(typed.screen()).toMatch(new RegExp(`\n {2}${verb} `));
  expect(typed.screen()).not.toContain("attach [");

  typed.type(`help growth${ENTER}`);
  await typed.sees(PROMPT);
  expect(typed.screen()).toContain("what grows: one table per round");
  expect(typed.screen()).toContain("--interval <time>");
  expect(typed.screen()).toContain("  growth --interval 5s");
  expect(typed.screen()).not.toContain("leakhunt growth");

  typed.type(`gro${TAB}`);
  await typed.sees(/growth $/);
  typed.type(`--interv${TAB}`);
  await typed.sees(/--interval $/);
  typed.type(CTRL_C); // gives the line up
  await typed.sees(PROMPT);
  typed.type(CTRL_C);
  await typed.sees(/Ctrl-D or `quit` leaves\)\n\(leakhunt\) $/);

  for (const [line, said] of [
    ["grwth", "unknown command 'grwth'"],
    ["path", "which object?"],
    ["path @999999999", "this hunt has no snapshot yet; `leakhunt snapshot` takes one"],
    ["path 7", "this hunt has no snapshot yet"],
    ["growth --interval soon", '"soon" is no time span'],
    ["common --limit x", "--limit takes a whole number"],
    ["ls 'Sess", "a ' is not closed"],
    ["count Nothing", 'no object is counted under the type "Nothing"'],
    ["common /no/such/file.heapsnapshot", "cannot read /no/such/file.heapsnapshot"],
  ] as const) {
    typed.type(line + ENTER);
    await typed.sees(PROMPT);
    expect(typed.screen()).toContain(said);
    expect(typed.screen()).not.toMatch(/\n +at |leakhunt: /);
  }

  typed.type(`common --limit 3 # a comment${ENTER}`);
  await typed.sees(/#\s+type[\s\S]*\(leakhunt\) $/);
  typed.type(`path 1${ENTER}`);
  await typed.sees(/is alive because[\s\S]*\(leakhunt\) $/);
  typed.type(`${UP}`);
  await typed.sees(/path 1$/);
  typed.type(ENTER);
  await typed.sees(/is alive because[\s\S]*\(leakhunt\) $/);

  typed.type(`quit${ENTER}`);
  expect(await typed.ended).toBe(0);
  expect(typed.screen()).toContain(`inspector closed, ${it.pid} runs on`);
  await expectUntouched(it, ports);
  expect(modeOf(join(home, "history"))).toBe("0600");
  expect(readFileSync(join(home, "history"), "utf8")).toContain("help growth\n");

  const again = terminal(context, home, ["attach"]);
  await again.sees(PROMPT);
  again.type(UP);
  await again.sees(/quit$/);
  again.type(UP);
  await again.sees(/path 1$/);
  again.type(CTRL_C);
  await again.sees(PROMPT);
  again.type(CTRL_D);
  expect(await again.ended).toBe(0);
  expect(again.screen()).toContain(`inspector closed, ${it.pid} runs on`);
  await expectUntouched(it, ports);
});

test.concurrent("Ctrl-C cancels a running growth, and the prompt lives on", async (context) => {
  const home = newHome(context);
  const it = await target(context, "listeners");
  const ports = listening(it.pid);
  const typed = terminal(context, home, ["attach", String(it.pid)]);
  await typed.sees(PROMPT);
  typed.type(`growth --interval 30s${ENTER}`);
  await typed.sees(/baseline taken/);
  typed.type(CTRL_C);
  await typed.sees(/cancelled\n[\s\S]*\(leakhunt\) $/);

  // During a capture as well.
  await it.step(30_000);
  typed.type(`snapshot${ENTER}`);
  await typed.sees(/building graph|writing/);
  typed.type(CTRL_C);
  await typed.sees(/cancelled[\s\S]*\(leakhunt\) $/);
  typed.type(`count Dashboard --fresh${ENTER}`);
  await typed.sees(/30,0\d\d Dashboard[\s\S]*\(leakhunt\) $/);

  // Twice at the prompt leaves.
  typed.type(CTRL_C);
  await typed.sees(/Ctrl-C again/);
  typed.type(CTRL_C);
  expect(await typed.ended).toBe(0);
  expect(typed.screen()).toContain(`inspector closed, ${it.pid} runs on`);
  await expectUntouched(it, ports);
});

test.concurrent("progress is drawn on the terminal, over itself, and wiped", async (context) => {
  const home = newHome(context);
  const it = await target(context, "map-cache");
  await it.step(20_000);
  const typed = terminal(context, home, ["snapshot", String(it.pid)]);
  await typed.sees(/building graph {2}[█░]{15} {2}\d+ %/);
  expect(await typed.ended).toBe(0);
  expect(typed.raw()).toContain("\r\u001b[2K");
  const rest = typed.raw().slice(typed.raw().lastIndexOf("\u001b[2K") + 4);
  expect(rest).not.toMatch(/building graph|writing|reading/);
});

test.concurrent("the target ends under the prompt", async (context) => {
  const home = newHome(context);
  const it = await target(context, "private-field");
  const typed = terminal(context, home, ["attach", String(it.pid)]);
  await typed.sees(PROMPT);
  await it.stop();
  await typed.sees(new RegExp(`process ${it.pid} (ended|came to its end).*quit[\\s\\S]*\\(leakhunt\\) $`));
  typed.type(`quit${ENTER}`);
  expect(await typed.ended).toBe(0);
  expect(typed.screen()).not.toContain("runs on");
});

// A heap holds what it likes. No verb lets a control sequence, a line break or a bidirectional override of the target
// reach the terminal, and --json stays JSON.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { json, leakhunt, lines, newHome, target } from "../support/leakhunt.ts";
import { ENTER, terminal } from "../support/terminal.ts";

vi.setConfig({ testTimeout: 60_000 });

const ESC = "\u001b";
/** Controls except a line break, C1 controls, bidirectional marks and overrides, invisible characters, lone surrogates. */
const RAW = new RegExp(
  "[\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]|" +
    "[\\ud800-\\udbff](?![\\udc00-\\udfff])",
  "u",
);
/** Our own colours and nothing else. */
const COLOURS = new RegExp(`${ESC}\\[(?:\\d+(?:;\\d+)*)?m`, "g");

function raw(text: string): string | undefined {
  const found = RAW.exec(text.replace(COLOURS, ""));
  return found
    ? `${JSON.stringify(found[0])} in ${JSON.stringify(text.slice(Math.max(0, found.index - 60), found.index + 60))}`
    : undefined;
}

test("nasty strings of the target", async (context) => {
  const home = newHome(context);
  const it = await target(context, "nasty-strings");
  await it.step(50);
  await leakhunt(home, ["growth", String(it.pid)], { cwd: home });
  await it.step(50);
  const [growth] = await json(home, ["growth", "--limit", "0"], { cwd: home });
  expect(growth.round).toBe(2);

  // Every exhibit, by what its class is called.
  const [common] = await json(home, ["common", "--limit", "0"], { cwd: home });
  const exhibits: string[] = common.rows
    .map((row: { type: string }) => row.type)
    .filter((type: string) => /[^\w (){}[\],./:$#-]/.test(type) || /^(__proto__|-0|k{20})/.test(type));
  expect(exhibits.length).toBeGreaterThanOrEqual(10);

  const asked: string[][] = [
    ["common", "--limit", "0", "--long"],
    ["growth", "--limit", "0"],
    ["leaking", "--limit", "0"],
    ["new", "--limit", "0"],
    ["ps"],
    ["hunts"],
    ["count", "no such \u001b[31mtype\u202e"],
    ["path", "\u001b]0;title\u0007"],
    ["common", "no\u001b[2Jfile\u0085"],
  ];
  for (const type of exhibits) asked.push(["count", type], ["ls", type, "--limit", "2"]);
  // Each line of one attached leakhunt is as good as a command; a name with a line break needs a command.
  const session = async (lines: readonly (readonly string[])[], ...args: string[]) => {
    const quoted = lines.map((words) => words.map((word) => `'${word.replaceAll("'", `'"'"'`)}'`).join(" "));
    const input = `${quoted.filter((line) => !/[\n\r]/.test(line)).join("\n")}\n`;
    return leakhunt(home, ["attach", String(it.pid), ...args], { cwd: home, input });
  };
  const instances = lines(
    (
      await session(
        exhibits.map((type) => ["ls", type, "--limit", "1"]),
        "--json",
      )
    ).stdout,
  ).slice(1);
  expect(instances.length).toBeGreaterThanOrEqual(10);
  const broken = exhibits.find((type) => type.includes("\n")) as string;
  instances.push(...(await json(home, ["ls", broken], { cwd: home })));
  for (const { objects } of instances) {
    const id = `@${objects[0].id}`;
    asked.push(["show", id], ["path", id, "--all", "2"], ["backrefs", id, "--title", "\u001b[1m"], ["refs", id]);
  }
  const told = await session(asked);
  expect(told.stdout.length).toBeGreaterThan(10_000);
  expect(raw(told.stdout)).toBeUndefined();
  expect(raw(told.stderr)).toBeUndefined();
  expect(told.stderr).not.toContain("internal error");

  const asJson = await session(asked, "--json");
  const values = asJson.stdout.trimEnd().split("\n");
  expect(values.length).toBeGreaterThan(asked.length / 2);
  for (const line of values) expect(() => JSON.parse(line)).not.toThrow();
  expect(raw(asJson.stdout)).toBeUndefined();

  // Words of the command line itself, one command each.
  for (const words of asked.slice(6, 9)) {
    const done = await leakhunt(home, words, { cwd: home });
    expect(done.code).toBe(2);
    expect(raw(done.stderr)).toBeUndefined();
  }

  // Pictures.
  for (const name of ["refs.svg", "refs.dot"]) {
    const done = await leakhunt(home, ["backrefs", `@${instances[0].objects[0].id}`, "-o", name], { cwd: home });
    expect(done.code, done.stderr).toBe(0);
    expect(raw(readFileSync(join(home, name), "utf8"))).toBeUndefined();
    expect(raw(done.stdout)).toBeUndefined();
  }
});

test("a nasty command line of a process", async (context) => {
  const home = newHome(context);
  const words = ["-e", "setInterval(() => {}, 1000)", "word", "\u001b]0;title\u0007", "one\ntwo", "\u202etxt.exe", "\u009b2J"];
  const child = spawn(process.execPath, ["--inspect-port=0", ...words], { stdio: "ignore" });
  context.onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (const args of [["ps"], ["ps", "--json"], ["attach", String(child.pid)], ["hunts"], ["hunts", "--json"]]) {
    const done = await leakhunt(home, args);
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toContain(String(child.pid));
    expect(raw(done.stdout)).toBeUndefined();
    expect(raw(done.stderr)).toBeUndefined();
    if (args.length === 1 && args[0] === "ps")
      expect(done.stdout.split("\n").filter((line) => line.includes(String(child.pid)))).toHaveLength(1);
  }
});

test("on a terminal only our own colours are sent", async (context) => {
  const home = newHome(context);
  const it = await target(context, "nasty-strings");
  await it.step(50);
  await leakhunt(home, ["snapshot", String(it.pid)]);
  for (const args of [
    ["common", "--limit", "0"],
    ["backrefs", "1"],
  ]) {
    const typed = terminal(context, home, args);
    expect(await typed.ended).toBe(0);
    const text = typed.raw().replaceAll("\r\n", "\n").replaceAll("\r\u001b[2K", "");
    expect(raw(text.replaceAll(/[^\n\r]*\r(?!\n)/g, ""))).toBeUndefined();
    expect(text).not.toContain("\u001b]");
  }
  const prompt = terminal(context, home, ["attach", String(it.pid)]);
  await prompt.sees(/\(leakhunt\) $/);
  prompt.type(`common --limit 0${ENTER}`);
  await prompt.sees(/more|V8's own[\s\S]*\(leakhunt\) $/);
  for (const sent of ["\u001b]", "\u001b[31mred", "\u0007", "\u009b"]) expect(prompt.raw()).not.toContain(sent);
  prompt.type(`quit${ENTER}`);
  expect(await prompt.ended).toBe(0);
});

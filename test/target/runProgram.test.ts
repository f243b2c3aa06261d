// Programs that leakhunt starts: they stand still before their first line, end as they would have, and end with us.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { InspectorLines } from "../../src/target/inspectorLines.ts";
import { runnable } from "../../src/target/runnable.ts";
import { runProgram } from "../../src/target/runProgram.ts";
import { endPrograms, files, launch, lineOf, stopOf, where } from "./debugged.ts";
import { cleanUp, codeOf, compiled, isAlive, NODE, openPorts, until } from "./programs.ts";

afterEach(async () => {
  await endPrograms();
  cleanUp();
});

test.each([
  ["a CommonJS program", "app.cjs", "const { fork } = require('child_process');\n"],
  ["an ES module", "app.mjs", "import { fork } from 'node:child_process';\n"],
])("%s stands still before its first line; its output is its own, and its children run free", async (_, name, head) => {
  const text = `${head}console.error("to stderr", process.argv[2]);
if (process.argv[2] === "parent") fork(process.argv[1], ["child"]).on("exit", (code) => { process.exitCode = 40 + code; });
else process.exit(2);
`;
  const place = files({ [name]: text });
  const program = await launch([join(place, name), "parent"], place);
  expect(program.target.identity).toMatchObject({ pid: program.pid, nodeVersion: expect.stringMatching(/^v\d+\.\d+/) });
  expect(program.debugger.stop).toMatchObject({ reason: "pause", others: false });
  expect(program.debugger.stop?.frames[0]?.place).toMatchObject({ file: name, line: 1 });
  expect(program.said()).toBe("");
  await program.debugger.resume();
  expect(await program.ended).toEqual({ code: 42, signal: null, line: "the program ended with exit code 42" });
  await until(() => program.said().split("\n").length === 3);
  expect(program.said().split("\n").sort()).toEqual(["", "to stderr child", "to stderr parent"]);
  expect(await lineOf(program.debugger.evaluate("1"))).toBe("the program ended with exit code 42");
  expect(await lineOf(program.debugger.pause())).toBe("the program ended with exit code 42");
});

test("a program that ends while something is asked of it, or moves to its end, says how it ended", async () => {
  const place = files({ "app.cjs": "let a = 1;\nsetTimeout(() => process.exit(5), 50);\n" });
  const stepping = await launch([join(place, "app.cjs")], place);
  expect(where(await stepping.debugger.move("next"))).toBe("app.cjs:2");
  expect(where(await stepping.debugger.move("out"))).toBe("app.cjs:2");
  expect(await lineOf(stepping.debugger.move("next"))).toBe("the program ended with exit code 5");
  const asked = await launch([join(place, "app.cjs")], place);
  expect(await lineOf(asked.debugger.evaluate("process.exit(6)", asked.debugger.stop?.frames[0]))).toBe(
    "the program ended with exit code 6",
  );
  const killed = await launch([join(place, "app.cjs")], place);
  process.kill(killed.pid, "SIGKILL");
  await killed.ended;
  expect(await lineOf(killed.debugger.evaluate("1"))).toBe("the program ended by SIGKILL");
  expect(await lineOf(killed.debugger.resume())).toBe("the program ended by SIGKILL");
});

test("a program that cannot start rejects with how it ended, having said why itself", async () => {
  const place = files({ "broken.cjs": "this is no program" });
  let said = "";
  const onOutput = (bytes: Buffer): void => {
    said += bytes.toString();
  };
  const started = runProgram([join(place, "broken.cjs")], { node: NODE, onOutput });
  expect(await lineOf(started)).toBe("the program ended with exit code 1");
  expect(said).toContain("SyntaxError");
  expect(said).not.toContain("Debugger");
  expect(await codeOf(runProgram(["x.cjs"], { cwd: place }))).toBe("CANNOT_RUN");
  expect(await lineOf(runProgram(["/nowhere/node", "x.cjs"], { cwd: place }))).toBe("cannot run /nowhere/node: there is no such program");
});

test("a program is ended with what it started, and may clean up before", async () => {
  const text = `const { spawn } = require("child_process");
const child = spawn("sleep", ["60"]);
process.on("SIGTERM", () => { console.log("bye"); process.exit(9); });
console.log("child", child.pid, ".");
setInterval(() => {}, 1000);
debugger;
`;
  const place = files({ "app.cjs": text });
  const program = await launch([join(place, "app.cjs")], place);
  await program.debugger.resume();
  await stopOf(program.debugger);
  const child = Number(/child (\d+) /.exec(program.said())?.[1]);
  expect(isAlive(child)).toBe(true);
  expect(await program.end()).toMatchObject({ code: 9 });
  await until(() => !isAlive(child) && program.said().includes("bye"));
});

test("the inspector is on loopback, and tells its address to nobody", async () => {
  const place = files({ "app.cjs": "setInterval(() => {}, 1000);\n" });
  const program = await launch([join(place, "app.cjs")], place);
  expect(openPorts(program.pid)).toEqual([program.target.identity.port]);
  const answer = await fetch(`http://127.0.0.1:${program.target.identity.port}/json/list`);
  expect(answer.status).toBe(404);
});

test("a program ends when leakhunt is killed, though it stands still and has a handler of its own", async () => {
  const place = files({ "app.cjs": `process.on("SIGTERM", () => {});\nsetInterval(() => {}, 1000);\ndebugger;\n` });
  const starter = `import { runProgram } from "./out/target/runProgram.js";
const program = await runProgram([${JSON.stringify(join(place, "app.cjs"))}]);
await program.debugger.resume();
console.log("pid", program.pid, ".");
`;
  const main = compiled("src/target/runProgram.ts", starter);
  const leakhunt = spawn(process.execPath, [main], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  leakhunt.stdout.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  await until(() => said.includes("pid"), 20_000);
  const pid = Number(/pid (\d+) /.exec(said)?.[1]);
  expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toContain("app.cjs");
  leakhunt.kill("SIGKILL");
  await once(leakhunt, "exit");
  await until(() => !isAlive(pid), 10_000);
});

describe("what can be run", () => {
  const place = (): string => files({ "app.js": "", tool: "#!/usr/bin/env node\n", "shell-tool": "#!/bin/sh\n", "mod.cjs": "" });

  test("scripts, node itself with its flags, and commands that are scripts for Node", () => {
    const cwd = place();
    expect(runnable(["app.js", "-x"], "node", cwd, "")).toEqual({ node: "node", args: ["app.js", "-x"] });
    expect(runnable(["app"], "node", cwd, "")).toEqual({ node: "node", args: ["app"] });
    expect(runnable(["--import", "tsx", "a.ts"], "node", cwd, "")).toEqual({ node: "node", args: ["--import", "tsx", "a.ts"] });
    expect(runnable(["/opt/node24", "--expose-gc", "x.js"], "node", cwd, "")).toEqual({
      node: "/opt/node24",
      args: ["--expose-gc", "x.js"],
    });
    expect(runnable(["tool", "a"], "node", "/", cwd)).toEqual({ node: "node", args: [join(cwd, "tool"), "a"] });
  });

  test("nothing else, with the way out", () => {
    const cwd = place();
    expect(() => runnable([], "node", cwd, "")).toThrow("no program was given");
    expect(() => runnable(["npm", "start"], "node", cwd, "")).toThrow("it only starts the program that is meant");
    expect(() => runnable(["shell-tool"], "node", "/", cwd)).toThrow("it is no program for Node");
    expect(() => runnable(["nothing.js"], "node", cwd, cwd)).toThrow("there is no such file or command");
  });
});

test("what Node writes for its debuggers is taken out, however it is cut, and nothing else waits or is lost", () => {
  const text =
    "Debugger listening on ws://127.0.0.1:1/x\nFor help, see: https://nodejs.org/en/docs/inspector\nDebugger attached.\nhello\nDebugger is mine\n" +
    "prompt> Debugger attached.\nWaiting for the debugger to disconnect...\nlast";
  const own = "hello\nDebugger is mine\nprompt> Debugger attached.\nlast";
  for (let size = 1; size < text.length; size++) {
    let passed = "";
    const urls: string[] = [];
    const lines = new InspectorLines(
      (bytes) => {
        passed += bytes.toString();
      },
      (url) => urls.push(url),
    );
    for (let from = 0; from < text.length; from += size) lines.push(Buffer.from(text.slice(from, from + size)));
    lines.end();
    expect([passed, urls]).toEqual([own, ["ws://127.0.0.1:1/x"]]);
  }
  let at = "";
  const lines = new InspectorLines(
    (bytes) => {
      at += bytes.toString();
    },
    () => {},
  );
  lines.push(Buffer.from("name? "));
  expect(at).toBe("name? ");
});

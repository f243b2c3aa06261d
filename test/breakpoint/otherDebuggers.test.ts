// Beside another debugger: a client that talks as the one of VS Code does holds a stop at a breakpoint of its own. Its console
// asks leakhunt inside the program, then a leakhunt outside joins and leaves, and the client goes on as if nobody had been there.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import CDP from "chrome-remote-interface";
import { expect, type TestContext, test, vi } from "vitest";
import { leakhunt, newHome } from "../support/leakhunt.ts";
import { type Place, place } from "./programs.ts";

vi.setConfig({ testTimeout: 300_000 });

const PROGRAM = `class Session { constructor(user) { this.user = user; } }
const cache = new Map();
async function handle(user) {
  await null;
  const x = new Session(user);
  cache.set(user, x);
  return x;
}
async function serve() {
  for (let i = 0; ; i++) {
    await handle("u" + i);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
serve();
`;

interface Paused {
  readonly callFrames: readonly { callFrameId: string; functionName: string; location: { lineNumber: number } }[];
  readonly hitBreakpoints?: readonly string[];
  readonly asyncStackTrace?: object;
}

/** Starts a program as VS Code does, and is its debugger. */
async function vscode(context: TestContext, at: Place, program: string) {
  const child = spawn(process.execPath, ["--inspect-brk=127.0.0.1:0", program], {
    cwd: at.folder,
    env: { ...process.env, NODE_OPTIONS: "--import leakhunt/register", TMPDIR: at.temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  context.onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  const url = await new Promise<string>((resolve) => {
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      said += text;
      const found = /ws:\/\/\S+/.exec(said)?.[0];
      if (found) resolve(found);
    });
  });
  const client = await CDP({ target: url, local: true });
  context.onTestFinished(() => void client.close().catch(() => {}));
  const consoled: string[] = [];
  client.on("Runtime.consoleAPICalled", ({ args }) => consoled.push(args.map(({ value }) => value).join(" ")));
  const counts = { resumed: 0, cleared: 0 };
  client.on("Debugger.resumed", () => counts.resumed++);
  client.on("Runtime.executionContextsCleared", () => counts.cleared++);
  const stops: Paused[] = [];
  let tell = (): void => {};
  client.on("Debugger.paused", (stop) => {
    stops.push(stop as unknown as Paused);
    tell();
  });
  const nextStop = async (): Promise<Paused> => {
    while (stops.length === 0) await new Promise<void>((resolve) => (tell = resolve));
    return stops.shift() as Paused;
  };
  await client.Runtime.enable();
  await client.Debugger.enable({ maxScriptsCacheSize: 1e8 });
  await client.Debugger.setAsyncCallStackDepth({ maxDepth: 32 });
  await client.Debugger.setBlackboxPatterns({ patterns: ["^node:.*$", "/node_modules/"] });
  await client.Debugger.setPauseOnExceptions({ state: "uncaught" });
  const urlRegex = `.*${program.replace(".", "\\.")}$`;
  await client.Debugger.setBreakpointByUrl({ urlRegex, lineNumber: 6, columnNumber: 0, condition: "cache.size === 3" });
  await client.Runtime.runIfWaitingForDebugger();
  return { client, pid: child.pid as number, consoled, counts, nextStop, stdout: () => stdout };
}

test("VS Code's console asks, a leakhunt from outside joins and leaves, and the stop is still VS Code's", async (context) => {
  const at = place(context);
  at.write("server.js", PROGRAM);
  const { client, pid, consoled, counts, nextStop, stdout } = await vscode(context, at, "server.js");
  let stop = await nextStop();
  while (!stop.hitBreakpoints?.length) {
    await client.send("Debugger.resume");
    stop = await nextStop();
  }
  const callFrameId = stop.callFrames[0]?.callFrameId as string;
  expect(stop.callFrames[0]).toMatchObject({ functionName: "handle", location: { lineNumber: 6 } });
  const evaluate = async (expression: string) => {
    const how = { objectGroup: "console", includeCommandLineAPI: true, generatePreview: true, returnByValue: false } as const;
    const { result, exceptionDetails } = await client.Debugger.evaluateOnCallFrame({ callFrameId, expression, ...how });
    expect(exceptionDetails).toBe(undefined);
    return result;
  };

  const file = join(at.folder, "refs.png");
  const picture = await evaluate(`leakhunt.showBackrefs(x, { filename: ${JSON.stringify(file)} })`);
  expect(readFileSync(file).subarray(1, 4).toString()).toBe("PNG");
  expect(consoled.join("\n")).toMatch(/refs\.png {2}\d+ × \d+, \d+ retainers? drawn/);
  expect(stdout()).toContain(consoled.join("\n"));
  expect(picture.preview?.properties.map(({ name }) => name)).toContain("direction");
  const { result: properties } = await client.Runtime.getProperties({ objectId: picture.objectId as string, ownProperties: true });
  expect(properties.map(({ name }) => name)).toContain("nodes");
  consoled.length = 0;
  await evaluate("leakhunt.showBackrefs(x)");
  expect(consoled.join("\n")).toMatch(/Session @\d+ {2}\{user\}[\s\S]*\.get\("u2"\) ← Map @\d+ {2}3 entries/);
  expect(consoled.join("\n")).not.toMatch(/DevTools|leakhunt|Stack|preview/);
  expect(at.leftovers()).toEqual([]);

  const input = "where\npath x\nbackrefs x\nbreak server.js:13\nquit\n";
  const joined = await leakhunt(newHome(context), ["attach", String(pid)], { input });
  expect(joined.stderr).toContain("leaving: another debugger holds the target, so nothing is resumed");
  expect(joined.stdout).toContain("> #0 handle() at server.js:7:3");
  expect(joined.stdout).toMatch(/Session @\d+ is alive because\n {2}.*\n {2}└ .*cache.*Map @\d+, 3 entries\n {4}└ \.get\("u2"\)/);
  expect(joined.stdout).not.toMatch(/DevTools|picture/);
  expect(joined.code).toBe(0);

  // names of its frames and handles still mean the same, its breakpoints and exceptions are as it left them
  expect(counts.resumed).toBeGreaterThan(0);
  const before = { ...counts };
  expect((await evaluate("x.user")).value).toBe("u2");
  expect(counts).toEqual(before);
  await client.send("Debugger.stepOver");
  expect((await nextStop()).callFrames[0]?.functionName).toBe("handle");
  await client.send("Debugger.resume");
  const { result } = await client.Runtime.evaluate({ expression: "setTimeout(() => { throw new Error('its own') }, 1); 1" });
  expect(result.value).toBe(1);
  const thrown = (await nextStop()) as Paused & { reason: string };
  expect(thrown.reason).toBe("exception");
});

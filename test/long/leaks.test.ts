// Every program of fixtures/leaks gets ready and ends when it is told to. FIXTURE_NODE=node24 tests another Node.js.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";

vi.setConfig({ maxConcurrency: 4, testTimeout: 60_000 });

const { FIXTURE_NODE: node = process.execPath } = process.env;
const root = fileURLToPath(new URL("../../fixtures/leaks/", import.meta.url));
const names = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test.concurrent.for(names)("%s", async (name, { expect: expectHere, onTestFinished }) => {
  const file = ["app.js", "app.mjs"].find((app) => existsSync(join(root, name, app))) as string;
  const child = spawn(node, [file], { cwd: join(root, name) });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const ended = once(child, "exit");
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  const ready = new Promise((resolve) => child.stdout.on("data", (text) => /ready/.test(String(text)) && resolve("ready")));
  expectHere(await Promise.race([ready, ended]), said).toBe("ready");
  child.kill("SIGTERM");
  const [code, signal] = await ended;
  expectHere(code === 0 || signal === "SIGTERM").toBe(true);
});

test("there are programs that leak, and controls", () => {
  expect(names.filter((name) => name.startsWith("control-")).length).toBeGreaterThan(9);
  expect(names.filter((name) => !name.startsWith("control-")).length).toBeGreaterThan(23);
});

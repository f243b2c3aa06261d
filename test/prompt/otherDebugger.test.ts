// Another debugger holds the stop: a raw client of the protocol, as VS Code or DevTools would be.
import { join } from "node:path";
import CDP from "chrome-remote-interface";
import { expect, test, vi } from "vitest";
import { leakhunt, newHome } from "../support/leakhunt.ts";
import { folderWith, inspected } from "./programs.ts";

vi.setConfig({ testTimeout: 180_000 });

const PROGRAM = `globalThis.config = { name: "config", list: [1, 2] };
function hunt() {
  const box = [globalThis.config];
  debugger;
  return box;
}
setInterval(hunt, 200);
`;

interface Client {
  send(method: string, params?: object): Promise<Record<string, unknown>>;
  on(event: string, handler: (params: never) => void): void;
  close(): Promise<void>;
}

test("leakhunt joins the stop, answers without the other's handles, and resumes nothing", async (context) => {
  const folder = folderWith(context, { "app.cjs": PROGRAM });
  const { pid, port } = await inspected(context, join(folder, "app.cjs"));
  const other = (await CDP({ host: "127.0.0.1", port, local: true })) as unknown as Client;
  context.onTestFinished(() => other.close());
  let moves = 0;
  const paused = new Promise<{ callFrames: { callFrameId: string; scopeChain: { object: { objectId: string } }[] }[] }>((resolve) => {
    other.on("Debugger.paused", resolve as (params: never) => void);
  });
  other.on("Debugger.resumed", () => moves++);
  await other.send("Runtime.enable");
  await other.send("Debugger.enable");
  const [frame] = (await paused).callFrames;
  // what a debugger's panes do: look into the scopes, and evaluate
  for (const { object } of frame?.scopeChain ?? []) await other.send("Runtime.getProperties", { ...object, ownProperties: true });
  await other.send("Runtime.evaluate", { expression: "globalThis.config", objectGroup: "console" });
  await other.send("Debugger.evaluateOnCallFrame", {
    callFrameId: frame?.callFrameId,
    expression: "({ mine: box })",
    objectGroup: "console",
  });

  const input = "path box\npath box --all 9\nbackrefs box[0]\nshow box\nrefs box[0] --json\nquit\n";
  const { stdout, stderr, code } = await leakhunt(newHome(context), ["attach", String(pid)], { input });
  expect(stderr).toContain("leaving: another debugger holds the target, so nothing is resumed");
  expect(stdout).toContain("another debugger holds this stop: leaving resumes nothing");
  expect(stdout).toMatch(/Array @\d+ is alive because\n {2}stack\n {2}└ local box of hunt\(\) \(until it returns\) {2}Array @\d+/);
  expect(stdout).toMatch(/├─ \.config ← ■ globalThis \(root\)\n└─ \[0\] ← Array @\d+ {2}1 element/);
  expect(stdout).not.toMatch(/\.mine|\.box|DevTools|internal error/);
  expect(stdout.match(/local box of hunt\(\)/g)?.length).toBeGreaterThan(2);
  expect(code).toBe(0);

  // it still stands where the other stopped it, and the other can move it on
  expect(moves).toBe(0);
  const { result } = await other.send("Debugger.evaluateOnCallFrame", { callFrameId: frame?.callFrameId, expression: "box.length" });
  expect((result as { value: number }).value).toBe(1);
  await other.send("Debugger.resume");
  for (let i = 0; i < 100 && moves === 0; i++) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(moves).toBe(1);
});

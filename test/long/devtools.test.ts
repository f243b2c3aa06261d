// leakhunt in the console of the real DevTools, as Chromium brings them along: opened on a program that stands at a
// `debugger` statement, and typed into by keys.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import CDP from "chrome-remote-interface";
import { expect, type TestContext, test } from "vitest";
import { place } from "../breakpoint/programs.ts";

const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"].find((name) => spawnSync("which", [name]).status === 0);
const PATIENCE_MS = 180_000;

const PROGRAM = `class Session { constructor(user) { this.user = user; } }
const cache = new Map();
function handle(user) {
  const x = new Session(user);
  cache.set(user, x);
  debugger;
  return x;
}
setInterval(() => handle("u" + cache.size), 500);
`;

/** All text of a page, that of its components included. */
const TEXT = `(() => {
  const found = [];
  const walk = (node) => {
    if (node.shadowRoot) walk(node.shadowRoot);
    for (const child of node.childNodes)
      if (child.nodeType === 3) found.push(child.textContent);
      else if (child.nodeName !== "STYLE") walk(child);
  };
  walk(document.body);
  return found.join("\\n");
})()`;

function inspectorUrl(child: ChildProcess): Promise<string> {
  let said = "";
  return new Promise((resolve) => {
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      said += text;
      const url = /ws:\/\/\S+/.exec(said)?.[0];
      if (url) resolve(url);
    });
  });
}

async function devtoolsOn(context: TestContext, url: string, profile: string) {
  const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--remote-allow-origins=*"];
  const chromium = spawn(CHROMIUM as string, [...flags, `--user-data-dir=${profile}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise((resolve) => chromium.once("exit", resolve));
  context.onTestFinished(async () => {
    chromium.kill();
    await ended;
  });
  const browserUrl = await inspectorUrl(chromium);
  const browser = await CDP({ target: browserUrl, local: true });
  const { port } = new URL(browserUrl);
  const frontend = `http://127.0.0.1:${port}/devtools/js_app.html?v8only=true&ws=${url.replace("ws://", "")}`;
  const { targetId } = await browser.Target.createTarget({ url: frontend });
  const page = await CDP({ host: "127.0.0.1", port: Number(port), target: targetId, local: true });
  const text = async (): Promise<string> => String((await page.Runtime.evaluate({ expression: TEXT })).result.value);
  const press = async (key: object, char?: string): Promise<void> => {
    await page.Input.dispatchKeyEvent({ type: "rawKeyDown", ...key });
    if (char !== undefined) await page.Input.dispatchKeyEvent({ type: "char", text: char, ...key });
    await page.Input.dispatchKeyEvent({ type: "keyUp", ...key });
  };
  return {
    text,
    async sees(pattern: RegExp): Promise<string> {
      const deadline = Date.now() + PATIENCE_MS;
      for (;;) {
        const seen = await text();
        if (pattern.test(seen)) return seen;
        if (Date.now() > deadline) throw new Error(`not seen: ${pattern} in ${seen.slice(-3000)}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    openConsole: () => press({ key: "`", code: "Backquote", windowsVirtualKeyCode: 192, modifiers: 2 }),
    async say(line: string): Promise<void> {
      await page.Input.insertText({ text: line });
      await press({ key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 }, "\r");
    },
  };
}

test.skipIf(CHROMIUM === undefined)("the console of DevTools at a stop: the picture, the text and the value arrive", async (context) => {
  const at = place(context);
  const program = at.write("program.js", PROGRAM);
  const args = ["--import", "leakhunt/register", "--inspect=127.0.0.1:0", program];
  const env = { ...process.env, NODE_OPTIONS: "", TMPDIR: at.temporary };
  const child = spawn(process.execPath, args, { cwd: at.folder, env, stdio: ["ignore", "pipe", "pipe"] });
  context.onTestFinished(() => void child.kill("SIGKILL"));
  const devtools = await devtoolsOn(context, await inspectorUrl(child), join(at.folder, "profile"));
  await devtools.sees(/Debugger paused/);
  await devtools.openConsole();
  await devtools.sees(/Default levels/);
  const file = join(at.folder, "refs.png");
  await devtools.say(`leakhunt.showBackrefs(x, { filename: ${JSON.stringify(file)} })`);
  await devtools.sees(/refs\.png {2}\d+ × \d+, 2 retainers drawn/);
  expect(readFileSync(file).subarray(1, 4).toString()).toBe("PNG");
  await devtools.say("leakhunt.showBackrefs(x)");
  const seen = await devtools.sees(/ ← ■ module scope of program\.js/);
  expect(seen).toMatch(/Session @\d+ {2}\{user\} {2}\d+ B\n└─ \.get\("u\d+"\) ← Map @\d+ {2}\d+ entr/);
  expect(seen).toMatch(/direction/);
  expect(seen).toContain("Debugger paused");
});

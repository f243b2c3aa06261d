// A pair of snapshots of one page of Chromium, as its DevTools take them: over its debugging port on loopback.
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import CDP from "chrome-remote-interface";

/** What only a page has: DOM nodes, attached, detached, and listened to. */
const DOM = `
for (let i = 0; i < 200; i++) {
  const div = document.createElement("div");
  div.id = "row-" + i;
  div.innerHTML = "<span class='cell'>cell " + i + "</span>";
  div.addEventListener("click", () => parity.heap.orders[i]);
  if (i % 3) document.body.append(div);
  parity.heap.odd.push(div);
}`;

const MORE_DOM = `for (const div of [...document.querySelectorAll("div")].slice(0, 40)) div.remove();`;

/** The browser's binary, or undefined. */
export function chromiumBinary() {
  return [process.env.CHROMIUM, "/usr/bin/chromium"].find((path) => path && existsSync(path));
}

/**
 * Writes two snapshots of one page.
 * @throws Error when the browser does not come up.
 */
export async function captureChromium(binary, before, after, options) {
  const profile = mkdtempSync(join(tmpdir(), "leakhunt-chromium-"));
  const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
  const address = ["--remote-debugging-address=127.0.0.1", "--remote-debugging-port=0", `--user-data-dir=${profile}`];
  const browser = spawn(binary, [...flags, ...address, "about:blank"], { stdio: "ignore" });
  const ended = new Promise((resolve) => browser.once("close", resolve));
  try {
    const port = await portOf(profile, browser);
    const client = await CDP({ host: "127.0.0.1", port });
    const { HeapProfiler, Page, Runtime } = client;
    const run = (expression) => Runtime.evaluate({ expression });
    await Page.enable();
    await HeapProfiler.enable();
    await run(readFileSync(fileURLToPath(new URL("./program.cjs", import.meta.url)), "utf8"));
    await run(`parity.begin(); ${DOM}`);
    await take(HeapProfiler, before, options);
    await run(`parity.goOn(); ${MORE_DOM}`);
    await take(HeapProfiler, after, options);
    await client.close();
  } finally {
    browser.kill();
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** Chromium writes the port that it took into its profile. */
async function portOf(profile, browser) {
  const file = join(profile, "DevToolsActivePort");
  for (let tries = 0; tries < 300 && browser.exitCode === null; tries++) {
    const port = existsSync(file) ? Number(readFileSync(file, "utf8").split("\n")[0]) : 0;
    if (port > 0) return port;
    await sleep(100);
  }
  throw new Error("Chromium opened no debugging port");
}

async function take(HeapProfiler, file, options) {
  const fd = openSync(file, "w");
  const stop = HeapProfiler.addHeapSnapshotChunk(({ chunk }) => writeSync(fd, chunk));
  try {
    await HeapProfiler.takeHeapSnapshot({ reportProgress: false, ...options });
  } finally {
    stop();
    closeSync(fd);
  }
}

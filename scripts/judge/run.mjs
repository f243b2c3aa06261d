// Starts the app of a case, waits until it is ready, runs the command on it, and ends what it started, nothing else.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 3_000;

/** What runs now, as ways to end it at once. */
const running = new Set();

/** Ends all that was started and still runs, for a judge that is interrupted. */
export function endAll() {
  for (const end of running) end();
}

/**
 * One run of the command on one case.
 * @param {string} folder the case, with app.js, app.mjs or app.cjs
 * @param {{ cmd: string, node: string, timeout: number, thread?: number }} options `{pid}` and `{case}` in `cmd` are
 * replaced; `timeout` in seconds; `thread`: the worker thread that is meant, as in 4242/1
 * @returns {Promise<{ code: number | string | null, stdout: string, stderr: string, alive: boolean, seconds: number }>}
 */
export async function runCase(folder, { cmd, node, timeout, thread }) {
  const app = startApp(folder, node);
  try {
    await app.ready;
    const target = thread ? `${app.pid}/${thread}` : String(app.pid);
    const started = performance.now();
    const done = await shell(cmd.replaceAll("{pid}", target).replaceAll("{case}", folder), timeout);
    return { ...done, alive: app.alive(), seconds: (performance.now() - started) / 1000 };
  } catch (error) {
    return { code: null, stdout: "", stderr: error.message, alive: app.alive(), seconds: 0 };
  } finally {
    await app.stop();
  }
}

// The inspector of each app takes a free port when it is opened, so that cases can run side by side.
function startApp(folder, node) {
  const file = ["app.js", "app.mjs", "app.cjs"].find((name) => existsSync(join(folder, name)));
  const child = spawn(node, ["--inspect-port=0", file], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  let ended = false;
  const exit = new Promise((resolve) => {
    child.once("error", resolve);
    child.once("exit", resolve);
  }).then(() => {
    ended = true;
    running.delete(end);
  });
  const end = () => child.kill("SIGKILL");
  running.add(end);
  const ready = new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("the app did not get ready")), READY_WITHIN_MS);
    child.stdout.on("data", (text) => {
      said = (said + text).slice(-2000);
      if (!/\bready\b/.test(said)) return;
      clearTimeout(late);
      resolve();
    });
    void exit.then(() => {
      clearTimeout(late);
      reject(new Error(`the app ended: ${said.slice(-500)}`));
    });
  });
  // Who waits for it hears of the failure; without this a later end of the app would be an unhandled rejection.
  ready.catch(() => {});
  child.stderr.on("data", (text) => {
    said = (said + text).slice(-2000);
  });
  return {
    pid: child.pid,
    ready,
    alive: () => !ended,
    async stop() {
      if (ended) return;
      child.kill("SIGTERM");
      await Promise.race([exit, delay(STOP_WITHIN_MS, undefined, { ref: false })]);
      if (!ended) child.kill("SIGKILL");
      await exit;
    },
  };
}

// A process group of its own, so that a command that hangs ends with all that it started.
function shell(command, timeout) {
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", command], { stdio: ["ignore", "pipe", "pipe"], detached: true });
    let stdout = "";
    let stderr = "";
    let late = false;
    const end = () => {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // All of it has ended by now.
      }
    };
    running.add(end);
    const timer = setTimeout(() => {
      late = true;
      end();
    }, timeout * 1000);
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      running.delete(end);
      resolve({ code: late ? "timeout" : code, stdout, stderr });
    });
  });
}

// Programs for the prompt's tests: written to a folder of the test, run under `leakhunt run` or attached to.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { type Done, leakhunt, newHome } from "../support/leakhunt.ts";

/** The Node that runs the programs: LEAKHUNT_TARGET_NODE=node24 runs the same tests against another version. */
export const { LEAKHUNT_TARGET_NODE: NODE = process.execPath } = process.env;

type Context = Pick<TestContext, "onTestFinished">;

/** A folder with these files, deleted after the test. */
export function folderWith({ onTestFinished }: Context, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "leakhunt-prompt-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Runs the first of these files under leakhunt, and gives it lines. */
export async function runWith(context: Context, files: Readonly<Record<string, string>>, lines: readonly string[]): Promise<Done> {
  const cwd = folderWith(context, files);
  const input = `${lines.join("\n")}\n`;
  return leakhunt(newHome(context), ["run", "--", NODE, Object.keys(files)[0] as string], { cwd, input });
}

/** Starts a program with an open inspector; resolves with its port. */
export async function inspected({ onTestFinished }: Context, file: string): Promise<{ child: ChildProcess; pid: number; port: number }> {
  const child = spawn(NODE, ["--inspect=127.0.0.1:0", file], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const port = await new Promise<number>((resolve) => {
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      said += text;
      const found = /ws:\/\/127\.0\.0\.1:(\d+)\//.exec(said)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
  return { child, pid: child.pid as number, port };
}

/** objgraph's first example, stopped where its objects are variables. */
export const SEED = `function hunt() {
  const x = [1];
  const y = [x, [x], { a: x }];
  debugger;
  return y;
}
setInterval(hunt, 200);
`;

export const SESSIONS = `class Session { constructor(n) { this.user = "u" + n; } }
const store = new Map();
function handle(n) {
  const session = new Session(n);
  store.set("user " + n, session);
  debugger;
  return session;
}
for (let n = 0; n < 4; n++) handle(n);
process.exitCode = 3;
`;

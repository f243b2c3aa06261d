// Programs of a user, in a folder where `leakhunt` is installed, run by any Node; and the places where one stops them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import CDP from "chrome-remote-interface";
import type { TestContext } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PATIENCE_MS = 60_000;

type Context = Pick<TestContext, "onTestFinished">;

export interface Place {
  readonly folder: string;
  /** Where leakhunt writes its snapshots. */
  readonly temporary: string;
  /** Writes a program; returns its path. */
  write(name: string, text: string): string;
  /** Names of what leakhunt left behind. */
  leftovers(): string[];
}

export function place({ onTestFinished }: Context): Place {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "breakpoint-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(ROOT, join(folder, "node_modules", "leakhunt"));
  return {
    folder,
    temporary,
    write(name, text) {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    leftovers: () => readdirSync(temporary),
  };
}

export interface Run {
  readonly node?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function environment({ temporary }: Place, env: NodeJS.ProcessEnv | undefined): NodeJS.ProcessEnv {
  return { ...process.env, NODE_OPTIONS: "", NODE_V8_COVERAGE: "", TMPDIR: temporary, ...env };
}

/** Runs a program to its end. */
export async function run(at: Place, args: readonly string[], { node = process.execPath, env, input }: Run = {}): Promise<Ran> {
  const child = spawn(node, args, { cwd: at.folder, env: environment(at, env), stdio: "pipe" });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  child.stdin.end(input ?? "");
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

/** A program that is spoken to: what it says since the last line, and lines to it. */
export interface Talk {
  /** Says a line and waits until what comes matches, and ends with the prompt; returns what came before it. */
  say(line: string, until?: RegExp): Promise<string>;
}

/** Starts a program that shows a prompt, and waits for the first one. */
export async function talk(context: Context, at: Place, args: readonly string[], prompt: RegExp, options: Run = {}): Promise<Talk> {
  const { node = process.execPath, env } = options;
  const child = spawn(node, args, { cwd: at.folder, env: environment(at, env), stdio: "pipe" });
  context.onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  let heard: (() => void) | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      said += text;
      heard?.();
    });
  }
  const prompted = (until = prompt): Promise<string> =>
    new Promise((settle, fail) => {
      const late = setTimeout(() => fail(new Error(`no prompt after: ${said}`)), PATIENCE_MS);
      heard = () => {
        if (!prompt.test(said) || !until.test(said)) return;
        clearTimeout(late);
        settle(said.replace(prompt, ""));
      };
      child.once("close", () => {
        clearTimeout(late);
        fail(new Error(`ended: ${said}`));
      });
      heard();
    });
  await prompted();
  return {
    say(line, until) {
      said = "";
      child.stdin.write(`${line}\n`);
      return prompted(until);
    },
  };
}

/** `node inspect`, at the first stop of the program itself. */
export async function nodeInspect(context: Context, at: Place, program: string, options: Run): Promise<Talk> {
  const env = { NODE_OPTIONS: "--import leakhunt/register", ...options.env };
  const it = await talk(context, at, ["inspect", "--port=0", program], /debug> $/, { ...options, env });
  for (let i = 0; i < 5; i++) {
    // Node's own stops come first.
    if ((await it.say("bt")).includes(program)) return it;
    await it.say("cont");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("the program did not stop");
}

/** A program that stopped at `debugger` for a client that speaks the protocol itself. */
export interface Stopped {
  /** Evaluates in the frame that stopped, as the consoles of DevTools and VS Code do; throws what it threw. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the expression is.
  evaluate(expression: string): Promise<any>;
  /** Texts that the consoles of DevTools and VS Code show. */
  readonly consoled: string[];
  stdout(): string;
}

export async function stopped(context: Context, at: Place, program: string, { node = process.execPath, env }: Run): Promise<Stopped> {
  const args = ["--inspect-brk=0", "--import", "leakhunt/register", program];
  const child = spawn(node, args, { cwd: at.folder, env: environment(at, env), stdio: "pipe" });
  context.onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  const url = await new Promise<string>((settle) => {
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      said += text;
      const found = /ws:\/\/\S+/.exec(said)?.[0];
      if (found) settle(found);
    });
  });
  const { hostname, port } = new URL(url);
  const client = await CDP({ host: hostname, port: Number(port), target: url, local: true });
  context.onTestFinished(() => void client.close().catch(() => {}));
  const consoled: string[] = [];
  client.on("Runtime.consoleAPICalled", ({ args }) => consoled.push(args.map(({ value }) => value).join(" ")));
  const scripts = new Map<string, string>();
  client.on("Debugger.scriptParsed", ({ scriptId, url }) => void scripts.set(scriptId, url));
  const frame = new Promise<string>((settle) => {
    client.on("Debugger.paused", ({ callFrames, reason }) => {
      const [first] = callFrames;
      if (first && scripts.get(first.location.scriptId)?.endsWith(program) && (reason as string) !== "Break on start")
        settle(first.callFrameId);
      else void client.send("Debugger.resume");
    });
  });
  await client.Runtime.enable();
  await client.Debugger.enable({});
  await client.Runtime.runIfWaitingForDebugger();
  const callFrameId = await frame;
  return {
    consoled,
    stdout: () => stdout,
    async evaluate(expression) {
      const { result, exceptionDetails } = await client.Debugger.evaluateOnCallFrame({ callFrameId, expression, returnByValue: true });
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    },
  };
}

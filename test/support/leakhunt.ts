// leakhunt as shipped: `node dist/cli/main.js …` as a child process, each test with a home of its own, against
// real programs. `npm run build` must have been run, as `npm test` does.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";
import { type RunningFixture, type SpawnOptions, spawnFixture } from "../../fixtures/index.mjs";

export const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface Done {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Buffer;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The Node.js that runs leakhunt; default: this one. */
  readonly node?: string;
}

/** A leakhunt that still runs. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pid: number;
  readonly ended: Promise<Done>;
  stdout(): string;
  stderr(): string;
  say(line: string): void;
  /** Resolves when stdout and stderr together hold the pattern; what was said before `from` does not count. */
  sees(pattern: RegExp, from?: number): Promise<void>;
  /** All it said so far, to be given to `sees`. */
  length(): number;
}

const PATIENCE_MS = 20_000;

/** A folder for leakhunt to remember things in, deleted after the test. */
export function newHome({ onTestFinished }: Pick<TestContext, "onTestFinished">): string {
  const home = mkdtempSync(join(tmpdir(), "leakhunt-e2e-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** Starts leakhunt and lets it run. */
export function start(home: string, args: readonly string[], options: RunOptions = {}): Running {
  if (!existsSync(MAIN)) throw new Error("dist/ is missing: npm run build");
  const { node = process.execPath, cwd, env } = options;
  const child = spawn(node, [MAIN, ...args], {
    cwd,
    stdio: "pipe",
    env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", LEAKHUNT_HOME: home, ...env },
  });
  let stdout = "";
  let stderr = "";
  let all = "";
  const listeners = new Set<() => void>();
  const hear = (text: string): void => {
    all += text;
    for (const listener of listeners) listener();
  };
  child.stdin.on("error", () => {});
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
    hear(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
    hear(text);
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, stdout, stderr }));
  const sees = (pattern: RegExp, from = 0): Promise<void> =>
    new Promise((resolve, reject) => {
      const said = (): string => `leakhunt ${args.join(" ")} said:\n${all}`;
      const done = (settle: () => void): void => {
        clearTimeout(late);
        listeners.delete(look);
        settle();
      };
      const look = (): void => {
        if (pattern.test(all.slice(from))) done(resolve);
      };
      const late = setTimeout(() => done(() => reject(new Error(`not seen: ${pattern}; ${said()}`))), PATIENCE_MS);
      listeners.add(look);
      void ended.then(() => done(() => reject(new Error(`ended without ${pattern}; ${said()}`))));
      look();
    });
  return {
    child,
    pid: child.pid as number,
    ended,
    stdout: () => stdout,
    stderr: () => stderr,
    say: (line) => void child.stdin.write(`${line}\n`),
    sees,
    length: () => all.length,
  };
}

/** Runs leakhunt to its end. */
export async function leakhunt(home: string, args: readonly string[], options: RunOptions = {}): Promise<Done> {
  const { child, ended } = start(home, args, options);
  child.stdin.end(options.input ?? "");
  return ended;
}

/** Runs leakhunt with --json and returns what it printed; throws when it failed. */
// biome-ignore lint/suspicious/noExplicitAny: the tests look into many shapes, and pin them there.
export async function json(home: string, args: readonly string[], options: RunOptions = {}): Promise<any[]> {
  const done = await leakhunt(home, [...args, "--json"], options);
  if (done.code !== 0) throw new Error(`leakhunt ${args.join(" ")}: ${done.code} ${done.stderr}`);
  return lines(done.stdout);
}

/** One value per line, each checked to be JSON with our version. */
// biome-ignore lint/suspicious/noExplicitAny: see above.
export function lines(text: string): any[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => {
      const value = JSON.parse(line);
      if (value.schemaVersion !== 1) throw new Error(`no schemaVersion 1: ${line.slice(0, 200)}`);
      return value;
    });
}

/** Starts a fixture that leaks when told to; its inspector would take any free port, so that tests can run side by side. */
export async function target({ onTestFinished }: Pick<TestContext, "onTestFinished">, name: string, options: SpawnOptions = {}) {
  const fixture = await spawnFixture(name, { args: ["--inspect-port=0"], step: true, ...options });
  onTestFinished(() => {
    fixture.child.kill("SIGKILL");
  });
  return fixture;
}

/** The TCP ports a process listens on. */
export function listening(pid: number): number[] {
  const own = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      own.add(/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? "");
    } catch {
      // it was closed meanwhile
    }
  }
  return [`/proc/${pid}/net/tcp`, `/proc/${pid}/net/tcp6`]
    .flatMap((file) => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").slice(1) : []))
    .map((row) => row.trim().split(/\s+/))
    .filter((row) => row[3] === "0A" && own.has(row[9] as string))
    .map((row) => Number.parseInt((row[1] as string).split(":")[1] as string, 16));
}

/** Fails unless the target does its work, and listens on nothing that it did not listen on before. */
export async function expectUntouched(it: RunningFixture, ports: readonly number[]): Promise<void> {
  await it.step(1);
  for (let i = 0; i < 100 && String(listening(it.pid)) !== String(ports); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  if (String(listening(it.pid)) !== String(ports)) throw new Error(`${it.pid} listens on ${listening(it.pid)}, before on ${ports}`);
}

/** Every file below a folder with its permission bits: `0600 hunts/1-2/hunt.json`. */
export function permissions(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return `${modeOf(path)} ${path.slice(folder.length + 1)}`;
  });
}

export function modeOf(path: string): string {
  return `0${(statSync(path).mode & 0o777).toString(8)}`;
}

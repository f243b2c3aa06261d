// Real processes for the tests of target/: started from a text, awaited until they say "ready", ended after each test.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LeakhuntError } from "../../src/errors.ts";
import { listenersOf } from "../../src/target/proc.ts";

export interface Program {
  readonly pid: number;
  readonly child: ChildProcess;
  /** All it wrote to stdout so far. */
  said(): string;
  /** Resolves with "code" or "signal" when it ends. */
  readonly ended: Promise<string>;
}

/** The Node that targets run on: LEAKHUNT_TARGET_NODE=node24 runs the same tests against another version. */
export const { LEAKHUNT_TARGET_NODE: NODE = process.execPath } = process.env;

const started: ChildProcess[] = [];
const folders: string[] = [];

/** Keeps a program alive and says so. */
export const IDLE = "setInterval(()=>{},1000);console.log('ready')";
/** Never comes back to its event loop. */
export const BUSY = "console.log('ready');let n=0;while(true)n++";

/** Starts `node -e text`; its inspector would take any free port, so tests do not fight over 9229. */
export async function start(text: string, flags: readonly string[] = ["--inspect-port=0"]): Promise<Program> {
  return run(NODE, [...flags, "-e", text]);
}

/** Starts any program, and waits for its "ready". */
export async function run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<Program> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"], env: { ...process.env, NODE_OPTIONS: "", ...env } });
  started.push(child);
  let said = "";
  const ended = once(child, "exit").then(([code, signal]) => String(signal ?? code));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", (text: Buffer) => {
      said += text.toString();
      if (/ready/.test(said)) resolve();
    });
    ended.then((how) => reject(new Error(`${program} ended with ${how} before it was ready`)));
  });
  return { pid: child.pid as number, child, said: () => said, ended };
}

/** Starts `node -e text` and does not wait for anything. */
export function begin(text: string, flags: readonly string[]): number {
  const child = spawn(NODE, [...flags, "-e", text], { stdio: "ignore", env: { ...process.env, NODE_OPTIONS: "" } });
  started.push(child);
  return child.pid as number;
}

/** A folder of this test, removed after it. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "leakhunt-target-"));
  folders.push(path);
  return path;
}

/** For afterEach. */
export function cleanUp(): void {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** The code of the error that this rejects with, or what it resolved with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "no error",
    (error: LeakhuntError) => error.code,
  );
}

/** Waits until something holds; fails the test after so many milliseconds. */
export async function until(holds: () => boolean | Promise<boolean>, ms = 5000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`still not so after ${ms} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const isAlive = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
export const openPorts = (pid: number): number[] => listenersOf(pid).map((socket) => socket.port);

/** A program that attaches to the pid in its argument, says so and then just sits there. */
export function compiledHunter(): string {
  return compiled("src/target/attach.ts", HUNTER);
}

/** A program that imports a file of ours from ./out; compiled, since Node 20 cannot run TypeScript. Its path. */
export function compiled(file: string, text: string): string {
  const root = process.cwd();
  const place = folder();
  mkdirSync(join(place, "out"));
  symlinkSync(join(root, "node_modules"), join(place, "node_modules"));
  writeFileSync(join(place, "package.json"), '{"type":"module"}');
  const compilerOptions = {
    emitDeclarationOnly: false,
    rootDir: join(root, "src"),
    outDir: join(place, "out"),
    typeRoots: [join(root, "node_modules/@types")],
  };
  writeFileSync(
    join(place, "tsconfig.json"),
    JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, files: [join(root, file)], include: [] }),
  );
  spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", place], { stdio: "inherit" });
  const main = join(place, "main.js");
  writeFileSync(main, text);
  return main;
}

const HUNTER = `import { attachTarget } from "./out/target/attach.js";
const target = await attachTarget({ pid: Number(process.argv[2]) });
if (process.argv[3] !== undefined) console.log(JSON.stringify(await target.capture(process.argv[3])));
console.log("ready", JSON.stringify(target.identity));
if (process.argv[3] !== undefined) console.log(JSON.stringify(await target.detach()));
else setInterval(() => {}, 1000);
`;

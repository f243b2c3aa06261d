// Recording which code allocates what stays: right stacks from code that V8 has optimised, and a target that is afterwards
// as it was, also when a guest asked for it. What is set in a target is seen by a preload that writes it down.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { AllocationRecording } from "../../src/target/allocations.ts";
import { attachTarget, type Target } from "../../src/target/attach.ts";
import { connectHold, LocalHold } from "../../src/target/shared.ts";
import { cleanUp, codeOf, folder, NODE, type Program, run, until } from "./programs.ts";

afterEach(cleanUp);

const targets: Target[] = [];
afterEach(async () => {
  for (const target of targets.splice(0)) await target.detach();
});

const SPY = `const v8 = require("node:v8"), set = v8.setFlagsFromString;
v8.setFlagsFromString = (flag) => { require("node:fs").appendFileSync(process.argv[2], flag + "\\n"); set(flag); };`;
/** Two functions make one class; only what keep() makes stays. By the time it is ready both are inlined in their caller. */
const LEAKS = `
class Session { constructor(id) { this.id = id; this.tags = [id, id]; } }
const kept = [];
let latest;
function keep(id) { const session = new Session(id); kept.push(session); return session; }
function look(id) { latest = new Session(id); return latest; }
let n = 0;
function serve() { keep(n++); for (let i = 0; i < 10; i++) look(n++); }
function tick() { for (let i = 0; i < 20; i++) serve(); }
for (let i = 0; i < 2000; i++) tick();
setInterval(tick, 5);
`;
const IN_MAIN = `${LEAKS}console.log("ready");`;
const IN_WORKER = `const { Worker, isMainThread, parentPort } = require("node:worker_threads");
if (isMainThread) { const worker = new Worker(__filename, { argv: process.argv.slice(2) }); worker.on("message", () => console.log("ready")); process.on("SIGUSR2", () => worker.terminate()); }
else { ${LEAKS} parentPort.postMessage("up"); }`;

async function leaking(text = IN_MAIN): Promise<{ it: Program; flags: () => string[] }> {
  const place = folder();
  const said = join(place, "flags");
  writeFileSync(said, "");
  writeFileSync(join(place, "spy.cjs"), SPY);
  writeFileSync(join(place, "program.cjs"), text);
  const it = await run(NODE, ["--inspect-port=0", "--require", join(place, "spy.cjs"), join(place, "program.cjs"), said]);
  return { it, flags: () => readFileSync(said, "utf8").split("\n").slice(0, -1) };
}

async function attach({ pid }: Program): Promise<Target> {
  const target = await attachTarget({ pid });
  targets.push(target);
  return target;
}

const OFF = (version: string): string[] =>
  Number(version.slice(1, 3)) >= 22 ? ["--no-turbo-inlining", "--no-maglev-inlining"] : ["--no-turbo-inlining"];
const undone = (flags: readonly string[]): string[] => [...flags, ...flags.map((flag) => flag.replace("--no-", "--"))];

/** Names of the program's functions of the stack with most that is alive, innermost first. */
async function mostAlive(target: Target, recording: AllocationRecording): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await target.collectGarbage();
  const [most] = [...(await recording.stacks())].sort((a, b) => b.bytes - a.bytes);
  return (most?.frames ?? []).filter(({ url }) => url.endsWith("program.cjs")).map(({ name, line }) => `${name}:${line}`);
}

test("the stack of what stays names the function that keeps it, though V8 had inlined it; then all is as it was", async () => {
  const { it, flags } = await leaking();
  const target = await attach(it);
  const recording = await target.recordAllocations("sampling");
  expect(flags()).toEqual([]);
  expect(await recording.begin()).toEqual({ inlined: false });
  const off = OFF(target.identity.nodeVersion);
  expect(flags()).toEqual(off);
  const names = await mostAlive(target, recording);
  expect(names.filter((name) => !name.startsWith("Session"))).toEqual(["keep:5", "serve:8", "tick:9"]);
  await recording.stop();
  expect(flags()).toEqual(undone(off));
  await expect(recording.stacks()).rejects.toMatchObject({ code: "PROTOCOL_REFUSED" });
  await recording.stop();
  expect(flags()).toEqual(undone(off));
});

test("a target that is sampled by somebody else is left alone", async () => {
  const { it, flags } = await leaking();
  const target = await attach(it);
  await target.inspector.send("HeapProfiler.startSampling", {});
  const error = await target.recordAllocations("sampling").catch((reason) => reason);
  expect(error).toMatchObject({ code: "ALLOCATIONS_BUSY", exitCode: 1 });
  expect(flags()).toEqual([]);
  await target.inspector.send("HeapProfiler.getSamplingProfile");
});

test("a program with flags of its own for inlining keeps them, and the recording says what that means", async () => {
  const { it, flags } = await leaking(`process.execArgv.push("--max-inlined-bytecode-size=100");${IN_MAIN}`);
  const recording = await (await attach(it)).recordAllocations("sampling");
  expect(await recording.begin()).toEqual({ inlined: true });
  await recording.stop();
  expect(flags()).toEqual([]);
});

test("a recording in a worker names the same, and ends with it", async () => {
  const { it } = await leaking(IN_WORKER);
  const main = await attach(it);
  const worker = await main.thread(1);
  const recording = await worker.recordAllocations("sampling");
  expect(await recording.begin()).toEqual({ inlined: false });
  expect((await mostAlive(worker, recording)).filter((name) => !name.startsWith("Session")).map((name) => name.split(":")[0])).toEqual([
    "keep",
    "serve",
    "tick",
  ]);
  process.kill(it.pid, "SIGUSR2");
  await worker.gone;
  await recording.stop();
});

describe("through the leakhunt that holds the target", () => {
  async function held(): Promise<{ flags: () => string[]; connect: () => ReturnType<typeof connectHold>; off: string[] }> {
    const { it, flags } = await leaking();
    const target = await attach(it);
    const socket = join(folder(), "s.sock");
    await new LocalHold(target).share(socket);
    return { flags, connect: () => connectHold(socket), off: OFF(target.identity.nodeVersion) };
  }

  test("it works the same, one at a time, and an end by the asker's death is an end", async () => {
    const { flags, connect, off } = await held();
    const [guest, other] = [await connect(), await connect()];
    if (!guest || !other) throw new Error("nobody answers");
    const recording = await guest.recordAllocations("sampling");
    expect(await codeOf(other.recordAllocations("sampling"))).toBe("ALLOCATIONS_BUSY");
    expect(await recording.begin()).toEqual({ inlined: false });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await recording.stacks()).some(({ frames }) => frames.some(({ name }) => name === "keep"))).toBe(true);
    await recording.stop();
    expect(flags()).toEqual(undone(off));

    await (await guest.recordAllocations("sampling")).begin();
    expect(flags()).toEqual([...undone(off), ...off]);
    await guest.detach();
    await until(() => flags().length === 2 * undone(off).length);
    await until(async () => (await codeOf(other.recordAllocations("exact").then((next) => next.stop()))) === "no error");
  });
});

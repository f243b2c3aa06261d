// Worker threads as targets: each is an isolate of its own behind the main thread's inspector, and may end at any moment.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { attachTarget, type Target } from "../../src/target/attach.ts";
import { connectHold, LocalHold } from "../../src/target/shared.ts";
import { cleanUp, codeOf, folder, isAlive, NODE, openPorts, type Program, run, until } from "./programs.ts";

afterEach(cleanUp);

const targets: Target[] = [];
afterEach(async () => {
  for (const target of targets.splice(0)) await target.detach();
});

/** A main thread that starts workers as the texts tell, by name, and one more whenever it gets SIGUSR2. */
async function program(workers: Readonly<Record<string, string>>): Promise<Program> {
  const path = join(folder(), "program.cjs");
  writeFileSync(
    path,
    `const { Worker, isMainThread, threadName, workerData } = require("node:worker_threads");
     const texts = ${JSON.stringify(workers)};
     function begin(name) { return new Worker(__filename, { name, workerData: name }); }
     if (isMainThread) {
       globalThis.secret = ["marker", "of", "main"].join(" ");
       let left = 0;
       for (const name of Object.keys(texts).filter((name) => !name.startsWith("later")))
         begin(name).on("message", (text) => { if (text === "up" && ++left === ${Object.keys(workers).filter((name) => !name.startsWith("later")).length}) console.log("ready"); })
           .on("exit", (code) => console.log(name, "exited", code));
       process.on("SIGUSR2", () => begin("later"));
       setInterval(() => {}, 1000);
     } else {
       globalThis.begin = begin;
       globalThis.secret = ["marker", "of", workerData].join(" ");
       require("node:worker_threads").parentPort.postMessage("up");
       setTimeout(() => eval(texts[workerData]), 50);
     }`,
  );
  return run(NODE, ["--inspect-port=0", path]);
}

const IDLE = "setInterval(()=>{},1000)";

async function attach({ pid }: Program): Promise<Target> {
  const target = await attachTarget({ pid });
  targets.push(target);
  return target;
}

async function threadNamed(target: Target, name: string): Promise<Target> {
  const found = (await target.threads()).find((thread) => thread.name === name);
  if (!found) throw new Error(`no thread is called ${name}`);
  return target.thread(found.threadId);
}

function contents(path: string): { strings: string[] } {
  return JSON.parse(readFileSync(path, "utf8"));
}

test("all workers are listed by thread id, those of workers too, whatever they are called", async () => {
  const it = await program({ outer: `begin('inner');${IDLE}`, 'a "b" ] c': IDLE, inner: IDLE, later: IDLE });
  const target = await attach(it);
  await until(async () => (await target.threads()).length >= 5);
  const threads = await target.threads();
  expect(threads[0]).toMatchObject({ threadId: 0, name: undefined });
  expect(threads.slice(1).map(({ name }) => name)).toEqual(["outer", 'a "b" ] c', "inner", "inner"]);
  expect(threads.map(({ threadId }) => threadId)).toEqual([0, 1, 2, 3, 4]);
  for (const { heapUsed } of threads) expect(heapUsed).toBeGreaterThan(1e6);
  for (const { file } of threads.slice(1)) expect(file).toMatch(/\/program\.cjs$/);
  // one that starts afterwards is listed without asking again
  process.kill(it.pid, "SIGUSR2");
  await until(async () => (await target.threads()).some(({ name }) => name === "later"));
});

test("the program's own number is meant: what runs there agrees", async () => {
  const target = await attach(await program({ one: IDLE, two: IDLE, three: IDLE }));
  for (const { threadId, name } of (await target.threads()).slice(1)) {
    const worker = await target.thread(threadId);
    expect(worker.identity.worker).toMatchObject({ threadId, name });
    const seen = "[process.getBuiltinModule('worker_threads').threadId,globalThis.secret]";
    expect(await worker.inspector.evaluate(seen)).toEqual([threadId, `marker of ${name}`]);
  }
});

describe.each(["file", "stream"] as const)("by %s", (how) => {
  test("a snapshot of a worker holds its heap and no other, pins nothing, and its ids stay", async () => {
    const target = await attach(await program({ one: IDLE, two: IDLE }));
    const worker = await threadNamed(target, "one");
    const path = join(folder(), "worker.heapsnapshot");
    expect(await worker.capture(path, { how })).toMatchObject({ how, epochKept: true });
    const { strings } = contents(path);
    expect(strings).toContain("marker of one");
    expect(strings).not.toContain("marker of two");
    expect(strings).not.toContain("marker of main");
    // main and the other worker have snapshots in between: ids are each isolate's own
    await target.capture(path, { how });
    expect(contents(path).strings).not.toContain("marker of one");
    await (await threadNamed(target, "two")).capture(path, { how });
    expect(await worker.checkEpoch()).toBe(true);
    expect((await worker.capture(path, { how })).epochKept).toBe(true);
    expect(contents(path).strings.filter((text) => / \/ DevTools (console|debugger)/.test(text))).toEqual([]);
  });

  test("a worker in a busy loop is no obstacle", async () => {
    const target = await attach(await program({ busy: "for(;;){}" }));
    const worker = await threadNamed(target, "busy");
    const path = join(folder(), "busy.heapsnapshot");
    await worker.capture(path, { how });
    expect(contents(path).strings).toContain("marker of busy");
  });
});

test("a worker that waits in native code does not answer, and the others do", async () => {
  const target = await attach(
    await program({ waiting: `process.getBuiltinModule('node:child_process').execSync('sleep 4');${IDLE}`, idle: IDLE }),
  );
  await until(async () => (await target.threads()).some(({ name, heapUsed }) => name === "waiting" && heapUsed === undefined), 8000);
  const threads = await target.threads();
  expect(threads.find(({ name }) => name === "idle")?.heapUsed).toBeGreaterThan(1e6);
});

test("a worker that ends is gone, its process is not", async () => {
  const it = await program({ brief: "setTimeout(()=>process.exit(7),1500)", stays: IDLE });
  const target = await attach(it);
  const worker = await threadNamed(target, "brief");
  const { threadId } = worker.identity.worker ?? { threadId: -1 };
  expect(await worker.gone).toBe(`worker ${threadId} "brief" ended`);
  // our session in it did not hold it up
  expect(it.said()).toContain("brief exited 7");
  expect(await codeOf(worker.memory())).toBe("TARGET_GONE");
  await expect(target.thread(threadId)).rejects.toMatchObject({
    code: "NO_SUCH_THREAD",
    line: `process ${it.pid} has no worker thread ${threadId}; it has ${threadId === 1 ? 2 : 1} (stays)`,
  });
  expect((await target.threads()).map(({ name }) => name)).toEqual([undefined, "stays"]);
  expect((await (await threadNamed(target, "stays")).memory()).heapUsed).toBeGreaterThan(1e6);
});

test("a worker that is ended during its snapshot leaves no file", async () => {
  const big = "globalThis.big=Array.from({length:250000},(_,i)=>({i,text:'t'+i}));";
  const target = await attach(await program({ big: `${big}globalThis.full=1;${IDLE}` }));
  const worker = await threadNamed(target, "big");
  await until(async () => (await worker.inspector.evaluate("globalThis.full")) === 1);
  const place = folder();
  let begun = (): void => {};
  const beginning = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const work = codeOf(worker.capture(join(place, "x.heapsnapshot"), { how: "stream", onProgress: () => begun() }));
  await beginning;
  worker.inspector.send("Runtime.evaluate", { expression: "process.exit(0)" }).catch(() => {});
  const code = await work;
  // it may have been written just before the worker ended
  if (code !== "no error") expect(code).toBe("TARGET_GONE");
  await until(async () => (await target.threads()).length === 1, 10_000);
});

test("leaving closes the inspector, and workers and process go on", async () => {
  const it = await program({ one: IDLE, busy: "for(;;){}" });
  const before = openPorts(it.pid);
  const target = await attachTarget({ pid: it.pid });
  const worker = await threadNamed(target, "one");
  await worker.capture(join(folder(), "x.heapsnapshot"));
  expect(await worker.detach()).toEqual({ closed: true });
  expect(await worker.gone).toBe("leakhunt detached from it");
  expect(openPorts(it.pid)).toEqual(before);
  expect(isAlive(it.pid)).toBe(true);
  expect(it.said()).not.toContain("exited");
});

test("a process that is killed takes its workers along, and that is what is said", async () => {
  const it = await program({ one: IDLE });
  const target = await attach(it);
  const worker = await threadNamed(target, "one");
  it.child.kill("SIGKILL");
  expect(await worker.gone).toBe(`process ${it.pid} ended`);
});

test("through the leakhunt that holds the process, every thread is asked and keeps epochs of its own", async () => {
  const it = await program({ one: IDLE, brief: "setTimeout(()=>process.exit(0),2500)" });
  const target = await attach(it);
  const hold = new LocalHold(target);
  const socket = join(folder(), "s.sock");
  await hold.share(socket);
  const guest = await connectHold(socket);
  if (!guest) throw new Error("nobody answers");
  const threads = await guest.threads();
  expect(threads).toEqual(expect.arrayContaining([expect.objectContaining({ name: "one" })]));
  const id = (name: string): number => threads.find((thread) => thread.name === name)?.threadId ?? -1;
  const one = await guest.thread(id("one"));
  const brief = await guest.thread(id("brief"));
  expect(one.identity.worker).toMatchObject({ name: "one" });
  expect(one.main).toBe(guest);
  const path = join(folder(), "x.heapsnapshot");
  const [first, second, ofMain] = [await one.capture(path), await one.capture(path), await guest.capture(path)];
  expect(second.epoch).toBe(first.epoch);
  expect(ofMain.epoch).not.toBe(first.epoch);
  expect((await one.memory()).heapUsed).toBeGreaterThan(1e6);
  expect(await brief.gone).toBe(`worker ${id("brief")} "brief" ended`);
  await expect(guest.thread(99)).rejects.toMatchObject({ code: "NO_SUCH_THREAD", exitCode: 3 });
  await guest.detach();
});

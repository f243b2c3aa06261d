// Worker threads at the command line and in the prompt: each is a hunt of its own, held with its process.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, type TestContext, test, vi } from "vitest";
import { expectUntouched, json, leakhunt, listening, newHome, start, target } from "../support/leakhunt.ts";
import { cleanUp, folder, type Program, run, until } from "../target/programs.ts";

afterAll(cleanUp);
vi.setConfig({ testTimeout: 180_000, maxConcurrency: 2 });

/** A main thread with two workers that get a message every 100 ms; the one called brief ends on SIGUSR2. */
async function twoWorkers({ onTestFinished }: Pick<TestContext, "onTestFinished">): Promise<Program> {
  const path = join(folder(), "app.mjs");
  writeFileSync(
    path,
    `import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
class Thumbnail { constructor(path) { this.path = path; } }
if (isMainThread) {
  const workers = ["thumbnailer", "brief"].map((name) => new Worker(new URL(import.meta.url), { name, workerData: name }));
  setInterval(() => workers.forEach((worker) => worker.postMessage(1)), 100);
  process.on("SIGUSR2", () => workers[1].terminate());
  setTimeout(() => console.log("ready"), 300);
} else {
  const cache = new Map();
  parentPort.on("message", () => {
    const path = "/album/" + cache.size;
    cache.set(path, new Thumbnail(path));
    if (workerData === "thumbnailer") console.log("tick", cache.size);
  });
}
`,
  );
  const it = await run(process.execPath, ["--inspect-port=0", path]);
  onTestFinished(() => void it.child.kill("SIGKILL"));
  return it;
}

test.concurrent("the leak of a worker is found there, and not in the main thread", async (context) => {
  const home = newHome(context);
  const it = await target(context, "worker");
  const ports = listening(it.pid);
  await it.step(50);
  const prompt = start(home, ["attach", String(it.pid), "--worker", "1"], { cwd: home });
  await prompt.sees(
    /attached to worker 1 "thumbnailer" of \d+ \(node v[\d.]+, \S*worker\.mjs, heap [\d.]+ MB\) at \S+, opened by leakhunt/,
  );
  prompt.say("threads\ngrowth");
  await prompt.sees(/baseline taken/);
  expect(prompt.stdout()).toMatch(
    /\n {8}0 +[\d.]+ MB +main thread +\S*node .*worker\.mjs\n\* +1 +[\d.]+ MB +thumbnailer +\S+worker\.mjs\n/,
  );
  await it.step(200);
  prompt.say("growth\npath --id 0\nls Thumbnail --limit 1\npath 1\nbackrefs 1 -o refs.svg");
  await prompt.sees(/Thumbnail +250 +\+200 /);
  await prompt.sees(/there is no @0 in snapshot 2 of \d+\/1/);
  await prompt.sees(/\.byPath +Map @\d+, 250 entries[^\n]*\n +└ \.get\("\/album\/\d+\.jpg"\) +Thumbnail @/);
  await prompt.sees(/refs\.svg +\d+ × \d+, \d+ retainers drawn/);
  const before = prompt.length();
  prompt.say("thread 0\ngrowth");
  await prompt.sees(/attached to \d+ \(node[^\n]*\n[^\n]*\nround 1 [\s\S]*baseline taken/, before);
  await it.step(100);
  const second = prompt.length();
  prompt.say("growth\ncount Thumbnail\nthread 1\ngrowth");
  // its baseline was kept, and so were the object ids
  await prompt.sees(/attached to worker 1[\s\S]*round 3 [\s\S]*Thumbnail +350 +\+100 /, second);
  expect(prompt.stdout()).not.toContain("object ids were reset");
  const main = prompt.stdout().slice(prompt.stdout().lastIndexOf(`attached to ${it.pid}`));
  expect(main.slice(0, main.indexOf("attached to worker"))).not.toContain("Thumbnail ");
  prompt.child.stdin.end();
  const done = await prompt.ended;
  expect(done.stderr).toContain(`inspector closed, ${it.pid} runs on`);
  await expectUntouched(it, ports);
});

test.concurrent("another command goes through the prompt that holds the process, to any of its threads", async (context) => {
  const home = newHome(context);
  const it = await twoWorkers(context);
  const prompt = start(home, ["attach", `${it.pid}/1`]);
  await prompt.sees(/attached to worker 1/);
  // the current hunt is the worker's
  const [first] = await json(home, ["growth"]);
  expect(first.snapshot).toBe(`snapshot 1 of ${it.pid}/1`);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const [second] = await json(home, ["growth"]);
  expect(second.notes).toEqual([]);
  expect(second.rows.find(({ type }: { type: string }) => type === "Thumbnail")?.delta).toBeGreaterThan(0);
  const [fresh] = await json(home, ["new"]);
  expect(fresh.rows.map(({ type }: { type: string }) => type)).toContain("Thumbnail");
  const [threads] = await json(home, ["threads"]);
  expect(threads.threads.map(({ threadId, name }: { threadId: number; name?: string }) => [threadId, name])).toEqual([
    [0, undefined],
    [1, "thumbnailer"],
    [2, "brief"],
  ]);
  expect((await leakhunt(home, ["count", "Thumbnail", `${it.pid}/2`])).stdout).toMatch(
    new RegExp(`^\\d+ Thumbnail, [^\\n]*from snapshot 1 of ${it.pid}/2`),
  );
  expect((await leakhunt(home, ["count", "Thumbnail", String(it.pid)])).stderr).toContain(
    'no object is counted under the type "Thumbnail"',
  );
  const hunts = await json(home, ["hunts"]);
  expect(
    hunts[0].hunts
      .map(({ worker, state }: { worker?: number; state: string }) => [worker, state])
      .sort(([a = 0], [b = 0]) => Number(a) - Number(b)),
  ).toEqual([
    [undefined, "held"],
    [1, "held"],
    [2, "held"],
  ]);
  // ps asks the one that holds it
  const ps = (await json(home, ["ps"]))[0].processes.find(({ pid }: { pid: number }) => pid === it.pid);
  expect(ps.workers.map(({ name }: { name: string }) => name)).toEqual(["thumbnailer", "brief"]);
  expect((await leakhunt(home, ["ps"])).stdout).toMatch(
    new RegExp(`\\n *${it.pid} [^\\n]*\\n */1 +heap [\\d.]+ MB +worker 1 "thumbnailer"`),
  );
  // detach names the process, whichever of its threads is the current hunt
  await leakhunt(home, ["count", "Thumbnail", `${it.pid}/2`]);
  expect((await leakhunt(home, ["detach"])).stdout).toBe(`inspector closed, ${it.pid} runs on\n`);
  expect((await prompt.ended).stderr).toContain("another leakhunt asked this one to detach");
});

test.concurrent("a worker that ends leaves the prompt with its process", async (context) => {
  const home = newHome(context);
  const it = await twoWorkers(context);
  const prompt = start(home, ["attach", `${it.pid}/2`]);
  await prompt.sees(/attached to worker 2 "brief"/);
  prompt.say("growth");
  await prompt.sees(/baseline taken/);
  process.kill(it.pid, "SIGUSR2");
  await prompt.sees(/worker 2 "brief" ended/);
  const before = prompt.length();
  // what was seen of it can still be asked about
  prompt.say("count Thumbnail\ngrowth\nthread 2\nthread 1\ncount Thumbnail --fresh\nthread one");
  await prompt.sees(/\d Thumbnail, [^\n]*from snapshot 1 of \d+\/2/, before);
  await prompt.sees(/the target is gone: worker 2 "brief" ended/, before);
  await prompt.sees(/process \d+ has no worker thread 2; it has 1 \(thumbnailer\)/, before);
  await prompt.sees(/attached to worker 1[\s\S]*\d Thumbnail, [^\n]*from snapshot 1 of \d+\/1/, before);
  await prompt.sees(/a thread id takes a whole number, not "one"/, before);
  prompt.child.stdin.end();
  expect((await prompt.ended).stderr).toContain(`inspector closed, ${it.pid} runs on`);
});

test.concurrent("a growth loop ends when its worker does", async (context) => {
  const home = newHome(context);
  const it = await twoWorkers(context);
  const loop = start(home, ["growth", `${it.pid}/2`, "--interval", "60s"]);
  await loop.sees(/baseline taken/);
  process.kill(it.pid, "SIGUSR2");
  const done = await loop.ended;
  expect(done.code).toBe(3);
  expect(done.stderr).toMatch(/leakhunt: the target is gone: worker 2 "brief" ended; /);
  expect(done.stderr).toContain(`inspector closed, ${it.pid} runs on`);
});

test.concurrent("all threads are summed, and a row is asked about where most of it is", async (context) => {
  const home = newHome(context);
  const it = await target(context, "worker");
  await it.step(120);
  const prompt = start(home, ["attach", String(it.pid)]);
  await prompt.sees(/opened by leakhunt/);
  prompt.say("common --all-threads --filter /^(Thumbnail|ThumbnailCache)$/\npath 1\nthreads");
  await prompt.sees(/\n\* +0 /);
  const said = prompt.stdout();
  expect(said).toMatch(
    /from 2 threads of \d+, one snapshot each\n# {2}type +count +shallow +retained +of heaps +in threads\n1 {2}Thumbnail +120 [^\n]* 1: 120\n/,
  );
  expect(said).toMatch(/\n +1 {2}worker 1 "thumbnailer" +121 objects/);
  expect(said).toMatch(/Thumbnail @\d+ is alive because/);
  prompt.child.stdin.end();
  expect((await prompt.ended).code).toBe(0);
  const [all] = await json(home, ["common", String(it.pid), "--all-threads", "--limit", "0"]);
  const [main] = await json(home, ["common", String(it.pid), "--limit", "0"]);
  const functions = (value: { rows: { type: string; count: number; threads?: { threadId: number; count: number }[] }[] }) =>
    value.rows.find(({ type }) => type === "Function");
  const shares = functions(all)?.threads ?? [];
  expect(functions(all)?.count).toBe(shares.reduce((sum, { count }) => sum + count, 0));
  // the main thread's share is its own count; a few functions come and go
  const own = shares.find(({ threadId }) => threadId === 0)?.count ?? 0;
  expect(Math.abs(own - (functions(main)?.count ?? 0))).toBeLessThan(50);
});

test.concurrent("the debugger stops a worker while questions are about another thread", async (context) => {
  const home = newHome(context);
  const it = await twoWorkers(context);
  const prompt = start(home, ["attach", `${it.pid}/1`]);
  await prompt.sees(/attached to worker 1/);
  prompt.say("break app.mjs:12");
  await prompt.sees(/stopped \(breakpoint 1\)|breakpoint 1 at/);
  prompt.say("thread 0");
  await prompt.sees(/attached to \d+ \(/);
  prompt.say("delete 1\nthread 1");
  await prompt.sees(/no breakpoint|attached to worker 1/);
  await new Promise((resolve) => setTimeout(resolve, 400));
  const before = prompt.length();
  prompt.say("where\nshow cache\nthread 0\ngrowth\nthread 1\nwhere");
  await prompt.sees(/#0 [^\n]*app\.mjs:12/, before);
  await prompt.sees(/Map @\d+[\s\S]*is +\d+ entries/, before);
  // main goes on and can be asked while the worker stands still, and the worker still stands afterwards
  await prompt.sees(/attached to \d+ \([\s\S]*baseline taken[\s\S]*attached to worker 1[\s\S]*#0 [^\n]*app\.mjs:12/, before);
  prompt.child.stdin.end();
  expect((await prompt.ended).stderr).toContain(`inspector closed, ${it.pid} runs on`);
  // it was left running
  const [one] = await json(home, ["common", `${it.pid}/1`, "--filter", "Thumbnail"]);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const [two] = await json(home, ["common", `${it.pid}/1`, "--filter", "Thumbnail"]);
  expect(two.rows[0].count).toBeGreaterThan(one.rows[0].count);
});

test.concurrent("a worker that stands still runs on when leakhunt is killed with kill -9", async (context) => {
  const home = newHome(context);
  const it = await twoWorkers(context);
  const ticks = (): number =>
    Number(
      it
        .said()
        .match(/tick (\d+)/g)
        ?.at(-1)
        ?.slice(5) ?? 0,
    );
  const prompt = start(home, ["attach", `${it.pid}/1`]);
  await prompt.sees(/attached to worker 1/);
  prompt.say("break app.mjs:12");
  await prompt.sees(/stopped \(breakpoint 1\)/);
  const stood = ticks();
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(ticks() - stood).toBeLessThanOrEqual(1);
  prompt.child.kill("SIGKILL");
  await prompt.ended;
  await until(() => ticks() > stood + 10, 20_000);
});

test.concurrent("what cannot be is said in a line", async (context) => {
  const home = newHome(context);
  const it = await target(context, "map-cache");
  const ports = listening(it.pid);
  const line = async (args: readonly string[]): Promise<[number | null, string]> => {
    const { code, stderr } = await leakhunt(home, args);
    return [code, stderr.trimEnd().split("\n").at(-1) ?? ""];
  };
  expect(await line(["attach", String(it.pid), "--worker", "3"])).toEqual([
    3,
    `leakhunt: process ${it.pid} has no worker thread 3; it has no worker at all`,
  ]);
  expect(await line(["attach", String(it.pid), "--worker", "x"])).toEqual([2, 'leakhunt: --worker takes a whole number, not "x"']);
  expect(await line(["common", "heap.heapsnapshot", "--all-threads"])).toEqual([
    2,
    "leakhunt: --all-threads needs a running process; a snapshot file shows one thread",
  ]);
  expect(await line(["children", "heap.heapsnapshot"])).toEqual([
    2,
    "leakhunt: children are listed for a process of this machine; give its pid",
  ]);
  await expectUntouched(it, ports);
});

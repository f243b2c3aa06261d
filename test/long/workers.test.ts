// Worker threads and child processes on the Node versions that `npm test` does not run: listing, a leak in a worker, the
// debugger in a worker, and a program of run followed into a cluster.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectUntouched, json, leakhunt, listening, newHome, start, target } from "../support/leakhunt.ts";
import { INSTALL_MS, installNodes, nodeOfVersion as nodeOf, removeNodes, VERSIONS } from "../support/nodes.ts";
import { cleanUp, folder, isAlive, run, until } from "../target/programs.ts";

beforeAll(installNodes, INSTALL_MS);
afterAll(removeNodes);
afterAll(cleanUp);

describe.each(VERSIONS)("Node %s", (version) => {
  test("the leak of a worker, all threads, and ps", async (context) => {
    const home = newHome(context);
    const it = await target(context, "worker", { node: nodeOf(version) });
    const ports = listening(it.pid);
    await it.step(50);
    const prompt = start(home, ["attach", String(it.pid), "--worker", "1"], { cwd: home });
    await prompt.sees(/attached to worker 1 "thumbnailer"/);
    prompt.say("growth");
    await prompt.sees(/baseline taken/);
    await it.step(200);
    prompt.say("growth\nls Thumbnail --limit 1\npath 1\ncommon --all-threads --filter Thumbnail\nnew");
    await prompt.sees(/Thumbnail +250 +\+200 /);
    await prompt.sees(/\.byPath +Map @\d+, 250 entries/);
    await prompt.sees(/1 {2}Thumbnail +250 [^\n]* 1: 250\n/);
    await prompt.sees(/new and [\d,]+ gone/);
    const ps = (await json(home, ["ps"]))[0].processes.find(({ pid }: { pid: number }) => pid === it.pid);
    expect(ps.workers).toMatchObject([{ threadId: 1, name: "thumbnailer" }]);
    prompt.child.stdin.end();
    await prompt.ended;
    console.log(`── Node ${version}\n${prompt.stdout()}`);
    await expectUntouched(it, ports);
    const later = (await json(newHome(context), ["ps"]))[0].processes.find(({ pid }: { pid: number }) => pid === it.pid);
    // Node names its threads since 24
    expect(later.workerNames).toEqual(Number(version) >= 24 ? ["thumbnailer"] : undefined);
  });

  test("a breakpoint in a worker, while the main thread goes on", async (context) => {
    const home = newHome(context);
    const path = join(folder(), "app.mjs");
    writeFileSync(
      path,
      `import { isMainThread, parentPort, Worker } from "node:worker_threads";
if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  setInterval(() => worker.postMessage(1), 100);
  setTimeout(() => console.log("ready"), 300);
} else {
  const cache = new Map();
  parentPort.on("message", () => {
    const path = "/album/" + cache.size;
    cache.set(path, { path });
  });
}
`,
    );
    const it = await run(nodeOf(version), ["--inspect-port=0", path]);
    const prompt = start(home, ["attach", `${it.pid}/1`], { cwd: home });
    await prompt.sees(/attached to worker 1 of/);
    prompt.say("break app.mjs:10\nthread 0\ngrowth");
    await prompt.sees(/baseline taken/);
    await prompt.sees(/1 stopped at \S*app\.mjs:10|stopped \(breakpoint 1\)/);
    const before = prompt.length();
    prompt.say("thread 1\nwhere\nshow cache\nbackrefs cache -o refs.svg");
    await prompt.sees(/#0 [^\n]*app\.mjs:10[\s\S]*Map @\d+[\s\S]*refs\.svg +\d+ × \d+/, before);
    prompt.child.stdin.end();
    expect((await prompt.ended).stderr).toContain(`inspector closed, ${it.pid} runs on`);
    expect(isAlive(it.pid)).toBe(true);
    it.child.kill("SIGKILL");
  });

  test("a program of run is followed into its cluster workers", async (context) => {
    const home = newHome(context);
    const path = join(folder(), "cluster.cjs");
    writeFileSync(
      path,
      `const cluster = require("node:cluster");
if (cluster.isPrimary) { cluster.fork(); cluster.fork(); }
else { globalThis.jobs = []; setInterval(() => { jobs.push({ n: jobs.length }); if (jobs.length === 30) debugger; }, 100); }
`,
    );
    const prompt = start(home, ["run", "--follow-children", nodeOf(version), path]);
    await prompt.sees(/stopped \(start\)/);
    prompt.say("continue");
    await prompt.sees(/\d+ stopped at \S*cluster\.cjs:3/);
    const pid = Number(/(\d+) stopped at \S*cluster\.cjs/.exec(prompt.stdout() + prompt.stderr())?.[1]);
    prompt.say(`process ${pid}\npath jobs`);
    await prompt.sees(/\.jobs +Array @\d+, 30 elements/);
    const main = Number(/started (\d+)/.exec(prompt.stdout())?.[1]);
    const [{ children }] = await json(home, ["children", String(main)]);
    expect(children.map(({ clusterWorker }: { clusterWorker: number }) => clusterWorker)).toEqual([1, 2]);
    prompt.say("quit");
    expect((await prompt.ended).code).toBe(0);
    await until(() => [main, ...children.map((child: { pid: number }) => child.pid)].every((each) => !isAlive(each)), 10_000);
  });
});

test("leakhunt on a newer Node asks a worker of this one", async (context) => {
  const home = newHome(context);
  const it = await target(context, "worker");
  for (const version of VERSIONS) {
    const done = await leakhunt(home, ["threads", String(it.pid)], { node: nodeOf(version) });
    expect(done.stdout, done.stderr).toMatch(/\n +1 +[\d.]+ MB +thumbnailer /);
  }
});

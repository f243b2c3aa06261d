// Programs of several processes: children are listed without touching them, the prompt goes from one to another, and a
// program of `run` is followed into the processes that it starts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, type TestContext, test, vi } from "vitest";
import { expectUntouched, json, leakhunt, listening, newHome, type Running, start, target } from "../support/leakhunt.ts";
import { cleanUp, folder, isAlive, type Program, run, until } from "../target/programs.ts";

afterAll(cleanUp);
// every process of a cluster wants the port that Node opens by default, which only one can have
vi.setConfig({ testTimeout: 180_000 });

const WORK = `class Job { constructor(n) { this.n = n; } }
globalThis.jobs = [];
let n = 0;
setInterval(() => { jobs.push(new Job(++n)); if (n === 20) { const twenty = n; debugger; } }, 100);`;

/** A program that starts two cluster workers, a fork, a plain child, and one behind a shell; its children print their pids. */
function familyScript(): string {
  const place = folder();
  writeFileSync(join(place, "forked.cjs"), "setInterval(()=>{},1000)");
  const path = join(place, "family.cjs");
  writeFileSync(
    path,
    `const cluster = require("node:cluster");
const { fork, spawn } = require("node:child_process");
if (cluster.isPrimary) {
  cluster.fork();
  cluster.fork();
  fork(__dirname + "/forked.cjs");
  spawn(process.execPath, ["-e", "setInterval(()=>{},1000)"], { stdio: "ignore" });
  spawn("sh", ["-c", '"$0" -e "setInterval(()=>{},1000)"; true', process.execPath], { stdio: "ignore" });
  setInterval(() => {}, 1000);
  setTimeout(() => console.log("ready"), 1500);
} else {
${WORK}
}
`,
  );
  return path;
}

interface Child {
  readonly pid: number;
  readonly parent: number;
  readonly depth: number;
  readonly forked: boolean;
  readonly clusterWorker?: number;
  readonly held?: string;
}

async function family({ onTestFinished }: Pick<TestContext, "onTestFinished">): Promise<Program> {
  const it = await run(process.execPath, [familyScript()]);
  const home = folder();
  const [{ children }] = await json(home, ["children", String(it.pid)]);
  onTestFinished(() => {
    for (const { pid } of [it, ...children]) if (isAlive(pid)) process.kill(pid, "SIGKILL");
  });
  return it;
}

test("children are told apart, and nothing is opened for that", async (context) => {
  const home = newHome(context);
  const it = await family(context);
  const before = listening(it.pid);
  const [{ children }] = (await json(home, ["children", String(it.pid)])) as [{ children: Child[] }];
  expect(children.map(({ clusterWorker, forked, depth }) => [clusterWorker, forked, depth])).toEqual([
    [1, true, 1],
    [2, true, 1],
    [undefined, true, 1],
    [undefined, false, 1],
    [undefined, false, 2],
  ]);
  expect(children.slice(0, 4).every(({ parent }) => parent === it.pid)).toBe(true);
  expect(children[4]?.parent).not.toBe(it.pid);
  const { stdout } = await leakhunt(home, ["children", String(it.pid)]);
  expect(stdout).toMatch(new RegExp(`\\n +${children[0]?.pid} [^\\n]* ${it.pid}, cluster worker 1 +\\S*node`));
  expect(stdout).toMatch(new RegExp(`\\n {4,}${children[4]?.pid} [^\\n]*, child +\\S*node -e`));
  expect(listening(it.pid)).toEqual(before);
  for (const { pid } of children) expect(listening(pid)).toEqual([]);
  const [first] = children;
  expect((await leakhunt(home, ["children", String(first?.pid)])).stdout).toBe(
    `${first?.pid} has started no Node process that still runs\n`,
  );
});

test("the prompt goes to a cluster worker, whose inspector wants the same port, and back", async (context) => {
  const home = newHome(context);
  const it = await family(context);
  const [{ children }] = (await json(home, ["children", String(it.pid)])) as [{ children: Child[] }];
  const [one, two, , , , shell] = children;
  const prompt = start(home, ["attach", String(it.pid)]);
  await prompt.sees(/opened by leakhunt/);
  prompt.say(`process ${one?.pid}\ncount Job\nprocess ${two?.pid}\ncount Job\nchildren ${it.pid}\nprocess ${it.pid}\ncount Job`);
  await prompt.sees(new RegExp(`inspector of ${it.pid} closed: port 9229 is wanted by the other process too`));
  await prompt.sees(new RegExp(`attached to ${one?.pid} [\\s\\S]*\\d Job, [^\\n]* of ${one?.pid}\\n`));
  await prompt.sees(new RegExp(`attached to ${two?.pid} [\\s\\S]*\\d Job, [^\\n]* of ${two?.pid}\\n[\\s\\S]*\\n\\* +${two?.pid} `));
  await prompt.sees(/no object is counted under the type "Job"/);
  // what cannot be attached to leaves the prompt where it was
  const before = prompt.length();
  prompt.say(`process 999999999\nprocess ${process.ppid === 1 ? 1 : (shell?.pid ?? 1)}\ncount Function`);
  await prompt.sees(/there is no process 999999999;/, before);
  await prompt.sees(new RegExp(`Function, [^\\n]* of ${it.pid}`), before);
  prompt.child.stdin.end();
  expect((await prompt.ended).stderr).toContain(`inspector closed, ${it.pid} runs on`);
  await until(() => [it, ...children].every(({ pid }) => isAlive(pid) && !listening(pid).includes(9229)), 10_000);
});

test("a process that was left stays held, with its object ids; all are let go at the end", async (context) => {
  const home = newHome(context);
  const [a, b] = [await target(context, "map-cache"), await target(context, "linked-list")];
  const ports = [listening(a.pid), listening(b.pid)];
  const prompt = start(home, ["attach", String(a.pid)]);
  await prompt.sees(/opened by leakhunt/);
  prompt.say(`growth\nprocess ${b.pid}\ngrowth`);
  await prompt.sees(new RegExp(`attached to ${b.pid} [\\s\\S]*baseline taken`));
  expect(listening(a.pid).length).toBe((ports[0]?.length ?? 0) + 1);
  await a.step(7);
  // another command reaches both through this prompt
  expect((await leakhunt(home, ["count", "Session", String(a.pid)])).code).toBe(0);
  prompt.say(`process ${a.pid}\ngrowth\nnew`);
  await prompt.sees(new RegExp(`attached to ${a.pid} [\\s\\S]*round 2 [\\s\\S]*Session +\\d+ +\\+7 [\\s\\S]*new and [\\d,]+ gone`));
  // the end of the other one is told, and does not end the prompt
  await b.stop();
  await prompt.sees(new RegExp(`process ${b.pid} (ended|came to its end)`));
  prompt.say("count Session");
  await prompt.sees(/Session, [^\n]*from snapshot/);
  prompt.child.stdin.end();
  const { code, stderr } = await prompt.ended;
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(`inspector closed, ${a.pid} runs on`);
  await expectUntouched(a, ports[0] ?? []);
});

async function stopIn(prompt: Running): Promise<number> {
  await prompt.sees(/\d+ stopped at \S*family\.cjs:\d+ \(`process \d+`\)/);
  return Number(/(\d+) stopped at \S*family\.cjs/.exec(prompt.stdout() + prompt.stderr())?.[1]);
}

test("a program of run is followed into its children: a debugger statement stops there, and all end with the prompt", async (context) => {
  const home = newHome(context);
  const prompt = start(home, ["run", "--follow-children", familyScript()]);
  await prompt.sees(/stopped \(start\)/);
  prompt.say("continue");
  const stopped = await stopIn(prompt);
  const said = prompt.stdout() + prompt.stderr();
  expect(said).toMatch(new RegExp(`\\n?${stopped}, cluster worker [12] of \\d+, is held \\(.process ${stopped}.\\)`));
  const before = prompt.length();
  prompt.say(`process ${stopped}\nprint twenty\npath jobs\nchildren`);
  await prompt.sees(/stopped \(debugger statement\)[\s\S]*\n20\n[\s\S]*globalThis\n {2}└ \.jobs +Array @\d+, 20 elements/, before);
  prompt.say("children");
  await prompt.sees(/no Node process that still runs/, before);
  const main = Number(/started (\d+)/.exec(prompt.stdout())?.[1]);
  const [{ children }] = (await json(home, ["children", String(main)])) as [{ children: Child[] }];
  expect(children).toHaveLength(5);
  prompt.say("quit");
  const done = await prompt.ended;
  expect(done.code, done.stderr).toBe(0);
  expect(done.stderr).toContain("the program ended by SIGTERM");
  await until(() => [main, ...children.map(({ pid }) => pid)].every((pid) => !isAlive(pid)), 10_000);
});

test("a followed child is held before its first line, and so is its child; a worker thread waits for nobody", async (context) => {
  const home = newHome(context);
  const place = folder();
  const write = (name: string, text: string): string => {
    writeFileSync(join(place, name), text);
    return join(place, name);
  };
  write("grandchild.mjs", "const deep = [1, 2, 3];\ndebugger;\nsetInterval(() => deep, 1000);\n");
  write("thread.cjs", "console.log('thread', require('node:worker_threads').threadId);\n");
  write(
    "child.cjs",
    `debugger;
const { Worker } = require("node:worker_threads");
new Worker(__dirname + "/thread.cjs");
require("node:child_process").spawn(process.execPath, [__dirname + "/grandchild.mjs"], { stdio: "ignore" });
setInterval(() => {}, 1000);
`,
  );
  const main = write("main.cjs", 'require("node:child_process").fork(__dirname + "/child.cjs");\nsetInterval(() => {}, 1000);\n');
  const prompt = start(home, ["run", "--follow-children", main]);
  await prompt.sees(/stopped \(start\)/);
  prompt.say("continue");
  await prompt.sees(/\d+ stopped at \S*child\.cjs:1 \(`process \d+`\)/);
  const child = Number(/(\d+) stopped at \S*child\.cjs/.exec(prompt.stdout() + prompt.stderr())?.[1]);
  prompt.say(`process ${child}\ncontinue`);
  await prompt.sees(/thread 1/);
  await prompt.sees(/\d+ stopped at \S*grandchild\.mjs:2 \(`process \d+`\)/);
  prompt.say("quit");
  expect((await prompt.ended).code).toBe(0);
  await until(() => !isAlive(child), 10_000);
});

test("a process that tells of its birth to nobody goes on", async () => {
  const place = folder();
  const preload = join(process.cwd(), "dist/target/birth.cjs");
  const born = async (births: string): Promise<string> => {
    const it = await run(process.execPath, ["--require", preload, "-e", "console.log('ready')"], { LEAKHUNT_BIRTHS: births });
    return it.ended;
  };
  // nobody takes the file away; leakhunt has ended; no such folder; nonsense
  expect(await born(`1:${place}`)).toBe("0");
  expect(await born(`999999999:${place}`)).toBe("0");
  expect(await born(`1:${place}/nowhere`)).toBe("0");
  expect(await born("nonsense")).toBe("0");
});

test("ps asks an open inspector for its workers only when told, and never one that somebody uses", async (context) => {
  const home = newHome(context);
  const it = await target(context, "worker", { args: ["--inspect=0"] });
  const found = async (args: readonly string[], place: string): Promise<{ workers?: { name: string }[] }> =>
    (await json(place, ["ps", ...args]))[0].processes.find(({ pid }: { pid: number }) => pid === it.pid);
  expect((await found([], home)).workers).toBeUndefined();
  expect((await found(["--threads"], home)).workers).toMatchObject([{ name: "thumbnailer" }]);
  expect((await leakhunt(home, ["ps"])).stdout).toMatch(
    /worker threads of \d+ process(es)? are not known: `leakhunt threads <pid>` attaches and asks/,
  );
  const holder = start(home, ["attach", String(it.pid)]);
  await holder.sees(/already open/);
  // a leakhunt with another home knows nothing of the one that holds it
  expect((await found(["--threads"], newHome(context))).workers).toBeUndefined();
  holder.child.stdin.end();
  await holder.ended;
});

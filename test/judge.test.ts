// The judge of leak hunters: a stand-in for a hunter prints an answer, and the judge says whether that is the truth of a
// program that really runs.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, type TestContext, test, vi } from "vitest";

const JUDGE = fileURLToPath(new URL("../scripts/judge.mjs", import.meta.url));

const APP = `console.log("ready"); setInterval(() => {}, 1000);`;
const LEAK = {
  is_leak: true,
  in_js_heap: true,
  leaking_type: "Order",
  also_accept: ["Ticket"],
  retained_by: ["desk", "open"],
  cause_files: ["desk.js"],
  must_not_accuse: [],
  memory: "js",
};
const SUSPECT = {
  type: "Map",
  gathers: [{ type: "Order", perSecond: 20 }],
  path: ["desk", ".open", "Order"],
  where: ["/app/desk.js:4"],
};
const FOUND = { verdict: "leak", suspects: [SUSPECT] };

interface Judged {
  readonly code: number;
  readonly stdout: string;
}

function judge(args: readonly string[]): Promise<Judged> {
  return new Promise((resolve) => {
    execFile(process.execPath, [JUDGE, ...args], (error, stdout) => resolve({ code: error ? Number(error.code) : 0, stdout }));
  });
}

/** A folder with one case called "shop", and one for a hunter's answers. */
function place({ onTestFinished }: Pick<TestContext, "onTestFinished">, truth: object, app = APP): { cases: string; work: string } {
  const work = mkdtempSync(join(tmpdir(), "leakhunt-judge-"));
  onTestFinished(() => rmSync(work, { recursive: true, force: true }));
  const cases = join(work, "cases");
  mkdirSync(join(cases, "shop"), { recursive: true });
  writeFileSync(join(cases, "shop", "truth.json"), JSON.stringify(truth));
  writeFileSync(join(cases, "shop", "app.cjs"), app);
  return { cases, work };
}

async function judged(context: TestContext, truth: object, answer: object, code: number, app?: string): Promise<Judged> {
  const { cases, work } = place(context, truth, app);
  const file = join(work, "answer.json");
  writeFileSync(file, JSON.stringify(answer));
  return judge(["--cmd", `cat '${file}'; kill -0 {pid} || exit 99; exit ${code}`, cases]);
}

test("the leak that is named with its path and file passes", async (context) => {
  const { code, stdout } = await judged(context, LEAK, FOUND, 10);
  expect(stdout).toMatch(/^PASS {2}shop .*as it is/);
  expect(stdout).toContain("leaks 1 of 1, controls 0 of 0");
  expect(code).toBe(0);
});

test("a related type in a later suspect is as good, and names may be told from the leaf to the root", async (context) => {
  const suspect = { ...SUSPECT, gathers: [{ type: "Ticket" }], path: ["Ticket", ".open", "desk"] };
  const { stdout } = await judged(context, LEAK, { verdict: "leak", suspects: [{ type: "x" }, { type: "y" }, suspect] }, 10);
  expect(stdout).toMatch(/^PASS/);
});

test.for([
  ["exit code 10 (was 0)", FOUND, 0],
  ['verdict "leak" (was "undecided")', { ...FOUND, verdict: "undecided" }, 10],
  ["type of Order", { verdict: "leak", suspects: [{ ...SUSPECT, gathers: [{ type: "Orders" }] }] }, 10],
  ["path of Order", { verdict: "leak", suspects: [{ ...SUSPECT, path: ["open", "Order"] }] }, 10],
  ["file of Order", { verdict: "leak", suspects: [{ ...SUSPECT, where: ["/app/help-desk.js:4"] }] }, 10],
  ["type of Order, path of Order, file of Order", { verdict: "leak", suspects: [{}, {}, {}, SUSPECT] }, 10],
] as const)("missed: %s", async ([missed, answer, code], context) => {
  const judgement = await judged(context, LEAK, answer, code);
  expect(judgement.stdout).toContain(`missed: ${missed}  [`);
  expect(judgement.code).toBe(1);
});

test("two leaks are both to be named", async (context) => {
  const truth = { ...LEAK, also_leaks: [{ leaking_type: "Cart", retained_by: ["carts"], cause_files: ["carts.js"] }] };
  const one = await judged(context, truth, FOUND, 10);
  expect(one.stdout).toContain("missed: type of Cart, path of Cart, file of Cart  [");
  const cart = { type: "Map", gathers: [{ type: "Cart" }], path: ["carts"], where: ["carts.js:1"] };
  const both = await judged(context, truth, { verdict: "leak", suspects: [SUSPECT, cart] }, 10);
  expect(both.stdout).toMatch(/^PASS/);
});

test("external memory is to be mentioned", async (context) => {
  const truth = { ...LEAK, memory: "external" };
  expect((await judged(context, truth, FOUND, 10)).stdout).toContain("missed: external memory");
  expect((await judged(context, truth, { ...FOUND, offHeap: { external: 3_000_000 } }, 10)).stdout).toMatch(/^PASS/);
});

test("memory outside the heap is to be said so, without a bystander", async (context) => {
  const truth = { ...LEAK, in_js_heap: false, leaking_type: "", memory: "native" };
  expect((await judged(context, truth, { verdict: "leak", suspects: [], offHeap: { rss: 1 } }, 10)).stdout).toMatch(/^PASS/);
  const accusing = await judged(context, truth, { ...FOUND, offHeap: { rss: 1 } }, 10);
  expect(accusing.stdout).toContain("missed: no bystander accused");
});

test("a control is to be left in peace", async (context) => {
  const truth = { ...LEAK, is_leak: false, must_not_accuse: ["PageCache"] };
  expect((await judged(context, truth, { verdict: "no leak", suspects: [] }, 0)).stdout).toMatch(/^PASS/);
  expect((await judged(context, truth, { verdict: "undecided", suspects: [] }, 11)).stdout).toContain("says that there is no leak");
  const accusing = await judged(context, truth, { verdict: "no leak", suspects: [{ type: "PageCache" }] }, 0);
  expect(accusing.stdout).toContain("missed: accuses PageCache");
  expect(accusing.stdout).toContain("controls 0 of 1");
});

test("an app that does not survive the hunter is a failure", async (context) => {
  const { cases, work } = place(context, LEAK);
  const file = join(work, "answer.json");
  writeFileSync(file, JSON.stringify(FOUND));
  const { stdout } = await judge(["--cmd", `kill -9 {pid}; sleep 0.5; cat '${file}'; exit 10`, cases]);
  expect(stdout).toContain("missed: app alive");
});

test("an app that never gets ready, and a hunter that hangs, are ended and told", async (context) => {
  const broken = place(context, LEAK, `throw new Error("no such table")`);
  expect((await judge(["--cmd", "true", broken.cases])).stdout).toContain("FAIL");
  const { cases, work } = place(context, LEAK);
  const pid = join(work, "pid");
  const { stdout } = await judge(["--timeout", "1", "--cmd", `echo {pid} > '${pid}'; sleep 60`, cases]);
  expect(stdout).toContain("no JSON, exit code timeout");
});

test("a judge that is interrupted ends its app and the hunter", async (context) => {
  const { cases, work } = place(context, LEAK);
  const file = join(work, "pids");
  const child = spawn(process.execPath, [JUDGE, "--cmd", `echo {pid} $$ > '${file}'; sleep 60`, cases]);
  const pids = await vi.waitUntil(() => existsSync(file) && /^(\d+) (\d+)\n/.exec(readFileSync(file, "utf8")), { timeout: 20_000 });
  child.kill("SIGTERM");
  await once(child, "close");
  const alive = (pid: string) => existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  for (const pid of [pids[1], pids[2]] as string[]) await vi.waitUntil(() => !alive(pid), { timeout: 10_000 });
});

test("what was kept is judged again without running anything, run by run", async (context) => {
  const { cases, work } = place(context, LEAK);
  const file = join(work, "answer.json");
  const kept = join(work, "kept");
  writeFileSync(file, `${JSON.stringify({ round: 1 })}\n${JSON.stringify(FOUND)}\n`);
  const first = await judge(["--runs", "2", "--jobs", "2", "--out", kept, "--cmd", `cat '${file}'; exit 10`, cases]);
  expect(first.stdout).toContain("leaks 2 of 2");
  const again = await judge(["--runs", "2", "--replay", kept, join(cases, "shop")]);
  expect(again.stdout).toContain("leaks 2 of 2");
});

test("without a command it says how it is used", async () => {
  expect((await judge([])).code).toBe(2);
});

// The public library, from dist/, in a program of its own.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { expectUntouched, listening, newHome, target } from "../support/leakhunt.ts";
import { type SnapshotFiles, writeSnapshots } from "../support/snapshots.ts";

vi.setConfig({ testTimeout: 60_000 });

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXPORTS = Object.keys(await import(new URL("../../dist/index.js", import.meta.url).href)).sort();

let files: SnapshotFiles;
beforeAll(() => {
  files = writeSnapshots();
});
afterAll(() => files.remove());

/**
 * Compiles and runs a TypeScript program of a user: `import … from "leakhunt"` gets every export, the words are in
 * `words`. Returns the value it told, and its stdout.
 */
// biome-ignore lint/suspicious/noExplicitAny: the tests look into many shapes.
async function program(home: string, text: string, ...words: string[]): Promise<{ told: any; stdout: string }> {
  const answer = join(home, "told.json");
  mkdirSync(join(home, "node_modules"));
  symlinkSync(ROOT, join(home, "node_modules", "leakhunt"));
  writeFileSync(join(home, "package.json"), '{"type":"module"}');
  writeFileSync(
    join(home, "program.ts"),
    `import { ${EXPORTS.join(", ")}, type ListedObject } from "leakhunt";
import { writeFileSync } from "node:fs";
const [first = "", second = ""]: string[] = process.argv.slice(2);
const tell = (value: unknown): void => writeFileSync(${JSON.stringify(answer)}, JSON.stringify(value));
${text}
`,
  );
  const options = "--target es2022 --lib es2023,esnext.disposable --module nodenext --strict --types node --typeRoots".split(" ");
  const compiler = [join(ROOT, "node_modules/typescript/bin/tsc"), ...options, join(ROOT, "node_modules/@types"), "program.ts"];
  await run(process.execPath, compiler, { cwd: home }).catch((error) => expect.fail(error.stdout));
  const { stdout, stderr } = await run(process.execPath, ["program.js", ...words], {
    cwd: home,
    env: { ...process.env, NODE_OPTIONS: "", LEAKHUNT_HOME: join(home, "state") },
  });
  expect(stderr).toBe("");
  return { told: JSON.parse(readFileSync(answer, "utf8")), stdout };
}

test("the exported names", async () => {
  expect(EXPORTS).toMatchInlineSnapshot(`
    [
      "LeakhuntError",
      "at",
      "attach",
      "breakpoint",
      "byType",
      "count",
      "diff",
      "findBackrefChain",
      "findRefChain",
      "getLeakingObjects",
      "getNewIds",
      "growth",
      "isProperRoot",
      "mostCommonTypes",
      "newGrowthState",
      "openSnapshot",
      "paths",
      "showBackrefs",
      "showChain",
      "showGrowth",
      "showMostCommonTypes",
      "showRefs",
      "statistics",
      "typestats",
    ]
  `);
});

test("a live process: two snapshots in one session, every question, and nothing left behind", async (context) => {
  const home = newHome(context);
  const it = await target(context, "map-cache", { step: false, env: { RATE: "400" } });
  const ports = listening(it.pid);
  const { told, stdout } = await program(
    home,
    `
const state = newGrowthState();
let told: unknown;
{
  await using target = await attach(Number(first));
  const { heapUsed } = await target.memory();
  const cost = await target.predict();
  const before = await target.snapshot();
  await showGrowth(before, { peakStats: state });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const now = await target.snapshot();
  showMostCommonTypes(now, { limit: 3 });
  const grown = await showGrowth(now, { peakStats: state });
  const newest = byType(now, "Session", { limit: 1 })[0]!;
  const fresh = getNewIds(before, now).rows.find(({ type }) => type === "Session")!;
  told = {
    pid: target.identity.pid, opened: target.identity.openedByUs, heapUsed, cost,
    counts: [count(before, "Session"), count(now, "Session"), typestats(now).Session, mostCommonTypes(now, { filter: "Session" }).rows[0]?.count],
    grown: grown.rows.find(({ type }) => type === "Session"),
    fresh: { added: fresh.added, has: fresh.ids.includes(newest.id) },
    at: at(now, newest).parts.map(({ label }) => "name" in label && label.name),
    same: at(now, "@" + newest.id).id === at(now, newest.id).id,
    path: paths(now, newest).paths[0],
    back: findBackrefChain(now, newest, "SessionStore").outcome,
    root: findBackrefChain(now, newest).outcome,
    forth: findRefChain(now, newest, ({ type }) => type === "Array").outcome,
    leaking: getLeakingObjects(now).objects.length,
  };
}
tell(told);
`,
    String(it.pid),
  );
  expect(told).toMatchObject({ pid: it.pid, opened: true, back: "found", root: "found", forth: "found", same: true });
  const [before, now, stats, common] = told.counts;
  expect(now).toBeGreaterThan(before + 100);
  expect([stats, common]).toEqual([now, now]);
  expect(told.grown).toMatchObject({ total: now, delta: now - before });
  expect(told.fresh).toEqual({ added: now - before, has: true });
  expect(told.at).toEqual(expect.arrayContaining(["userId", "token", "cart", "openedAt"]));
  expect(told.path.root.name).toBe("module scope of map-cache/server.js");
  expect(told.cost.fits).toBe(true);
  expect(stdout).toMatch(/^round 1 [\s\S]*\n# {2}type [\s\S]*\nround 2 [\s\S]*Session/);
  expect(it.child.exitCode).toBeNull();
  expect(listening(it.pid)).toEqual(ports);
});

test("pictures go to a file, to an output, or to standard output as a tree", async (context) => {
  const home = newHome(context);
  const { told, stdout } = await program(
    home,
    `
const now = await openSnapshot(second);
const [a, b] = byType(now, "Session", { limit: 2 }) as [ListedObject, ListedObject];
for (const filename of ["refs.png", "refs.svg", "refs.dot"]) await showBackrefs(now, [a, b], { filename, maxDepth: 6, tooMany: 5, refcounts: true, title: "two" });
let dot = "";
const picture = await showBackrefs(now, a, { output: { write: (text) => { dot += text; } } });
const chain = findBackrefChain(now, a, "Store");
let only = "";
const drawn = await showChain(now, chain, { output: { write: (text) => { only += text; } } });
await showRefs(now, "@" + a.id, { maxDepth: 1 });
const failures: unknown[] = [];
for (const wrong of [
  () => showBackrefs(now, a, { filename: "x.gif" }),
  () => showBackrefs(now, a, { filename: "x.png", output: process.stdout }),
  () => showChain(now, findRefChain(now, a, "Nothing")),
  async () => at(now, 987654321),
  async () => count(now, "Nothing"),
  async () => count({} as never, "Session"),
  () => openSnapshot("missing.heapsnapshot"),
  () => attach(999999999),
] as (() => Promise<unknown>)[]) await wrong().then(() => failures.push("none"), (error) => failures.push([error instanceof LeakhuntError, error.code ?? error.name, error.exitCode ?? 0]));
tell({ dot, only, picture: picture.nodes.length, drawn: drawn.nodes.map((node) => node.title), failures });
`,
    files.before,
    files.after,
  );
  expect(readFileSync(join(home, "refs.png")).subarray(1, 4).toString()).toBe("PNG");
  expect(readFileSync(join(home, "refs.svg"), "utf8")).toContain("</svg>");
  expect(readFileSync(join(home, "refs.dot"), "utf8")).toMatch(/^(strict )?digraph /);
  expect(told.dot).toMatch(/^(strict )?digraph /);
  expect(told.picture).toBeGreaterThan(2);
  expect(told.drawn.sort()).toEqual(["Map", "Session", "Store", "globalThis"]); // the chain, and the root it hangs from
  expect(stdout).toMatch(/^Session @\d+ /);
  expect(stdout).toContain(".cart");
  expect(existsSync(join(home, "x.png"))).toBe(false);
  expect(told.failures).toEqual([
    [true, "USAGE", 2],
    [true, "USAGE", 2],
    [true, "USAGE", 2],
    [true, "NO_SUCH_OBJECT", 2],
    [true, "NO_SUCH_TYPE", 2],
    [false, "TypeError", 0],
    [true, "CANNOT_READ", 2],
    [true, "NO_SUCH_PROCESS", 3],
  ]);
});

test("an attached target is let go when the block throws, and a second detach does no harm", async (context) => {
  const home = newHome(context);
  const it = await target(context, "timers");
  const ports = listening(it.pid);
  const { told } = await program(
    home,
    `
let caught: unknown;
try {
  await using target = await attach(first);
  throw new Error("mine");
} catch (error) {
  caught = (error as Error).message;
}
const again = await attach(first);
tell({ caught, first: await again.detach(), second: await again.detach() });
`,
    String(it.pid),
  );
  expect(told).toEqual({ caught: "mine", first: { closed: true }, second: { closed: true } });
  await expectUntouched(it, ports);
});

// Every fixture keeps its contract, and leaks what fixtures/index.mjs says it does. FIXTURE_NODE=node24 tests another Node.js.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, type TestContext, test, vi } from "vitest";
import { type FixtureInfo, fixtures, type RunningFixture, type SpawnOptions, spawnFixture } from "../fixtures/index.mjs";

vi.setConfig({ maxConcurrency: 2, testTimeout: 30_000 });

const { FIXTURE_NODE: node = process.execPath, FIXTURE_COUNTS } = process.env;
/** By now V8 has made what it makes of its own, such as the object literal that it copies for each {id, user, payload}. */
const WARM_UP = 200;
const STEPS = 50;
/** What a healthy fixture may have more of at one moment than at another. */
const NOISE = 10;

let work: string;
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), "leakhunt-fixtures-"));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

async function running({ onTestFinished }: TestContext, name: string, options: SpawnOptions = {}): Promise<RunningFixture> {
  const fixture = await spawnFixture(name, { node, ...options });
  onTestFinished(() => {
    fixture.child.kill("SIGKILL");
  });
  return fixture;
}

// A worker does not hear signals, so a preloaded script passes SIGUSR2 on to it.
const PASS_ON = `
const { isMainThread } = require('node:worker_threads');
const channel = new BroadcastChannel('snapshot');
channel.unref();
if (isMainThread) process.on('SIGUSR2', () => channel.postMessage('take'));
else channel.onmessage = () => require('node:v8').writeHeapSnapshot();
`;

function snapshotOptions({ inWorker }: FixtureInfo, folder: string): readonly string[] {
  if (!inWorker) return ["--heapsnapshot-signal=SIGUSR2"];
  const preload = join(folder, "pass-on.cjs");
  writeFileSync(preload, PASS_ON);
  return ["--require", preload];
}

interface RawSnapshot {
  readonly snapshot: { readonly meta: { node_fields: string[]; node_types: [string[]]; edge_fields: string[]; edge_types: [string[]] } };
  readonly nodes: number[];
  readonly edges: number[];
  readonly strings: string[];
}

async function takeSnapshot({ pid, step }: RunningFixture, folder: string): Promise<RawSnapshot> {
  process.kill(pid, "SIGUSR2");
  const written = () => readdirSync(folder).find((name) => name.endsWith(".heapsnapshot"));
  const file = join(folder, await vi.waitUntil(written, { timeout: 15_000, interval: 20 }));
  await step(0); // it answers when the file is complete, as writing it blocks the thread that does the steps
  const snapshot = JSON.parse(readFileSync(file, "utf8"));
  rmSync(file);
  return snapshot;
}

function count({ snapshot: { meta }, nodes, edges, strings }: RawSnapshot, { type, name, properties }: FixtureInfo["inSnapshot"]): number {
  const width = meta.node_fields.length;
  const at = (field: string) => meta.node_fields.indexOf(field);
  const [typeAt, nameAt, edgesAt] = [at("type"), at("name"), at("edge_count")];
  const edgeWidth = meta.edge_fields.length;
  const edgeNameAt = meta.edge_fields.indexOf("name_or_index");
  const property = meta.edge_types[0].indexOf("property");
  const wantedType = meta.node_types[0].indexOf(type);
  let edge = 0;
  let found = 0;
  for (let node = 0; node < nodes.length; node += width) {
    const end = edge + (nodes[node + edgesAt] ?? 0) * edgeWidth;
    if (nodes[node + typeAt] === wantedType && (name === undefined || strings[nodes[node + nameAt] ?? -1] === name)) {
      const missing = new Set(properties);
      for (let e = edge; e < end; e += edgeWidth) {
        if (edges[e] === property) missing.delete(strings[edges[e + edgeNameAt] ?? -1] ?? "");
      }
      if (missing.size === 0) found++;
    }
    edge = end;
  }
  return found;
}

describe.concurrent("every fixture", () => {
  test.for(fixtures.map((fixture) => [fixture.name, fixture] as const))("%s", async ([, fixture], context) => {
    const folder = mkdtempSync(join(work, `${fixture.name}-`));
    const it = await running(context, fixture.name, { args: snapshotOptions(fixture, folder), cwd: folder, step: true });
    await it.step(10);
    await it.step(WARM_UP - 10 + (fixture.steadyAfter ?? 0));
    const before = count(await takeSnapshot(it, folder), fixture.inSnapshot);
    const steps = fixture.period ?? STEPS;
    await it.step(steps);
    const after = count(await takeSnapshot(it, folder), fixture.inSnapshot);
    if (FIXTURE_COUNTS) console.log(`${fixture.name}: ${before} -> ${after} after ${steps} steps`);
    expect(await it.stop()).toEqual({ code: 0, signal: null });
    if (fixture.leaks) expect(after - before).toBe(steps);
    else expect(Math.abs(after - before)).toBeLessThanOrEqual(NOISE);
  });
});

async function ask({ port }: RunningFixture, path: string): Promise<{ request: string; url: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return (await response.json()) as { request: string; url: string };
}

describe.concurrent("the contract", () => {
  test.for([0, 100])("leaks %i things per second by itself, as RATE says", async (rate, context) => {
    const it = await running(context, "http-server", { env: { RATE: String(rate) } });
    const requests = async () => Number((await ask(it, "/rate")).request.replace("req-", ""));
    const before = await requests();
    const started = performance.now();
    await delay(1500);
    const expected = 1 + (rate * (performance.now() - started)) / 1000;
    const made = (await requests()) - before;
    expect(made).toBeGreaterThanOrEqual(0.7 * expected);
    // Other tests look for inspectors meanwhile, and ask every port of a Node process whether it is one.
    expect(made).toBeLessThanOrEqual(1.3 * expected + 4);
    await it.stop();
  });

  test("ends by itself after LIFE seconds", async (context) => {
    const it = await running(context, "timers", { env: { LIFE: "0.5" } });
    expect(await it.exited).toEqual({ code: 0, signal: null });
  });

  test("ends on SIGINT, and says nothing but ready", async (context) => {
    const it = await running(context, "map-cache");
    let said = "";
    it.child.stdout.on("data", (text) => {
      said += text;
    });
    it.child.stderr.on("data", (text) => {
      said += text;
    });
    await delay(200);
    it.child.kill("SIGINT");
    expect(await it.exited).toEqual({ code: 0, signal: null });
    expect(said).toBe("");
  });

  test("a server tells its port", async (context) => {
    const it = await running(context, "http-server", { step: true });
    expect(await ask(it, "/hello")).toEqual({ request: "req-1", url: "/hello" });
    await it.stop();
  });
});

describe.concurrent("a fixture of its own kind", () => {
  test("busy-loop blocks for a while", async (context) => {
    const it = await running(context, "busy-loop", { step: true });
    expect(await it.ask("block 0.5")).toBe("blocking");
    const asked = performance.now();
    await delay(20);
    await it.step(1);
    expect(performance.now() - asked).toBeGreaterThan(300);
    expect(await it.stop()).toEqual({ code: 0, signal: null });
  });

  test("busy-loop blocks for good, and dies of SIGTERM", async (context) => {
    const it = await running(context, "busy-loop", { step: true });
    expect(await it.ask("block")).toBe("blocking");
    await delay(100);
    expect(await it.stop()).toEqual({ code: null, signal: "SIGTERM" });
  });

  test("own-sigusr1 keeps the signal to itself", async (context) => {
    const it = await running(context, "own-sigusr1");
    let stderr = "";
    it.child.stderr.on("data", (text) => {
      stderr += text;
    });
    process.kill(it.pid, "SIGUSR1");
    await vi.waitUntil(async () => (await it.ask("reloads")) === "reloads 1", { timeout: 5_000 });
    expect(stderr).toBe("");
    await it.stop();
  });

  test("typescript has in dist/ what src/ compiles to, with source maps", async () => {
    const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
    const folder = mkdtempSync(join(work, "compiled-"));
    const compiler = path("../node_modules/typescript/bin/tsc");
    await promisify(execFile)(process.execPath, [compiler, "-p", path("../fixtures/typescript"), "--outDir", folder]);
    for (const name of ["main.js", "order-book.js"]) {
      const committed = path(`../fixtures/typescript/dist/${name}`);
      const code = readFileSync(committed, "utf8");
      expect(code).toBe(readFileSync(join(folder, name), "utf8"));
      expect(code).toContain(`//# sourceMappingURL=${name}.map`);
      const map = JSON.parse(readFileSync(`${committed}.map`, "utf8"));
      expect(map.sources).toEqual([`../src/${name.replace(".js", ".ts")}`]);
      expect(map.mappings).toBe(JSON.parse(readFileSync(join(folder, `${name}.map`), "utf8")).mappings);
    }
  });
});

test("a fixture that does not exist is said to be so", async () => {
  await expect(spawnFixture("nothing")).rejects.toThrow("No fixture is called nothing. There are: map-cache,");
});

test("a fixture that cannot start says why", async () => {
  await expect(spawnFixture("timers", { node, env: { RATE: "many" } })).rejects.toThrow("RATE must be a number of 0 or more, not many");
});

test("what is asked of a fixture that has ended fails", async (context) => {
  const it = await running(context, "timers", { step: true });
  it.child.kill("SIGKILL");
  await once(it.child, "close");
  await expect(it.step(1)).rejects.toThrow("Fixture timers has ended (SIGKILL)");
});

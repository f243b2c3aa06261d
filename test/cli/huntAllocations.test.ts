// `hunt --allocations`, and places by their original files: a TypeScript program that makes one class in two places, of
// which only one keeps what it makes. What leakhunt sets in a target is seen by a preload that writes it down.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type TestContext, test, vi } from "vitest";
import { attachTarget } from "../../src/target/attach.ts";
import { leakhunt, lines, listening, newHome, start, target } from "../support/leakhunt.ts";

vi.setConfig({ testTimeout: 180_000, maxConcurrency: 2 });

const SOURCE = readFileSync(new URL("../../fixtures/typescript/src/two-places.ts", import.meta.url), "utf8").split("\n");
const FILE = "typescript/src/two-places.ts";

/** How a place ends: `typescript/src/two-places.ts:28`, the one line with this text. */
function at(text: string): string {
  const found = SOURCE.flatMap((line, i) => (line.includes(text) ? [i + 1] : []));
  expect(found).toHaveLength(1);
  return `${FILE}:${found[0]}`;
}

const ends = (text: string) => expect.stringMatching(new RegExp(`(^|/)${at(text)}$`));

const SPY = `const v8 = require("node:v8"), set = v8.setFlagsFromString;
v8.setFlagsFromString = (flag) => { require("node:fs").appendFileSync(process.env.SPY, flag + "\\n"); set(flag); };`;

async function leaking(context: TestContext, name = "two-places") {
  const home = newHome(context);
  const said = join(home, "flags");
  writeFileSync(said, "");
  writeFileSync(join(home, "spy.cjs"), SPY);
  const args = ["--inspect-port=0", "--require", join(home, "spy.cjs")];
  const it = await target(context, name, { step: false, args, env: { RATE: "200", SPY: said } });
  return { home, it, flags: () => readFileSync(said, "utf8").split("\n").slice(0, -1) };
}

const HUNT = ["--interval", "3s", "--rounds", "3", "--json"];

for (const how of ["sampling", "exact"]) {
  test.concurrent(`${how}: the place that keeps what it makes is named, by file and line of the TypeScript`, async (context) => {
    const { home, it, flags } = await leaking(context);
    const ports = listening(it.pid);
    const done = await leakhunt(home, ["hunt", String(it.pid), "--allocations", how, ...HUNT]);
    expect(done.code, done.stderr).toBe(10);
    expect(done.stderr).toMatch(
      how === "exact" ? /^recording every allocation: .* 6 to 10 times / : /^recording allocations by sampling: .* 3 % /,
    );
    const [result] = lines(done.stdout);
    const [{ allocatedAt, where, holder, location }] = result.suspects;
    expect(allocatedAt[0].frames.slice(0, 3)).toEqual([
      expect.objectContaining({ name: "file", location: ends("const ticket = new Ticket({"), calls: "Ticket" }),
      expect.objectContaining({ name: "serve", location: ends("desk.file("), calls: "file" }),
      expect.objectContaining({ name: "step", location: ends("serve();") }),
    ]);
    expect(location).toEqual(ends("constructor({ subject"));
    expect(holder).toMatchObject({ name: "Desk.filed", location: ends("class Desk") });
    expect(where[0]).toMatchObject({ name: "Ticket", place: { line: Number(location.split(":")[1]) } });
    expect(where[0].place.url).toMatch(/\/fixtures\/typescript\/src\/two-places\.ts$/);
    expect(JSON.stringify(allocatedAt)).not.toContain('"look"');
    const half = flags().length / 2;
    expect(half).toBeGreaterThan(0);
    expect(flags().slice(half)).toEqual(
      flags()
        .slice(0, half)
        .map((flag) => flag.replace("--no-", "--")),
    );
    expect(listening(it.pid)).toEqual(ports);
  });
}

test.concurrent("the text says who allocated, and without the flag nothing is set in the target", async (context) => {
  const { home, it, flags } = await leaking(context);
  const plain = await leakhunt(home, ["hunt", String(it.pid), "--interval", "1s", "--rounds", "3"]);
  expect(plain.stdout).not.toContain("allocated");
  expect(flags()).toEqual([]);
  const told = await leakhunt(home, ["hunt", String(it.pid), "--interval", "3s", "--rounds", "3", "--allocations"]);
  expect(told.stdout).toMatch(
    new RegExp(
      `\\n {3}allocated +about [\\d.]+ kB by file \\(\\S*${at("const ticket = new Ticket({")}\\) ← serve \\(\\S*${at("desk.file(")}\\) ← step`,
    ),
  );
});

test.concurrent("files of earlier rounds, and other words than the two, are refused in one line", async (context) => {
  const home = newHome(context);
  const files = await leakhunt(home, ["hunt", "a.heapsnapshot", "b.heapsnapshot", "--allocations"]);
  expect(files).toMatchObject({ code: 2, stderr: "leakhunt: --allocations is for a running process\n" });
  const word = await leakhunt(home, ["hunt", "4242", "--allocations", "all"]);
  expect(word).toMatchObject({ code: 2, stderr: 'leakhunt: --allocations takes sampling, exact, not "all"\n' });
});

test.concurrent("after kill -9 V8 does not go on sampling a worker", async (context) => {
  const { home, it, flags } = await leaking(context, "worker");
  const hunting = start(home, ["hunt", `${it.pid}/1`, "--allocations", "--interval", "3s"]);
  await context.expect.poll(flags, { timeout: 60_000 }).toContain("--no-turbo-inlining");
  // after the second in which it looks how much is allocated
  await new Promise((resolve) => setTimeout(resolve, 3000));
  hunting.child.kill("SIGKILL");
  await hunting.ended;
  await context.expect.poll(flags, { timeout: 30_000 }).toContain("--turbo-inlining");
  await context.expect.poll(() => listening(it.pid), { timeout: 30_000 }).toEqual([]);
  // the guard of the inspector looks once more whether it is closed
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const again = await attachTarget({ pid: it.pid });
  context.onTestFinished(async () => void (await again.detach()));
  const worker = await again.thread(1);
  await expect(worker.inspector.send("HeapProfiler.getSamplingProfile")).rejects.toMatchObject({ code: "PROTOCOL_REFUSED" });
});

for (const signal of ["SIGKILL", "SIGINT"] as const) {
  test.concurrent(`${signal} in the middle leaves the target as it was, its inspector closed`, async (context) => {
    const { home, it, flags } = await leaking(context);
    const hunting = start(home, ["hunt", String(it.pid), "--allocations", "--interval", "3s"]);
    await context.expect.poll(flags, { timeout: 60_000 }).toContain("--no-turbo-inlining");
    // in the middle of its work in the target
    await new Promise((resolve) => setTimeout(resolve, 300));
    hunting.child.kill(signal);
    await hunting.ended;
    await context.expect.poll(flags, { timeout: 30_000 }).toContain("--turbo-inlining");
    await context.expect.poll(() => listening(it.pid), { timeout: 30_000 }).toEqual([]);
    expect(it.child.exitCode).toBeNull();
  });
}

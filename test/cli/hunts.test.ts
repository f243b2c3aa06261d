// What is remembered on disk: who may read it, how much is kept, how it is shown and deleted.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { expectUntouched, json, leakhunt, listening, modeOf, newHome, permissions, start, target } from "../support/leakhunt.ts";

vi.setConfig({ testTimeout: 180_000, maxConcurrency: 2 });

test.concurrent("only this user can read what is stored, also while a session is open", async (context) => {
  const home = join(newHome(context), "state", "leakhunt");
  const it = await target(context, "map-cache");
  const old = process.umask(0);
  context.onTestFinished(() => void process.umask(old));
  const holder = start(home, ["attach", String(it.pid)]);
  await holder.sees(/opened by leakhunt/);
  holder.say("growth\ncommon");
  await holder.sees(/baseline taken[\s\S]*# {2}type/);
  const during = permissions(home);
  expect(modeOf(home)).toBe("0700");
  expect(during.some((entry) => entry.endsWith(".sock"))).toBe(true);
  holder.child.stdin.end();
  await holder.ended;
  await leakhunt(home, ["snapshot", "-o", join(home, "copy.heapsnapshot")]);
  const after = permissions(home);
  expect(after.filter((entry) => entry.endsWith(".heapsnapshot"))).toHaveLength(3);
  for (const entry of [...during, ...after]) expect(entry).toMatch(/^(0700 hunts(\/[\w-]+)?|0600 .*\.\w+)$/);
});

test.concurrent("the last three snapshots are kept, or as many as --keep says", async (context) => {
  const home = newHome(context);
  const it = await target(context, "linked-list");
  const kept = (): string[] => {
    const [hunt] = readdirSync(join(home, "hunts"));
    return readdirSync(join(home, "hunts", hunt as string))
      .filter((name) => name.endsWith(".heapsnapshot"))
      .sort();
  };
  const holder = start(home, ["attach", String(it.pid)]);
  await holder.sees(/opened by leakhunt/);
  for (let i = 0; i < 4; i++) await leakhunt(home, ["snapshot"]);
  expect(kept()).toEqual(["2.heapsnapshot", "3.heapsnapshot", "4.heapsnapshot"]);
  expect((await json(home, ["hunts"]))[0].hunts).toMatchObject([{ pid: it.pid, state: "held", current: true, snapshots: 3 }]);
  await leakhunt(home, ["snapshot", "--keep", "5"]);
  expect(kept()).toHaveLength(4);
  await leakhunt(home, ["growth", "--keep", "1"]);
  expect(kept()).toEqual(["6.heapsnapshot"]);
  expect((await leakhunt(home, ["new"])).stderr).toContain("`new` compares two snapshots");
  holder.child.stdin.end();
  await holder.ended;
});

test.concurrent("snapshots with and without the values of numbers are told apart", async (context) => {
  const home = newHome(context);
  const it = await target(context, "linked-list");
  const holder = start(home, ["attach", String(it.pid)]);
  await holder.sees(/opened by leakhunt/);
  const [full] = await json(home, ["snapshot"]);
  // through the leakhunt that holds the target
  const [lean] = await json(home, ["snapshot", "--no-numbers"]);
  expect(lean.edges).toBeLessThan(full.edges);
  expect(lean.idsKept).toBe(true);
  await leakhunt(home, ["growth", "--no-numbers"]);
  expect((await json(home, ["growth", "--no-numbers"]))[0].notes).toEqual([]);
  expect((await json(home, ["growth"]))[0].notes).toEqual([
    expect.stringContaining("only one of these two rounds has the values of numbers"),
  ]);
  holder.child.stdin.end();
  await holder.ended;
});

test.concurrent("hunts shows them, clean deletes those of ended processes", async (context) => {
  const home = newHome(context);
  expect((await leakhunt(home, ["hunts"])).stdout).toBe("no hunts are stored\n");
  expect((await leakhunt(home, ["clean"])).stdout).toBe("nothing to delete\n");
  const [dead, alive] = [await target(context, "timers"), await target(context, "closures")];
  await leakhunt(home, ["snapshot", String(dead.pid)]);
  await dead.stop();
  await leakhunt(home, ["snapshot", String(alive.pid)]);

  const { stdout } = await leakhunt(home, ["hunts"]);
  expect(stdout).toMatch(
    new RegExp(`\\n\\* +${alive.pid}-\\d+ +alive +1 +[\\d.]+ MB +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d +.*closures\\.cjs`),
  );
  expect(stdout).toMatch(new RegExp(`\\n +${dead.pid}-\\d+ +ended +1 +[\\d.]+ MB`));
  expect(stdout).toMatch(new RegExp(`\\n\\n[\\d.]+ MB in ${home}\\n$`));

  const holder = start(home, ["attach", String(alive.pid)]);
  await holder.sees(/opened by leakhunt/);
  expect((await leakhunt(home, ["clean"])).stdout).toMatch(/^deleted 1 hunt, [\d.]+ MB\n$/);
  expect((await leakhunt(home, ["clean", "--all"])).stdout).toMatch(
    new RegExp(`^nothing to delete\\n${alive.pid}-\\d+ is held by a running leakhunt and was kept`),
  );
  holder.child.stdin.end();
  await holder.ended;
  expect((await leakhunt(home, ["clean", String(alive.pid)])).stdout).toMatch(/^deleted 1 hunt, /);
  expect(readdirSync(join(home, "hunts"))).toEqual([]);
  expect((await leakhunt(home, ["growth"])).stderr).toContain("nothing is being hunted yet");
});

test.concurrent("a pid that is another process by now is refused", async (context) => {
  const home = newHome(context);
  const it = await target(context, "promises");
  const ports = listening(it.pid);
  await leakhunt(home, ["snapshot", String(it.pid)]);
  const [key] = readdirSync(join(home, "hunts"));
  const file = join(home, "hunts", key as string, "hunt.json");
  const record = JSON.parse(readFileSync(file, "utf8"));
  record.target.startTime = String(Number(record.target.startTime) - 1);
  writeFileSync(file, JSON.stringify(record));
  const done = await leakhunt(home, ["growth"]);
  expect(done).toMatchObject({ code: 3, stdout: "" });
  expect(done.stderr).toBe(
    `leakhunt: process ${it.pid} is another process by now; \`leakhunt ps\` lists the Node processes of this machine\n`,
  );
  expect((await json(home, ["hunts"]))[0].hunts).toMatchObject([{ state: "ended" }]);
  // What is stored of the old one can still be asked about, and the new one can be named by its pid.
  expect((await leakhunt(home, ["common", "--limit", "1"])).code).toBe(0);
  expect((await leakhunt(home, ["attach", String(it.pid)])).code).toBe(0);
  await expectUntouched(it, ports);
});

test.concurrent("a current hunt whose process ended: what is stored still answers", async (context) => {
  const home = newHome(context);
  const it = await target(context, "esm-module");
  await it.step(60);
  await leakhunt(home, ["snapshot", String(it.pid)]);
  await it.stop();
  const counted = await leakhunt(home, ["count", "Subscription"]);
  expect(counted.stdout).toMatch(/^60 Subscription, /);
  const grown = await leakhunt(home, ["growth"]);
  expect(grown).toMatchObject({ code: 3, stdout: "" });
  expect(grown.stderr).toContain(`there is no process ${it.pid}`);
  expect((await leakhunt(home, ["detach"])).stdout).toBe("nothing is attached\n");
});

// The user's own spelling: separate commands, one after another, without a prompt.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { expectUntouched, json, leakhunt, listening, newHome, start, target } from "../support/leakhunt.ts";

vi.setConfig({ testTimeout: 180_000, maxConcurrency: 2 });

const PNG = "89504e470d0a1a0a";

test.concurrent("attach, growth --interval, backrefs --id: three commands from a pid to a picture", async (context) => {
  const home = newHome(context);
  const it = await target(context, "map-cache", { step: false, env: { RATE: "50" } });
  const ports = listening(it.pid);

  const attached = await leakhunt(home, ["attach", String(it.pid)]);
  expect(attached).toMatchObject({ code: 0, stderr: `inspector closed, ${it.pid} runs on\n` });
  expect(attached.stdout).toMatch(
    new RegExp(
      `^attached to ${it.pid} \\(node ${process.version}, .*map-cache/server\\.js, heap [\\d.]+ MB\\) at 127\\.0\\.0\\.1:\\d+, opened by leakhunt\\n` +
        "a snapshot will stop it for about [\\d.]+ m?s and take up to [\\d.]+ MB of memory \\(free under its limit: [\\d.]+ [MG]B\\); the file will be about [\\d.]+ MB\\n$",
    ),
  );
  expect(listening(it.pid)).toEqual(ports);

  const growth = await leakhunt(home, ["growth", "--interval", "1s", "--count", "2"]);
  expect(growth.code, growth.stderr).toBe(0);
  expect(growth.stdout).toMatch(/^round 1 {3}heap [\d.]+ MB {3}baseline taken\n/);
  expect(growth.stdout).toMatch(/\nround 2 [\s\S]*\nround 3 /);
  const last = growth.stdout.slice(growth.stdout.indexOf("round 3"));
  expect(last).toMatch(/\n\d {2}Session +[\d,]+ +\+\d+ +[\d.]+ kB +\+[\d.]+ kB {2}▁.█ every round\n/);
  expect(listening(it.pid)).toEqual(ports);

  const [listed] = await json(home, ["ls", "Session", "--limit", "1"]);
  const printed = await leakhunt(home, ["ls", "Session", "--limit", "1"]);
  const id = `@${listed.objects[0].id}`;
  expect(printed.stdout).toContain(id);

  const picture = await leakhunt(home, ["backrefs", "--id", id, "-o", "refs.png"], { cwd: home });
  expect(picture.code, picture.stderr).toBe(0);
  expect(picture.stdout).toMatch(/^refs\.png {2}\d+ × \d+, \d+ retainers drawn/);
  // a busy machine has more sessions by then, whose size is worth a word
  const said = picture.stdout.replace(/, [\d.]+ kB retained/g, "");
  expect(said).toContain(`\nSession ${id} is alive because\n  module scope of map-cache/server.js\n`);
  expect(readFileSync(join(home, "refs.png")).subarray(0, 8).toString("hex")).toBe(PNG);

  const path = await leakhunt(home, ["path", id]);
  expect(path.stdout).toContain(`Session ${id} is alive because\n  module scope of map-cache/server.js`);
  expect(path.stdout).toContain(".byId  Map @");
  expect(path.stdout.split("\n").length).toBeGreaterThan(3);
  for (const line of path.stdout.split("\n").filter((line) => line.startsWith("  "))) expect(picture.stdout).toContain(`${line}\n`);
  const tree = await leakhunt(home, ["backrefs", "--id", id]);
  expect(tree.stdout).toContain(`Session ${id}`);
  expect(tree.stdout).toContain("■ module scope of map-cache/server.js");
  expect(listening(it.pid)).toEqual(ports);
});

test.concurrent("an id answers from the snapshot in which it was printed, also after newer ones were taken", async (context) => {
  const home = newHome(context);
  const it = await target(context, "linked-list");
  await it.step(20);
  const [first] = await json(home, ["ls", "Edit", String(it.pid), "--limit", "1"]);
  const { id } = first.objects[0];
  // Another session: V8 hands out its ids anew, so the number may name something else now.
  const again = await leakhunt(home, ["snapshot"]);
  expect(again.stdout).toMatch(/^snapshot 2 /);
  const [shown] = await json(home, ["show", `@${id}`]);
  expect(shown).toMatchObject({ type: "Edit", snapshot: `snapshot 1 of ${it.pid}` });
});

test.concurrent("while attach is open elsewhere, commands go through it: one epoch, comparable ids", async (context) => {
  const home = newHome(context);
  const it = await target(context, "plain-objects");
  const ports = listening(it.pid);
  await it.step(250);
  const holder = start(home, ["attach", String(it.pid)]);
  await holder.sees(/opened by leakhunt/);

  const [first] = await json(home, ["snapshot"]);
  await it.step(30);
  const [second] = await json(home, ["snapshot", String(it.pid)]);
  expect(second.idsKept).toBe(true);
  const [fresh] = await json(home, ["new", "--limit", "0", "--ids", "0"]);
  expect([fresh.before, fresh.now]).toEqual([`snapshot 1 of ${it.pid}`, `snapshot 2 of ${it.pid}`]);
  const row = fresh.rows.find((each: { type: string }) => each.type === "{id, user, payload}");
  expect(row).toMatchObject({ added: 30, removed: 0 });
  expect(row.ids).toHaveLength(30);

  const [old] = await json(home, ["ls", "{id, user, payload}", "--sort", "oldest", "--limit", "3"]);
  expect(old.objects[0].since).toBe("snapshot 1");
  const [path] = await json(home, ["path", `@${row.ids[0]}`]);
  expect(path.paths[0].root.name).toBe("module scope of plain-objects.mjs");
  const record = JSON.parse(readFileSync(join(home, "hunts", `${it.pid}-${startTime(it.pid)}`, "hunt.json"), "utf8"));
  expect(new Set(record.snapshots.map((entry: { epoch: string }) => entry.epoch)).size).toBe(1);
  expect(first.number).toBe(1);

  // It says that it goes through the other, and does not close what the other needs.
  const guest = await leakhunt(home, ["attach", String(it.pid)], { input: "growth\ngrowth\n" });
  expect(guest.stdout).toContain("through the leakhunt that holds it");
  expect(guest.stdout).toContain("round 2");
  expect(guest.stderr).not.toContain("inspector closed");
  expect(listening(it.pid)).toHaveLength(ports.length + 1);

  holder.say("growth");
  await holder.sees(/round 3/);
  holder.child.stdin.end();
  const done = await holder.ended;
  expect(done).toMatchObject({ code: 0 });
  expect(done.stderr).toContain(`inspector closed, ${it.pid} runs on`);
  await expectUntouched(it, ports);

  // After it was left, the same commands still work: growth goes on from the rounds before.
  const after = await leakhunt(home, ["growth"]);
  expect(after.stdout).toContain("round 4");
  await expectUntouched(it, ports);
});

test.concurrent("two commands at once share the target", async (context) => {
  const home = newHome(context);
  const it = await target(context, "listeners");
  const ports = listening(it.pid);
  await it.step(50);
  const both = await Promise.all([
    leakhunt(home, ["snapshot", String(it.pid), "--json"]),
    leakhunt(home, ["snapshot", String(it.pid), "--json"]),
  ]);
  expect(
    both.map(({ code }) => code),
    both.map(({ stderr }) => stderr).join("---\n"),
  ).toEqual([0, 0]);
  const numbers = both.map(({ stdout }) => JSON.parse(stdout).number);
  expect(numbers.sort()).toEqual([1, 2]);
  const [{ hunts }] = await json(home, ["hunts"]);
  expect(hunts).toMatchObject([{ pid: it.pid, state: "alive", snapshots: 2 }]);
  await expectUntouched(it, ports);
  const [fresh] = await json(home, ["new"]);
  expect(fresh.rows).toBeInstanceOf(Array);
});

test.concurrent("inside attach another process can be asked about; one that cannot be reached changes nothing", async (context) => {
  const home = newHome(context);
  const [one, other] = [await target(context, "map-cache"), await target(context, "timers")];
  const ports = [listening(one.pid), listening(other.pid)] as const;
  await Promise.all([one.step(70), other.step(80)]);
  const done = await leakhunt(home, ["attach", String(one.pid)], {
    input: `count Session\ncount Map 999999999\ncount Session --fresh\nnew\ncount UploadProgress ${other.pid}\ncount UploadProgress\ndetach\n`,
  });
  expect(done.code).toBe(3);
  expect(done.stdout).toMatch(/70 Session[\s\S]*70 Session[\s\S]* of \d+ since snapshot 1 of|no new objects/);
  expect(done.stdout.match(/80 UploadProgress, /g)).toHaveLength(2);
  expect(done.stdout).toContain(`inspector closed, ${other.pid} runs on`);
  expect(done.stderr).toContain("there is no process 999999999");
  expect(done.stderr).toContain(`inspector closed, ${one.pid} runs on`);
  await expectUntouched(one, ports[0]);
  await expectUntouched(other, ports[1]);
});

test.concurrent("whoever reads the answers may leave", async (context) => {
  const home = newHome(context);
  const it = await target(context, "linked-list");
  const ports = listening(it.pid);
  const growth = start(home, ["growth", String(it.pid), "--interval", "300ms"]);
  await growth.sees(/baseline taken/);
  growth.child.stdout.destroy();
  const done = await growth.ended;
  expect(done).toMatchObject({ code: 0, signal: null });
  expect(done.stderr).not.toMatch(/EPIPE|\n +at /);
  await expectUntouched(it, ports);
});

test.concurrent("standard input is read once", async (context) => {
  const home = newHome(context);
  const done = await leakhunt(home, ["growth", "-", "-"], { input: "{}" });
  expect(done.code).not.toBe(0);
  const it = await target(context, "linked-list");
  const script = await leakhunt(home, ["attach", String(it.pid)], { input: "common -\ncount Edit\n" });
  expect(script.stderr).toContain("standard input can be read only once; give a file instead of -");
});

test.concurrent("a home named by a relative or a very long path", async (context) => {
  const folder = newHome(context);
  const it = await target(context, "linked-list");
  await it.step(5);
  for (const home of ["state", join(folder, "long".repeat(40))]) {
    const holder = start(home, ["attach", String(it.pid)], { cwd: folder });
    await holder.sees(/opened by leakhunt/);
    const [taken] = await json(home, ["snapshot"], { cwd: folder });
    expect(taken.how).toBe("file");
    expect(taken.path.startsWith(folder)).toBe(true);
    holder.child.stdin.end();
    expect((await holder.ended).stderr).toContain("inspector closed");
  }
});

test.concurrent("a program that was started with --inspect keeps its inspector", async (context) => {
  const home = newHome(context);
  const it = await target(context, "esm-module", { args: ["--inspect=127.0.0.1:0"] });
  const ports = listening(it.pid);
  expect(ports).toHaveLength(1);
  const done = await leakhunt(home, ["attach", `127.0.0.1:${ports[0]}`], { input: "common --limit 1\n" });
  expect(done.code, done.stderr).toBe(0);
  expect(done.stdout).toContain("already open");
  expect(done.stderr).toContain("the inspector was open before leakhunt came, and stays open");
  expect(listening(it.pid)).toEqual(ports);
  const closed = await leakhunt(home, ["detach"]);
  expect(closed.stdout).toContain("stays open");
  expect(listening(it.pid)).toEqual(ports);
  await it.step(1);
});

function startTime(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] as string;
}

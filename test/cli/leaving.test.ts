// However leakhunt ends, the target runs on, its inspector is closed, and no half snapshot stays behind.
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import type { RunningFixture } from "../../fixtures/index.mjs";
import { expectUntouched, leakhunt, listening, newHome, start, target } from "../support/leakhunt.ts";

vi.setConfig({ testTimeout: 180_000, maxConcurrency: 2 });

/** Names of files that are not whole, and of sockets nobody listens at. */
function leftovers(home: string): string[] {
  return readdirSync(home, { recursive: true, encoding: "utf8" }).filter((name) => /\.part$|\.sock$|lock$/.test(name));
}

async function heavy(context: Parameters<typeof newHome>[0]): Promise<RunningFixture> {
  const it = await target(context, "map-cache");
  await it.step(25_000); // a capture of about a second
  return it;
}

test.concurrent("the holder is killed with kill -9: the guard closes the port, the next command attaches itself", async (context) => {
  const home = newHome(context);
  const it = await target(context, "map-cache");
  const ports = listening(it.pid);
  const holder = start(home, ["attach", String(it.pid)]);
  await holder.sees(/opened by leakhunt/);
  holder.say("growth");
  await holder.sees(/baseline taken/);
  expect(listening(it.pid)).toHaveLength(ports.length + 1);
  holder.child.kill("SIGKILL");
  await holder.ended;
  const killed = Date.now();
  await expectUntouched(it, ports);
  expect(Date.now() - killed, "the target stood still while the guard closed its inspector").toBeLessThan(3000);

  await it.step(40);
  const next = await leakhunt(home, ["growth"]);
  expect(next.code, next.stderr).toBe(0);
  expect(next.stdout).toMatch(/Session +\d+ +\+4\d /);
  expect(next.stderr).toContain(`inspector closed, ${it.pid} runs on`);
  await expectUntouched(it, ports);
});

test.concurrent("a growth loop that goes through a holder takes over when the holder is killed", async (context) => {
  const home = newHome(context);
  const it = await target(context, "timers");
  const ports = listening(it.pid);
  const holder = start(home, ["attach", String(it.pid)]);
  await holder.sees(/opened by leakhunt/);
  const guest = start(home, ["growth", "--interval", "1s"]);
  await guest.sees(/baseline taken/);
  await it.step(20);
  holder.child.kill("SIGKILL");
  await guest.sees(/round 3/);
  expect(guest.stdout()).toMatch(/V8's object ids were reset by another debugger that left: counts are still true/);
  expect(guest.stdout()).toMatch(/UploadProgress +\d+ +\+20 /);
  guest.child.kill("SIGINT");
  expect((await guest.ended).code).toBe(130);
  await expectUntouched(it, ports);
});

test.concurrent("an attach that goes through another one goes on by itself when that one is left", async (context) => {
  const home = newHome(context);
  const it = await target(context, "number-keys");
  const ports = listening(it.pid);
  const holder = start(home, ["attach", String(it.pid)]);
  await holder.sees(/opened by leakhunt/);
  const guest = start(home, ["attach", String(it.pid)]);
  await guest.sees(/through the leakhunt that holds it/);
  guest.say("growth");
  await guest.sees(/baseline taken/);
  holder.say("quit");
  expect((await holder.ended).stderr).toContain(`inspector closed, ${it.pid} runs on`);
  await guest.sees(/the leakhunt that held the target has ended/);
  await it.step(30);
  guest.say("growth");
  await guest.sees(/Invoice +\d+ +\+30 /);
  guest.child.stdin.end();
  const done = await guest.ended;
  expect(done.code).toBe(0);
  expect(done.stderr).toContain(`inspector closed, ${it.pid} runs on`);
  await expectUntouched(it, ports);
});

test.concurrent("detach from another terminal ends the holder", async (context) => {
  const home = newHome(context);
  const it = await target(context, "promises");
  const ports = listening(it.pid);
  const holder = start(home, ["attach", String(it.pid)]);
  await holder.sees(/opened by leakhunt/);
  const detached = await leakhunt(home, ["detach"]);
  expect(detached).toMatchObject({ code: 0, stdout: `inspector closed, ${it.pid} runs on\n`, stderr: "" });
  const done = await holder.ended;
  expect(done.code).toBe(0);
  expect(done.stderr).toContain("another leakhunt asked this one to detach");
  await expectUntouched(it, ports);
  expect(leftovers(home)).toEqual([]);
  const again = await leakhunt(home, ["detach", String(it.pid)]);
  expect(again).toMatchObject({ code: 0, stdout: `nothing is attached to ${it.pid}; its inspector is closed\n` });
});

test.concurrent("detach from another terminal ends a growth loop", async (context) => {
  const home = newHome(context);
  const it = await target(context, "closures");
  const ports = listening(it.pid);
  const loop = start(home, ["growth", String(it.pid), "--interval", "60s"]);
  await loop.sees(/baseline taken/);
  expect((await leakhunt(home, ["detach"])).stdout).toBe(`inspector closed, ${it.pid} runs on\n`);
  const done = await loop.ended;
  expect(done.code).toBe(0);
  expect(done.stderr.match(/another leakhunt asked this one to detach/g)).toHaveLength(1);
  await expectUntouched(it, ports);
});

test.concurrent("Ctrl-C of a command that goes through a holder leaves the holder at work", async (context) => {
  const home = newHome(context);
  const it = await heavy(context);
  const ports = listening(it.pid);
  const holder = start(home, ["attach", String(it.pid)]);
  await holder.sees(/opened by leakhunt/);
  const guest = start(home, ["snapshot"]);
  await guest.sees(/a snapshot will stop it for about/);
  await new Promise((resolve) => setTimeout(resolve, 200));
  guest.child.kill("SIGINT");
  expect(await guest.ended).toMatchObject({ code: 130, stdout: "" });
  expect(leftovers(home).filter((name) => !name.endsWith(".sock"))).toEqual([]);
  holder.say("count Session");
  await holder.sees(/25,000 Session/);
  holder.child.stdin.end();
  expect((await holder.ended).code).toBe(0);
  await expectUntouched(it, ports);
});

test.concurrent("Ctrl-C during a capture", async (context) => {
  const home = newHome(context);
  const it = await heavy(context);
  const ports = listening(it.pid);
  const capture = start(home, ["snapshot", String(it.pid)]);
  await capture.sees(/a snapshot will stop it for about/);
  await new Promise((resolve) => setTimeout(resolve, 200));
  capture.child.kill("SIGINT");
  const done = await capture.ended;
  expect(done).toMatchObject({ code: 130, signal: null, stdout: "" });
  expect(done.stderr).not.toMatch(/\n {2,}at |Error/);
  await expectUntouched(it, ports);
  expect(leftovers(home)).toEqual([]);
  expect(readdirSync(home, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".heapsnapshot"))).toEqual([]);
});

test.concurrent("Ctrl-C while growth waits for its next round", async (context) => {
  const home = newHome(context);
  const it = await target(context, "http-server"); // a step is a request that is answered
  const ports = listening(it.pid);
  const growth = start(home, ["growth", String(it.pid), "--interval", "60s"]);
  await growth.sees(/baseline taken/);
  const asked = Date.now();
  growth.child.kill("SIGINT");
  const done = await growth.ended;
  expect(Date.now() - asked).toBeLessThan(3000);
  expect(done).toMatchObject({ code: 130, signal: null });
  expect(done.stderr).toContain(`inspector closed, ${it.pid} runs on`);
  await expectUntouched(it, ports);
  expect(leftovers(home)).toEqual([]);
});

test.concurrent("SIGTERM and SIGHUP end a piped attach as well, also while its prompt is being opened", async (context) => {
  const home = newHome(context);
  const it = await target(context, "number-keys");
  const ports = listening(it.pid);
  for (const [signal, after] of [
    ["SIGTERM", 0],
    ["SIGTERM", 4],
    ["SIGTERM", 12],
    ["SIGHUP", 100],
  ] as const) {
    const holder = start(home, ["attach", String(it.pid)]);
    await holder.sees(/opened by leakhunt/);
    await sleep(after);
    holder.child.kill(signal);
    expect((await holder.ended).code).toBe(130);
    await expectUntouched(it, ports);
  }
  expect(leftovers(home)).toEqual([]);
});

test.concurrent("the target ends while it is watched", async (context) => {
  const home = newHome(context);
  const it = await target(context, "typescript");
  const growth = start(home, ["growth", String(it.pid), "--interval", "60s"]);
  await growth.sees(/baseline taken/);
  await it.stop();
  const done = await growth.ended;
  expect(done.code).toBe(3);
  expect(done.stderr).toMatch(new RegExp(`leakhunt: the target is gone: process ${it.pid} (ended|came to its end); .leakhunt ps. lists`));
  expect(leftovers(home)).toEqual([]);
});

test.concurrent("the target ends under an attach that waits for lines", async (context) => {
  const home = newHome(context);
  const it = await target(context, "private-field");
  const holder = start(home, ["attach", String(it.pid)]);
  await holder.sees(/opened by leakhunt/);
  await it.stop();
  const done = await holder.ended;
  expect(done.stderr).toMatch(new RegExp(`process ${it.pid} (ended|came to its end)`));
  expect(done.stderr).not.toContain("runs on");
  expect(leftovers(home)).toEqual([]);
});

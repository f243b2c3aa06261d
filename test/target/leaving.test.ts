// Leaving: other clients, a program that wants to exit, our own sudden death, and ids that another client reset.
import dns from "node:dns";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { attachTarget } from "../../src/target/attach.ts";
import { connectInspector } from "../../src/target/cdpInspector.ts";
import { BUSY, cleanUp, compiledHunter, folder, IDLE, isAlive, openPorts, run, start, until } from "./programs.ts";

afterEach(cleanUp);

test("another client keeps the inspector open as long as it stays", async () => {
  const { pid } = await start(IDLE);
  const target = await attachTarget({ pid });
  const other = await connectInspector(target.identity);
  const left = await target.detach();
  expect(left).toMatchObject({ closed: false, note: expect.stringContaining("another client") });
  expect(await other.evaluate("1+1")).toBe(2);
  await other.close();
  await until(() => openPorts(pid).length === 0, 3000);
  expect(isAlive(pid)).toBe(true);
});

test("a client that leaves after it asked something resets the ids, and that is noticed", async () => {
  const { pid } = await start(IDLE, ["--inspect=0"]);
  const target = await attachTarget({ pid });
  const place = folder();
  expect(await target.checkEpoch()).toBe(false);
  await target.capture(join(place, "1.heapsnapshot"));
  expect(await target.checkEpoch()).toBe(true);
  const other = await connectInspector(target.identity);
  await other.evaluate("1+1");
  expect(await target.checkEpoch()).toBe(true);
  await other.close();
  await until(async () => !(await target.checkEpoch()), 2000);
  expect((await target.capture(join(place, "2.heapsnapshot"))).epochKept).toBe(false);
  expect((await target.capture(join(place, "3.heapsnapshot"))).epochKept).toBe(true);
  await target.detach();
});

test("nothing of ours stays pinned, and garbage can be collected", async () => {
  const { pid } = await start(`globalThis.ref=new WeakRef({});${IDLE}`, ["--inspect=0"]);
  const target = await attachTarget({ pid });
  await target.capture(join(folder(), "1.heapsnapshot"));
  await target.collectGarbage();
  expect(await target.inspector.evaluate("ref.deref()===undefined")).toBe(true);
  await target.detach();
});

test("a program that comes to its end is let go, with its own exit code", async () => {
  const { pid, ended } = await start(`process.on('SIGHUP',()=>process.exit(7));${IDLE}`);
  const target = await attachTarget({ pid });
  process.kill(pid, "SIGHUP");
  expect(await ended).toBe("7");
  expect(await target.gone).toMatch(/ended|came to its end/);
  expect(await target.detach()).toEqual({ closed: true });
});

test("a program that ends in the middle of being attached to is not held up", async () => {
  for (const delay of [25, 30, 35, 40, 45, 50]) {
    const { pid, ended } = await start(`process.on('SIGHUP',()=>process.exit(7));${IDLE}`);
    const attaching = attachTarget({ pid }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, delay));
    process.kill(pid, "SIGHUP");
    await ended;
    await (await attaching)?.detach();
  }
}, 20_000);

test("the order of DNS results stays as it was", async () => {
  const order = dns.getDefaultResultOrder();
  const { pid } = await start(IDLE, ["--inspect=0"]);
  await (await attachTarget({ pid })).detach();
  expect(dns.getDefaultResultOrder()).toBe(order);
});

test("an error in the target and a refused command are errors of ours", async () => {
  const { pid } = await start(IDLE, ["--inspect=0"]);
  const target = await attachTarget({ pid });
  await expect(target.inspector.evaluate("(()=>{throw new TypeError('no')})()")).rejects.toMatchObject({
    code: "EVALUATION_FAILED",
    message: expect.stringContaining("TypeError: no"),
  });
  await expect(target.inspector.send("No.such")).rejects.toMatchObject({ code: "PROTOCOL_REFUSED" });
  await expect(target.inspector.evaluate("new Promise(()=>{})", { awaitPromise: true, timeoutMs: 50 })).rejects.toMatchObject({
    code: "TARGET_SILENT",
  });
  await target.detach();
  await expect(target.inspector.evaluate("1")).rejects.toMatchObject({ code: "TARGET_GONE" });
});

test.each([
  ["idle", IDLE],
  ["in a busy loop", BUSY],
])(
  "kill -9 of leakhunt closes the inspector of a target that is %s",
  async (_, text) => {
    const { pid } = await start(text);
    const hunter = await run(process.execPath, [compiledHunter(), String(pid)]);
    expect(openPorts(pid)).toHaveLength(1);
    hunter.child.kill("SIGKILL");
    await until(() => openPorts(pid).length === 0, 5000);
    expect(isAlive(pid)).toBe(true);
  },
  20_000,
);

// Being a guest of a target that others debug too, and leaving nothing behind in it.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { HeapGraph } from "../../src/graph/heapGraph.ts";
import { readSnapshot } from "../../src/snapshot/open.ts";
import { attachTarget } from "../../src/target/attach.ts";
import { connectInspector } from "../../src/target/cdpInspector.ts";
import type { Frame, RemoteValue } from "../../src/target/debugger.ts";
import { HELD, heapIdOf, holdValue } from "../../src/target/heapIdentity.ts";
import { openDebugger } from "../../src/target/liveDebugger.ts";
import { debug, files, lineOf, onward, stopOf, where } from "./debugged.ts";
import { cleanUp, codeOf, NODE, openPorts, until } from "./programs.ts";

afterEach(cleanUp);

const STOPS = `class Session {
  constructor(id) { this.id = id; }
}
globalThis.rounds = 0;
function handle(id) {
  const session = new Session(id);
  const text = "text of " + id;
  debugger;
  rounds++;
  return [session, text];
}
setInterval(() => { if (globalThis.go) handle(rounds); }, 20);
console.log("ready");
`;

/** A client that only speaks the protocol, and the pauses it was told of. */
async function other(target: { host: string; port: number; url: string }) {
  const inspector = await connectInspector(target);
  const paused: Record<string, unknown>[] = [];
  let resumed = 0;
  inspector.on("Debugger.paused", (params) => paused.push(params));
  inspector.on("Debugger.resumed", () => resumed++);
  await inspector.send("Debugger.enable");
  return { inspector, paused, resumed: () => resumed };
}

test("a pause that another client holds is joined, asked, and left as it was", async () => {
  const { target, live, program } = await debug(join(files({ "app.cjs": STOPS }), "app.cjs"));
  await live.close();
  const holder = await other(target.identity);
  await target.inspector.evaluate("go = true");
  await until(() => holder.paused.length === 1);

  const { pid, port } = target.identity;
  const guest = await openDebugger(target.inspector, { pid, port });
  expect(guest.stop).toMatchObject({ reason: "other debugger", others: true });
  const frame = guest.stop?.frames[0] as Frame;
  expect(where(guest.stop as NonNullable<typeof guest.stop>)).toBe("handle app.cjs:8");
  expect((await guest.evaluate("session", frame)).text).toBe("Session {id: 0}");
  expect((await guest.scopes(frame))[0]?.variables.map(({ name }) => name)).toEqual(["id", "session", "text"]);
  await guest.release();
  await guest.close();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(holder.resumed()).toBe(0);

  const callFrameId = (holder.paused[0] as { callFrames: { callFrameId: string }[] }).callFrames[0]?.callFrameId;
  const still = await holder.inspector.send("Debugger.evaluateOnCallFrame", { callFrameId, expression: "session.id" });
  expect(still).toMatchObject({ result: { value: 0 } });
  await holder.inspector.send("Debugger.resume");
  await until(() => holder.paused.length === 2);
  await holder.inspector.close();
  await target.detach();
  program.child.kill();
});

test("a stop of ours that another client sees too is left to that client", async () => {
  const { target, live } = await debug(join(files({ "app.cjs": STOPS }), "app.cjs"));
  const holder = await other(target.identity);
  await target.inspector.evaluate("go = true");
  expect(await stopOf(live)).toMatchObject({ reason: "debugger statement", others: true });
  await live.close();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect([holder.paused.length, holder.resumed()]).toEqual([1, 0]);
  await holder.inspector.close();
  await until(async () => (await target.inspector.evaluate<number>("rounds")) > 2);
  await target.detach();
});

test("what another client does is followed: its moves and its stops", async () => {
  const { target, live } = await debug(join(files({ "app.cjs": STOPS }), "app.cjs"));
  const holder = await other(target.identity);
  await target.inspector.evaluate("go = true");
  await stopOf(live);
  await holder.inspector.send("Debugger.stepOver");
  await until(() => live.stop !== undefined && where(live.stop) === "handle app.cjs:9");
  expect(live.stop).toMatchObject({ reason: "other debugger", others: true });
  await holder.inspector.send("Debugger.setSkipAllPauses", { skip: true });
  await holder.inspector.close();
  await live.close();
  await target.detach();
});

test("a program that waits for its first debugger is started by us, and stops before its first line", async ({ onTestFinished }) => {
  const file = join(files({ "app.cjs": "let a = 1;\nsetInterval(() => {}, 1000);\n" }), "app.cjs");
  const child = spawn(NODE, ["--inspect-brk=0", file], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const pid = child.pid as number;
  await until(() => openPorts(pid).length === 1);
  const target = await attachTarget({ pid });
  const live = await openDebugger(target.inspector, { pid, port: target.identity.port });
  const stop = await stopOf(live);
  expect([stop.reason, stop.others, where(stop)]).toEqual(["pause", false, "app.cjs:1"]);
  await live.close();
  await until(async () => (await target.inspector.evaluate("process.uptime()")) !== undefined);
  expect(await target.detach()).toMatchObject({ closed: false });
});

test("a value at a stop is found in the snapshot that is taken there, strings too; numbers are told to have no identity", async () => {
  const { target, live } = await debug(join(files({ "app.cjs": STOPS }), "app.cjs"));
  await target.inspector.evaluate("go = true");
  const frame = (await stopOf(live)).frames[0] as Frame;
  const file = join(files({}), "1.heapsnapshot");
  const session = await live.evaluate("session", frame);
  const held = await holdValue(live, "text", frame);
  expect(await codeOf(heapIdOf(target.inspector, session))).toBe("NOT_IN_SNAPSHOT");
  await target.capture(file);
  const graph = new HeapGraph(await readSnapshot(file));
  const nodeOf = async (value: RemoteValue): Promise<number> => graph.byId(await heapIdOf(target.inspector, value)) as number;
  expect(graph.className(await nodeOf(session))).toBe("Session");
  expect(graph.text(graph.follow(await nodeOf(held), HELD) as number)).toBe("text of 0");
  expect(await heapIdOf(target.inspector, await live.evaluate("handle", frame))).toBeGreaterThan(0);
  const fails = async (expression: string): Promise<string> => lineOf(heapIdOf(target.inspector, await live.evaluate(expression, frame)));
  expect(await fails("id")).toBe("numbers have no identity in the heap; ask about the object that holds it");
  expect(await fails("null")).toMatch(/^null has no identity/);
  expect(await fails("text")).toMatch(/^a string's text alone has no identity/);
  await live.close();
  await target.detach();
});

test("what the debugger makes of a scope holds a local until it is let go of, and not after that", async () => {
  const { target, live } = await debug(join(files({ "app.cjs": STOPS }), "app.cjs"));
  await target.inspector.evaluate("go = true");
  const frame = (await stopOf(live)).frames[0] as Frame;
  await live.scopes(frame);
  const place = files({});
  const holders = async (file: string): Promise<string[]> => {
    await target.capture(join(place, file));
    const graph = new HeapGraph(await readSnapshot(join(place, file)));
    const session = Array.from(graph.columns.nodeId.keys()).find((n) => graph.typeName(n) === "object" && graph.className(n) === "Session");
    const names = [...graph.retainingEdges(session as number)].map((e) => `${graph.name(graph.ownerOf(e))} ${graph.edgeName(e)}`);
    return names.filter((name) => !/^\(Stack roots\) \d+$/.test(name));
  };
  expect((await holders("1.heapsnapshot")).length).toBeGreaterThan(0);
  await live.release();
  expect(await holders("2.heapsnapshot")).toEqual([]);
  expect((await live.scopes(frame))[0]?.variables.map(({ value }) => value.text)).toEqual(["0", "Session {id: 0}", '"text of 0"']);
  await live.close();
  await target.detach();
});

test("a hundred stops with questions hold nothing in the target", async () => {
  const text = STOPS.replace(
    "const session = new Session(id);",
    "const session = new Session(id);\n  sessions.push(new WeakRef(session));",
  ).replace("globalThis.rounds", "globalThis.sessions = [];\nglobalThis.rounds");
  const { target, live, program } = await debug(join(files({ "app.cjs": text }), "app.cjs"));
  await target.inspector.evaluate("go = true");
  const before = readdirSync(`/proc/${program.pid}/fd`).length;
  let stop = await stopOf(live);
  for (let round = 0; round < 100; round++) {
    const frame = stop.frames[0] as Frame;
    expect((await live.evaluate("session", frame)).text).toBe(`Session {id: ${round}}`);
    await live.scopes(frame);
    await live.source(frame.place, 3);
    await live.evaluate("nothing", frame).catch(() => {});
    await live.release();
    stop = await onward(live);
  }
  await target.inspector.evaluate("go = false");
  await live.close();
  await until(async () => {
    await target.inspector.send("HeapProfiler.collectGarbage");
    return target.inspector.evaluate<boolean>("sessions.length === 101 && sessions.every((ref) => ref.deref() === undefined)");
  }, 10_000);
  expect(readdirSync(`/proc/${program.pid}/fd`).length).toBe(before);
  await target.detach();
});

test("handles that were not let go of do hold: what the test before would have seen", async () => {
  const { target, live } = await debug(join(files({ "app.cjs": STOPS }), "app.cjs"));
  await target.inspector.evaluate("go = true");
  const frame = (await stopOf(live)).frames[0] as Frame;
  await live.evaluate("globalThis.ref = new WeakRef(session)", frame);
  await live.evaluate("session", frame);
  await target.inspector.evaluate("go = false");
  await live.resume();
  await until(async () => (await target.inspector.evaluate<number>("rounds")) === 1);
  await target.inspector.send("HeapProfiler.collectGarbage");
  expect(await target.inspector.evaluate("ref.deref() !== undefined")).toBe(true);
  await live.release();
  await until(async () => {
    await target.inspector.send("HeapProfiler.collectGarbage");
    return target.inspector.evaluate<boolean>("ref.deref() === undefined");
  });
  await live.close();
  await attachTarget({ pid: target.identity.pid as number }).then((again) => again.detach());
  await target.detach();
});

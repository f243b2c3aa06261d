// The debugger against real programs: where they stop, what is in scope there, and that they run on afterwards.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Frame, Scope } from "../../src/target/debugger.ts";
import { at, debug, files, lineOf, onward, stopOf, where } from "./debugged.ts";
import { cleanUp, codeOf, folder, isAlive, until } from "./programs.ts";

afterEach(cleanUp);

const APP = `class Session {
  constructor(id) { this.id = id; }
  get broken() { globalThis.asked = true; throw new Error("not now"); }
}
const sessions = new Map();
async function handle(id) {
  const session = new Session(id);
  sessions.set(id, session);
  debugger;
  await null;
  const text = "id " + id;
  return text;
}
let turns = 0;
globalThis.rounds = 0;
setInterval(() => { if (globalThis.go) handle(turns++).then(() => { rounds++; }); }, 50);
console.log("ready");
`;

async function app() {
  const debugged = await debug(join(files({ "app.cjs": APP }), "app.cjs"));
  await debugged.target.inspector.evaluate("go = true");
  const stop = await stopOf(debugged.live);
  return { ...debugged, stop, frame: stop.frames[0] as Frame };
}

const text = (scopes: readonly Scope[]): string[] =>
  scopes.map(({ kind, variables }) => `${kind}: ${variables.map(({ name, value }) => `${name} = ${value.text}`).join(", ")}`);

describe("at a debugger statement", () => {
  test("the place, its source and the scopes are told, and no getter is run", async () => {
    const { live, stop, frame, target } = await app();
    expect(stop).toMatchObject({ reason: "debugger statement", breakpoints: [], exception: undefined, others: false });
    expect(stop.frames.slice(0, 2).map(at)).toEqual(["handle app.cjs:9", "app.cjs:16"]);
    expect(await live.source(frame.place, 1)).toEqual([
      { line: 8, text: "  sessions.set(id, session);" },
      { line: 9, text: "  debugger;" },
      { line: 10, text: "  await null;" },
    ]);
    const scopes = text(await live.scopes(frame));
    expect(scopes[0]).toMatch(/^local: id = 0, session = Session \{id: 0\}, text = (<no value>|undefined)$/);
    expect(scopes[1]).toContain("sessions = Map(1) {0 => Session}");
    expect(await target.inspector.evaluate("globalThis.asked")).toBe(undefined);
    await live.close();
  });

  test("looking at a big Map leaves no table of its entries in the target", async () => {
    const text = `const big = new Map(Array.from({ length: 50_000 }, (_, i) => [i, {}])), few = new Map([[1, 2]]);
      const each = big.values();
      setInterval(function turn() { if (globalThis.go) debugger; return [big, few, each]; }, 50);
      console.log("ready");`;
    const { live, target } = await debug(join(files({ "big.cjs": text }), "big.cjs"));
    await target.inspector.evaluate("go = true");
    const frame = (await stopOf(live)).frames[0] as Frame;
    const seen = async (): Promise<string[]> =>
      (await live.scopes(frame)).flatMap(({ variables }) => variables.map(({ value }) => value.text));
    expect(await seen()).toEqual(expect.arrayContaining(["Map(50000)", "Map(1) {1 => 2}"]));
    expect((await live.evaluate("big", frame)).text).toBe("Map(50000)");
    await live.release();
    expect(await seen()).toEqual(expect.arrayContaining(["Map(50000)", "Map(1) {1 => 2}"]));
    await live.release();
    const path = join(folder(), "after.heapsnapshot");
    await target.capture(path);
    const pairs = readFileSync(path, "latin1").split("pair in WeakMap (table").length - 1;
    expect(pairs).toBeLessThan(5000);
    await live.close();
  });

  test("scopes can be seen again after everything was let go of", async () => {
    const { live, frame } = await app();
    const before = text(await live.scopes(frame));
    await live.release();
    const mayDiffer = (line: string): string => line.replace("text = undefined", "text = <no value>");
    expect(text(await live.scopes(frame)).map(mayDiffer)).toEqual(before.map(mayDiffer));
    await live.close();
  });

  test("expressions are evaluated in the frame; what goes wrong is one line", async () => {
    const { live, frame } = await app();
    const value = async (expression: string): Promise<string> => (await live.evaluate(expression, frame)).text;
    expect(await value("session.id + 1")).toBe("1");
    expect(await value("session")).toBe("Session {id: 0}");
    expect(await value("{ a: 1, b: 'x' }")).toBe('{a: 1, b: "x"}');
    expect(await value("'x'.repeat(100)")).toBe(`"${"x".repeat(80)}"… (100 characters)`);
    expect(await value("[1, , 3n, null, undefined, NaN, -0]")).toMatch(/^Array\(7\) \[1, 3n, null, undefined, NaN, -0\]$/);
    expect(await value("({ get a() { return 1 } })")).toBe("{a: (getter)}");
    expect(await live.evaluate("handle", frame)).toMatchObject({ type: "function", text: "async function handle" });
    const fails = (expression: string): Promise<string> => lineOf(live.evaluate(expression, frame));
    expect(await fails("sesion.id")).toMatch(/^sesion is not defined here; in scope: id, session, text, .*sessions/);
    expect(await fails("1 +")).toBe("SyntaxError: Unexpected end of input");
    expect(await fails("session.broken")).toBe("Error: not now");
    expect(await fails("(() => { throw { a: 1 } })()")).toBe("it threw {a: 1}");
    expect(await codeOf(live.evaluate("null.x", frame))).toBe("EVALUATION_FAILED");
    expect(await value("1")).toBe("1");
    await live.close();
  });

  test("an expression that never ends is ended, and the program is not", async () => {
    const { live, frame, program } = await app();
    expect(await codeOf(live.evaluate("(() => { for (;;); })()", frame))).toBe("EVALUATION_FAILED");
    expect((await live.evaluate("id", frame)).text).toBe("0");
    await live.close();
    expect(isAlive(program.pid)).toBe(true);
  }, 60_000);

  test("stepping goes over an await, into a function and out of it, never into Node's own code", async () => {
    const { live } = await app();
    expect(where(await live.move("next"))).toBe("handle app.cjs:10");
    const over = await live.move("next");
    expect([over.reason, where(over)]).toEqual(["step", "handle app.cjs:11"]);
    const out = await live.move("out");
    expect(out.frames[0]?.place.file).toMatch(/app\.cjs$/);
    await live.stopOnExceptions("none");
    expect(where(await onward(live))).toBe("handle app.cjs:9");
    expect(where(await live.move("out"))).toBe("app.cjs:16");
    expect(where(await live.move("next"))).not.toContain("node:");
    await live.close();
  });

  test("a frame of a stop that is over is no frame any more", async () => {
    const { live, frame } = await app();
    await onward(live);
    expect(await codeOf(live.evaluate("id", frame))).toBe("NOT_STOPPED");
    expect(await codeOf(live.scopes(frame))).toBe("NOT_STOPPED");
    await live.close();
    expect(await codeOf(live.resume())).toBe("NOT_STOPPED");
  });

  test("leaving lets the program run on, without stops", async () => {
    const { live, target, program } = await app();
    await live.setBreakpoint("app.cjs", 11);
    await live.close();
    const rounds = await target.inspector.evaluate<number>("rounds");
    await until(async () => (await target.inspector.evaluate<number>("rounds")) > rounds + 5);
    expect(await target.detach()).toEqual({ closed: true });
    expect(isAlive(program.pid)).toBe(true);
  });

  test("a capture leaves the stop as it is", async () => {
    const { live, target, frame } = await app();
    await target.capture(join(files({}), "1.heapsnapshot"));
    expect((await live.evaluate("session.id", frame)).text).toBe("0");
    expect(live.stop?.frames[0]).toEqual(frame);
    await live.close();
  });
});

describe("breakpoints", () => {
  test("stop when their condition holds, and are numbered", async () => {
    const { live } = await app();
    const point = await live.setBreakpoint("app.cjs", 11, "id % 3 === 2");
    expect(point).toMatchObject({ number: 1, condition: "id % 3 === 2", asked: { file: "app.cjs", line: 11 } });
    expect(point.places.map(({ line }) => line)).toEqual([11]);
    let stop = await onward(live);
    while (stop.reason === "debugger statement") stop = await onward(live);
    expect(stop).toMatchObject({ reason: "breakpoint", breakpoints: [1] });
    expect(where(stop)).toBe("handle app.cjs:11");
    expect((await live.evaluate("id", stop.frames[0])).text).toBe("2");
    await live.deleteBreakpoint(1);
    expect(live.breakpoints()).toEqual([]);
    await live.close();
  });

  test("stop when their condition fails, and say so; nothing of that is left", async () => {
    const { live, target } = await app();
    await live.setBreakpoint("app.cjs", 11, "sesion.id === 1");
    await live.setBreakpoint("app.cjs", 12, "id === 1 && (() => { throw { why: id } })() // odd");
    const globals = (await live.evaluate("Reflect.ownKeys(globalThis).length")).text;
    let stop = await onward(live);
    expect([where(stop), stop.breakpoints, stop.failed]).toEqual([
      "handle app.cjs:11",
      [1],
      [{ number: 1, why: "ReferenceError: sesion is not defined" }],
    ]);
    await live.deleteBreakpoint(1);
    do stop = await onward(live);
    while (stop.reason === "debugger statement");
    expect(stop).toMatchObject({ reason: "breakpoint", breakpoints: [2], failed: [{ number: 2, why: "it threw {why: 1}" }] });
    expect((await live.evaluate("id", stop.frames[0])).text).toBe("1");
    expect((await live.evaluate("Reflect.ownKeys(globalThis).length")).text).toBe(globals);
    expect((await onward(live)).failed).toEqual([]);
    await live.close();
    await target.detach();
  });

  test("cannot be where there is no line, on no condition, and not be deleted twice", async () => {
    const { live } = await app();
    expect(await lineOf(live.setBreakpoint("app.cjs", 99))).toBe("app.cjs has 17 lines");
    expect(await lineOf(live.setBreakpoint("app.cjs", 0))).toContain("from 1 on");
    expect(await lineOf(live.setBreakpoint("app.cjs", 7, "id ="))).toMatch(/^the condition "id =" is no expression: /);
    expect(await lineOf(live.deleteBreakpoint(4))).toBe("there is no breakpoint 4; none is set");
    await live.setBreakpoint("app.cjs", 7);
    expect(await lineOf(live.deleteBreakpoint(4))).toBe("there is no breakpoint 4; there is 1");
    await live.close();
  });

  test("mean one file, or say which they may mean", async () => {
    const place = files({ "same.cjs": "exports.f = () => 1;\n" });
    const other = files({ "same.cjs": "exports.f = () => 2;\n" });
    const main = `require(${JSON.stringify(join(place, "same.cjs"))});require(${JSON.stringify(join(other, "same.cjs"))});setInterval(()=>{},1000);console.log("ready")`;
    const { live } = await debug(join(files({ "main.cjs": main }), "main.cjs"));
    expect(await lineOf(live.setBreakpoint("same.cjs", 1))).toContain("same.cjs may be any of 2 files; say more of its path");
    expect((await live.setBreakpoint(join(other, "same.cjs"), 1)).places).toHaveLength(1);
    await live.close();
  });
});

describe("exceptions", () => {
  const THROWS = `console.log("ready");
setInterval(() => { try { JSON.parse("{"); } catch {} }, 100);
process.once("SIGHUP", () => {
  const why = "gone wrong";
  throw new Error(why);
});
`;

  test("stop where they are thrown when nobody catches them, and the program then ends as it would have", async () => {
    const { live, program } = await debug(join(files({ "throws.cjs": THROWS }), "throws.cjs"));
    await live.stopOnExceptions("uncaught");
    process.kill(program.pid, "SIGHUP");
    const stop = await stopOf(live);
    expect(stop).toMatchObject({ reason: "exception", exception: "Error: gone wrong" });
    expect(where(stop)).toBe("throws.cjs:5");
    await live.resume();
    expect(await program.ended).toBe("1");
    expect(await codeOf(live.evaluate("1"))).toBe("TARGET_GONE");
    expect(await codeOf(live.resume())).toBe("TARGET_GONE");
    await live.close();
  });

  test("stop even when they are caught, if all are asked for, and not any more after that", async () => {
    const { live, target } = await debug(join(files({ "throws.cjs": THROWS }), "throws.cjs"));
    await live.stopOnExceptions("all");
    const stop = await stopOf(live);
    expect([stop.reason, where(stop)]).toEqual(["exception", "throws.cjs:2"]);
    expect(stop.exception).toMatch(/^SyntaxError/);
    await live.stopOnExceptions("none");
    await live.resume();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(live.stop).toBe(undefined);
    await live.close();
    await target.detach();
  });
});

describe("pause", () => {
  test("stops a busy loop where it is", async () => {
    const { live } = await debug(join(files({ "busy.cjs": "console.log('ready');\nlet n = 0;\nfor (;;) n++;\n" }), "busy.cjs"));
    const stop = await live.pause();
    expect([stop.reason, where(stop)]).toEqual(["pause", "busy.cjs:3"]);
    expect(Number((await live.evaluate("n", stop.frames[0])).text)).toBeGreaterThan(0);
    expect(await live.pause()).toBe(stop);
    await live.close();
  });

  test("of a program that waits for events comes with the next line of its own code", async () => {
    const main = "console.log('ready');\nprocess.on('SIGHUP', () => {\n  globalThis.n = 1;\n});\nsetInterval(() => {}, 1e6);\n";
    const { live, program } = await debug(join(files({ "idle.cjs": main }), "idle.cjs"));
    expect(await lineOf(live.pause())).toMatch(/^the target waits for events.*; it will stop at the next line of JavaScript that runs$/);
    expect((await live.evaluate("1 + 1")).text).toBe("2");
    expect(live.stop).toBe(undefined);
    process.kill(program.pid, "SIGHUP");
    const stop = await stopOf(live);
    expect([stop.reason, where(stop)]).toEqual(["pause", "idle.cjs:3"]);
    await live.close();
  });

  test("that never came is taken back by leaving", async () => {
    const main = "console.log('ready');process.on('SIGHUP', () => console.log('heard'));setInterval(() => {}, 1e6);\n";
    const { live, program, target } = await debug(join(files({ "idle.cjs": main }), "idle.cjs"));
    expect(await codeOf(live.pause())).toBe("PAUSE_PENDING");
    await live.close();
    process.kill(program.pid, "SIGHUP");
    await until(() => program.said().includes("heard"));
    await target.detach();
  });

  test("of a program in native code says so, and comes when it is back", async () => {
    const main = `const { pbkdf2Sync } = require("crypto");
process.on("SIGHUP", () => {
  console.log("busy");
  pbkdf2Sync("a", "b", 1.2e7, 64, "sha512");
  globalThis.done = 1;
});
setInterval(() => {}, 1e6);
console.log("ready");
`;
    const { live, program } = await debug(join(files({ "native.cjs": main }), "native.cjs"));
    process.kill(program.pid, "SIGHUP");
    await until(() => program.said().includes("busy"));
    expect(await lineOf(live.pause())).toMatch(/^the target sits in native code .*; it will stop as soon as it comes back to JavaScript$/);
    expect(where(await stopOf(live, 60_000))).toMatch(/^native\.cjs:[45]$/);
    await live.close();
  });

  test("can be waited for no longer", async () => {
    const { live } = await debug(join(files({ "idle.cjs": "console.log('ready');setInterval(()=>{},1e6)" }), "idle.cjs"));
    expect(await codeOf(live.pause(AbortSignal.timeout(100)))).toBe("ABORTED");
    await live.close();
  });
});

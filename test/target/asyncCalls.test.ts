// Who waits for a call that goes on after an await, a timer or an event, and when that is recorded.
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Frame, Stop } from "../../src/target/debugger.ts";
import { at, debug, files, onward, stopOf } from "./debugged.ts";
import { cleanUp } from "./programs.ts";

afterEach(cleanUp);

const APP = `async function query(text) {
  await null;
  debugger;
  return text;
}
async function handle(id) {
  const row = await query("id " + id);
  return row;
}
function later(id) {
  setTimeout(() => handle(id), 1);
}
let turns = 0;
setInterval(() => { if (globalThis.go) later(turns++); }, 50);
console.log("ready");
`;

async function app() {
  const debugged = await debug(join(files({ "app.cjs": APP }), "app.cjs"));
  await debugged.target.inspector.evaluate("go = true");
  return { ...debugged, first: await stopOf(debugged.live) };
}

const callers = ({ callers: found }: Stop): string[] | undefined =>
  found?.map(({ description, frames }) => `${description}: ${frames.map((each) => at(each as Frame)).join(", ")}`);

const WAITING = ["await: handle app.cjs:7, app.cjs:11", "Timeout: later app.cjs:11, app.cjs:14", "Timeout: app.cjs:14"];

test("calls that wait are told from the moment that somebody asks for them, without those of Node itself", async () => {
  const { live, first } = await app();
  expect(callers(first)).toBe(undefined);
  await live.recordCallers();
  // what waits already began to before anybody recorded it
  let stop = await onward(live);
  while ((stop.callers?.length ?? 0) < 2) stop = await onward(live);
  expect(callers(stop)?.slice(0, 2)).toEqual(WAITING.slice(0, 2));
  await live.close();
});

test("breakpoints record them, and when the last one is deleted that ends", async () => {
  const { live } = await app();
  await live.setBreakpoint("app.cjs", 4);
  let stop = await onward(live);
  while (stop.reason !== "breakpoint" || (stop.callers?.length ?? 0) < 2) stop = await onward(live);
  expect(callers(stop)?.slice(0, 2)).toEqual(WAITING.slice(0, 2));
  await live.deleteBreakpoint(1);
  expect(callers(await onward(live))).toBe(undefined);
  await live.close();
});

// Stacks as a person reads them, and which suspect each belongs to.
import { expect, test } from "vitest";
import {
  type Accused,
  growingSites,
  type RawFrame,
  type RawStack,
  shareOut,
  sitesFor,
  sitesOf,
} from "../../../src/analysis/hunt/allocations.ts";

const frame = (name: string, url: string, line: number): RawFrame => ({ name, url, line, column: 10 });
const TIMER = frame("listOnTimeout", "node:internal/timers", 500);
const ROOT = frame("(root)", "", 0);
const TICK = frame("tick", "file:///app/main.js", 3);
const OPEN = frame("open", "file:///app/lib/store.js", 17);
const PEEK = frame("peek", "file:///app/lib/store.js", 30);
const SESSION = frame("Session", "file:///app/lib/store.js", 5);
const PUSH = frame("push", "", 0);

const stack = (bytes: number, ...frames: RawFrame[]): RawStack => ({ frames: [...frames, TIMER, ROOT], bytes });

function suspect(type: string, share: number, line: number, url = "file:///app/lib/store.js"): Accused {
  const place = { url, line, column: 1 };
  const row = { type, location: "x", place, count: 1, delta: 1, bytesDelta: 1 };
  const holder = { name: "store", object: undefined, location: undefined, package: undefined, alike: 1 };
  return { type, gathers: [row], where: [], holder, share, place };
}

const names = (sites: readonly { frames: readonly { name: string }[] }[]): string[] =>
  sites.map(({ frames }) => frames.map(({ name }) => name).join(" < "));

test("Node's and V8's frames are left out, alike stacks are one, and who was called last is remembered", () => {
  const sites = sitesOf([stack(10, PUSH, OPEN, TICK), stack(5, OPEN, TICK), stack(7, TIMER), stack(9, frame("String", "", 0), PEEK, TICK)]);
  expect(names(sites)).toEqual(["open < tick", "peek < tick"]);
  expect(sites[0]).toMatchObject({ bytes: 15, frames: [{ calls: undefined }, { calls: "open" }] });
  expect(sites[1]).toMatchObject({ bytes: 9, frames: [{ calls: "String" }, { calls: "peek" }] });
});

test("a stack counts when more of it is alive from look to look; what is replaced does not", () => {
  const looks = [1, 2, 3].map((n) => [stack(1000 * n, OPEN, TICK), stack(5000, PEEK, TICK), stack(100, SESSION, PEEK, TICK)]);
  expect(names(growingSites(looks))).toEqual(["open < tick"]);
  expect(names(growingSites(looks.slice(0, 1)))).toEqual(["peek < tick", "open < tick", "Session < peek < tick"]);
  expect(growingSites([])).toEqual([]);
});

test("a constructor belongs to its caller, who is said to make the class", () => {
  const [site, ...others] = sitesFor(
    suspect("Session", 1, 5),
    sitesOf([stack(10, SESSION, OPEN, TICK), stack(4, OPEN, TICK), stack(8, PUSH, OPEN, TICK)]),
  );
  expect(others).toEqual([]);
  expect(site).toMatchObject({
    bytes: 22,
    frames: [
      { name: "open", calls: "Session" },
      { name: "tick", calls: "open" },
    ],
  });
});

test("what makes the class comes before what only comes along and has more bytes; what is little is left out", () => {
  const along = frame("label", "file:///app/lib/labels.js", 9);
  const stacks = [stack(100, frame("String", "", 0), along, TICK), stack(20, SESSION, OPEN, TICK), stack(1, PEEK, TICK)];
  expect(names(sitesFor(suspect("Session", 1, 5), sitesOf(stacks)))).toEqual(["open < tick", "label < tick"]);
});

test("counts of objects go before bytes", () => {
  const counted = (objects: number, bytes: number, ...frames: RawFrame[]): RawStack => ({ ...stack(bytes, ...frames), objects });
  const sites = sitesFor(
    suspect("Session", 1, 5),
    sitesOf([counted(90, 10, OPEN, TICK), counted(10, 900, PEEK, TICK), counted(1, 9, TICK)]),
  );
  expect(sites.map(({ objects }) => objects)).toEqual([90, 10]);
});

test("sites go to the suspect whose class or place they name, else to one that keeps most, else to none", () => {
  const other = frame("draw", "file:///app/lib/chart.js", 8);
  const far = frame("log", "file:///app/lib/log.js", 2);
  const sites = sitesOf([stack(50, SESSION, OPEN, TICK), stack(40, other, TICK), stack(30, far, TICK)]);
  const two = [suspect("Session", 0.4, 5), suspect("Chart", 0.4, 8, "file:///app/lib/chart.js")];
  const apart = shareOut(two, sites);
  expect(apart.of.map(names)).toEqual([["open < tick"], ["draw < tick"]]);
  expect(names(apart.others)).toEqual(["log < tick"]);
  const main = shareOut([suspect("Session", 0.9, 5)], sites);
  expect(main.others).toEqual([]);
  expect(names(main.of[0] ?? []).sort()).toEqual(["draw < tick", "log < tick", "open < tick"]);
  expect(names(shareOut([], sites).others)).toEqual(["Session < open < tick", "draw < tick", "log < tick"]);
});

test("six frames are shown, one of them of the program's own code even below a deep package", () => {
  const deep = Array.from({ length: 9 }, (_, i) => frame(`next${i}`, "/app/node_modules/router/index.js", i + 1));
  const [site] = shareOut([], sitesOf([stack(10, ...deep, TICK)])).others;
  expect(names(site ? [site] : [])).toEqual(["next0 < next1 < next2 < next3 < next4 < tick"]);
});

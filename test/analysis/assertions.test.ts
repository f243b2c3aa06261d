// What a check may demand, as typed.
import { expect, test } from "vitest";
import { parseGrowth, parseHeap, Tally } from "../../src/analysis/assertions.ts";
import { buildHeap } from "../builder/heap.ts";

const heap = (count: number) =>
  buildHeap((h) => {
    for (let i = 0; i < count; i++) h.global(`s${i}`, h.object("Session"));
  });

test("assertions are read as they are typed", () => {
  expect(parseGrowth("Session <= 10")).toMatchObject({ kind: "growth", type: "Session", most: 10 });
  expect(parseGrowth(" {id, user}<=1,000 ")).toMatchObject({ type: "{id, user}", most: 1000 });
  expect(parseHeap("+5%")).toMatchObject({ kind: "heap", most: 0.05, unit: "share" });
  expect(parseHeap("2.5 MB")).toMatchObject({ most: 2.5e6, unit: "bytes" });
  for (const wrong of ["Session < 10", "<= 10", "Session", "Session <= -1", "Session <= 1.5"])
    expect(() => parseGrowth(wrong), wrong).toThrow(/--growth does not understand/);
  for (const wrong of ["-5%", "five", "5", "+5 %%", ""]) expect(() => parseHeap(wrong), wrong).toThrow(/--heap does not understand/);
});

test("they are judged from the first round to the last", () => {
  const tally = new Tally([
    parseGrowth("Session <= 10"),
    parseGrowth("Session <= 9"),
    parseGrowth("Sesion <= 0"),
    parseHeap("+320B"),
    parseHeap("+10%"),
  ]);
  for (const count of [5, 100, 15]) tally.add(heap(count));
  expect(tally.judge()).toMatchObject([
    { assertion: "growth Session <= 10", passed: true, series: [5, 100, 15], delta: 10, seen: true },
    { passed: false, most: 9 },
    { passed: true, delta: 0, seen: false },
    { passed: true, delta: 320, unit: "bytes" },
    { passed: false },
  ]);
});

import { expect, test } from "vitest";
import {
  formatByteRate,
  formatBytes,
  formatCount,
  formatDuration,
  formatNoun,
  formatPercent,
  formatRate,
  formatSignedBytes,
  formatSignedCount,
  formatUptime,
} from "../../src/report/units.ts";

test.each([
  [0, "0 B"],
  [88, "88 B"],
  [999, "999 B"],
  [999.7, "1.0 kB"],
  [1000, "1.0 kB"],
  [9300, "9.3 kB"],
  [9960, "10 kB"],
  [110_800, "111 kB"],
  [999_499, "999 kB"],
  [999_500, "1.0 MB"],
  [12_440_000, "12.4 MB"],
  [999_700_000, "1.0 GB"],
  [4.2e9, "4.2 GB"],
  [5e15, "5000 TB"],
  [-9300, "-9.3 kB"],
  [Number.NaN, "?"],
])("%d bytes", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test("signed bytes and counts", () => {
  expect([192_000, -40, 0].map(formatSignedBytes)).toEqual(["+192 kB", "-40 B", "0 B"]);
  expect([1004, -3, 0].map(formatSignedCount)).toEqual(["+1,004", "-3", "0"]);
});

test("counts", () => {
  expect([0, 999, 1234, 1_000_000, -1234].map(formatCount)).toEqual(["0", "999", "1,234", "1,000,000", "-1,234"]);
  expect([formatNoun(1, "entry", "entries"), formatNoun(2000, "entry", "entries")]).toEqual(["1 entry", "2,000 entries"]);
});

test("durations and uptimes", () => {
  expect([0, 40, 400, 1700, 9000, 9960, 59_600, 125_000, 120_000, 3_900_000].map(formatDuration)).toEqual([
    "0 ms",
    "40 ms",
    "0.4 s",
    "1.7 s",
    "9 s",
    "10 s",
    "1 min",
    "2 min 5 s",
    "2 min",
    "1 h 5 min",
  ]);
  expect([12, 250, 9 * 3600 + 5, 74 * 3600, 48 * 3600].map(formatUptime)).toEqual(["12 s", "4 m", "9 h", "3d 2h", "2d"]);
});

test("shares", () => {
  expect([
    formatPercent(41, 100),
    formatPercent(3, 1000),
    formatPercent(1, 1e6),
    formatPercent(0, 5),
    formatPercent(5, 5),
    formatPercent(1, 0),
  ]).toEqual(["41 %", "0.3 %", "<0.1 %", "0 %", "100 %", "-"]);
});

test.each([
  [201, "+201/s"],
  [4.24, "+4.2/s"],
  [1, "+1/s"],
  [0.96, "+1/s"],
  [0.4, "+24/min"],
  [0.02, "+1.2/min"],
  [1 / 3600, "+1/h"],
  [0, "0/s"],
  [-3, "-3/s"],
  [1234.5, "+1,235/s"],
  [Number.NaN, "?"],
])("%d objects a second", (rate, text) => expect(formatRate(rate)).toBe(text));

test.each([
  [51_650, "+3.1 MB/min"],
  [12_000_000, "+12.0 MB/s"],
  [20, "+1.2 kB/min"],
  [1, "+3.6 kB/h"],
  [0, "0 B/min"],
  [-51_650, "-3.1 MB/min"],
  [Number.NaN, "?"],
])("%d bytes a second", (rate, text) => expect(formatByteRate(rate)).toBe(text));

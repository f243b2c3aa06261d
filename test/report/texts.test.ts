import { expect, test } from "vitest";
import type { DiffResult, DiffRow } from "../../src/analysis/diff.ts";
import type { GrowthRound, GrowthRow } from "../../src/analysis/growth.ts";
import type { PathResult, PathStep, RetainingPath } from "../../src/analysis/paths.ts";
import type { SizedSummary } from "../../src/analysis/summary.ts";
import type { CommonResult, CommonRow } from "../../src/analysis/typeTable.ts";
import { costText } from "../../src/report/captureText.ts";
import { diffText } from "../../src/report/diffText.ts";
import { growthText, sparkline } from "../../src/report/growthText.ts";
import { objectText, pathText } from "../../src/report/pathText.ts";
import { attachedText, huntsText, processesText } from "../../src/report/processText.ts";
import { tableLines, width } from "../../src/report/table.ts";
import { commonText, listText, newText } from "../../src/report/typesText.ts";

const ESC = String.fromCharCode(27);

function object(part: Partial<SizedSummary>): SizedSummary {
  return {
    id: 1,
    type: "Session",
    kind: "object",
    title: "Session",
    preview: undefined,
    location: undefined,
    place: undefined,
    shallowSize: 40,
    retainedSize: 128,
    distance: 3,
    ...part,
  };
}

function row(part: Partial<GrowthRow>): GrowthRow {
  return {
    type: "Session",
    total: 48_210,
    delta: 1004,
    bytes: 9_300_000,
    bytesDelta: 192_000,
    trend: [1, 2, 3, 4],
    grewIn: 3,
    of: 3,
    ...part,
  };
}

function round(part: Partial<GrowthRound>): GrowthRound & { notes: readonly string[] } {
  return {
    round: 4,
    baseline: "peak",
    heapBytes: 217_900_000,
    heapDelta: 3_700_000,
    rows: [row({})],
    omitted: 0,
    internal: { rows: 0, delta: 0, bytesDelta: 0 },
    notes: [],
    ...part,
  };
}

test("a table lines up, also with wide characters and colour", () => {
  const lines = tableLines(
    [
      { title: "type", align: "left" },
      { title: "n", align: "right" },
    ],
    [
      ["会话", "1"],
      [`${ESC}[1mSession${ESC}[0m`, "12,000"],
    ],
  );
  expect(lines.map(width)).toEqual([15, 15, 15]);
  expect(lines[1]).toBe("会话          1");
});

test("a sparkline spans its own range and shows the newest rounds", () => {
  expect(sparkline([1, 2, 3, 4])).toBe("▁▃▆█");
  expect(sparkline([5, 5, 5])).toBe("▁▁▁");
  expect(sparkline(Array.from({ length: 30 }, (_, i) => i))).toHaveLength(12);
});

test("growth is a table with trend, and says what was left out", () => {
  const text = growthText(
    round({ rows: [row({}), row({ type: "Map", delta: 0, grewIn: 0 })], omitted: 2, internal: { rows: 3, delta: 9, bytesDelta: 1200 } }),
  );
  expect(text).toBe(
    [
      "round 4   heap 218 MB  +3.7 MB",
      "#  type      total  +delta  shallow  +shallow  trend",
      "1  Session  48,210  +1,004   9.3 MB   +192 kB  ▁▃▆█ every round",
      "2  Map      48,210       0   9.3 MB   +192 kB  ▁▃▆█ 0 of 3 rounds",
      "2 more types grew (--limit 0); V8's own: 3 types +9, +1.2 kB (--internals)",
    ].join("\n"),
  );
});

/** One row of a diff: 25 new, 1 deleted. */
function difference(part: Partial<DiffRow>, rest: object = {}): DiffResult & { before: string; now: string } {
  const sums = { added: 25, removed: 1, delta: 24, addedSize: 1000, removedSize: 40, sizeDelta: 960 };
  return {
    rows: [{ type: "Session", classKey: ",Session", location: undefined, ...sums, ...part }],
    omitted: 2,
    internal: { rows: 1, delta: 3, sizeDelta: -40 },
    total: sums,
    sort: "addedSize",
    raw: false,
    before: "a",
    now: "b",
    ...rest,
  };
}

test("diff has DevTools' columns, and says which kind of size they show", () => {
  const [table, raw] = [diffText(difference({ location: "a.js:1" })).split("\n"), diffText(difference({}, { raw: true }))];
  expect(table.slice(0, 4)).toEqual([
    "#  type     new  deleted  delta  alloc. size  freed size  size delta  defined at",
    "1  Session   25        1    +24       1.0 kB        40 B      +960 B  a.js:1",
    "",
    "25 new and 1 deleted in b since a, +960 B · 2 more types (--limit 0) · V8's own: 1 type +3, -40 B (--internals)",
  ]);
  expect(table[4]).toContain("as DevTools shows them");
  expect(raw).toContain("sizes as V8 wrote them");
  expect(raw).not.toContain("defined at");
  expect(diffText(difference({}, { rows: [], omitted: 0 }))).toBe(
    "nothing new or deleted in b since a · V8's own: 1 type +3, -40 B (--internals)",
  );
});

test("common shows both kinds of size, and a raw count only the one it has", () => {
  const result: CommonResult = {
    rows: [
      { type: "Map", location: undefined, classKey: undefined, count: 2, shallow: 41_376, rawSize: 624, retained: 50_000, share: 0.5 },
    ],
    omitted: 0,
    internal: { rows: 0, count: 0, shallow: 0 },
    total: { count: 2, shallow: 41_376 },
    sort: "count",
    raw: false,
  };
  const [both, raw] = [
    commonText(result).split("\n"),
    commonText({ ...result, rows: [{ ...result.rows[0], shallow: 624, retained: undefined }] as CommonRow[], raw: true }).split("\n"),
  ];
  expect(both.slice(0, 2)).toEqual([
    "#  type  count  shallow  raw size  retained  of heap",
    "1  Map       2    41 kB     624 B     50 kB     50 %",
  ]);
  expect(both.at(-1)).toMatch(/^shallow sizes as DevTools shows them .*; raw sizes as V8 wrote them/);
  expect(raw.slice(0, 2)).toEqual(["#  type  count  raw size  of heap", "1  Map       2     624 B     50 %"]);
  expect(raw.at(-1)).toMatch(/^sizes as V8 wrote them/);
});

test("growth says so when nothing grew, and what it compared with", () => {
  expect(growthText(round({ rows: [], heapDelta: 0 }))).toBe("round 4   heap 218 MB  0 B\nnothing grew beyond the highest count so far");
  expect(growthText(round({ rows: [], baseline: "previous" }))).toContain("beyond the round before");
  expect(growthText(round({ round: 1, rows: [] }))).toBe("round 1   heap 218 MB   baseline taken");
});

function step(part: Partial<PathStep>): PathStep {
  return { label: { kind: "property", name: "store" }, object: object({}), folded: 0, ...part };
}

function path(steps: readonly PathStep[], part: Partial<RetainingPath> = {}): RetainingPath {
  return {
    root: { kind: "module", name: "module scope of lib/a.js", object: object({ retainedSize: 31_000_000 }) },
    steps,
    alike: 1,
    ...part,
  };
}

function result(part: Partial<PathResult>): PathResult {
  return { target: object({ id: 771_203 }), paths: [], outcome: "found", more: 0, backPointers: 0, ...part };
}

test("a path is an indented chain that ends in the object", () => {
  const steps = [
    step({ object: object({ id: 40_211, title: "SessionStore" }) }),
    step({
      label: { kind: "property", name: "byId" },
      object: object({ id: 40_213, title: "Map", kind: "collection", preview: "48,210 entries", retainedSize: 31_000_000 }),
    }),
    step({ label: { kind: "map value", key: { kind: "number", text: "17203" } }, object: object({ id: 771_203 }) }),
  ];
  expect(pathText(result({ paths: [path(steps)], more: 2 }))).toBe(
    [
      "Session @771203 is alive because",
      "  module scope of lib/a.js, 31.0 MB retained",
      "  └ .store  SessionStore @40211",
      "    └ .byId  Map @40213, 48,210 entries, 31.0 MB retained",
      "      └ .get(17203)  Session @771203",
      "2 more holders (--all 3)",
    ].join("\n"),
  );
});

test("what was not found is said, with the condition", () => {
  expect(pathText(result({ outcome: "unreachable" }))).toContain("only by weak references");
  expect(pathText({ ...result({ outcome: "not found" }), condition: "Socket" })).toBe("no path to Session @771203 meets Socket");
  expect(pathText({ ...result({ outcome: "depth limit" }), condition: "Socket" })).toContain("--max-depth");
});

test("folded steps and alike holders are counted", () => {
  const text = pathText(result({ paths: [path([step({}), step({ folded: 998 })], { alike: 1500 })] }));
  expect(text).toContain("└ … 998 more steps alike");
  expect(text).toContain("(1,500 alike holders, one shown)");
});

test("nothing from a heap reaches the terminal raw", () => {
  const evil = `${ESC}[31mred${ESC}]0;title\u0007\u202e`;
  const texts = [
    objectText(object({ title: evil, kind: "collection", preview: evil })),
    growthText(round({ rows: [row({ type: evil })] })),
    commonText({
      rows: [{ type: evil, location: evil, classKey: evil, count: 1, shallow: 1, rawSize: 1, retained: 1, share: 0.5 }],
      omitted: 0,
      internal: { rows: 0, count: 0, shallow: 0 },
      total: { count: 1, shallow: 1 },
      sort: "count",
      raw: false,
    }),
    listText({ type: evil, count: 1, objects: [{ ...object({ title: evil, preview: evil }), since: undefined }], omitted: 0 }),
    newText({
      rows: [{ type: evil, before: 0, now: 1, added: 1, removed: 0, bytes: 8, ids: [1] }],
      omitted: 0,
      added: 1,
      removed: 0,
      raw: false,
      before: evil,
      now: evil,
    }),
    diffText(difference({ type: evil, location: evil }, { before: evil, now: evil })),
    pathText(result({ target: object({ title: evil }), paths: [path([step({ label: { kind: "property", name: evil } })])] })),
    huntsText(
      [{ key: "1-2", pid: 1, command: evil, state: "alive", current: true, snapshots: 1, bytes: 1, lastUsed: "2026-01-01T00:00:00Z" }],
      "/x",
    ),
    processesText(
      [
        {
          pid: 1,
          upSeconds: 1,
          rssBytes: 1,
          nodeVersion: "v20.0.0",
          inspector: undefined,
          attachable: { ok: true, how: "signal" },
          netNamespace: "same",
          command: evil,
        },
      ],
      200,
    ),
  ];
  for (const text of texts) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text).toContain("red");
  }
});

test("ps says why a process cannot be attached to, and what to do", () => {
  const base = {
    upSeconds: 266_400,
    rssBytes: 812e6,
    nodeVersion: "v22.1.0",
    inspector: undefined,
    netNamespace: "same",
    command: "node server.js",
  } as const;
  const text = processesText(
    [
      { ...base, pid: 4242, attachable: { ok: true, how: "signal" } },
      {
        ...base,
        pid: 5001,
        inspector: { host: "127.0.0.1", port: 9230 },
        attachable: { ok: true, how: "open" },
        workers: [{ threadId: 2, name: "a\nb", file: undefined, heapUsed: 5.1e6 }],
      },
      { ...base, pid: 5177, attachable: { ok: false, why: "own SIGUSR1 handler", hint: "start it with --inspect" } },
    ],
    120,
  );
  expect(text.split("\n").map((line) => line.replace(/ {2,}/g, "  "))).toEqual([
    " PID  UP  RSS  NODE  INSPECTOR  COMMAND",
    "4242  3d 2h  812 MB  v22.1.0  closed, can be opened  node server.js",
    "5001  3d 2h  812 MB  v22.1.0  127.0.0.1:9230  node server.js",
    '  /2  heap 5.1 MB  worker 2 "a\\nb"  (a script given as text)',
    "5177  3d 2h  812 MB  v22.1.0  no: own SIGUSR1 handler (start it with --inspect)  node server.js",
    "",
    "worker threads of 2 processes are not known: `leakhunt threads <pid>` attaches and asks",
  ]);
});

test("attach and the price of a snapshot are one line each", () => {
  const value = {
    pid: 4242,
    nodeVersion: "v20.20.2",
    command: "node server.js",
    host: "127.0.0.1",
    port: 9229,
    openedByUs: true,
    shared: false,
    heapUsed: 214e6,
  };
  expect(attachedText(value)).toBe("attached to 4242 (node v20.20.2, node server.js, heap 214 MB) at 127.0.0.1:9229, opened by leakhunt");
  expect(attachedText({ ...value, shared: true })).toContain("through the leakhunt that holds it");
  const cost = { pauseMs: 9000, extraBytes: 1.6e9, fileBytes: 4e8, freeBytes: 3.1e9, limit: "cgroup", fits: true } as const;
  expect(costText(cost)).toBe(
    "a snapshot will stop it for about 9 s (less with snapshot --no-numbers) and take up to 1.6 GB of memory (free under its limit: 3.1 GB); the file will be about 400 MB",
  );
  expect(costText(cost, false)).toContain("for about 9 s and take");
  expect(costText({ ...cost, pauseMs: 4000 })).toContain("for about 4 s and take");
});

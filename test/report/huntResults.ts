// Hand-made results of hunts for the tests of what a hunt says: a leak with three suspects, none, undecided, and growth
// outside the heap. Figures and names are like those of real hunts.

import type { Counters, HuntResult, HuntRound, Suspect } from "../../src/analysis/hunt/result.ts";
import type { PathStep, RetainingPath } from "../../src/analysis/paths.ts";
import type { ObjectSummary } from "../../src/analysis/summary.ts";
import type { HoldLabel, NodeKind } from "../../src/graph/labels.ts";

export function object(id: number, type: string, kind: NodeKind, more: Partial<ObjectSummary> = {}): ObjectSummary {
  return {
    id,
    type,
    kind,
    title: type,
    preview: undefined,
    location: undefined,
    place: undefined,
    shallowSize: 40,
    retainedSize: 120,
    distance: 5,
    ...more,
  };
}

const step = (label: HoldLabel, held: ObjectSummary, folded = 0): PathStep => ({ label, object: held, folded });
const path = (name: string, kind: RetainingPath["root"]["kind"], steps: readonly PathStep[], alike = 1): RetainingPath => ({
  root: { kind, name, object: undefined },
  steps,
  alike,
});

export function rounds(count: number, heap: number, gain: number, objects: number, more: number): HuntRound[] {
  return Array.from({ length: count }, (_, i) => ({
    round: i + 1,
    seconds: i * 10.4,
    snapshot: `snapshot ${i + 1}`,
    pauseMs: 412 + 13 * i,
    heapBytes: heap + i * gain,
    objects: objects + i * more,
  }));
}

/** A reading a second; the heap goes up and down between collections. */
export function counters(seconds: number, gain: { rss: number; heap: number }): Counters[] {
  return Array.from({ length: seconds + 1 }, (_, i) => ({
    seconds: i,
    rss: 141e6 + i * gain.rss + (i % 7) * 0.9e6,
    heapUsed: 41.4e6 + i * gain.heap + (i % 5) * 1.6e6,
    heapTotal: 71e6 + i * gain.heap,
    external: 4.1e6 + (i % 11) * 9e4,
    arrayBuffers: 1.2e6,
    handles: 38 + (i % 4),
  }));
}

const map = object(22_301, "Map", "collection", { preview: "17,203 entries", retainedSize: 21_400_000 });
const session = object(391_223, "Session", "object", { preview: "{id, user, cart, …}", location: "lib/session-store.js:17" });

export const sessions: Suspect = {
  number: 1,
  fingerprint: "map:SessionStore.byId>Session",
  kind: "map",
  type: "Session",
  location: "lib/session-store.js:17",
  measure: "objects",
  series: [6784, 8874, 10_964, 13_055, 15_146, 17_203],
  grewIn: 5,
  of: 5,
  objects: 10_419,
  bytes: 2_686_000,
  objectsPerSecond: 200.4,
  bytesPerSecond: 51_650,
  objectsPerRun: undefined,
  share: 0.92,
  holder: { name: "SessionStore.byId", object: map, location: "lib/session-store.js:12", package: undefined, alike: 1 },
  gathers: [
    { type: "Session", location: "lib/session-store.js:17", count: 17_203, delta: 10_419, bytesDelta: 500_112 },
    { type: "Cart", location: "lib/cart.js:4", count: 17_203, delta: 10_419, bytesDelta: 416_760 },
    { type: "Array", location: undefined, count: 17_410, delta: 10_421, bytesDelta: 333_408 },
    { type: "(string)", location: undefined, count: 61_112, delta: 31_260, bytesDelta: 1_250_400 },
  ],
  path: path("module scope of lib/session-store.js", "module", [
    step({ kind: "variable", name: "store" }, object(22_299, "SessionStore", "object", { retainedSize: 21_400_100 })),
    step({ kind: "property", name: "byId" }, map),
    step({ kind: "map value", key: { kind: "string", text: "s-8f21c07e" } }, session),
  ]),
  example: session,
  alsoHeldBy: ["audit.recent"],
  where: [
    { role: "class", name: "Session", location: "lib/session-store.js:17", package: undefined },
    { role: "holder", name: "SessionStore", location: "lib/session-store.js:12", package: undefined },
    { role: "function", name: "openSession()", location: "lib/session-store.js:31", package: undefined },
  ],
  allocatedAt: [
    {
      frames: [
        { name: "open", location: "lib/session-store.js:21", place: { url: "file:///app.js", line: 21, column: 1 } },
        { name: "handle", location: "server.js:48", place: { url: "file:///app.js", line: 48, column: 1 } },
        { name: "parserOnIncoming", location: "node:_http_server:1140", place: { url: "file:///app.js", line: 1140, column: 1 } },
      ],
      bytes: 2_412_000,
    },
  ],
  advice:
    "Delete from SessionStore.byId on every way out (end, error, timeout), or give it a bound: an LRU cache with a maximum, or entries that expire.",
  picture: "report-1.png",
};

const listener = object(401_007, "onTick()", "function", { location: "lib/feed.js:40", retainedSize: 104 });

export const listeners: Suspect = {
  number: 2,
  fingerprint: 'listener:feed.on("tick")',
  kind: "listener",
  type: "onTick()",
  location: "lib/feed.js:40",
  measure: "objects",
  series: [120, 131, 142, 153, 164, 175],
  grewIn: 5,
  of: 5,
  objects: 55,
  bytes: 121_000,
  objectsPerSecond: 1.06,
  bytesPerSecond: 2327,
  objectsPerRun: 11,
  share: 0.041,
  holder: {
    name: 'feed.on("tick")',
    object: object(30_001, "EventEmitter", "object", { preview: "{_events, _maxListeners}", retainedSize: 391_000 }),
    location: "node_modules/price-feed/index.js:9",
    package: "price-feed@2.1.0",
    alike: 1,
  },
  gathers: [
    { type: "onTick()", location: "lib/feed.js:40", count: 175, delta: 55, bytesDelta: 3520 },
    { type: "scope of subscribe()", location: undefined, count: 175, delta: 55, bytesDelta: 2640 },
    { type: "Subscription", location: "lib/feed.js:22", count: 175, delta: 55, bytesDelta: 114_840 },
  ],
  path: path("globalThis", "global", [
    step({ kind: "property", name: "feed" }, object(30_001, "EventEmitter", "object", { retainedSize: 391_000 })),
    step({ kind: "listener", in: "_events", name: "tick" }, listener),
  ]),
  example: listener,
  alsoHeldBy: [],
  where: [
    { role: "function", name: "onTick()", location: "lib/feed.js:40", package: undefined },
    { role: "module", name: "price-feed", location: "node_modules/price-feed/index.js:9", package: "price-feed@2.1.0" },
  ],
  allocatedAt: [],
  advice: 'Take the listener off feed.on("tick") when its owner is done: removeListener() with the same function, or once().',
  picture: undefined,
};

const tail = object(77_000, "Node", "object", { retainedSize: 900_000 });

export const log: Suspect = {
  number: 3,
  fingerprint: "buffer:AccessLog.pending",
  kind: "buffer",
  type: "ArrayBuffer",
  location: undefined,
  measure: "bytes",
  series: [1_048_576, 1_048_576, 1_114_112, 1_114_112, 1_179_648, 1_245_184],
  grewIn: 3,
  of: 5,
  objects: 0,
  bytes: 196_608,
  objectsPerSecond: 0,
  bytesPerSecond: 3781,
  objectsPerRun: undefined,
  share: 0.03,
  holder: { name: "AccessLog.pending", object: tail, location: "lib/log/access-log.ts:88", package: undefined, alike: 4 },
  gathers: [{ type: "ArrayBuffer", location: undefined, count: 4, delta: 0, bytesDelta: 196_608 }],
  path: path(
    "module scope of lib/log/access-log.ts",
    "module",
    [
      step({ kind: "variable", name: "queue" }, object(76_990, "AccessLog", "object", { retainedSize: 1_250_000 })),
      step({ kind: "property", name: "head" }, object(76_991, "Node", "object", { retainedSize: 1_249_000 })),
      step({ kind: "property", name: "next" }, tail, 1841),
      step({ kind: "property", name: "chunk" }, object(77_002, "Buffer", "object", { preview: "1,245,184 bytes" })),
      step({ kind: "internal", name: "backing_store" }, object(77_003, "ArrayBuffer", "native", { retainedSize: 1_245_184 })),
    ],
    4,
  ),
  example: undefined,
  alsoHeldBy: [],
  where: [],
  allocatedAt: [],
  advice: "Copy the part that is kept, Buffer.from(slice): a slice keeps the whole ArrayBuffer it was cut from.",
  picture: undefined,
};

export const leak: HuntResult = {
  verdict: "leak",
  conclusion: "Session objects gather in SessionStore.byId (Map, lib/session-store.js:12) and are never let go: 92 % of all growth.",
  stopped: "three rounds in a row named the same holder, and it grew in each of them",
  target: "4242 (node v20.20.2, server.mjs)",
  rounds: rounds(6, 41_200_000, 584_000, 512_000, 10_800),
  heap: { delta: 2_920_000, perSecond: 56_150 },
  suspects: [sessions, listeners, log],
  cleared: [
    { name: "templates (LRU)", type: "Template", series: [180, 231, 250, 250, 250, 250], why: "full" },
    { name: "queue.jobs", type: "Job", series: [12, 640, 8, 633, 11, 640], why: "falls back" },
    { name: "pool.idle", type: "Socket", series: [24, 24, 25, 24, 24, 24], why: "steady" },
    { name: "compiled code", type: "(compiled code)", series: [48_100, 48_900, 49_200, 49_300, 49_350, 49_360], why: "V8" },
  ],
  offHeap: { rss: 60_000, heap: 56_150, external: 900, arrayBuffers: 700, outside: 2950, grows: false, native: [] },
  counters: counters(53, { rss: 210_000, heap: 56_000 }),
  notes: ["the first round is a warm-up and does not count", "another debugger was attached in round 2"],
};

export const none: HuntResult = {
  ...leak,
  verdict: "no leak",
  conclusion: "No leak found: nothing but the template cache grew, and it reached its bound in round 3.",
  stopped: "the heap has been level for three rounds",
  rounds: rounds(5, 41_200_000, 1200, 512_000, 3),
  heap: { delta: 4800, perSecond: 115 },
  suspects: [],
  offHeap: undefined,
  counters: [],
  notes: [],
};

export const undecided: HuntResult = {
  ...leak,
  verdict: "undecided",
  conclusion: "Undecided: Job objects rose in 2 of 3 rounds, as a leak or a long batch would do.",
  stopped: "--rounds 4 was reached",
  target: "three files",
  rounds: rounds(4, 41_200_000, 90_000, 512_000, 300).map((round) => ({
    ...round,
    pauseMs: undefined,
    snapshot: `${round.round}.heapsnapshot`,
  })),
  heap: { delta: 270_000, perSecond: undefined },
  suspects: [{ ...sessions, objectsPerSecond: undefined, bytesPerSecond: undefined, grewIn: 2, of: 3, series: [100, 400, 380, 700] }],
  cleared: [{ name: "queue.jobs", type: "Job", series: [12, 640, 8, 633], why: "still open" }],
  offHeap: undefined,
  counters: [],
};

export const offHeap: HuntResult = {
  ...none,
  verdict: "leak",
  conclusion: "The process gains 38.1 MB/min outside its JavaScript heap, which is level.",
  stopped: "RSS rose in every round while the heap stayed level",
  cleared: [],
  offHeap: {
    rss: 640_000,
    heap: 120,
    external: 2100,
    arrayBuffers: 1900,
    outside: 635_000,
    grows: true,
    native: [
      { name: "zlib", bytes: 41_200_000, delta: 31_900_000 },
      { name: "SecureContext", bytes: 890_000, delta: 0 },
    ],
  },
  counters: counters(53, { rss: 640_000, heap: 40 }),
};

/** A result in which each text that can come from a program has been replaced. */
export function withTexts(result: HuntResult, replace: (text: string) => string): HuntResult {
  return replaceTexts(result, replace, "") as HuntResult;
}

/** Fields that hold words of ours; their values decide what is drawn. */
const OURS = new Set(["verdict", "kind", "measure", "why", "role"]);

function replaceTexts(value: unknown, replace: (text: string) => string, field: string): unknown {
  if (typeof value === "string") return OURS.has(field) ? value : replace(value);
  if (Array.isArray(value)) return value.map((item) => replaceTexts(item, replace, field));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaceTexts(inner, replace, key)]));
}

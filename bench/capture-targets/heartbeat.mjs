// What every target of the capture bench can do: measure its own pauses, and take a snapshot of itself when told.
// A beat every 5 ms; whatever keeps the next one waiting is a gap, told in nanoseconds of the monotonic clock, which
// all processes of a machine share. Talks with the bench over the IPC channel, so that no inspector is needed for it.
import inspector from "node:inspector";
import { createRequire } from "node:module";
import v8 from "node:v8";

const BEAT_MS = 5;
/** Shorter gaps are the machine's, not a snapshot's. */
const GAP_NS = 20_000_000n;

let last = process.hrtime.bigint();
let gaps = [];

function beat() {
  const now = process.hrtime.bigint();
  if (now - last > GAP_NS) gaps.push([last, now]);
  last = now;
}

/** memlab has no way into another process: its function runs in the process that it looks at, so it is loaded here. */
const memlab = process.env.BENCH_MEMLAB ? createRequire(import.meta.url)("@memlab/core") : undefined;

const orders = {
  begin() {
    gaps = [];
    last = process.hrtime.bigint();
  },
  openInspector() {
    inspector.open(0, "127.0.0.1");
    return inspector.url();
  },
  writeHeapSnapshot: (path) => v8.writeHeapSnapshot(path),
  memlab: () => memlab.dumpNodeHeapSnapshot(),
  gaps() {
    beat();
    return gaps.map(([from, to]) => [String(from), String(to)]);
  },
};

/** Says that the heap is filled and begins to beat; `keep` is what fills it. */
export function ready(keep) {
  globalThis.kept = keep;
  globalThis.gc?.();
  setInterval(beat, BEAT_MS);
  process.on("message", ({ order, value }) => process.send({ order, value: orders[order](value) }));
  process.send({ order: "ready", value: process.memoryUsage().heapUsed });
}

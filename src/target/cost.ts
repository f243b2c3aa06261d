// What a snapshot will cost the target, in words the person can weigh before it happens. The figures were measured
// on Node 18 to 26 (docs/architecture.md); a previous capture of the same target is always the better guide.
import { freeMemoryFor } from "./limits.ts";
import type { CaptureCost, PreviousCapture } from "./target.ts";

const HEAP_BYTES_PER_NODE = 50;
/** 3.6 to 8.2 µs of processor time per node were measured; the upper end, because a pause is announced as "up to". */
const MS_PER_NODE = 0.0082;
/** 8 to 15 times the used heap were measured; small objects cost most. */
const EXTRA_PER_HEAP_BYTE = 15;
/** 1.3 times for a small program, 3.3 for a heap of small objects with numbers (each number is written as a node). */
const FILE_PER_HEAP_BYTE = 3.3;
/** Measured against the JSON: 5 to 7.5 times. */
const EXTRA_PER_FILE_BYTE = 7.5;

/** Pure but for reading the limits of the machine. `pid` undefined: a target elsewhere, whose limits nobody knows. */
export function captureCost(pid: number | undefined, heapUsed: number, previous?: PreviousCapture): CaptureCost {
  const worst = fromHeap(heapUsed);
  const estimate =
    previous === undefined || previous.heapUsed <= 0 ? worst : scaled(heapUsed / previous.heapUsed, previous, worst.extraBytes);
  const free = freeMemoryFor(pid);
  return { ...estimate, freeBytes: free.bytes, limit: free.limit, fits: estimate.extraBytes <= free.bytes };
}

function fromHeap(heapUsed: number): Pick<CaptureCost, "pauseMs" | "extraBytes" | "fileBytes"> {
  return {
    pauseMs: Math.round((heapUsed / HEAP_BYTES_PER_NODE) * MS_PER_NODE),
    extraBytes: Math.round(heapUsed * EXTRA_PER_HEAP_BYTE),
    fileBytes: Math.round(heapUsed * FILE_PER_HEAP_BYTE),
  };
}

function scaled(growth: number, previous: PreviousCapture, worst: number): Pick<CaptureCost, "pauseMs" | "extraBytes" | "fileBytes"> {
  const fileBytes = Math.round(previous.fileBytes * growth);
  return {
    pauseMs: Math.round(previous.pauseMs * growth),
    extraBytes: Math.min(worst, Math.round(fileBytes * EXTRA_PER_FILE_BYTE)),
    fileBytes,
  };
}

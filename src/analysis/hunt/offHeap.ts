// Growth that no snapshot shows. The memory of a process is V8's heap, what JavaScript objects own outside of it (array
// buffers, native parts: `external`), and the rest: native libraries, threads, and what the allocator keeps. If the rest
// rises while the heap does not, accusing an object would be wrong.
//
// Snapshots disturb the measure: V8 builds its graph in the same memory and gives it back later, so the rest jumps up with
// each of them, then falls or stays. So it is read between snapshots only, as the rise within each quiet stretch.

import type { Counters, OffHeap } from "./result.ts";

/** Readings without a snapshot in between. */
export type Stretch = readonly Counters[];

/** A stretch needs so many readings and seconds to tell a slope from noise. */
const LEAST_READINGS = 4;
const LEAST_SECONDS = 2.5;
/** The rest must rise by this much in all, and in most stretches, to be a finding. */
const LEAST_RISE = 2_000_000;
const LEAST_RATE = 30_000;
const MOST = 2 / 3;

/**
 * How fast the parts of the process's memory rise, in bytes per second: medians over the quiet stretches. Undefined without
 * any stretch that is long enough.
 */
export function judgeOffHeap(stretches: readonly Stretch[], native: OffHeap["native"]): OffHeap | undefined {
  const usable = stretches.filter((stretch) => stretch.length >= LEAST_READINGS && secondsOf(stretch) >= LEAST_SECONDS);
  if (usable.length === 0) return undefined;
  const rate = (of: (reading: Counters) => number): number => median(usable.map((stretch) => slope(stretch, of)));
  const outsideOf = ({ rss, heapTotal, external }: Counters): number => rss - heapTotal - external;
  const outside = rate(outsideOf);
  const rising = usable.filter((stretch) => isRising(stretch, outsideOf)).length;
  const total = usable.reduce((sum, stretch) => sum + Math.max(0, slope(stretch, outsideOf)) * secondsOf(stretch), 0);
  return {
    rss: rate(({ rss }) => rss),
    heap: rate(({ heapUsed }) => heapUsed),
    external: rate(({ external }) => external),
    arrayBuffers: rate(({ arrayBuffers }) => arrayBuffers),
    outside,
    grows: outside >= LEAST_RATE && total >= LEAST_RISE && rising >= Math.max(1, MOST * usable.length),
    native,
  };
}

function secondsOf(stretch: Stretch): number {
  return (stretch.at(-1) as Counters).seconds - (stretch[0] as Counters).seconds;
}

/** The median slope of all pairs of readings (Theil and Sen): one jump does not bend it. */
function slope(stretch: Stretch, of: (reading: Counters) => number): number {
  const slopes: number[] = [];
  for (let i = 0; i < stretch.length; i++) {
    for (let j = i + 1; j < stretch.length; j++) {
      const [a, b] = [stretch[i] as Counters, stretch[j] as Counters];
      if (b.seconds > a.seconds) slopes.push((of(b) - of(a)) / (b.seconds - a.seconds));
    }
  }
  return median(slopes);
}

/** Whether most steps go up, and the end is clearly above the beginning. */
function isRising(stretch: Stretch, of: (reading: Counters) => number): boolean {
  const values = stretch.map(of);
  let ups = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[i - 1] as number)) ups++;
  return ups >= MOST * (values.length - 1) && slope(stretch, of) >= LEAST_RATE;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? (sorted[at] as number) : ((sorted[at - 1] as number) + (sorted[at] as number)) / 2;
}

// Growth that no snapshot shows. The memory of a process is V8's heap, what JavaScript objects own outside of it (array
// buffers, native parts: `external`), and the rest: native libraries, threads, and what the allocator keeps. If the rest
// rises while the heap does not, accusing an object would be wrong.
//
// Snapshots disturb the measure: V8 builds its graph in the same memory and then leaves it to the allocator, which fills the
// holes first. A process that leaks natively by 1.6 MB/s shows a flat RSS for half a minute after a snapshot of its 4 MB
// heap, then each further snapshot lifts it by what was leaked meanwhile (measured on glibc). So two things are looked at:
// the slope before the first snapshot, and whether the level right after each snapshot goes on rising at that pace.

import type { Counters, OffHeap } from "./result.ts";

/** Readings without a snapshot in between. */
export type Stretch = readonly Counters[];

/** A stretch needs so many readings and seconds to tell a slope from noise. */
const LEAST_READINGS = 4;
const LEAST_SECONDS = 2.5;
/** The rest must rise by this much, this fast, and in most steps, to be a finding. */
const LEAST_RISE = 1_000_000;
const LEAST_RATE = 100_000;
const MOST_STEPS = 0.75;
/** A growing heap brings native memory along, V8's books about its pages: below this part of what the heap takes it is that. */
const BOOKKEEPING = 0.25;
/** Part of the first pace that the levels must keep from each snapshot to the next. */
const KEPT_PACE = 0.4;
/** What the allocator keeps of a snapshot becomes less from one to the next; a leak gains as much in the last gap, nearly. */
const LASTING = 0.6;
/** Part of what cannot be explained that the whole process must gain: V8 gives pages back that stay with the process. */
const OF_RSS = 0.5;

/**
 * How fast the parts of the process's memory rise, in bytes per second. The first stretch is before any snapshot, each of
 * the others follows one. Undefined without a stretch that is long enough.
 */
export function judgeOffHeap(stretches: readonly Stretch[], native: OffHeap["native"]): OffHeap | undefined {
  const usable = stretches.filter((stretch) => stretch.length >= LEAST_READINGS && secondsOf(stretch) >= LEAST_SECONDS);
  const [before, ...after] = stretches;
  if (usable.length === 0 || before === undefined) return undefined;
  const rate = (of: (reading: Counters) => number): number => median(usable.map((stretch) => slope(stretch, of)));
  const isCalm = usable[0] === before;
  const outside = isCalm ? slope(before, outsideOf) : 0;
  return {
    rss: isCalm ? slope(before, ({ rss }) => rss) : 0,
    heap: rate(({ heapUsed }) => heapUsed),
    external: rate(({ external }) => external),
    arrayBuffers: rate(({ arrayBuffers }) => arrayBuffers),
    outside,
    grows: isCalm && isRising(before) && keepsPace(after, outside),
    native,
  };
}

function outsideOf({ rss, heapTotal, external }: Counters): number {
  return rss - heapTotal - external;
}

/** Whether the rest rises in most steps, and enough. */
function isRising(stretch: Stretch): boolean {
  const values = stretch.map(outsideOf);
  let ups = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[i - 1] as number)) ups++;
  const pace = slope(stretch, outsideOf);
  if (pace < BOOKKEEPING * slope(stretch, ({ heapTotal }) => heapTotal)) return false;
  if (risenRss(stretch) < OF_RSS * pace * secondsOf(stretch)) return false;
  return ups >= MOST_STEPS * (values.length - 1) && pace >= LEAST_RATE && pace * secondsOf(stretch) >= LEAST_RISE;
}

/**
 * What the whole process gained from the lowest reading of the first third to the lowest of the last: V8 commits pages that it
 * does not touch yet and keeps others, so what is left of a reading without the heap goes up and down with the heap.
 */
function risenRss(stretch: Stretch): number {
  const third = Math.max(1, Math.floor(stretch.length / 3));
  const lowest = (part: Stretch): number => Math.min(...part.map(({ rss }) => rss));
  return lowest(stretch.slice(-third)) - lowest(stretch.slice(0, third));
}

/** Whether the levels after the snapshots, from the first snapshot on, rise about as fast as the rest did before. */
function keepsPace(after: readonly Stretch[], pace: number): boolean {
  const levels = after.flatMap(([first]) => (first ? [first] : []));
  const [first] = levels;
  const last = levels.at(-1);
  if (!first || !last || levels.length < 2) return false;
  const gained = outsideOf(last) - outsideOf(first);
  if (gained < LEAST_RISE || last.rss - first.rss < OF_RSS * gained) return false;
  if (gained < BOOKKEEPING * (last.heapTotal - first.heapTotal)) return false;
  const rates = levels.slice(1).map((level, i) => {
    const before = levels[i] as Counters;
    return (outsideOf(level) - outsideOf(before)) / (level.seconds - before.seconds);
  });
  return rates.every((rate) => rate >= KEPT_PACE * pace) && (rates.at(-1) as number) >= LASTING * (rates[0] as number);
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

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? (sorted[at] as number) : ((sorted[at - 1] as number) + (sorted[at] as number)) / 2;
}

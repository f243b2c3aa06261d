// The rules by which a series grows with the runs of a test, and not just with time, with our looking, or until something is full.

/** Fewer objects per run than this are no growth with the runs, but something that comes now and then. */
export const LEAST_RATE = 0.2;
/** How far a round may fall behind the common rate. */
export const SLACK = 0.5;
/** Bytes that an old object must gain: per run, and in all. */
const LEAST_GAIN = { perRun: 2, all: 256 };

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Survivors per run. The last round is left out: what is only on its way is still among its survivors. */
export function rateOf(counts: readonly number[], runs: readonly number[]): number {
  return sum(counts.slice(0, -1)) / sum(runs.slice(0, -1));
}

/**
 * Whether survivors come with the runs: in every round about as many per run, and more in longer rounds. What comes once a round
 * (with our snapshots, or with time) does not rise with the runs; what fills up stops, and what is replaced leaves early
 * rounds empty.
 */
export function growsWithRuns(counts: readonly number[], runs: readonly number[]): boolean {
  const rate = rateOf(counts, runs);
  if (rate < LEAST_RATE) return false;
  if (counts.some((count, i) => count < Math.max(1, Math.floor(SLACK * rate * (runs[i] as number))))) return false;
  return new Set(runs).size === 1 || slopeOf(counts, runs) >= SLACK * rate;
}

/** Slope of the least-squares line through (runs, counts). */
function slopeOf(counts: readonly number[], runs: readonly number[]): number {
  const meanRuns = sum(runs) / runs.length;
  const meanCount = sum(counts) / counts.length;
  const over = sum(runs.map((n, i) => (n - meanRuns) * ((counts[i] as number) - meanCount)));
  return over / sum(runs.map((n) => (n - meanRuns) ** 2));
}

/** Sizes after each round, the baseline first. Tables grow by leaps, so not in every round, but in both halves of the runs. */
export function swells(series: readonly number[], runs: readonly number[]): boolean {
  const [first = 0] = series;
  const last = series.at(-1) as number;
  const all = sum(runs);
  if (last - first < Math.max(LEAST_GAIN.all, LEAST_GAIN.perRun * all)) return false;
  if (series.some((size, i) => i > 0 && size < (series[i - 1] as number))) return false;
  let done = 0;
  const middle = series.find((_, i) => {
    done += i === 0 ? 0 : (runs[i - 1] as number);
    return done * 2 >= all;
  }) as number;
  return middle > first && last > middle;
}

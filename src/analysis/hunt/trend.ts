// Does a series of counts grow without end? A leak gains in every window between two rounds, and what it gained earlier
// is still there. A cache that fills stops; a batch or a request in flight goes, and others come. Two kinds of evidence
// decide: the counts of all rounds, and, where object ids can be compared, how many of the objects that are there now
// were first seen in which window (V8 counts its ids upwards, so the highest id of each round tells).

export type TrendKind =
  | "grows"
  /** It may grow: more rounds would tell. */
  | "still open"
  | "steady"
  /** What was there before has gone, others came. */
  | "replaced"
  /** It grew, and stopped. */
  | "full"
  | "falls back"
  | "too little";

export interface Evidence {
  /** One value a round, oldest first. */
  readonly values: readonly number[];
  /** When the rounds were, in seconds; undefined when nobody knows. */
  readonly seconds?: readonly number[] | undefined;
  /**
   * Of what is there in the last round, how much was first seen in round i (0: in the first round or before it). Undefined
   * when ids cannot be compared.
   */
  readonly born?: readonly number[] | undefined;
  /** Less than this in all is not worth a word. */
  readonly least: number;
}

export interface Trend {
  readonly kind: TrendKind;
  /** Windows in which it grew, of those there were. */
  readonly grewIn: number;
  readonly of: number;
}

/** A window counts as growth when it gained this part of what windows usually gain. */
const PART = 0.25;
/** Of the windows, so many must be growth. */
const MOST = 0.8;
/** From this gain a window on, a window without gain is no accident. */
const PLENTY = 20;

/** @returns what the series looks like; "still open" with fewer than three rounds. */
export function judgeTrend({ values, seconds, born, least }: Evidence): Trend {
  const of = values.length - 1;
  const first = values[0] ?? 0;
  const last = values[of] ?? 0;
  const gains = gainsOf(values, seconds);
  const grewIn = gains.filter((gain) => gain > 0).length;
  const say = (kind: TrendKind): Trend => ({ kind, grewIn, of });
  const highest = Math.max(...values);
  if (last - first < least) {
    if (highest - Math.max(first, last) >= least) return say("falls back");
    if (born && of >= 2 && (born[of] ?? 0) >= least && sum(born, 1, of) < (born[of] ?? 0) / 2) return say("replaced");
    return say(highest - first >= least ? "falls back" : last > first ? "too little" : "steady");
  }
  if (of < 2) return say("still open");
  const most = Math.max(...gains);
  if (gains.some((gain) => gain < -0.5 * most)) return say("falls back");
  if (born && !lasts(values, born)) return say("replaced");
  if (gains.some((gain) => gain < -0.3 * most)) return say(born ? "still open" : "falls back");
  const usual = median(gains.filter((gain) => gain > 0));
  const now = gains[of - 1] as number;
  if (now < PART * usual) return say(isFull(gains, usual) ? "full" : "still open");
  if (slowsDown(gains)) return say("still open");
  const growing = gains.filter((gain) => gain >= PART * usual).length;
  return say(growing >= Math.ceil(MOST * of) ? "grows" : "still open");
}

/** What each window gained, as if all windows were equally long. */
function gainsOf(values: readonly number[], seconds: readonly number[] | undefined): number[] {
  const gains: number[] = [];
  const windows = values.length - 1;
  const span = seconds ? (seconds[windows] as number) - (seconds[0] as number) : 0;
  for (let i = 1; i <= windows; i++) {
    const gain = (values[i] as number) - (values[i - 1] as number);
    const took = seconds && span > 0 ? ((seconds[i] as number) - (seconds[i - 1] as number)) / (span / windows) : 1;
    gains.push(took > 0 ? gain / took : gain);
  }
  return gains;
}

/** Whether what came in earlier windows is still there, from each of them. */
function lasts(values: readonly number[], born: readonly number[]): boolean {
  const of = values.length - 1;
  const earlier = sum(born, 1, of);
  const gained = (values[of - 1] as number) - (values[0] as number);
  if (earlier < gained / 2) return false;
  // From the first window on: a wave that began lately is not known to last.
  return earlier >= (born[of] ?? 0) * PART && windowsWith(born, PART * (earlier / (of - 1))) >= Math.ceil(MOST * (of - 1));
}

function windowsWith(born: readonly number[], least: number): number {
  let count = 0;
  for (let i = 1; i < born.length - 1; i++) if ((born[i] as number) > 0 && (born[i] as number) >= least) count++;
  return count;
}

/** The last window gained next to nothing: by accident only if windows gain little, or if it is the first such window. */
function isFull(gains: readonly number[], usual: number): boolean {
  const quiet = gains.filter((_, i) => i >= gains.length - 2 && (gains[i] as number) < 0.1 * usual).length;
  return quiet === 2 || (quiet === 1 && usual >= PLENTY && gains.length >= 2);
}

/** Each window gained clearly less than the one before: it may be filling up. */
function slowsDown(gains: readonly number[]): boolean {
  if (gains.length < 3) return false;
  for (let i = 1; i < gains.length; i++) if ((gains[i] as number) > 0.8 * (gains[i - 1] as number)) return false;
  return true;
}

/**
 * The same for bytes of a steady number of objects. Tables and arrays grow in jumps, so a window may gain nothing; but
 * they must never shrink, and must have grown more than once.
 */
export function judgeBytes({ values, least }: Pick<Evidence, "values" | "least">): Trend {
  const of = values.length - 1;
  const gains = gainsOf(values, undefined);
  const ups = gains.filter((gain) => gain > 0);
  // One jump and then a trickle is a jump: what counts is a part of what windows with a gain gain.
  const isGrowth = (gain: number): boolean => gain > 0 && gain >= (PART * sum(ups, 0, ups.length)) / ups.length;
  const grewIn = gains.filter(isGrowth).length;
  const total = (values[of] ?? 0) - (values[0] ?? 0);
  const kind = (): TrendKind => {
    if (total < least) return Math.max(...values) - (values[0] ?? 0) >= least ? "falls back" : total > 0 ? "too little" : "steady";
    // Two windows prove little here: tables of a program that warms up grow in jumps as well.
    if (of < 3) return "still open";
    if (gains.some((gain) => gain < -0.05 * total)) return "falls back";
    const later = gains.slice(Math.floor(of / 2)).filter(isGrowth).length;
    if (later === 0) return "full";
    // Two jumps and a rest: what fills up ends like that as well.
    if (grewIn < 3 && !isGrowth(gains[of - 1] as number)) return "still open";
    return grewIn >= Math.max(2, Math.ceil(of / 2)) ? "grows" : "still open";
  };
  return { kind: kind(), grewIn, of };
}

function sum(values: readonly number[], from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i++) total += values[i] ?? 0;
  return total;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

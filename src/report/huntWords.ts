// The words of a hunt that the terminal and the page share: what a kind of suspect is called, what to do about it, how
// fast something grows, why something is not accused. Names in the results are heap text, not yet escaped.

import type { Cleared, HuntVerdict, OffHeap, Suspect, SuspectKind } from "../analysis/hunt/result.ts";
import { clip } from "./escape.ts";
import { formatByteRate, formatCount, formatNoun, formatPercent, formatRate, formatSignedBytes, formatSignedCount } from "./units.ts";

const VERDICT_WORDS: Readonly<Record<HuntVerdict, string>> = {
  leak: "leak found",
  "no leak": "no leak found",
  undecided: "undecided",
};

/** `leak found`, `no leak found`, `undecided`. */
export function verdictWords(verdict: HuntVerdict): string {
  return VERDICT_WORDS[verdict];
}

const KIND_WORDS: Readonly<Record<SuspectKind, string>> = {
  map: "a Map that is only added to",
  set: "a Set that is only added to",
  array: "an array that is only added to",
  dictionary: "an object whose keys only get more",
  listener: "listeners that nobody removes",
  timer: "timers that nobody clears",
  promise: "a promise that does not settle",
  "async context": "an async context that outlives its work",
  list: "a linked list that only gets longer",
  "closure chain": "closures that keep a shared scope",
  "weak map": "a WeakMap whose keys stay alive",
  "module cache": "modules loaded again and again",
  handle: "handles that nobody closes",
  buffer: "buffers that keep more and more memory",
  text: "text that only gets longer",
  code: "code compiled again and again",
  object: "an object that keeps more and more",
};

/** What a suspect is, in a few words: `a Map that is only added to`. */
export function kindWords(kind: SuspectKind): string {
  return KIND_WORDS[kind];
}

/** `it` stands for the holder, by name where there is one. */
const ADVICE: Readonly<Record<SuspectKind, (it: string) => string>> = {
  map: (it) =>
    `Delete from ${it} on every way out (end, error, timeout), or give it a bound: an LRU cache with a maximum, or entries that expire.`,
  set: (it) => `Delete from ${it} on every way out (end, error, timeout); where it only answers whether an object was seen, use a WeakSet.`,
  array: (it) => `Take out of ${it} what is done with, or keep the last N only: nothing shortens it now.`,
  dictionary: (it) =>
    `Delete keys from ${it} when they are done with, or use a Map with a bound: keys made from ids, URLs or user input never come to an end.`,
  listener: (it) =>
    `Take the listener off ${it} when its owner is done: removeListener() with the same function, once() for what happens once, or an AbortSignal where one is taken (addEventListener, events.once, events.on); setMaxListeners() only hides it.`,
  timer: () =>
    "Call clearInterval() or clearTimeout() on every way out (close, error, destroy): until then a timer keeps its callback and all that the callback can see, unref() or not.",
  promise: () =>
    "Let the promise settle (a timeout, an AbortSignal), and do not wait for one long-lived promise again and again: each await, then() or Promise.race() against it adds a reaction that stays until it settles.",
  "async context": () =>
    "Start what lives long (timers, pools, connections) outside of AsyncLocalStorage.run(), and keep an id in the store instead of the request: the store lives as long as anything that was started inside.",
  list: (it) =>
    `Cut ${it} off at the end that is done with (set its link to null) or bound its length: one node that is kept keeps all behind it.`,
  "closure chain": () =>
    "Create the function that lives long in a function of its own that gets only what it needs: all functions made in one call share one scope, and each keeps every variable that any of them uses.",
  "weak map": () =>
    "Look for what holds the keys: an entry of a WeakMap goes only when its key goes; and what a FinalizationRegistry is given to hold must not lead back to the object.",
  "module cache": () =>
    "Load a module once and keep what it exports: copies loaded after a delete from require.cache, or by import() with a new query each time, are never unloaded.",
  handle: () =>
    "Close it on every way out, after errors and timeouts too: destroy(), close() or terminate(); and read or destroy() the response bodies that nobody wants.",
  buffer: () =>
    "Copy the part that is kept, Buffer.from(slice): a slice keeps the whole ArrayBuffer it was cut from; and bound a buffer that is made longer again and again.",
  text: () =>
    "Write the text out in pieces and begin a new one: a string built with += keeps all its pieces, and a short part cut out of a long string keeps the long one (Buffer.from(part).toString() copies it).",
  code: () =>
    "Compile once and keep the result, in a cache with a bound: new Function(), eval(), vm.Script, templates and schema validators make new code at each call.",
  object: (it) => `Clear or overwrite what ${it} holds when the work that needed it is over.`,
};

const ADVICE_NAME_LIMIT = 60;

/** One sentence of what to do about a suspect. `holder` is its name as one would type it: heap text, not yet escaped in the result. */
export function adviceFor(kind: SuspectKind, holder?: string): string {
  return ADVICE[kind](holder === undefined || holder === "" ? "the holder" : clip(holder, ADVICE_NAME_LIMIT));
}

const CLEARED_WORDS: Readonly<Record<Cleared["why"], string>> = {
  steady: "stays the same",
  replaced: "new ones take the place of old ones",
  full: "reached its bound and stays there",
  "fills up": "fills up, more slowly each round",
  "falls back": "rises and falls back",
  passing: "passes through: what was there in one round is gone in the next",
  V8: "V8's own: compiled code, feedback, shapes",
  "too little": "too little to matter",
  "still open": "not decided: more rounds would tell",
};

/** Why something that grew is not accused. */
export function clearedWords(why: Cleared["why"]): string {
  return CLEARED_WORDS[why];
}

/** A suspect's growth in words. */
export interface GrowthWords {
  /** `+201/s`; `+1,004` where rounds have no times. By bytes for a suspect found by its bytes. */
  readonly rate: string;
  /** `+3.1 MB/min`, `92 % of all growth`, `5 of 5 rounds`. */
  readonly facts: readonly string[];
}

/** How fast a suspect grows, and how sure that is. */
export function growthWords(suspect: Suspect): GrowthWords {
  const { objectsPerSecond, bytesPerSecond, objectsPerRun, grewIn, of } = suspect;
  const objects = objectsPerSecond === undefined ? formatSignedCount(suspect.objects) : formatRate(objectsPerSecond);
  const bytes = bytesPerSecond === undefined ? formatSignedBytes(suspect.bytes) : formatByteRate(bytesPerSecond);
  const byBytes = suspect.measure === "bytes";
  const facts = [byBytes ? (suspect.objects === 0 ? "no more objects" : `objects ${objects}`) : bytes];
  if (objectsPerRun !== undefined) facts.push(`${formatRateless(objectsPerRun)} per run`);
  facts.push(`${formatPercent(suspect.share, 1)} of all growth`);
  if (of > 0) facts.push(`${formatCount(grewIn)} of ${formatNoun(of, "round")}`);
  return { rate: byBytes ? bytes : objects, facts };
}

function formatRateless(count: number): string {
  return Math.abs(count) < 9.95 && !Number.isInteger(count) ? `${count > 0 ? "+" : ""}${count.toFixed(1)}` : formatSignedCount(count);
}

/** What a suspect goes by: what gathers, or what gets bigger. */
export function suspectName({ measure, holder, type }: Suspect): string {
  return measure === "bytes" && holder.name !== "" ? holder.name : type;
}

/** `Session +201/s (+3.1 MB/min, 92 % of all growth, 5 of 5 rounds)`. */
export function headlineWords(suspect: Suspect): string {
  const { rate, facts } = growthWords(suspect);
  return `${suspectName(suspect)} ${rate} (${facts.join(", ")})`;
}

/** What to do about memory outside the JavaScript heap; undefined where that does not grow. */
export function offHeapAdvice({ grows, native }: OffHeap): string | undefined {
  if (!grows) return undefined;
  const named = native.some(({ delta }) => delta > 0)
    ? "Look first at the owners in the table below: what they hold must be closed. Then start"
    : "Start";
  return `${named} the program once with MALLOC_ARENA_MAX=2, or with jemalloc preloaded: if it stays level it was fragmentation, else a native add-on or library keeps memory, and heaptrack or valgrind's massif names the one.`;
}

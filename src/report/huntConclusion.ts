// The verdict of a hunt as one sentence.

import type { HuntResult } from "../analysis/hunt/result.ts";
import { growthWords } from "./huntWords.ts";
import { formatByteRate, formatBytes, formatNoun, formatSignedBytes } from "./units.ts";

/** What the sentence is made of. */
type Facts = Pick<HuntResult, "verdict" | "suspects" | "cleared" | "offHeap" | "heap" | "rounds">;

/**
 * `leak: Session +201/s gathers in SessionStore.byId (92 % of all growth)`. `because` is the reason of the judgement. The
 * result has heap text in it, not yet escaped.
 */
export function conclusionWords(facts: Facts, because: string): string {
  const { verdict, suspects, offHeap, heap, rounds } = facts;
  const [first] = suspects;
  const heapNow = formatBytes(rounds.at(-1)?.heapBytes ?? 0);
  const outside = offHeap?.grows
    ? `memory grows outside the JavaScript heap, ${formatByteRate(offHeap.outside)} of native memory (RSS ${formatByteRate(offHeap.rss)})`
    : undefined;
  if (!first) {
    if (outside !== undefined) return `${outside}; the heap stays at ${heapNow}: no object is to blame`;
    if (verdict === "undecided") return `undecided: ${because} (heap ${heapNow}, ${formatSignedBytes(heap.delta)})`;
    return `no leak found: ${because} (heap ${heapNow}, ${formatSignedBytes(heap.delta)} in ${formatNoun(rounds.length, "round")})`;
  }
  const { rate, facts: told } = growthWords(first);
  const more = suspects.length > 1 ? `, and ${formatNoun(suspects.length - 1, "other suspect")}` : "";
  const also = outside === undefined ? "" : `; besides, ${outside}`;
  const what = first.measure === "bytes" ? `${first.holder.name} grows ${rate}` : `${first.type} ${rate} gathers in ${first.holder.name}`;
  return `leak: ${what} (${told.join(", ")})${more}${also}`;
}

// Where strings begin and end, by their quotes alone: what stands between them is not read.

import { where } from "./bytes";

const QUOTE: i8 = 0x22;
const BACKSLASH: i8 = 0x5c;

/** Quotes that the last call of quotes() found. */
export let found: i32 = 0;
/** Whether the byte behind those of the last call of quotes() is escaped. */
export let escaping: bool = false;
const EVEN_BITS: u64 = 0x5555555555555555;

/**
 * Looks for quotes that begin or end strings, those without a backslash before them that counts. `end` is followed by 63 zeros.
 * @param most how many are looked for; `found` is how many were
 * @param isEscaped whether the first byte is
 * @returns the byte behind the last one, or `end`
 */
export function quotes(from: usize, end: usize, most: i32, isEscaped: bool): usize {
  let left: u64 = most;
  let escaped: u64 = isEscaped ? 1 : 0;
  for (let at = from; at < end; at += 64) {
    let here = where(at, QUOTE);
    const slashes = where(at, BACKSLASH) & ~escaped;
    if ((slashes | escaped) != 0) {
      // Runs of backslashes that begin at odd bits end, with a carry, behind themselves: so each byte learns whether an odd
      // number of them stands before it (Langdale and Lemire, 2019, section 3.1.1).
      const behind = (slashes << 1) | escaped;
      const oddStarts = slashes & ~EVEN_BITS & ~behind;
      const sums = oddStarts + slashes;
      const after = (EVEN_BITS ^ (sums << 1)) & behind;
      here &= ~after;
      escaped = at + 64 > end ? (after >> (end - at)) & 1 : <u64>(sums < oddStarts);
    }
    const quotesHere = popcnt(here);
    if (quotesHere >= left) {
      for (; left > 1; left--) here &= here - 1;
      found = most;
      escaping = false;
      return at + <usize>ctz(here) + 1;
    }
    left -= quotesHere;
  }
  found = most - <i32>left;
  escaping = escaped != 0;
  return end;
}

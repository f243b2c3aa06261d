// Text of a check: passed or failed first, then the assertions, then what the hunt found.

import type { Asserted } from "../analysis/assertions.ts";
import type { CheckResult } from "../analysis/checkResult.ts";
import { forTerminal } from "./escape.ts";
import { sparkline } from "./growthText.ts";
import { huntText } from "./huntText.ts";
import { formatBytes, formatNoun, formatSignedBytes, formatSignedCount } from "./units.ts";

/** The whole answer, as lines. */
export function checkText(result: CheckResult): string {
  // Where the hunt decides, its own first line says why.
  const head = result.conclusion === result.hunt?.conclusion ? result.verdict : `${result.verdict}: ${forTerminal(result.conclusion, 600)}`;
  const asserted = result.assertions.map((each) => `  ${each.passed ? "ok    " : "FAILED"}  ${assertedText(each)}`);
  const notes = result.notes.map((note) => forTerminal(note, 300));
  const blocks = [[head, ...asserted, ...notes].join("\n")];
  if (result.hunt) blocks.push(huntText(result.hunt));
  return blocks.join("\n\n");
}

/** `growth Session <= 10: +1,005, 36 to 1,041 ▁▄█`, escaped. */
export function assertedText({ assertion, delta, series, unit, most }: Asserted): string {
  const name = forTerminal(assertion, 120);
  const [first = 0, last = 0] = [series[0], series.at(-1)];
  const isBytes = unit === "bytes";
  const gained = isBytes ? `${formatSignedBytes(delta)} (${formatSignedBytes(most)} allowed)` : formatSignedCount(delta);
  const span = isBytes ? `${formatBytes(first)} to ${formatBytes(last)}` : `${first.toLocaleString("en")} to ${last.toLocaleString("en")}`;
  return `${name}: ${gained}, ${span} in ${formatNoun(series.length, "round")} ${sparkline(series)}`;
}

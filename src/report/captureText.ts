// What a capture will cost the target, and what it did cost.

import type { CaptureCost } from "../target/target.ts";
import { formatBytes, formatDuration } from "./units.ts";

/** A pause so long is worth a way to make it shorter. */
const LONG_MS = 5000;

/** One sentence before the capture; `numbers` says whether the values of numbers will be in it. */
export function costText(cost: CaptureCost, numbers = true): string {
  const free = Number.isFinite(cost.freeBytes) ? ` (free under its limit: ${formatBytes(cost.freeBytes)})` : "";
  const memory = `up to ${formatBytes(cost.extraBytes)} of memory${free}`;
  const shorter = numbers && cost.pauseMs >= LONG_MS ? " (less with snapshot --no-numbers)" : "";
  return `a snapshot will stop it for about ${formatDuration(cost.pauseMs)}${shorter} and take ${memory}; the file will be about ${formatBytes(cost.fileBytes)}`;
}

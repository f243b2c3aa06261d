// What a capture will cost the target, and what it did cost.

import type { CaptureCost } from "../target/target.ts";
import { formatBytes, formatDuration } from "./units.ts";

/** One sentence before the capture. */
export function costText(cost: CaptureCost): string {
  const free = Number.isFinite(cost.freeBytes) ? ` (free under its limit: ${formatBytes(cost.freeBytes)})` : "";
  const memory = `up to ${formatBytes(cost.extraBytes)} of memory${free}`;
  return `a snapshot will stop it for about ${formatDuration(cost.pauseMs)} and take ${memory}; the file will be about ${formatBytes(cost.fileBytes)}`;
}

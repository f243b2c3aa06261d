// Text of a hunt: the verdict first, then each suspect with its path, its places and what to do, then what was looked at
// and is not accused.

import type { AllocationSite, Cleared, HuntResult, OffHeap, Place, Suspect } from "../analysis/hunt/result.ts";
import type { RetainingPath } from "../analysis/paths.ts";
import { forTerminal } from "./escape.ts";
import { sparkline } from "./growthText.ts";
import { clearedWords, growthWords, kindWords, offHeapAdvice } from "./huntWords.ts";
import { chainLines, objectText } from "./pathText.ts";
import { formatByteRate, formatBytes, formatDuration, formatNoun, formatSignedBytes, formatSignedCount } from "./units.ts";

const LABEL = 11;
const SHOWN_TYPES = 5;
const SHOWN_PLACES = 4;
const SHOWN_CLEARED = 5;

/** The whole answer, as lines. */
export function huntText(result: HuntResult): string {
  const blocks = [forTerminal(result.conclusion, 600)];
  if (result.offHeap?.grows) blocks.push(offHeapLines(result.offHeap).join("\n"));
  for (const suspect of result.suspects) blocks.push(suspectLines(suspect).join("\n"));
  const { allocations = [] } = result;
  if (allocations.length > 0) blocks.push(["allocated besides", ...allocations.map((site) => `   ${siteText(site)}`)].join("\n"));
  if (result.cleared.length > 0) blocks.push(clearedLines(result.cleared).join("\n"));
  blocks.push([roundsLine(result), ...result.notes.map((note) => forTerminal(note, 300))].join("\n"));
  return blocks.join("\n\n");
}

/** One suspect with its evidence, as lines. */
export function suspectText(suspect: Suspect): string {
  return suspectLines(suspect).join("\n");
}

function suspectLines(suspect: Suspect): string[] {
  const { holder, path, where, gathers, alsoHeldBy, series } = suspect;
  const { rate, facts } = growthWords(suspect);
  const head = suspect.measure === "bytes" ? forTerminal(holder.name, 120) : forTerminal(suspect.type, 120);
  const lines = [`${suspect.number}  ${head} ${rate}  ${sparkline(series)}  ${facts.join(", ")}`];
  const add = (label: string, text: string): void => {
    if (text !== "") lines.push(`   ${label.padEnd(LABEL)}${text}`);
  };
  const inScript = holder.location === undefined || says(holder.name, holder.location) ? "" : ` in ${forTerminal(holder.location, 100)}`;
  const pack = holder.package === undefined ? "" : `, package ${forTerminal(holder.package, 60)}`;
  const alike = holder.alike > 1 ? ` (${formatNoun(holder.alike, "alike holder")})` : "";
  const object = holder.object === undefined ? "" : `: ${objectText(holder.object)}`;
  add("holder", `${forTerminal(holder.name, 120)}${inScript}${pack}${alike}${object}`);
  add("is", kindWords(suspect.kind));
  if (path) lines.push(`   ${"path".padEnd(LABEL)}`.trimEnd(), ...pathLines(path));
  add("also held", alsoHeldBy.map((name) => forTerminal(name, 80)).join(" · "));
  add("where", listed(where.map(placeText), SHOWN_PLACES));
  for (const site of suspect.allocatedAt) add("allocated", siteText(site));
  const types = gathers.map((row) => `${forTerminal(row.type, 50)} ${formatSignedCount(row.delta)}`);
  add("with it", listed(types, SHOWN_TYPES));
  add("do", forTerminal(suspect.advice, 400));
  if (suspect.picture !== undefined) add("picture", forTerminal(suspect.picture, 300));
  return lines;
}

function pathLines(path: RetainingPath): string[] {
  return chainLines(path).map((line) => `   ${line}`);
}

function placeText({ name, location, package: pack }: Place): string {
  const from = pack === undefined ? "" : ` (${forTerminal(pack, 60)})`;
  const at = says(name, location) ? "" : ` ${forTerminal(location, 100)}`;
  return `${forTerminal(name, 100)}${at}${from}`;
}

/** Whether a name says where it is: `module scope of lib/store.js`. */
function says(name: string, location: string): boolean {
  return name.endsWith(location);
}

/** `812 objects by open (lib/store.js:21) ← handle (app.js:30)`. */
function siteText({ frames, bytes, objects }: AllocationSite): string {
  const stack = frames.map(({ name, location }) => `${forTerminal(name, 60)} (${forTerminal(location, 100)})`);
  const amount = objects === undefined ? `about ${formatBytes(bytes)}` : formatNoun(objects, "object");
  return `${amount} by ${stack.join(" ← ")}`;
}

function listed(parts: readonly string[], limit: number): string {
  const shown = parts.slice(0, limit).join(" · ");
  return parts.length > limit ? `${shown} · ${parts.length - limit} more` : shown;
}

function offHeapLines(offHeap: OffHeap): string[] {
  const rates = (["rss", "heap", "external", "arrayBuffers", "outside"] as const).map(
    (name) => `${name === "arrayBuffers" ? "array buffers" : name} ${formatByteRate(offHeap[name])}`,
  );
  const lines = [`off the heap: ${rates.join(", ")}`];
  for (const { name, bytes, delta } of offHeap.native.filter((row) => row.delta > 0).slice(0, SHOWN_TYPES)) {
    lines.push(`   ${forTerminal(name, 80)}  ${formatBytes(bytes)}  ${formatSignedBytes(delta)}`);
  }
  const advice = offHeapAdvice(offHeap);
  if (advice !== undefined) lines.push(`   ${"do".padEnd(LABEL)}${advice}`);
  return lines;
}

function clearedLines(cleared: readonly Cleared[]): string[] {
  const rows = cleared.slice(0, SHOWN_CLEARED).map(({ name, type, series, why }) => {
    const what = type === "" ? "" : ` (${forTerminal(type, 40)})`;
    return `   ${sparkline(series)}  ${forTerminal(name, 70)}${what}: ${clearedWords(why)}`;
  });
  return ["looked at, not accused", ...rows];
}

function roundsLine({ rounds, heap, stopped, target }: HuntResult): string {
  const pauses = rounds.flatMap(({ pauseMs }) => (pauseMs === undefined ? [] : [pauseMs]));
  const seconds = rounds.at(-1)?.seconds ?? 0;
  const over = seconds > 0 ? ` over ${formatDuration(seconds * 1000)}` : "";
  const pause = pauses.length > 0 ? `; the target stood still ${formatDuration(Math.max(...pauses))} at most` : "";
  const sizes = `heap ${formatBytes(rounds[0]?.heapBytes ?? 0)} → ${formatBytes(rounds.at(-1)?.heapBytes ?? 0)} (${formatSignedBytes(heap.delta)})`;
  return `${forTerminal(target, 120)}: ${formatNoun(rounds.length, "round")}${over}, ${sizes}${pause}; stopped because ${forTerminal(stopped, 300)}`;
}

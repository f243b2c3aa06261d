// Text of `path`, `show` and `leaking`: one object and its surroundings, as lines.

import type { LeakingResult, ShownObject } from "../analysis/objects.ts";
import type { PathResult, PathStep, RetainingPath } from "../analysis/paths.ts";
import type { ObjectSummary } from "../analysis/summary.ts";
import { forTerminal } from "./escape.ts";
import { holdLabelText } from "./labels.ts";
import { objectParts, rootParts } from "./objectParts.ts";
import { tableLines } from "./table.ts";
import { formatBytes, formatCount, formatNoun } from "./units.ts";

/** `Session @12` with its preview and, when it matters, what it retains. */
export function objectText(object: ObjectSummary): string {
  const { name, id, preview, location, retained } = objectParts(object);
  const parts = [`${forTerminal(name)} ${id}`];
  if (preview !== undefined) parts.push(forTerminal(preview));
  if (location !== undefined) parts.push(forTerminal(location, 80));
  if (retained !== undefined) parts.push(retained);
  return parts.join(", ");
}

/** Why an object is alive, as an indented chain per path. */
export function pathText(result: PathResult & { readonly condition?: string | undefined; readonly forward?: boolean | undefined }): string {
  const name = `${forTerminal(result.target.title)} @${result.target.id}`;
  if (result.outcome === "unreachable")
    return `${name} is held only by weak references or a debugger: the next garbage collection may free it`;
  if (result.outcome === "not found") return `no path ${result.forward ? "from" : "to"} ${name} ${condition(result)}`;
  if (result.outcome === "depth limit")
    return `no path ${result.forward ? "from" : "to"} ${name} ${condition(result)} within the depth limit (--max-depth)`;
  const head = result.forward ? `${name} reaches` : aliveHead(result);
  const blocks = result.paths.map((path, i) => [i === 0 ? head : "and because", ...chainLines(path)].join("\n"));
  const tail: string[] = [];
  if (result.more > 0)
    tail.push(
      `${result.more >= 999 ? "many" : formatCount(result.more)} more ${result.more === 1 ? "holder" : "holders"} (--all ${result.paths.length + Math.min(result.more, 9)})`,
    );
  if (result.backPointers > 0) tail.push(`${formatNoun(result.backPointers, "holder")} that it keeps alive itself`);
  if (result.target.retainedSize === undefined) tail.push("retained sizes are left out of a heap this big (--sizes)");
  return [...blocks, ...tail].join("\n");
}

/** The first of the paths alone, for below a picture that shows the rest; empty when there is none. */
export function reasonText(result: PathResult): string {
  const [path] = result.paths;
  return path === undefined ? "" : [aliveHead(result), ...chainLines(path)].join("\n");
}

function aliveHead({ target }: PathResult): string {
  return `${forTerminal(target.title)} @${target.id} is alive because`;
}

function condition(result: { condition?: string | undefined }): string {
  return result.condition === undefined ? "was found" : `meets ${forTerminal(result.condition)}`;
}

/** A path from its root down, a line for each step, each a little further to the right. */
export function chainLines(path: RetainingPath): string[] {
  const lines = [`  ${rootLine(path)}`];
  let depth = 0;
  for (const step of path.steps) {
    if (step.folded > 0) lines.push(`  ${"  ".repeat(depth)}└ … ${formatNoun(step.folded, "more step")} alike`);
    lines.push(`  ${"  ".repeat(depth)}└ ${stepText(step)}`);
    depth++;
  }
  if (path.alike > 1) lines.push(`  (${formatNoun(path.alike, "alike holder")}, one shown)`);
  return lines;
}

function rootLine(path: RetainingPath): string {
  const { name, id, retained } = rootParts(path);
  return `${forTerminal(name, 100)}${id && ` ${id}`}${retained === undefined ? "" : `, ${retained}`}`;
}

function stepText(step: PathStep): string {
  return `${forTerminal(holdLabelText(step.label))}  ${objectText(step.object)}`;
}

/** One object with everything the snapshot says of it. */
export function showText(shown: ShownObject): string {
  const lines = [`${forTerminal(shown.title, 200)} @${shown.id}`];
  const facts: string[][] = [["type", `${forTerminal(shown.type)} (${shown.nodeType})`]];
  if (shown.preview !== undefined) facts.push(["is", forTerminal(shown.preview, 200)]);
  const raw = shown.rawSize === shown.shallowSize ? "" : ` (${formatBytes(shown.rawSize)} as V8 wrote it)`;
  facts.push(["size", `${formatBytes(shown.shallowSize)} shallow${raw}, ${formatBytes(shown.retainedSize)} retained`]);
  facts.push(["distance", shown.distance === undefined ? "reached only through V8's own roots" : String(shown.distance)]);
  if (shown.location !== undefined) {
    facts.push([shown.kind === "function" ? "defined at" : "class at", forTerminal(shown.location, 200)]);
  }
  facts.push(["holders", formatCount(shown.holders)]);
  if (shown.dominatedBy) facts.push(["kept by", `${objectText(shown.dominatedBy)} (its dominator)`]);
  lines.push(...facts.map(([name, value]) => `  ${(name as string).padEnd(11)}${value}`));
  if (shown.text !== undefined) lines.push("", forTerminal(shown.text, 4096));
  if (shown.parts.length > 0) {
    const rows = shown.parts.map(({ label, value }) => [
      `  ${forTerminal(holdLabelText(label))}`,
      partText(value),
      formatBytes(value.retainedSize),
    ]);
    lines.push(
      "",
      ...tableLines(
        [
          { title: "  holds", align: "left" },
          { title: "", align: "left" },
          { title: "retained", align: "right" },
        ],
        rows,
      ),
    );
  }
  if (shown.moreParts > 0) lines.push(`  … ${formatNoun(shown.moreParts, "more part")} (--limit 0)`);
  return lines.join("\n");
}

function partText(value: ObjectSummary): string {
  if (value.kind === "string") return forTerminal(value.title, 60);
  return forTerminal(
    `${value.title} @${value.id}${value.preview === undefined || value.preview === "function" ? "" : `  ${value.preview}`}`,
    70,
  );
}

/** Objects that only native code or weak edges hold. */
export function leakingText(result: LeakingResult): string {
  if (result.objects.length === 0) return "no object is held by native handles or weak edges alone";
  const rows = result.objects.map((object, i) => [
    String(i + 1),
    `@${object.id}`,
    forTerminal(object.title, 50),
    formatBytes(object.retainedSize),
    forTerminal(object.heldBy, 60),
  ]);
  const columns = [
    { title: "#", align: "right" },
    { title: "id", align: "left" },
    { title: "object", align: "left" },
    { title: "retained", align: "right" },
    { title: "held only by", align: "left" },
  ] as const;
  const types = result.byType.slice(0, 8).map((row) => `${formatCount(row.count)} ${forTerminal(row.type, 40)}`);
  const more = result.omitted > 0 ? [`${formatCount(result.omitted)} more (--limit 0)`] : [];
  return [...tableLines(columns, rows), ...more, "", `by type: ${types.join(", ")}`].join("\n");
}

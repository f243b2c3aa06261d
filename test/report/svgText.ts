// Reads back what Graphviz drew: the frame of each card and the texts in it, in points.

import { textWidth } from "../../src/report/fontMetrics.ts";

export interface DrawnCard {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly texts: readonly { readonly text: string; readonly left: number; readonly right: number; readonly base: number }[];
}

/** The cards (or edges) of an SVG. */
export function cardsOf(svg: string, kind: "node" | "edge" = "node"): DrawnCard[] {
  const groups = svg.split(/(?=<g id="[^"]*" class=")/).filter((group) => new RegExp(`^<g id="[^"]*" class="${kind}"`).test(group));
  return groups.map((group) => ({ ...frameOf(group), texts: [...group.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].map(textOf) }));
}

function frameOf(group: string): Omit<DrawnCard, "texts"> {
  const points = [...group.matchAll(/(?:points|d)="([^"]*)"/g)].flatMap(([, list]) => [
    ...(list ?? "").matchAll(/(-?[\d.]+)[, ](-?[\d.]+)/g),
  ]);
  const xs = points.map((point) => Number(point[1]));
  const ys = points.map((point) => Number(point[2]));
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

function textOf([, attributes = "", raw = ""]: RegExpMatchArray): DrawnCard["texts"][number] {
  const value = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
  const text = raw.replace(/&(amp|lt|gt|quot|#39|#45|#160);/g, (_, name: string) => ENTITIES[name] ?? "");
  const left = Number(value(" ?x"));
  const width = textWidth(text, Number(value("font-size")), value("font-weight") === "bold" ? 700 : 400);
  return { text, left, right: left + width, base: Number(value(" y")) };
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#45": "-", "#160": "\u00a0" };

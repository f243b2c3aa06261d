// A picture as a tree in the terminal: the target, under it who holds it, and so on up to the roots. The answer when
// no file is asked for, and the one that can be pasted into an issue.

import type { Picture, PictureEdge, PictureNode } from "../analysis/picture.ts";
import { edgeLines, moreLines, neighbourNoun, nodeDetails, nodeName, pictureNotes } from "./captions.ts";
import { clip, forTerminal, LABEL_LIMIT } from "./escape.ts";
import { formatBytes, formatCount, formatNoun } from "./units.ts";

export interface TreeOptions {
  readonly color: boolean;
  /** Lines in all; the rest is counted. No limit unless told. */
  readonly maxLines?: number | undefined;
}

/** SGR numbers by role. */
const STYLES = { target: "1;31", name: "1", label: "36", path: "31", soft: "2", root: "1;32", more: "31", highlight: "1;34" } as const;
type Paint = (role: keyof typeof STYLES, text: string) => string;

interface Drawing {
  readonly picture: Picture;
  readonly paint: Paint;
  readonly nodes: ReadonlyMap<number, PictureNode>;
  /** Edges to draw under a node: its retainers, or what it holds. */
  readonly under: (key: number) => readonly PictureEdge[];
  readonly seen: Set<number>;
  readonly lines: string[];
}

/** The tree as lines joined by newlines, without a trailing one. Heap text is made safe for a terminal. */
export function renderTree(picture: Picture, options: TreeOptions): string {
  const paint: Paint = options.color ? (role, text) => `\x1b[${STYLES[role]}m${text}\x1b[0m` : (_, text) => text;
  const drawing: Drawing = {
    picture,
    paint,
    nodes: new Map(picture.nodes.map((node) => [node.key, node])),
    under: edgesUnder(picture),
    seen: new Set(),
    lines: [],
  };
  for (const [i, target] of picture.nodes.filter((node) => node.isTarget).entries()) {
    if (i > 0) drawing.lines.push("");
    drawing.lines.push(cardLine(target, drawing));
    drawUnder(target.key, "", drawing);
  }
  const notes = pictureNotes(picture).map((note) => paint("soft", forTerminal(note, 400)));
  if (notes.length > 0) drawing.lines.push("", ...notes);
  return cut(drawing, options.maxLines).join("\n");
}

function cut({ lines, paint }: Drawing, maxLines: number | undefined): string[] {
  if (maxLines === undefined || lines.length <= maxLines) return lines;
  const shown = Math.max(0, maxLines - 1);
  return [...lines.slice(0, shown), paint("soft", `… ${formatNoun(lines.length - shown, "more line")}`)];
}

function edgesUnder(picture: Picture): (key: number) => readonly PictureEdge[] {
  const lists = new Map<number, PictureEdge[]>();
  for (const edge of picture.edges) {
    const key = picture.direction === "backrefs" ? edge.to : edge.from;
    lists.set(key, [...(lists.get(key) ?? []), edge]);
  }
  for (const list of lists.values()) list.sort((a, b) => Number(b.onPath) - Number(a.onPath));
  return (key) => lists.get(key) ?? [];
}

function drawUnder(key: number, indent: string, drawing: Drawing): void {
  drawing.seen.add(key);
  const edges = drawing.under(key);
  const cutLines = moreUnder(key, drawing);
  edges.forEach((edge, i) => {
    const last = i === edges.length - 1 && cutLines.length === 0;
    drawBranch(edge, indent, last, drawing);
  });
  cutLines.forEach((text, i) => {
    drawing.lines.push(`${indent}${i === cutLines.length - 1 ? "└─" : "├─"} ${drawing.paint("more", text)}`);
  });
}

function drawBranch(edge: PictureEdge, indent: string, last: boolean, drawing: Drawing): void {
  const { picture, paint } = drawing;
  const node = drawing.nodes.get(picture.direction === "backrefs" ? edge.from : edge.to);
  if (node === undefined) return;
  const repeated = drawing.seen.has(node.key);
  const hasMore = repeated && (drawing.under(node.key).length > 0 || moreUnder(node.key, drawing).length > 0);
  const label = forTerminal(edgeLines(edge).join(", "));
  const arrow = picture.direction === "backrefs" ? "←" : "→";
  const start = label === "" ? arrow : `${paint(edge.onPath ? "path" : "label", label)} ${arrow}`;
  const above = hasMore ? paint("soft", "  ↑ see above") : "";
  drawing.lines.push(`${indent}${last ? "└─" : "├─"} ${start} ${cardLine(node, drawing)}${above}`);
  if (!repeated) drawUnder(node.key, `${indent}${last ? "   " : "│  "}`, drawing);
}

function moreUnder(key: number, drawing: Drawing): string[] {
  const boxes = drawing.picture.more.filter((box) => box.at === key);
  const texts = boxes.map((box) => {
    const [first, ...classes] = moreLines(box, drawing.picture);
    return forTerminal(classes.length === 0 ? `${first}` : `${first}: ${classes.join(", ")}`);
  });
  const more = drawing.nodes.get(key)?.more ?? 0;
  return boxes.length === 0 && more > 0 ? [`… ${formatNoun(more, `more ${neighbourNoun(drawing.picture)}`)}`] : texts;
}

function cardLine(node: PictureNode, { paint }: Drawing): string {
  const name = forTerminal(nodeName(node));
  if (node.kind === "root" && !node.isTarget) return `${paint("root", `■ ${name}`)} ${paint("soft", "(root)")}`;
  const many = node.alike > 1 ? `${formatCount(node.alike)} × ` : "";
  const role = node.isTarget ? "target" : node.highlighted ? "highlight" : "name";
  const size = node.retainedSize === undefined ? [] : [`${formatBytes(node.retainedSize)}${node.alike > 1 ? " each" : ""}`];
  const soft = [...nodeDetails(node).map((text) => forTerminal(text)), ...size].join("  ");
  const flags = [
    node.highlighted ? paint("highlight", "highlighted") : "",
    node.hasFinalizer ? paint("more", "finalizer") : "",
    node.extra === undefined ? "" : paint("soft", forTerminal(clip(node.extra, LABEL_LIMIT))),
  ].filter((flag) => flag !== "");
  return [`${paint(role, `${many}${name}`)} @${node.id}`, paint("soft", soft), ...flags].join("  ");
}

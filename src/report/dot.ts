// A picture as DOT text: the source of the SVG, the PNG and the PDF, and a format of its own. Cards are HTML-like
// labels; node names are n<key>, so that no text of the heap is ever part of the graph's syntax.

import type { MoreBox, Picture, PictureEdge, PictureNode } from "../analysis/picture.ts";
import type { NodeKind } from "../graph/labels.ts";
import { edgeLines, headingText, moreLines, neighbourNoun, nodeDetails, nodeName, nodeSizes, pictureNotes } from "./captions.ts";
import { extraAttributes } from "./dotAttributes.ts";
import { BLUE, cardTable, edgeTable, GREY, headingTable, type Ink, KIND_LOOK, moreTable, RED, SLATE } from "./dotCards.ts";
import { clip, forDotString, LABEL_LIMIT } from "./escape.ts";
import { formatCount, formatNoun } from "./units.ts";

export interface DotOptions {
  /** Direction of the arrows; top to bottom unless told. */
  readonly rankdir?: "TB" | "LR" | undefined;
  /** Heading; made from the targets unless told. */
  readonly title?: string | undefined;
  /** Say on each card how many references hold it. */
  readonly refcounts?: boolean | undefined;
  /** Spell out characters the bundled font cannot draw, as \u{65e5}. */
  readonly pngSafe?: boolean | undefined;
}

type Attributes = Readonly<Record<string, string | number>>;

/** A label that is HTML, not text. */
const html = (table: string): string => `<${table}>`;
const quote = (text: string): string => `"${text}"`;

/** The picture as one DOT digraph. Throws `badNodeAttribute` for an attribute that must not be set. */
export function renderDot(picture: Picture, options: DotOptions = {}): string {
  const ink: Ink = { pngSafe: options.pngSafe ?? false };
  const oneTarget = picture.nodes.filter((node) => node.isTarget).length === 1;
  const boxed = new Set(picture.more.map((box) => box.at));
  const onPath = nodesOnPath(picture);
  const edges = [...picture.edges].sort((a, b) => Number(b.onPath) - Number(a.onPath));
  const byKey = new Map(picture.nodes.map((node) => [node.key, node]));
  const lines = [
    graphLine(picture, options, ink),
    'node [shape=box, fontname="Arimo", fontsize=11, margin="0.1,0.06"];',
    'edge [fontname="Arimo", fontsize=10, arrowsize=0.75];',
    ...picture.nodes.map((node) =>
      nodeLine(node, picture, { ink, options, onPath: onPath.has(node.key), oneTarget, boxed: boxed.has(node.key) }),
    ),
    ...edges.map((edge) => edgeLine(edge, picture, byKey, { ink, options })),
    ...picture.more.flatMap((box, i) => moreBox(box, i, picture, ink)),
    ...rankLines(picture),
  ];
  return `digraph ${picture.direction} {\n${lines.map((line) => `  ${line}\n`).join("")}}\n`;
}

const KIND_ORDER = Object.keys(KIND_LOOK) as NodeKind[];

function graphLine(picture: Picture, options: DotOptions, ink: Ink): string {
  const drawn = new Set(picture.nodes.filter((node) => !node.isTarget).map((node) => node.kind));
  const kinds = KIND_ORDER.filter((kind) => drawn.has(kind));
  const hasPath = picture.edges.some((edge) => edge.onPath);
  const heading = headingTable(headingText(picture, options.title), kinds, hasPath, pictureNotes(picture), ink);
  return `graph ${list({
    rankdir: options.rankdir ?? "TB",
    fontname: quote("Arimo"),
    fontsize: 9,
    bgcolor: quote("white"),
    labelloc: "t",
    labeljust: "l",
    nodesep: 0.3,
    ranksep: 0.42,
    pad: 0.25,
    label: html(heading),
  })}`;
}

interface EdgeContext {
  readonly ink: Ink;
  readonly options: DotOptions;
}

interface CardContext extends EdgeContext {
  readonly onPath: boolean;
  readonly oneTarget: boolean;
  /** The node has a red box of its own for what was cut. */
  readonly boxed: boolean;
}

function nodeLine(node: PictureNode, picture: Picture, context: CardContext): string {
  const attributes: Attributes = {
    label: html(cardTable(cardText(node, picture, context), context.ink)),
    ...frame(node, context.onPath),
    ...(node.alike > 1 ? { peripheries: 2 } : {}),
    // One group is one straight column.
    ...(context.onPath && context.oneTarget ? { group: "path" } : {}),
    ...(node.kind !== "root" && Number.isSafeInteger(node.id) ? { id: quote(`obj_${node.id}`) } : {}),
    tooltip: quote(tooltip(node)),
  };
  return `n${node.key} ${list({ ...attributes, ...extraAttributes(node.attributes) })}`;
}

function cardText(node: PictureNode, picture: Picture, context: CardContext): Parameters<typeof cardTable>[0] {
  const noun = neighbourNoun(picture);
  const details = nodeDetails(node);
  if (node.kind !== "root") details.push(...nodeSizes(node));
  if (context.options.refcounts && node.kind !== "root") details.push(`held by ${formatNoun(node.retainerCount, "reference")}`);
  if (node.extra !== undefined && node.extra !== "") details.push(clip(node.extra, LABEL_LIMIT));
  return {
    kind: node.kind,
    isTarget: node.isTarget,
    captions: captions(node, picture),
    name: node.alike > 1 ? `${formatCount(node.alike)} × ${nodeName(node)}` : nodeName(node),
    idText: node.kind === "root" && !node.isTarget ? "" : `@${node.id}`,
    under: node.alike > 1 ? `identical ${noun}s, one shown` : undefined,
    details,
    warnings: node.more > 0 && !context.boxed ? [`+ ${formatNoun(node.more, `more ${noun}`)}`] : [],
  };
}

function captions(node: PictureNode, picture: Picture): { text: string; color: string }[] {
  const found: { text: string; color: string }[] = [];
  const question = picture.direction === "backrefs" ? "why is this alive?" : "what does this hold?";
  if (node.isTarget) found.push({ text: `TARGET — ${question}`, color: "#C62828" });
  if (node.highlighted) found.push({ text: "highlighted", color: BLUE });
  if (node.hasFinalizer) found.push({ text: "finalizer", color: RED });
  return found;
}

function frame(node: PictureNode, onPath: boolean): Attributes {
  const { fill, line } = KIND_LOOK[node.kind];
  const style = quote(node.kind === "scope" && !node.isTarget ? "filled,rounded,dashed" : "filled,rounded");
  if (node.isTarget) return { fillcolor: quote("#FFF1F1"), color: quote("#C62828"), penwidth: 2.6, style };
  const fillcolor = quote(fill);
  if (node.highlighted) return { fillcolor, color: quote(BLUE), penwidth: 2.6, style };
  if (onPath) return { fillcolor, color: quote(node.kind === "root" ? line : RED), penwidth: 1.8, style };
  return { fillcolor, color: quote(line), penwidth: 1, style };
}

function tooltip(node: PictureNode): string {
  const text = [`${nodeName(node)} @${node.id}`, ...nodeDetails(node), ...(node.kind === "root" ? [] : nodeSizes(node))];
  return text.map((line) => forDotString(line)).join("\\n");
}

function edgeLine(edge: PictureEdge, picture: Picture, byKey: ReadonlyMap<number, PictureNode>, context: EdgeContext): string {
  const [from, to] = [byKey.get(edge.from), byKey.get(edge.to)];
  const internal = edge.labels.length > 0 && edge.labels.every((label) => label.kind === "internal");
  const lines = edgeLines(edge);
  const intoTarget = picture.direction === "backrefs" && to?.isTarget === true;
  const tip = quote(forDotString(`${from ? nodeName(from) : ""} ${lines.join(" ")} → ${to ? nodeName(to) : ""}`));
  const kinds = edge.labels.map((label) => label.kind);
  return `n${edge.from} -> n${edge.to} ${list({
    ...(lines.length > 0 ? { label: html(edgeTable(lines, kinds, context.options.rankdir === "LR" ? "below" : "left", context.ink)) } : {}),
    color: quote(edge.onPath ? RED : internal ? GREY : SLATE),
    penwidth: edge.onPath ? 2.2 : 1.1,
    ...(internal ? { style: "dashed" } : {}),
    ...(edge.onPath ? { weight: 20 } : intoTarget ? { weight: 6 } : {}),
    tooltip: tip,
    labeltooltip: tip,
  })}`;
}

function moreBox(box: MoreBox, index: number, picture: Picture, ink: Ink): string[] {
  const name = `m${index}`;
  const look = list({
    label: html(moreTable(moreLines(box, picture), ink)),
    style: quote("rounded,dotted"),
    color: quote("#C62828"),
    tooltip: quote("not drawn"),
  });
  const ends = picture.direction === "backrefs" ? `${name} -> n${box.at}` : `n${box.at} -> ${name}`;
  return [`${name} ${look}`, `${ends} ${list({ style: "dotted", color: quote("#C62828"), arrowsize: 0.6, tooltip: quote("not drawn") })}`];
}

/** Roots at the top and targets at the bottom; mirrored for what a target holds. */
function rankLines(picture: Picture): string[] {
  const leads = new Set(picture.edges.map((edge) => (picture.direction === "backrefs" ? edge.from : edge.to)));
  const targets = picture.nodes.filter((node) => node.isTarget);
  // A target that is itself on the way to another one stays where the arrows put it.
  const ends = targets.length === 1 ? targets : targets.filter((node) => !leads.has(node.key));
  if (picture.direction === "refs") return rank("source", ends);
  const roots = picture.nodes.filter((node) => node.kind === "root" && !node.isTarget);
  return [...rank("source", roots), ...rank("sink", ends)];
}

function rank(where: "source" | "sink", nodes: readonly PictureNode[]): string[] {
  return nodes.length === 0 ? [] : [`{rank=${where}; ${nodes.map((node) => `n${node.key}`).join("; ")}}`];
}

function nodesOnPath(picture: Picture): Set<number> {
  return new Set(picture.edges.filter((edge) => edge.onPath).flatMap((edge) => [edge.from, edge.to]));
}

function list(attributes: Attributes): string {
  return `[${Object.entries(attributes)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ")}];`;
}

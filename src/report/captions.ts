// The words around a picture: its title, the lines of a card, what was left out. Written once, for the drawing and
// for the terminal tree. Heap text in the results is clipped but not yet escaped.

import type { MoreBox, Picture, PictureEdge, PictureNode } from "../analysis/picture.ts";
import { clip, LABEL_LIMIT } from "./escape.ts";
import { holdLabelText } from "./labels.ts";
import { formatBytes, formatCount, formatNoun } from "./units.ts";

const HEADING_LIMIT = 160;

/** What a cut neighbour is called in this direction. */
export function neighbourNoun(picture: Picture): string {
  return picture.direction === "backrefs" ? "retainer" : "reference";
}

/** `What keeps Widget @12 alive`, `What Widget @12 holds`; several targets are listed, from four on counted. */
function pictureTitle(picture: Picture): string {
  const targets = picture.nodes.filter((node) => node.isTarget);
  const names = targets.map((node) => `${nodeName(node)} @${node.id}`);
  const last = names.pop();
  const listed = names.length === 0 ? last : `${names.join(", ")} and ${last}`;
  const who = targets.length > 3 ? `these ${targets.length} objects` : (listed ?? "this");
  if (picture.direction === "backrefs") return `What keeps ${who} alive`;
  return targets.length > 1 ? `What ${who} hold` : `What ${who} holds`;
}

/** The heading: the caller's title, or one made from the targets; clipped. */
export function headingText(picture: Picture, title: string | undefined): string {
  return clip(title ?? pictureTitle(picture), HEADING_LIMIT);
}

/** The class, function, scope or root name. */
export function nodeName(node: PictureNode): string {
  return clip(node.title === "" ? "(no name)" : node.title, LABEL_LIMIT);
}

/** `{a, b} · lib/store.js:17`, in one line, or in two when that would be long; nothing when there is nothing to say. */
export function nodeDetails(node: PictureNode): string[] {
  const preview = node.preview ?? (node.kind === "function" ? "function" : undefined);
  if (node.kind === "root" && preview === undefined) return ["GC root"];
  const parts = [preview, node.location].filter((part) => part !== undefined && part !== "").map((part) => clip(part ?? "", LABEL_LIMIT));
  const joined = parts.join(" · ");
  return joined === "" ? [] : [...joined].length <= LABEL_LIMIT ? [joined] : parts;
}

/** `48 B self · 88 B retained`, or nothing where sizes are not known; a card for many alike objects says `each`. */
export function nodeSizes(node: PictureNode): string[] {
  if (node.shallowSize === undefined || node.retainedSize === undefined) return [];
  const sizes = `${formatBytes(node.shallowSize)} self · ${formatBytes(node.retainedSize)} retained`;
  return [node.alike > 1 ? `${sizes} each` : sizes];
}

/** The ways an edge holds, `… 2 more` at the end; a count when the edge stands for several. */
export function edgeLines(edge: PictureEdge): string[] {
  const lines = edge.labels.map(holdLabelText).filter((text) => text !== "");
  if (edge.alike > 1) {
    const first = edge.labels[0]?.kind === "element" ? `${lines[0]} …` : (lines[0] ?? "");
    lines[0] = `${first} ×${formatCount(edge.alike)}`.trim();
  }
  if (edge.moreLabels > 0) lines.push(`… ${formatCount(edge.moreLabels)} more`);
  return lines;
}

/** `… 1,234 more retainers`, then `1,200 × Closure` and so on. */
export function moreLines(box: MoreBox, picture: Picture): string[] {
  const classes = box.byClass.map((entry) => `${formatCount(entry.count)} × ${clip(entry.name, LABEL_LIMIT)}`);
  return [`… ${formatNoun(box.count, `more ${neighbourNoun(picture)}`)}`, ...classes];
}

/** Sentences about the selection and about what is not drawn. */
export function pictureNotes(picture: Picture): string[] {
  const notes = [...picture.notes];
  if (picture.grouped > 0) {
    notes.push(`${formatNoun(picture.grouped, "alike object")} drawn as one card per kind`);
  }
  if (picture.backPointers > 0) {
    const [hold, live] = picture.backPointers === 1 ? ["holds", "lives"] : ["hold", "live"];
    const what = picture.nodes.filter((node) => node.isTarget).length > 1 ? "them" : "it";
    notes.push(`not drawn: ${formatNoun(picture.backPointers, "object")} that ${hold} ${what} but ${live} only through ${what}`);
  }
  if (picture.cutByDepth > 0) {
    notes.push(`not drawn: ${formatNoun(picture.cutByDepth, "object")} beyond the depth limit`);
  }
  return notes;
}

// What a card, an edge label and the heading of a picture look like, as HTML-like DOT labels. Fonts, colours and
// padding live here; dot.ts decides which of them are drawn and how they are connected.

import type { HoldLabel, NodeKind } from "../graph/labels.ts";
import { forDotLabel, spellUncovered, visible } from "./escape.ts";
import { hasGlyph, textWidth } from "./fontMetrics.ts";

/** Fill and line of each kind. The kind is also readable without colour: from the name, the details, the dashes. */
export const KIND_LOOK: Readonly<Record<NodeKind, { fill: string; line: string; legend: string }>> = {
  root: { fill: "#37474F", line: "#263238", legend: "GC root" },
  function: { fill: "#FFF0DA", line: "#C98A2B", legend: "function" },
  scope: { fill: "#FFFBE0", line: "#B9A441", legend: "closure scope" },
  collection: { fill: "#E3F4EA", line: "#4E8F6A", legend: "Array / Map / Set" },
  object: { fill: "#E8F0FE", line: "#5B7DB1", legend: "object" },
  native: { fill: "#F0E6F6", line: "#8E6BA8", legend: "native" },
  string: { fill: "#F1F3D8", line: "#8A9450", legend: "string" },
  internal: { fill: "#EEEEEE", line: "#9E9E9E", legend: "V8 internal" },
};

export const RED = "#B71C1C";
export const BLUE = "#1557C0";
export const SLATE = "#55606B";
export const GREY = "#9E9E9E";
export const INK = "#1F2933";
export const SOFT = "#5F6B76";
const ID_GREY = "#7B8794";

/** A run of text in one style. `size` in points. */
export interface Span {
  readonly text: string;
  readonly size: number;
  readonly color: string;
  readonly bold?: boolean;
}

/** Turns lines of spans into tables. `pngSafe`: characters the font lacks are spelled out instead of kept. */
export interface Ink {
  readonly pngSafe: boolean;
}

/** A borderless table, one row per line, each line one or more spans. */
export function table(lines: readonly (readonly Span[])[], ink: Ink, padding = 1): string {
  const rows = lines.map((spans) => `<TR>${lineCell(spans, ink, padding)}</TR>`);
  return `<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="${padding}">${rows.join("")}</TABLE>`;
}

function lineCell(spans: readonly Span[], ink: Ink, padding: number, attributes = ""): string {
  const shown = placeable(spans.map((span) => ({ ...span, text: shownText(span.text, ink) })).filter((span) => span.text !== ""));
  const exact = shown.every((span) => isAscii(span.text));
  const width = exact ? "" : ` WIDTH="${Math.ceil(sum(shown.map(spanWidth))) + 1 + 2 * padding}"`;
  return `<TD ALIGN="LEFT" BALIGN="LEFT"${width}${attributes}>${shown.map(font).join("")}</TD>`;
}

/**
 * Graphviz starts each span where it believes that the one before ends. Where that is wrong by more than an eye
 * forgives (text would overlap, or stand apart), the line becomes one span.
 */
function placeable(spans: readonly Span[]): readonly Span[] {
  const [first] = spans;
  const off = sum(spans.slice(0, -1).map((span) => estimatedWidth(span) - spanWidth(span)));
  if (first === undefined || (off > -1 && off < 4)) return spans;
  return [{ ...first, text: spans.map((span) => span.text).join("") }];
}

const NON_ASCII = /[^\x20-\x7e]/gu;
/** What Graphviz takes each byte of a character outside ASCII for. */
const EM_PER_BYTE = 0.278;

function estimatedWidth(span: Span): number {
  const others = span.text.match(NON_ASCII)?.join("") ?? "";
  const ascii = { ...span, text: span.text.replace(NON_ASCII, "") };
  return spanWidth(ascii) + Buffer.byteLength(others) * EM_PER_BYTE * span.size;
}

const spanWidth = (span: Span): number => textWidth(span.text, span.size, span.bold ? 700 : 400);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
const isAscii = (text: string): boolean => text.search(NON_ASCII) === -1;

function shownText(text: string, ink: Ink): string {
  const clean = visible(text);
  return ink.pngSafe ? spellUncovered(clean, hasGlyph) : clean;
}

function font(span: Span): string {
  const text = forDotLabel(span.text);
  return `<FONT POINT-SIZE="${span.size}" COLOR="${span.color}">${span.bold ? `<B>${text}</B>` : text}</FONT>`;
}

/** The text lines of a card. `captions` are small and bold, above the name; `warnings` small and red, below. */
export interface CardText {
  readonly kind: NodeKind;
  readonly isTarget: boolean;
  readonly captions: readonly { readonly text: string; readonly color: string }[];
  readonly name: string;
  /** `@12`, or nothing. */
  readonly idText: string;
  /** A red line right under the name. */
  readonly under: string | undefined;
  readonly details: readonly string[];
  readonly warnings: readonly string[];
}

/** The inside of a card. */
export function cardTable(card: CardText, ink: Ink): string {
  const onDark = card.kind === "root" && !card.isTarget;
  const nameColor = card.isTarget ? RED : onDark ? "#FFFFFF" : INK;
  const name: Span[] = [{ text: card.name, size: 11, color: nameColor, bold: true }];
  if (card.idText !== "") name.push({ text: `  ${card.idText}`, size: 11, color: card.isTarget ? RED : ID_GREY });
  const lines: Span[][] = card.captions.map(({ text, color }) => [{ text, size: 8, color, bold: true }]);
  lines.push(name);
  if (card.under !== undefined) lines.push([{ text: card.under, size: 9, color: RED }]);
  for (const text of card.details) lines.push([{ text, size: 9, color: onDark ? "#CFD8DC" : SOFT }]);
  for (const text of card.warnings) lines.push([{ text, size: 8, color: RED }]);
  return table(lines, ink);
}

/**
 * The stacked labels of an edge; `kinds` tells the colour of each line, the last one goes on. A gap keeps the text off
 * a straight arrow (which passes at the left, or below in a picture from left to right); the white ground keeps it
 * readable where a slanted one passes under it.
 */
export function edgeTable(lines: readonly string[], kinds: readonly HoldLabel["kind"][], gap: "left" | "below", ink: Ink): string {
  const rows = lines.map((text, i) => {
    const span = { text, size: 10, color: labelColor(kinds[Math.min(i, kinds.length - 1)]) };
    return `<TR><TD WIDTH="5"></TD>${lineCell([span], ink, 1, ' BGCOLOR="white"')}<TD WIDTH="3"></TD></TR>`;
  });
  if (gap === "below") rows.push('<TR><TD HEIGHT="5"></TD></TR>');
  return `<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">${rows.join("")}</TABLE>`;
}

function labelColor(kind: HoldLabel["kind"] | undefined): string {
  if (kind === "variable" || kind === "scope" || kind === "outer scope") return "#8A6D00";
  return kind === "internal" ? "#7D7D7D" : "#1A3E72";
}

/** The red dotted box of what was cut. */
export function moreTable(lines: readonly string[], ink: Ink): string {
  return table(
    lines.map((text, i) => [{ text, size: i === 0 ? 10 : 9, color: RED, bold: i === 0 }]),
    ink,
  );
}

/** Title, legend of the kinds drawn, and the notes, as the label of the whole graph. */
export function headingTable(title: string, kinds: readonly NodeKind[], hasPath: boolean, notes: readonly string[], ink: Ink): string {
  const rows = [lineCell([{ text: title, size: 13, color: "#000000", bold: true }], ink, 4)];
  if (kinds.length > 0) rows.push(`<TD ALIGN="LEFT" CELLPADDING="0">${legend(kinds, hasPath)}</TD>`);
  const lines = notes.flatMap(wrap).map((text) => [{ text, size: 9, color: SOFT }]);
  if (lines.length > 0) rows.push(`<TD ALIGN="LEFT">${table(lines, ink)}</TD>`);
  rows.push('<TD HEIGHT="6"></TD>');
  const body = rows.map((row) => `<TR>${row}</TR>`).join("");
  return `<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4">${body}</TABLE>`;
}

/** The table has a fixed size: Graphviz would stretch its cells to the width of a long title. */
function legend(kinds: readonly NodeKind[], hasPath: boolean): string {
  const widths = [4];
  const cells = kinds.map((kind) => {
    const { fill, line, legend: name } = KIND_LOOK[kind];
    const text = { text: ` ${name} `, size: 9, color: kind === "root" ? "#FFFFFF" : "#333333" };
    widths.push(spanWidth(text) + 12);
    return `<TD BGCOLOR="${fill}" BORDER="1" COLOR="${line}" CELLPADDING="3">${font(text)}</TD>`;
  });
  if (hasPath) {
    const text = { text: " thick red = shortest path ", size: 9, color: RED, bold: true };
    widths.push(spanWidth(text) + 8);
    cells.push(`<TD>${font(text)}</TD>`);
  }
  const size = `FIXEDSIZE="TRUE" WIDTH="${Math.ceil(sum(widths))}" HEIGHT="27"`;
  return `<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="4" CELLPADDING="2" ALIGN="LEFT" ${size}><TR>${cells.join("")}</TR></TABLE>`;
}

/** Breaks a sentence into lines of about 80 characters, so that a note never decides how wide a picture is. */
function wrap(note: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of visible(note, 400).split(" ")) {
    if (line !== "" && line.length + word.length > 80) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}

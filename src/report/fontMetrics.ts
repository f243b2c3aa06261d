// The two faces of Arimo that pictures are drawn with: where their files are, how wide a text is in them, and which
// characters they have. Graphviz knows Arimo's widths for ASCII but takes each byte of anything else for a space, so
// cells with other characters are given the width measured here. Only cmap and hmtx are read.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { noFontFiles } from "../errors.ts";

export type FontWeight = 400 | 700;

interface FontFace {
  /** Glyph number of a code point, 0 when the face has none. */
  readonly glyphs: ReadonlyMap<number, number>;
  /** Advance per glyph, in em. */
  readonly advances: Float64Array;
}

const FILES: Readonly<Record<FontWeight, string>> = {
  400: "@expo-google-fonts/arimo/400Regular/Arimo_400Regular.ttf",
  700: "@expo-google-fonts/arimo/700Bold/Arimo_700Bold.ttf",
};

const resolve = createRequire(import.meta.url).resolve;

/** Path of a face's TTF file. Throws `noFontFiles` when the font package is not installed. */
export function fontFile(weight: FontWeight): string {
  try {
    return resolve(FILES[weight]);
  } catch (cause) {
    throw noFontFiles(cause);
  }
}

/** Width of `text` set at `size`, in the unit of `size`. A character without a glyph counts as one em. */
export function textWidth(text: string, size: number, weight: FontWeight = 400): number {
  const face = faceOf(weight);
  let ems = 0;
  for (const character of text) {
    const glyph = face.glyphs.get(character.codePointAt(0) ?? 0) ?? 0;
    ems += glyph === 0 ? 1 : (face.advances[Math.min(glyph, face.advances.length - 1)] ?? 1);
  }
  return ems * size;
}

/** Whether both faces can draw the character. */
export function hasGlyph(codePoint: number): boolean {
  if (codePoint >= 0x20 && codePoint < 0x7f) return true;
  return faceOf(400).glyphs.has(codePoint) && faceOf(700).glyphs.has(codePoint);
}

// Two constants of the installed package, read when first asked for.
const faces = new Map<FontWeight, FontFace>();

function faceOf(weight: FontWeight): FontFace {
  const known = faces.get(weight);
  if (known !== undefined) return known;
  const face = readFace(fontFile(weight));
  faces.set(weight, face);
  return face;
}

function readFace(path: string): FontFace {
  try {
    const bytes = readFileSync(path);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const tables = tableOffsets(view);
    return { glyphs: readCmap(view, tables("cmap")), advances: readAdvances(view, tables) };
  } catch (cause) {
    throw noFontFiles(cause);
  }
}

function tableOffsets(view: DataView): (tag: string) => number {
  const offsets = new Map<string, number>();
  for (let at = 12, left = view.getUint16(4); left > 0; left--, at += 16) {
    const tag = String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
    offsets.set(tag, view.getUint32(at + 8));
  }
  return (tag) => {
    const offset = offsets.get(tag);
    if (offset === undefined) throw new Error(`the font has no ${tag} table`);
    return offset;
  };
}

function readAdvances(view: DataView, tables: (tag: string) => number): Float64Array {
  const unitsPerEm = view.getUint16(tables("head") + 18);
  const count = view.getUint16(tables("hhea") + 34);
  const hmtx = tables("hmtx");
  return Float64Array.from({ length: count }, (_, glyph) => view.getUint16(hmtx + 4 * glyph) / unitsPerEm);
}

function readCmap(view: DataView, cmap: number): Map<number, number> {
  const glyphs = new Map<number, number>();
  for (let at = cmap + 4, left = view.getUint16(cmap + 2); left > 0; left--, at += 8) {
    const subtable = cmap + view.getUint32(at + 4);
    const format = view.getUint16(subtable);
    if (format === 4) readSegments(view, subtable, glyphs);
    if (format === 12) readGroups(view, subtable, glyphs);
  }
  return glyphs;
}

/** cmap format 12: runs of consecutive glyphs. */
function readGroups(view: DataView, subtable: number, glyphs: Map<number, number>): void {
  for (let at = subtable + 16, left = view.getUint32(subtable + 12); left > 0; left--, at += 12) {
    const [first, last, glyph] = [view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8)];
    for (let code = first; code <= last; code++) glyphs.set(code, glyph + code - first);
  }
}

/** cmap format 4: segments with either a delta or an index into the glyph array that follows. */
function readSegments(view: DataView, subtable: number, glyphs: Map<number, number>): void {
  const doubled = view.getUint16(subtable + 6);
  for (let i = 0; i < doubled; i += 2) {
    const last = view.getUint16(subtable + 14 + i);
    const first = view.getUint16(subtable + 16 + doubled + i);
    const delta = view.getUint16(subtable + 16 + 2 * doubled + i);
    const rangeAt = subtable + 16 + 3 * doubled + i;
    const range = view.getUint16(rangeAt);
    for (let code = first; code <= last && code !== 0xffff; code++) {
      const listed = range === 0 ? code : view.getUint16(rangeAt + range + 2 * (code - first));
      const glyph = range !== 0 && listed === 0 ? 0 : (listed + delta) & 0xffff;
      if (glyph !== 0) glyphs.set(code, glyph);
    }
  }
}

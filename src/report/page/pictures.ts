// The picture of a suspect, inside the page. An SVG is shown as an image, where no browser runs a script or loads
// anything; and is still looked through first, because a page is passed on and images are taken out of pages.

import { html, type Markup } from "./markup.ts";

/** As `report/picture.ts` draws it. SVG is smaller and stays sharp. */
export type PagePicture = { readonly svg: string } | { readonly png: Uint8Array };

/** An `<img>` that carries its picture; undefined when the SVG has anything but drawing in it, or the PNG is none. */
export function embedPicture(picture: PagePicture, alt: string): Markup | undefined {
  const source = "svg" in picture ? svgSource(picture.svg) : pngSource(picture.png);
  if (source === undefined) return undefined;
  const { type, data, width, height } = source;
  return html`<figure class="picture"><img alt="${alt}" width="${width}" height="${height}" src="data:${type};base64,${data}"></figure>`;
}

interface Source {
  readonly type: string;
  readonly data: string;
  readonly width: number;
  readonly height: number;
}

const PIXELS_PER_POINT = 4 / 3;

function svgSource(svg: string): Source | undefined {
  const clean = plainSvg(svg);
  const size = /^<svg width="([\d.]+)pt" height="([\d.]+)pt"/.exec(clean ?? "");
  if (clean === undefined || size === null) return undefined;
  const [width, height] = [Number(size[1]), Number(size[2])].map((points) => Math.round(points * PIXELS_PER_POINT)) as [number, number];
  return { type: "image/svg+xml", data: Buffer.from(clean).toString("base64"), width, height };
}

const PNG_HEAD = "89504e470d0a1a0a0000000d49484452";

function pngSource(png: Uint8Array): Source | undefined {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  if (bytes.length < 24 || bytes.toString("hex", 0, 16) !== PNG_HEAD) return undefined;
  return { type: "image/png", data: bytes.toString("base64"), width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

const PROLOGUE = /^\s*(<\?xml[^>]*\?>\s*)?(<!DOCTYPE svg PUBLIC "[^"<>]*"\s+"[^"<>]*">\s*)?(?=<svg )/;
const ELEMENT = "svg|g|a|title|text|path|polygon|polyline|ellipse|circle|rect|line";
const ATTRIBUTE =
  "id|class|width|height|viewBox|xmlns|xmlns:xlink|version|transform|d|points|x|y|cx|cy|r|rx|ry|fill|fill-opacity|stroke|stroke-width|stroke-opacity|stroke-dasharray|font-family|font-size|font-weight|font-style|text-anchor|text-decoration|xml:space";
/** One tag or one text; sticky, so that nothing between two matches goes unseen. */
const TOKEN = new RegExp(
  `<(?:${ELEMENT})(?:\\s+(?:${ATTRIBUTE})="(?![^"]*url\\()[^"<>]*")*\\s*/?>|</(?:${ELEMENT})>|(?:[^<>&]|&(?:amp|lt|gt|quot|#\\d+|#x[\\da-f]+);)+`,
  "iy",
);

/** The SVG without its prologue, when it holds only shapes and text as Graphviz draws them; else undefined. */
export function plainSvg(svg: string): string | undefined {
  const text = svg.replace(PROLOGUE, "").trimEnd();
  if (!text.startsWith("<svg ")) return undefined;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    if (!TOKEN.test(text)) return undefined;
  }
  return text;
}

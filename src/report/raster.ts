// SVG to PNG with resvg, drawn with the bundled font only: the same bytes on every machine, with or without fonts. The
// native build is used where it loads, else the WebAssembly one (ten times slower, same bytes). Only SVG that we
// laid out ourselves comes here: resvg reads files that an <image> names.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fontFile } from "./fontMetrics.ts";

/** Pixels per CSS pixel (1/96 inch): 144 dpi. */
const USUAL_ZOOM = 1.5;
const MAX_PIXELS = 40e6;
const MAX_SIDE = 16384;

export type RasterEngine = "native" | "wasm";

export interface Raster {
  readonly png: Uint8Array;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** 1 at the usual size; less when the picture had to be drawn smaller to stay within the limits. */
  readonly scale: number;
}

/** Draws an SVG of our own. Rejects with resvg's error when the SVG is not well-formed. */
export async function rasterise(svg: string, engine?: RasterEngine): Promise<Raster> {
  const size = svgSize(svg);
  const scale = zoomFor(size) / USUAL_ZOOM;
  const draw = await loadEngine(engine);
  return { ...draw(svg, scale * USUAL_ZOOM), scale };
}

/** Width and height an SVG declares, in points. */
export function svgSize(svg: string): { width: number; height: number } {
  const head = /<svg\b[^>]*>/.exec(svg)?.[0] ?? "";
  const side = (name: string): number => Number(new RegExp(`\\s${name}="([\\d.]+)pt"`).exec(head)?.[1] ?? 0);
  return { width: side("width"), height: side("height") };
}

/** The zoom for a picture of this size in points, within the pixel limits. */
export function zoomFor(points: { width: number; height: number }): number {
  const width = Math.max(1, (points.width * 4) / 3);
  const height = Math.max(1, (points.height * 4) / 3);
  return Math.min(USUAL_ZOOM, Math.sqrt(MAX_PIXELS / (width * height)), MAX_SIDE / width, MAX_SIDE / height);
}

/** Loads what `rasterise` will need. */
export async function loadRaster(): Promise<void> {
  await loadEngine(undefined);
}

type Draw = (svg: string, zoom: number) => Omit<Raster, "scale">;

async function loadEngine(engine: RasterEngine | undefined): Promise<Draw> {
  if (engine === "wasm") return loadWasm();
  if (engine === "native") return loadNative();
  // Only a native build that does not load is a reason to fall back.
  return loadNative().catch(loadWasm);
}

const COMMON = { defaultFontFamily: "Arimo", sansSerifFamily: "Arimo" };

async function loadNative(): Promise<Draw> {
  const { Resvg } = await import("@resvg/resvg-js");
  const font = { ...COMMON, loadSystemFonts: false, fontFiles: [fontFile(400), fontFile(700)] };
  return (svg, zoom) => read(new Resvg(svg, { font, background: "white", fitTo: { mode: "zoom", value: zoom } }).render());
}

async function loadWasm(): Promise<Draw> {
  const { initWasm, Resvg } = await import("@resvg/resvg-wasm");
  wasmReady ??= initWasm(readFileSync(createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm")));
  await wasmReady;
  const font = { ...COMMON, fontBuffers: [readFileSync(fontFile(400)), readFileSync(fontFile(700))] };
  return (svg, zoom) => read(new Resvg(svg, { font, background: "white", fitTo: { mode: "zoom", value: zoom } }).render());
}

// resvg-wasm refuses to be initialised twice in a thread.
let wasmReady: Promise<void> | undefined;

function read(image: { asPng(): Uint8Array; readonly width: number; readonly height: number }): Omit<Raster, "scale"> {
  return { png: new Uint8Array(image.asPng()), width: image.width, height: image.height };
}

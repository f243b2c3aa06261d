// A picture as the bytes of a file: PNG, SVG, DOT or PDF. Layout and rasterising run in a thread that is stopped when
// it takes too long; then half of the picture is tried, then the caller is told to write DOT.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Picture } from "../analysis/picture.ts";
import { builtFile } from "../builtFiles.ts";
import { cannotDraw, drawTimedOut, noDrawWorker } from "../errors.ts";
import { headingText } from "./captions.ts";
import { type DotOptions, renderDot } from "./dot.ts";
import type { DrawJob, DrawnMessage } from "./drawWorker.ts";
import { forSvg } from "./escape.ts";
import { dotToPdf } from "./pdf.ts";
import { fitForLayout, shrinkPicture } from "./shrink.ts";

export type PictureFormat = "png" | "svg" | "dot" | "pdf";

export interface DrawOptions extends Omit<DotOptions, "pngSafe"> {
  readonly format: PictureFormat;
  /** Stops the drawing; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** For one attempt, in milliseconds; 20,000 unless told. There are at most two attempts. */
  readonly timeoutMs?: number | undefined;
}

export interface DrawnPicture {
  readonly bytes: Uint8Array;
  /** Pixels for PNG, points for SVG and PDF, 0 for DOT. */
  readonly width: number;
  readonly height: number;
  /** The PNG had to be drawn smaller than usual to stay within the pixel limits. */
  readonly scaledDown: boolean;
  /** What the reader should know: what was left out or made smaller. */
  readonly notes: readonly string[];
}

const USUAL_TIMEOUT_MS = 20_000;

/**
 * Draws a picture. Rejects with `cannotDraw`, `drawTimedOut`, `noDotProgram` (PDF only), `noFontFiles`,
 * `badNodeAttribute`, or with the reason of an aborted signal.
 */
export async function drawPicture(picture: Picture, options: DrawOptions): Promise<DrawnPicture> {
  options.signal?.throwIfAborted();
  const { format } = options;
  if (format === "dot") return plainDot(picture, options);
  const fitted = fitForLayout(picture);
  const attempts = [fitted, shrinkPicture(picture, Math.ceil(fitted.nodes.length / 2))];
  for (const attempt of attempts) {
    const drawn = format === "pdf" ? await attemptPdf(attempt, options) : await attemptInThread(attempt, format, options);
    if (drawn !== "too late") return { ...drawn, notes: [...newNotes(picture, attempt), ...drawn.notes] };
  }
  throw drawTimedOut(options.timeoutMs ?? USUAL_TIMEOUT_MS);
}

function plainDot(picture: Picture, options: DrawOptions): DrawnPicture {
  return { bytes: new TextEncoder().encode(renderDot(picture, options)), width: 0, height: 0, scaledDown: false, notes: [] };
}

/** Notes that shrinking added. */
function newNotes(before: Picture, after: Picture): readonly string[] {
  return after.notes.slice(before.notes.length);
}

async function attemptPdf(picture: Picture, options: DrawOptions): Promise<DrawnPicture | "too late"> {
  const pdf = await dotToPdf(renderDot(picture, options), options.timeoutMs ?? USUAL_TIMEOUT_MS, options.signal);
  return pdf === "too late" ? pdf : { ...pdf, scaledDown: false, notes: [] };
}

async function attemptInThread(picture: Picture, format: "png" | "svg", options: DrawOptions): Promise<DrawnPicture | "too late"> {
  const job: DrawJob = {
    dot: renderDot(picture, { ...options, pngSafe: format === "png" }),
    format,
    title: forSvg(headingText(picture, options.title)),
  };
  const message = await runThread(job, options.timeoutMs ?? USUAL_TIMEOUT_MS, options.signal);
  if (message === "too late") return message;
  if (message.kind === "failed") throw cannotDraw(message.why);
  const { bytes, width, height, scale } = message;
  const percent = Math.round(scale * 100);
  const notes = scale < 0.7 ? [`drawn at ${percent} % of the usual size; write an .svg, or ask for less with --max-nodes`] : [];
  return { bytes, width, height, scaledDown: scale < 0.995, notes };
}

let waiting: Worker | undefined;

/**
 * Starts the thread that the next picture will be drawn in, while the picture is still being worked out. Saves about 80 ms on two
 * processors; costs a thread when no picture follows, which does not keep the process alive.
 */
export function warmDrawing(): void {
  waiting ??= new Worker(workerFile());
  waiting.unref();
  waiting.once("error", () => {
    waiting = undefined;
  });
}

function runThread(job: DrawJob, timeoutMs: number, signal: AbortSignal | undefined): Promise<DrawnMessage | "too late"> {
  const worker = waiting ?? new Worker(workerFile());
  waiting = undefined;
  worker.ref();
  worker.postMessage(job);
  return new Promise<DrawnMessage | "too late">((settle, fail) => {
    const timer = setTimeout(() => settle("too late"), timeoutMs);
    const onAbort = (): void => fail(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    worker.once("message", settle);
    worker.once("error", (cause) => fail(cannotDraw(cause instanceof Error ? cause.message : String(cause), cause)));
    worker.once("exit", (code) => fail(cannotDraw(`the drawing thread ended with code ${code}`)));
    worker.once("exit", () => clearTimeout(timer));
    worker.once("exit", () => signal?.removeEventListener("abort", onAbort));
  }).finally(() => worker.terminate());
}

function workerFile(): string {
  const path = fileURLToPath(builtFile("report/drawWorker.js"));
  if (!existsSync(path)) throw noDrawWorker(path);
  return path;
}

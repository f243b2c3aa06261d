// The thread that lays out and rasterises: both are synchronous and can take minutes for a dense graph, so they run
// where they can be stopped. Gets one DrawJob as a message, posts one DrawnMessage, ends. What it needs is loaded meanwhile, so
// that whoever knows early that a picture will be wanted can start the thread early.

import { setFlagsFromString } from "node:v8";
import { parentPort } from "node:worker_threads";
import { instance, type Viz } from "@viz-js/viz";
import { loadRaster, rasterise, svgSize } from "./raster.ts";

/** What the thread is asked to do. `title` is what a browser shows in its tab, already escaped for XML. */
export interface DrawJob {
  readonly dot: string;
  readonly format: "png" | "svg";
  readonly title: string;
}

export type DrawnMessage =
  | { readonly kind: "drawn"; readonly bytes: Uint8Array; readonly width: number; readonly height: number; readonly scale: number }
  | { readonly kind: "failed"; readonly why: string };

/** Any face with Arimo's widths will do in a browser, so the text still fits where Arimo is not installed. */
const FAMILIES = "Arimo,Arial,'Liberation Sans',Helvetica,sans-serif";

/**
 * V8 11 (Node 20) begins to optimise WebAssembly so early that most pictures are done before it pays: it cost twice the
 * processor time of the layout. With this budget only a layout of half a second and more is optimised.
 */
const TIERING_BUDGET = "--wasm-tiering-budget=50000000";

let viz: Promise<Viz> | undefined;

function loadViz(): Promise<Viz> {
  if (process.versions.v8.startsWith("11.")) setFlagsFromString(TIERING_BUDGET);
  return instance();
}

async function draw(job: DrawJob): Promise<DrawnMessage> {
  viz ??= loadViz();
  const svg = layOut(await viz, job.dot);
  if (job.format === "png") {
    const { png, ...size } = await rasterise(svg);
    return { kind: "drawn", bytes: png, ...size };
  }
  return { kind: "drawn", bytes: new TextEncoder().encode(forBrowsers(svg, job.title)), ...svgSize(svg), scale: 1 };
}

function layOut(viz: Viz, dot: string): string {
  const result = viz.render(dot, { format: "svg" });
  // A broken label vanishes while the status stays "success", hence the look at the messages.
  const error = result.errors.find(({ level }) => level === "error") ?? (result.status === "failure" ? result.errors[0] : undefined);
  if (error !== undefined || result.output === undefined) throw new Error(error?.message ?? "Graphviz gave no output");
  return result.output;
}

/** Graphviz puts node names into <title> and the useful text into xlink:title, which browsers do not show. */
function forBrowsers(svg: string, title: string): string {
  return svg
    .replaceAll('font-family="Arimo"', `font-family="${FAMILIES}"`)
    .replace(/<title>[^<]*<\/title>\n?/g, "")
    .replace(/<!-- [^>]* -->\n?/g, "")
    .replace(/<a xlink:title="([^"]*)">/g, "<a><title>$1</title>")
    .replace(/<svg\b[^>]*>/, (head) => `${head}\n<title>${title}</title>`);
}

if (parentPort !== null) {
  const port = parentPort;
  port.once("message", (job: DrawJob) => {
    draw(job)
      .catch((error: unknown): DrawnMessage => ({ kind: "failed", why: error instanceof Error ? error.message : String(error) }))
      .then((message) => port.postMessage(message));
  });
  // Whatever cannot be loaded will be told when it is needed.
  viz = loadViz();
  void viz.catch(() => undefined);
  void loadRaster().catch(() => undefined);
}

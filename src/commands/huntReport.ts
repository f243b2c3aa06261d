// `hunt -o report.html`: the page of a hunt, and beside it one picture per suspect.

import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { backrefs } from "../analysis/backrefs.ts";
import type { HuntResult } from "../analysis/hunt/result.ts";
import { cannotWriteFile, LeakhuntError, usage } from "../errors.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import { huntPage } from "../report/page/huntPage.ts";
import { drawPicture } from "../report/picture.ts";
import { writeBeside } from "../report/writeFile.ts";

/**
 * Checks, before a hunt of minutes begins, that its report can be written.
 * @throws LeakhuntError `USAGE` for another ending than .html, `CANNOT_WRITE` for a folder that takes no files.
 */
export async function checkReport(output: string): Promise<void> {
  if (extname(output).toLowerCase() !== ".html") throw usage(`${JSON.stringify(output)} is no report`, "write a .html file");
  const folder = dirname(resolve(output));
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw cannotWriteFile(output, missing ? "its folder does not exist" : "no permission to write there", cause);
  }
}

/**
 * Writes `report.html`, and `report-1.png` and so on for the suspects. A picture that cannot be drawn is a note, no failure.
 * @param graph the heap that the suspects' examples are in.
 * @returns the result with the pictures' names as `output` names its folder, and a note of where the report is.
 */
export async function writeReport(result: HuntResult, graph: HeapGraph, output: string, signal: AbortSignal): Promise<HuntResult> {
  const path = resolve(output);
  const pictures = new Map<number, { readonly svg: string }>();
  const names = new Map<number, string>();
  const notes: string[] = [];
  for (const { number, example } of result.suspects) {
    const node = example && graph.byId(example.id);
    if (node === undefined) continue;
    const picture = backrefs(graph, [node], {});
    const name = `${basename(path, extname(path))}-${number}.png`;
    try {
      const png = await drawPicture(picture, { format: "png", signal });
      const svg = await drawPicture(picture, { format: "svg", signal });
      await writeBeside(join(dirname(path), name), png.bytes);
      names.set(number, join(dirname(output), name));
      pictures.set(number, { svg: Buffer.from(svg.bytes).toString("utf8") });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LeakhuntError)) throw error;
      notes.push(`no picture of suspect ${number}: ${error.message}`);
    }
  }
  const told: HuntResult = {
    ...result,
    suspects: result.suspects.map((suspect) => ({ ...suspect, picture: names.get(suspect.number) })),
    notes: [...result.notes, ...notes],
  };
  await writeBeside(path, huntPage(told, { pictures, when: new Date() }));
  return { ...told, notes: [...told.notes, `report: ${output}`] };
}

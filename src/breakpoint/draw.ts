// A picture of a breakpoint into a file, or as a tree.

import type { Picture } from "../analysis/picture.ts";
import { usage } from "../errors.ts";
import { forTerminal } from "../report/escape.ts";
import { drawPicture, type PictureFormat } from "../report/picture.ts";
import { renderTree } from "../report/tree.ts";
import { formatNoun } from "../report/units.ts";
import { writeBeside } from "../report/writeFile.ts";

/** What to do with a picture, as sent. */
export interface Drawing {
  /** Absolute. */
  readonly filename?: string | undefined;
  readonly refcounts?: boolean | undefined;
  readonly title?: string | undefined;
}

/** Writes the file, or returns the tree. @returns the text to print. */
export async function showPicture(picture: Picture, { filename, refcounts, title }: Drawing): Promise<string> {
  if (filename === undefined) return renderTree(picture, { color: false });
  const format = formatOf(filename);
  const drawn = await drawPicture(picture, {
    format,
    ...(refcounts === undefined ? {} : { refcounts }),
    ...(title === undefined ? {} : { title }),
  });
  await writeBeside(filename, drawn.bytes);
  const size = drawn.width > 0 ? `${Math.round(drawn.width)} × ${Math.round(drawn.height)}` : "DOT";
  const others = picture.nodes.filter((node) => !node.isTarget).length;
  const noun = picture.direction === "backrefs" ? "retainer" : "reference";
  const notes = [...picture.notes, ...drawn.notes].map((note) => forTerminal(note, 300));
  return [`${forTerminal(filename, 300)}  ${size}, ${formatNoun(others, noun)} drawn`, ...notes].join("\n");
}

/** @throws LeakhuntError `USAGE`. */
export function formatOf(filename: string): PictureFormat {
  const format = /\.(png|svg|dot|pdf)$/i.exec(filename)?.[1]?.toLowerCase();
  if (format === undefined) throw usage(`${JSON.stringify(filename)} has no picture format`, "write a .png, .svg, .dot or .pdf");
  return format as PictureFormat;
}

// Where the picture of a failure goes.

import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { usage } from "../errors.ts";

/** A file (`.png`, `.svg`, `.dot`, `.pdf`), a folder, or false for none. Default: a PNG in the folder for temporary files. */
export type PictureChoice = string | false | undefined;

/** Absolute path of the file, or undefined for none. @throws LeakhuntError `USAGE`. */
export function pictureFile(choice: PictureChoice): string | undefined {
  if (choice === false) return undefined;
  const name = `leakhunt-${randomBytes(4).toString("hex")}.png`;
  if (choice === undefined) return join(tmpdir(), name);
  if (typeof choice !== "string") throw usage("picture is a file, a folder, or false", 'such as "leak.png"');
  if (statSync(choice, { throwIfNoEntry: false })?.isDirectory()) return resolve(choice, name);
  if (!/\.(png|svg|dot|pdf)$/i.test(choice))
    throw usage(`${JSON.stringify(choice)} is neither a folder that is there nor a picture`, "write a .png, .svg, .dot or .pdf");
  return resolve(choice);
}

// The DOT attributes a caller may set on a card through `extraNodeAttrs`. A list of what is allowed, not of what is
// not: image, shapefile, URL and their like read files or make links, a font would no longer fit the measured text.

import { badNodeAttribute } from "../errors.ts";
import { forDotString } from "./escape.ts";

export const NODE_ATTRIBUTES: readonly string[] = [
  "class",
  "color",
  "fillcolor",
  "gradientangle",
  "group",
  "height",
  "margin",
  "orientation",
  "penwidth",
  "peripheries",
  "shape",
  "sides",
  "style",
  "tooltip",
  "width",
  "xlabel",
];

/** The attributes as quoted DOT values. Throws `badNodeAttribute` for a name that is not allowed. */
export function extraAttributes(attributes: Readonly<Record<string, string>>): Record<string, string> {
  const safe: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const known = NODE_ATTRIBUTES.includes(name) && !(name === "shape" && !isPlainShape(value));
    if (!known) throw badNodeAttribute(name === "shape" ? `shape=${value}` : name, NODE_ATTRIBUTES);
    safe[name] = `"${forDotString(String(value), 200)}"`;
  }
  return safe;
}

/** `custom` and `epsf` draw a file; a shape of unknown spelling is taken for the name of one. */
function isPlainShape(shape: string): boolean {
  return /^[a-z0-9]{1,20}$/.test(shape) && shape !== "custom" && shape !== "epsf";
}

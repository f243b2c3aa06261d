// A suspect as plain text, for the button that copies it into a bug report.

import type { Suspect } from "../../analysis/hunt/result.ts";
import type { RetainingPath } from "../../analysis/paths.ts";
import type { ObjectSummary } from "../../analysis/summary.ts";
import { clip } from "../escape.ts";
import { sparkline } from "../growthText.ts";
import { headlineWords } from "../huntWords.ts";
import { chainLines } from "../pathText.ts";
import { formatBytes, formatCount } from "../units.ts";
import { html, type Limits, type Markup } from "./markup.ts";

/** As many values as bars. */
const SHOWN = 12;

/** Lines of text, safe to be shown; each is cut by the page's limits. */
export function plainSuspect(suspect: Suspect, limits: Limits): Markup {
  const format = suspect.measure === "bytes" ? formatBytes : formatCount;
  const { holder, path, series, where, advice } = suspect;
  const steps = path === undefined ? [] : chainLines(shortened(path, limits));
  const lines = [
    headlineWords({ ...suspect, type: clip(suspect.type, limits.name), holder: { ...holder, name: clip(holder.name, limits.name) } }),
    `${sparkline(series)}  ${series.slice(-SHOWN).map(format).join(", ")}`,
    `held by ${clip(holder.name, limits.name)}${holder.location === undefined ? "" : ` in ${clip(holder.location, limits.name)}`}`,
    ...steps.map((step) => clip(step, 2 * limits.name)),
    ...where.slice(0, limits.few).map(({ role, name, location }) => `${role}: ${clip(name, limits.name)} ${clip(location, limits.name)}`),
    clip(advice, limits.sentence),
  ];
  return html`${lines.map((line, i) => html`${i > 0 && NEW_LINE}${line}`)}`;
}

const NEW_LINE = html`
`;

/** A terminal shows names as long as they are. */
function shortened(path: RetainingPath, limits: Limits): RetainingPath {
  const short = (text: string | undefined): string | undefined => text && clip(text, limits.name);
  const object = (of: ObjectSummary): ObjectSummary => ({ ...of, title: clip(of.title, limits.name), preview: short(of.preview) });
  const steps = path.steps.slice(0, limits.steps).map((step) => ({ ...step, object: object(step.object) }));
  return { ...path, root: { ...path.root, name: clip(path.root.name, limits.name) }, steps };
}

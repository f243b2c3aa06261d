// Why something is alive, as an indented list: how it is held, then what is held.

import type { PathStep, RetainingPath } from "../../analysis/paths.ts";
import { holdLabelText } from "../labels.ts";
import { type ObjectParts, objectParts, rootParts } from "../objectParts.ts";
import { formatNoun } from "../units.ts";
import { codeText, heapText, html, type Limits, type Markup, type Value } from "./markup.ts";

/** Deeper steps are indented no further: they would leave the page. */
export const DEEPEST = 14;

/** The path from its root down. The step that holds `holder` (an object id) is marked as the place where things gather. */
export function pathTree(path: RetainingPath, limits: Limits, holder?: number): Markup {
  const head = Math.ceil((limits.steps * 2) / 3);
  const tail = limits.steps - head;
  const cut = Math.max(0, path.steps.length - limits.steps);
  const items = path.steps.flatMap((step, i): Markup[] => {
    if (cut > 0 && i === head) return [item(i + 1, html`… ${formatNoun(cut, "more step")} not shown`, "soft")];
    if (cut > 0 && i > head && i < path.steps.length - tail) return [];
    return stepItems(step, i + 1, limits, { last: i === path.steps.length - 1, gathers: step.object.id === holder });
  });
  const alike = path.alike > 1 ? item(0, html`(${formatNoun(path.alike, "alike holder")}, one shown)`, "soft") : undefined;
  const root = path.root.object?.id === holder && holder !== undefined;
  return html`<ol class="path">${item(0, html`<span class="how">${parts(rootParts(path), limits)}</span>${root && GATHERS}`)}${items}${alike}</ol>`;
}

const GATHERS = html` <span class="tag">they gather here</span>`;

function stepItems(step: PathStep, depth: number, limits: Limits, { last, gathers }: { last: boolean; gathers: boolean }): Markup[] {
  const folded = step.folded > 0 ? [item(depth, html`… ${formatNoun(step.folded, "more step")} alike`, "soft")] : [];
  const label = html`<span class="how">${codeText(holdLabelText(step.label), limits)}</span> `;
  return [
    ...folded,
    item(depth, html`${label}${parts(objectParts(step.object), limits)}${gathers && GATHERS}`, last ? "end" : gathers ? "holder" : ""),
  ];
}

function item(depth: number, content: Markup, look = ""): Markup {
  const at = Math.min(depth, DEEPEST);
  return html`<li class="d${at} ${look}">${depth > 0 && html`<span class="twig" aria-hidden="true"></span>`}<span>${content}</span></li>`;
}

function parts({ name, id, preview, location, retained }: ObjectParts, limits: Limits): Value {
  const facts = [
    preview !== undefined && html`, ${heapText(preview, limits)}`,
    location !== undefined && html`, ${codeText(location, limits)}`,
    retained !== undefined && `, ${retained}`,
  ];
  return html`<b>${codeText(name, limits)}</b>${id !== "" && html` <span class="id">${id}</span>`}<span class="soft">${facts}</span>`;
}

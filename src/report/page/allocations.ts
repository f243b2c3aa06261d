// Where survivors were allocated: of one suspect, and what belongs to none.

import type { AllocationSite, HuntResult } from "../../analysis/hunt/result.ts";
import { formatBytes, formatNoun } from "../units.ts";
import { codeText, html, type Limits, type Markup } from "./markup.ts";

/** Stacks, innermost call first, each with what it allocated. */
export function allocationSites(sites: readonly AllocationSite[], limits: Limits): Markup {
  const shown = sites.slice(0, limits.few);
  const left = sites.length - shown.length;
  return html`<p class="soft">Innermost call first.</p><ul class="sites">${shown.map((site) => siteItem(site, limits))}</ul>${
    left > 0 && html`<p class="soft">… ${formatNoun(left, "more site")} not shown</p>`
  }`;
}

function siteItem({ frames, bytes, objects }: AllocationSite, limits: Limits): Markup {
  const amount =
    objects === undefined ? `about ${formatBytes(bytes)}, as sampled` : `${formatNoun(objects, "object")}, ${formatBytes(bytes)}`;
  const lines = frames
    .slice(0, limits.few)
    .map(({ name, location }) => html`<li>${codeText(name, limits)} <span class="soft">${codeText(location, limits)}</span></li>`);
  return html`<li>${amount}<ol class="stack">${lines}</ol></li>`;
}

/** Stacks whose survivors became more and that belong to no suspect for sure. */
export function otherAllocations({ allocations = [] }: HuntResult, limits: Limits): Markup | undefined {
  if (allocations.length === 0) return undefined;
  return html`<section aria-labelledby="allocated"><h2 id="allocated">Allocated besides</h2><p>What these calls allocated became more as well, but belongs to no suspect for sure.</p>
${allocationSites(allocations, limits)}</section>`;
}

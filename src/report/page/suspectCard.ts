// One suspect: what gathers and how fast, who holds it, what to do, and then the evidence.

import type { GrowingType, Place, Suspect } from "../../analysis/hunt/result.ts";
import { growthWords, kindWords, suspectName } from "../huntWords.ts";
import { formatBytes, formatCount, formatSignedBytes, formatSignedCount } from "../units.ts";
import { allocationSites } from "./allocations.ts";
import { codeText, heapText, html, type Limits, type Markup } from "./markup.ts";
import { pathTree } from "./pathTree.ts";
import { plainSuspect } from "./plainText.ts";
import { sparklineSvg } from "./sparkline.ts";
import { counted, fold, pageTable } from "./tables.ts";

/** A card. `picture` is its figure, or a sentence why there is none. */
export function suspectCard(suspect: Suspect, limits: Limits, picture: Markup | undefined): Markup {
  const { number } = suspect;
  return html`<article class="card" id="suspect-${number}" aria-labelledby="suspect-${number}-name">
${headline(suspect, limits)}
${holderLine(suspect, limits)}
<p class="advice"><b>What to do</b> ${heapText(suspect.advice, limits, limits.sentence)}</p>
${suspect.path && html`<h4>Why they stay alive</h4>${pathTree(suspect.path, limits, suspect.holder.object?.id)}`}
${alsoHeld(suspect.alsoHeldBy, limits)}
${suspect.where.length > 0 && placesTable(suspect.where, limits)}
${suspect.gathers.length > 0 && typesTable(suspect.gathers, limits)}
${suspect.allocatedAt.length > 0 && fold(counted("Where the survivors were allocated", suspect.allocatedAt.length), allocationSites(suspect.allocatedAt, limits), true)}
${picture && fold(pictureTitle(suspect, limits), picture, true)}
<div class="foot"><button type="button" class="copy" hidden>Copy as text</button><pre class="plain" hidden>${plainSuspect(suspect, limits)}</pre><span class="soft">fingerprint ${codeText(suspect.fingerprint, limits)}</span></div>
</article>`;
}

function headline(suspect: Suspect, limits: Limits): Markup {
  const { rate, facts } = growthWords(suspect);
  const format = suspect.measure === "bytes" ? formatBytes : formatCount;
  const { series } = suspect;
  const noun = suspect.measure === "bytes" ? "" : " objects";
  const range = series.length > 1 && `${format(series[0] as number)} → ${format(series.at(-1) as number)}${noun}`;
  const defined = suspect.location !== undefined && html`<p class="soft">defined at ${codeText(suspect.location, limits)}</p>`;
  return html`<header><div><h3 id="suspect-${suspect.number}-name"><span class="no" title="suspect ${suspect.number}">${suspect.number}</span> ${codeText(suspectName(suspect), limits)} <span class="rate">${rate}</span></h3>
<p class="facts">${facts.map((fact) => html`<span>${fact}</span> `)}</p>${defined}</div>
${series.length > 1 && html`<figure class="series">${sparklineSvg(series, { format, size: "large" })}<figcaption class="soft">${range}</figcaption></figure>`}</header>`;
}

function holderLine({ holder, kind }: Suspect, limits: Limits): Markup {
  const { object, location, alike } = holder;
  const what =
    object &&
    html` <span class="soft">${heapText(object.type, limits)} @${object.id}${object.preview !== undefined && html`, ${heapText(object.preview, limits)}`}</span>`;
  const from = holder.package !== undefined && html` <span class="tag">package ${heapText(holder.package, limits)}</span>`;
  const others = alike > 1 && html` <span class="soft">(${formatCount(alike)} such holders gain together)</span>`;
  return html`<p class="held">Held by ${codeText(holder.name, limits)}${what}${location !== undefined && html` in ${codeText(location, limits)}`}${from}${others}: ${kindWords(kind)}.</p>`;
}

function alsoHeld(others: readonly string[], limits: Limits): Markup | undefined {
  if (others.length === 0) return undefined;
  const left = others.length - limits.few;
  const names = others.slice(0, limits.few).map((name, i) => html`${i > 0 && ", "}${codeText(name, limits)}`);
  return html`<p>Also held by ${names}${left > 0 && ` and ${formatCount(left)} more`}: letting go in one place only is not enough.</p>`;
}

const ROLES: Readonly<Record<Place["role"], string>> = {
  class: "class",
  function: "function",
  holder: "holder",
  module: "module",
  allocated: "allocated in",
};

function placesTable(places: readonly Place[], limits: Limits): Markup {
  const packaged = places.some((place) => place.package !== undefined);
  return pageTable(
    "Where to look",
    [
      { title: "What", cell: ({ role }) => ROLES[role] },
      { title: "Name", cell: ({ name }) => codeText(name, limits) },
      { title: "Place", cell: ({ location }) => codeText(location, limits) },
      ...(packaged ? [{ title: "Package", cell: (place: Place) => place.package !== undefined && heapText(place.package, limits) }] : []),
    ],
    places,
    limits.few,
  );
}

function typesTable(types: readonly GrowingType[], limits: Limits): Markup {
  return pageTable(
    "What gathers, with what it keeps alive",
    [
      { title: "Type", cell: ({ type }) => codeText(type, limits) },
      { title: "Now", number: true, cell: ({ count }) => formatCount(count) },
      { title: "Gained", number: true, cell: ({ delta }) => formatSignedCount(delta) },
      { title: "Bytes gained", number: true, cell: ({ bytesDelta }) => formatSignedBytes(bytesDelta) },
      { title: "Defined at", cell: ({ location }) => location !== undefined && codeText(location, limits) },
    ],
    types,
    limits.few,
  );
}

function pictureTitle({ example, type }: Suspect, limits: Limits): Markup {
  const what = example === undefined ? codeText(type, limits) : html`${codeText(example.title, limits)} @${example.id}`;
  return html`Picture: what keeps ${what} alive`;
}

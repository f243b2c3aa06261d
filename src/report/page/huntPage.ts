// What a hunt found as one page to pass on: a file of its own that loads nothing, runs nothing but a little script of
// ours, and stays under a megabyte whatever the heap holds.

import { createHash } from "node:crypto";
import type { HuntResult, Suspect } from "../../analysis/hunt/result.ts";
import { clip } from "../escape.ts";
import { verdictWords } from "../huntWords.ts";
import { formatNoun } from "../units.ts";
import { otherAllocations } from "./allocations.ts";
import { figuresSection } from "./figures.ts";
import { codeText, html, type Limits, Markup } from "./markup.ts";
import { embedPicture, type PagePicture } from "./pictures.ts";
import { SCRIPT } from "./script.ts";
import { clearedSection, offHeapSection, suspectIndex, verdictHeader } from "./sections.ts";
import { STYLE } from "./style.ts";
import { suspectCard } from "./suspectCard.ts";
import { trendsSection } from "./trends.ts";

export interface PageOptions {
  /** When the hunt ended; left out of the page unless told. */
  readonly when?: Date | undefined;
  /** Of leakhunt. */
  readonly version?: string | undefined;
  /** By number of the suspect. An SVG as `report/picture.ts` draws it, or a PNG. */
  readonly pictures?: ReadonlyMap<number, PagePicture> | undefined;
}

/** No page is bigger, in bytes. */
export const PAGE_LIMIT = 1_000_000;

type Plan = Omit<Limits, "spare"> & { readonly spare: number };

/** From generous to terse; the first that fits is taken. The last always does: its texts are few and short. */
const PLANS: readonly Plan[] = [
  { name: 100, whole: 12_000, spare: 150_000, sentence: 1000, suspects: 50, rows: 100, few: 15, steps: 60, points: 100 },
  { name: 80, whole: 1000, spare: 50_000, sentence: 600, suspects: 30, rows: 50, few: 10, steps: 40, points: 80 },
  { name: 60, whole: 200, spare: 20_000, sentence: 400, suspects: 20, rows: 25, few: 8, steps: 30, points: 60 },
  { name: 40, whole: 0, spare: 0, sentence: 200, suspects: 8, rows: 12, few: 5, steps: 16, points: 40 },
];

const limitsOf = (plan: Plan): Limits => ({ ...plan, spare: { left: plan.spare } });

/** The page as HTML, at most `PAGE_LIMIT` bytes in UTF-8. What had to be cut or left out is said where it is missing. */
export function huntPage(result: HuntResult, options: PageOptions = {}): string {
  const fitting = PLANS.find((plan) => fits(renderPage(result, options, plan, new Map())));
  const plan = fitting ?? (PLANS.at(-1) as Plan);
  return renderPage(result, options, plan, choosePictures(result, options, plan));
}

const fits = (page: string): boolean => Buffer.byteLength(page) <= PAGE_LIMIT;

/** Pictures in the order of the suspects, as long as the page has room; a sentence for those that do not fit. */
function choosePictures(result: HuntResult, options: PageOptions, plan: Plan): ReadonlyMap<number, Markup> {
  let chosen: ReadonlyMap<number, Markup> = new Map();
  for (const suspect of result.suspects.slice(0, plan.suspects)) {
    const picture = options.pictures?.get(suspect.number);
    if (picture === undefined) continue;
    const figure = embedPicture(picture, alternative(suspect, plan));
    const candidates = [
      figure,
      html`<p class="soft">Left out of this page${figure && ", to keep it small"}${elsewhere(suspect, plan)}.</p>`,
    ];
    for (const candidate of candidates) {
      if (candidate === undefined) continue;
      const more = new Map(chosen).set(suspect.number, candidate);
      if (!fits(renderPage(result, options, plan, more))) continue;
      chosen = more;
      break;
    }
  }
  return chosen;
}

function elsewhere({ picture }: Suspect, plan: Plan): Markup | undefined {
  return picture === undefined ? undefined : html`; it was written to ${codeText(picture, limitsOf(plan))}`;
}

function alternative({ type, holder, example }: Suspect, { name }: Plan): string {
  const what = `${clip(type, name)}${example === undefined ? "" : ` @${example.id}`}`;
  return `What keeps ${what} alive, over ${clip(holder.name, name)}, as boxes and arrows; the path above says it in words`;
}

function renderPage(result: HuntResult, options: PageOptions, plan: Plan, pictures: ReadonlyMap<number, Markup>): string {
  const limits = limitsOf(plan);
  const offHeap = offHeapSection(result.offHeap, limits);
  const first = result.offHeap?.grows === true && offHeap;
  const body = html`<main>
${verdictHeader(result, options.when, limits)}
${suspectIndex(result, limits)}
${trendsSection(result, limits)}
${first}
${suspectsSection(result, limits, pictures)}
${first === false && offHeap}
${otherAllocations(result, limits)}
${clearedSection(result.cleared, limits)}
${figuresSection(result, limits)}
</main>`;
  return frame(result, options, body).text;
}

function suspectsSection({ suspects }: HuntResult, limits: Limits, pictures: ReadonlyMap<number, Markup>): Markup | undefined {
  if (suspects.length === 0) return undefined;
  const cards: Markup[] = [];
  let length = 0;
  for (const suspect of suspects.slice(0, limits.suspects)) {
    const card = suspectCard(suspect, limits, pictures.get(suspect.number));
    cards.push(card);
    length += card.text.length;
    if (length > PAGE_LIMIT) break; // too long already: a terser plan will follow
  }
  const left = suspects.length - cards.length;
  return html`<section aria-labelledby="suspects"><h2 id="suspects">${formatNoun(suspects.length, "suspect")}, what keeps most first</h2>
${cards}${left > 0 && html`<p>… ${formatNoun(left, "more suspect")} not shown; --json has them all</p>`}</section>`;
}

/** Constants of this folder, let through by their hash alone: no other style or script would run. */
const POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(SCRIPT)}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function frame(result: HuntResult, options: PageOptions, body: Markup): Markup {
  const made = options.version === undefined ? "leakhunt" : `leakhunt ${options.version}`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">
<title>${verdictWords(result.verdict)}: ${clip(result.target, TITLE_LIMIT)} · leakhunt</title>
<style>${new Markup(STYLE)}</style></head>
<body><p class="brand">leakhunt: report of a hunt</p>
${body}
<footer>Made by ${made}. Names and texts on this page come from the memory of the program: pass it on with the care a snapshot asks for.</footer>
<script>${new Markup(SCRIPT)}</script></body></html>
`;
}

const TITLE_LIMIT = 80;

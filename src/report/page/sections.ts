// The parts of a page around the suspects: the verdict, memory outside the heap, and what is not accused.

import type { Cleared, HuntResult, HuntVerdict, OffHeap } from "../../analysis/hunt/result.ts";
import { clearedWords, growthWords, kindWords, offHeapAdvice, suspectName, verdictWords } from "../huntWords.ts";
import { formatByteRate, formatBytes, formatCount, formatDuration, formatSignedBytes } from "../units.ts";
import { codeText, heapText, html, type Limits, type Markup, type Value } from "./markup.ts";
import { sparklineSvg } from "./sparkline.ts";
import { type PageColumn, pageTable } from "./tables.ts";

const LOOKS: Readonly<Record<HuntVerdict, string>> = { leak: "bad", "no leak": "good", undecided: "open" };

/** The first screen: what was found, of what, when, and why it stopped there. */
export function verdictHeader(result: HuntResult, when: Date | undefined, limits: Limits): Markup {
  const { rounds, heap, verdict } = result;
  const span = (rounds.at(-1)?.seconds ?? 0) - (rounds[0]?.seconds ?? 0);
  const pauses = rounds.flatMap(({ pauseMs }) => (pauseMs === undefined ? [] : [pauseMs]));
  const sum = pauses.reduce((total, pause) => total + pause, 0);
  const facts: [string, Value, wide?: boolean][] = [
    ["Target", heapText(result.target, limits, limits.sentence), true],
    ...(when === undefined ? [] : ([["When", whenText(when)]] satisfies [string, Value][])),
    ["Rounds", `${formatCount(rounds.length)}${span > 0 ? ` in ${formatDuration(span * 1000)}` : ""}`],
    ["Heap growth", `${formatSignedBytes(heap.delta)}${heap.perSecond === undefined ? "" : `, ${formatByteRate(heap.perSecond)}`}`],
    ...(sum > 0 ? ([["Target stood still", `${formatDuration(sum)} for all snapshots`]] satisfies [string, Value][]) : []),
    ["Stopped because", heapText(result.stopped, limits, limits.sentence), true],
  ];
  return html`<header class="verdict ${LOOKS[verdict]}"><p class="pill">${verdictWords(verdict)}</p>
<h1>${heapText(result.conclusion, limits, limits.sentence)}</h1>
<dl>${facts.map(([name, value, wide]) => html`<div${wide && html` class="wide"`}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></header>`;
}

function whenText(when: Date): Markup {
  const iso = when.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
}

/** Links to the cards, where there are several. */
export function suspectIndex({ suspects }: HuntResult, limits: Limits): Markup | undefined {
  const shown = suspects.slice(0, limits.suspects);
  if (shown.length < 2) return undefined;
  const items = shown.map(
    (suspect) =>
      html`<li><a href="#suspect-${suspect.number}">${codeText(suspectName(suspect), limits, 40)} ${growthWords(suspect).rate}</a> <span class="soft">${codeText(suspect.holder.name, limits, 60)}, ${kindWords(suspect.kind)}</span></li>`,
  );
  return html`<nav aria-label="Suspects"><ol class="index">${items}</ol></nav>`;
}

/** Where the process grows beside its JavaScript heap. */
export function offHeapSection(offHeap: OffHeap | undefined, limits: Limits): Markup | undefined {
  if (offHeap === undefined) return undefined;
  const { rss, heap, external, arrayBuffers, outside, grows, native } = offHeap;
  const rows: [string, number][] = [
    ["RSS, all memory of the process", rss],
    ["JavaScript heap", heap],
    ["external memory that JavaScript objects own", external],
    ["array buffers among it", arrayBuffers],
    ["outside: explained by none of them", outside],
  ];
  const advice = offHeapAdvice(offHeap);
  return html`<section aria-labelledby="offheap" class="${grows ? "card" : ""}"><h2 id="offheap">Outside the JavaScript heap</h2>
<p>${grows ? html`<b>The process gains ${formatByteRate(outside).replace("+", "")} that no JavaScript object explains.</b>` : "Nothing there grows so steadily that it is a finding of its own."}</p>
${advice !== undefined && html`<p class="advice"><b>What to do</b> ${advice}</p>`}
${pageTable(
  "Growth by kind of memory",
  [
    { title: "Memory", cell: ([name]) => name },
    { title: "Growth", number: true, cell: ([, rate]) => formatByteRate(rate) },
  ],
  rows,
  limits.rows,
)}
${native.length > 0 && nativeTable(native, limits)}</section>`;
}

type Native = OffHeap["native"][number];

function nativeTable(native: readonly Native[], limits: Limits): Markup {
  return pageTable(
    "Native memory that V8 names, by owner",
    [
      { title: "Owner", cell: ({ name }) => codeText(name, limits) },
      { title: "Now", number: true, cell: ({ bytes }) => formatBytes(bytes) },
      { title: "Gained", number: true, cell: ({ delta }) => formatSignedBytes(delta) },
    ],
    native,
    limits.rows,
  );
}

/** Nearly level looks level: these are not accused. */
const LEAST_SPAN = 0.2;

/** What was looked at and is not accused, and why not. */
export function clearedSection(cleared: readonly Cleared[], limits: Limits): Markup | undefined {
  if (cleared.length === 0) return undefined;
  const columns: PageColumn<Cleared>[] = [
    { title: "What", cell: ({ name }) => codeText(name, limits) },
    { title: "Type", cell: ({ type }) => codeText(type, limits) },
    {
      title: "By round",
      cell: ({ series }) => sparklineSvg(series, { format: formatCount, size: "small", leastSpan: LEAST_SPAN, dots: 12 }),
    },
    { title: "First → last", number: true, cell: ({ series }) => firstToLast(series) },
    { title: "Why not", cell: ({ why }) => clearedWords(why) },
  ];
  return html`<section aria-labelledby="cleared"><h2 id="cleared">Seen and not accused</h2>${pageTable("Grew, or looked like it, and is no suspect", columns, cleared, limits.rows)}</section>`;
}

function firstToLast(series: readonly number[]): string {
  return series.length === 0 ? "" : `${formatCount(series[0] as number)} → ${formatCount(series.at(-1) as number)}`;
}

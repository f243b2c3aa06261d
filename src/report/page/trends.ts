// What the process as a whole did while it was watched: one small chart for each counter, with the rounds marked. Each
// has a scale of its own, because a heap that gains 3 MB is a flat line beside an RSS of 200 MB. Positions are percent
// and the lines do not scale their width, so a chart is as wide as its place and its words stay readable on a phone.

import type { Counters, HuntResult, HuntRound } from "../../analysis/hunt/result.ts";
import { formatBytes, formatCount, formatDuration, formatSignedBytes, formatSignedCount } from "../units.ts";
import { html, type Limits, type Markup } from "./markup.ts";
import { round } from "./sparkline.ts";

type Point = readonly [seconds: number, value: number];

interface Panel {
  readonly title: string;
  readonly line: readonly Point[];
  /** Marked on top of the line: the reachable heap of each round. */
  readonly dots: readonly Point[];
  readonly format: (value: number) => string;
  readonly formatChange: (value: number) => string;
}

/** Level within this share of the highest value is drawn level. */
const LEAST_SPAN = 0.05;
const BYTES = { format: formatBytes, formatChange: formatSignedBytes };
const COUNT = { format: formatCount, formatChange: formatSignedCount };

/** The charts, or nothing when there are fewer than two readings and rounds. */
export function trendsSection({ counters, rounds }: HuntResult, limits: Limits): Markup | undefined {
  const panels = counters.length > 1 ? counterPanels(thin(counters, limits.points), rounds) : heapPanel(rounds);
  if (panels.length === 0) return undefined;
  const times = panels.flatMap(({ line, dots }) => [...line, ...dots]).map(([seconds]) => seconds);
  const from = Math.min(...times);
  const to = Math.max(...times);
  return html`<section aria-labelledby="trend"><h2 id="trend">The process while it was watched</h2>
<div class="panels">${panels.map((panel) => panelFigure(panel, { from, to, rounds }))}</div>
<p class="soft">Numbers on the dashed lines are the rounds, one snapshot each${counters.length > 1 && "; circles are the heap that was reachable in them"}. Each chart has a scale of its own that need not begin at zero.</p></section>`;
}

function counterPanels(counters: readonly Counters[], rounds: readonly HuntRound[]): Panel[] {
  const line = (value: (at: Counters) => number | undefined): Point[] =>
    counters.flatMap((at): Point[] => {
      const y = value(at);
      return y === undefined || !Number.isFinite(y) ? [] : [[at.seconds, y]];
    });
  const panels: Panel[] = [
    { title: "RSS", line: line((at) => at.rss), dots: [], ...BYTES },
    { title: "Heap used", line: line((at) => at.heapUsed), dots: heapDots(rounds), ...BYTES },
    { title: "External", line: line((at) => at.external), dots: [], ...BYTES },
    { title: "Handles and requests", line: line((at) => at.handles), dots: [], ...COUNT },
  ];
  return panels.filter((panel) => panel.line.length > 1);
}

function heapPanel(rounds: readonly HuntRound[]): Panel[] {
  return rounds.length < 2 ? [] : [{ title: "Reachable heap", line: heapDots(rounds), dots: heapDots(rounds), ...BYTES }];
}

const heapDots = (rounds: readonly HuntRound[]): Point[] => rounds.map(({ seconds, heapBytes }) => [seconds, heapBytes]);

/** At most `most` readings: of each stretch the one with the highest RSS, so that no peak is lost; the first and the last stay. */
function thin(counters: readonly Counters[], most: number): readonly Counters[] {
  if (counters.length <= most) return counters;
  const inner = counters.slice(1, -1);
  const stretch = Math.ceil(inner.length / (most - 2));
  const kept: Counters[] = [];
  for (let i = 0; i < inner.length; i += stretch) {
    kept.push(inner.slice(i, i + stretch).reduce((highest, at) => (at.rss > highest.rss ? at : highest)));
  }
  return [counters[0] as Counters, ...kept, counters.at(-1) as Counters];
}

interface Frame {
  readonly from: number;
  readonly to: number;
  readonly rounds: readonly HuntRound[];
}

const TOP = 18;
const PLOT = 84;
const HEIGHT = TOP + PLOT + 20;
/** Percent of the width that the lines take; beside them stands the scale. */
const WIDTH = 81;

function panelFigure(panel: Panel, frame: Frame): Markup {
  const { format, formatChange, line, title } = panel;
  const first = line[0]?.[1] ?? 0;
  const last = line.at(-1)?.[1] ?? 0;
  const told = `${format(first)} → ${format(last)}`;
  const values = [...line, ...panel.dots].map(([, value]) => value);
  const high = Math.max(...values);
  const low = Math.min(...values);
  const pad = Math.max(0, high * LEAST_SPAN - (high - low)) / 2;
  const bottom = Math.max(0, low - pad);
  const top = high + pad === bottom ? bottom + 1 : high + pad;
  const x = (seconds: number): number => round(WIDTH * (frame.to === frame.from ? 0.5 : (seconds - frame.from) / (frame.to - frame.from)));
  const y = (value: number): number => round(TOP + PLOT * (1 - (value - bottom) / (top - bottom)));
  const points = line.map(([seconds, value]) => `${round(x(seconds))},${round(y(value) - TOP)}`).join(" ");
  return html`<figure class="panel"><figcaption><b>${title}</b> <span class="soft">${formatChange(last - first)}</span><br>${told}</figcaption>
<svg class="chart" width="100%" height="${HEIGHT}" role="img" aria-label="${title}: ${told}">
<line class="grid" x1="0" x2="${WIDTH}%" y1="${TOP}" y2="${TOP}"/><line class="grid" x1="0" x2="${WIDTH}%" y1="${TOP + PLOT}" y2="${TOP + PLOT}"/>
${roundMarks(frame, x)}
<svg x="0" y="${TOP}" width="100%" height="${PLOT}" viewBox="0 0 100 ${PLOT}" preserveAspectRatio="none"><polyline points="${points}"/></svg>
${line.map((point, i) => hoverBand(panel, line, i, point, x))}
${panel.dots.map(([seconds, value], i) => html`<circle class="dot" cx="${x(seconds)}%" cy="${y(value)}" r="3.5"><title>round ${i + 1}: reachable heap ${format(value)}</title></circle>`)}
<text x="${WIDTH + 2}%" y="${TOP + 4}">${format(top)}</text><text x="${WIDTH + 2}%" y="${TOP + PLOT + 4}">${format(bottom)}</text>
<text x="0" y="${HEIGHT - 5}">0 s</text><text class="end" x="${WIDTH}%" y="${HEIGHT - 5}">${formatDuration((frame.to - frame.from) * 1000)}</text></svg></figure>`;
}

/** A number for every round where there is room for it. */
function roundMarks({ rounds }: Frame, x: (seconds: number) => number): Markup[] {
  let free = Number.NEGATIVE_INFINITY;
  return rounds.map(({ round: number, seconds }) => {
    const at = x(seconds);
    const room = at - free >= 6;
    if (room) free = at;
    return html`<line class="mark" x1="${at}%" x2="${at}%" y1="${TOP - 3}" y2="${TOP + PLOT}"/>${room && html`<text class="mid" x="${at}%" y="${TOP - 6}">${number}</text>`}`;
  });
}

function hoverBand(panel: Panel, line: readonly Point[], i: number, [seconds, value]: Point, x: (seconds: number) => number): Markup {
  const left = x(i === 0 ? seconds : (seconds + (line[i - 1] as Point)[0]) / 2);
  const right = x(i === line.length - 1 ? seconds : (seconds + (line[i + 1] as Point)[0]) / 2);
  return html`<rect class="hit" x="${left}%" y="${TOP}" width="${round(Math.max(0, right - left))}%" height="${PLOT}"><title>${formatDuration((seconds - (line[0] as Point)[0]) * 1000)}: ${panel.format(value)}</title></rect>`;
}

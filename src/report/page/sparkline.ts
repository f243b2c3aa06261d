// A series as a small line with a dot for each round; the value of each is shown on hover and read out as a list.

import { clip } from "../escape.ts";
import { sparkline } from "../growthText.ts";
import { html, type Markup } from "./markup.ts";

export interface SparklineOptions {
  /** Writes a value: `1,234` or `1.2 MB`. */
  readonly format: (value: number) => string;
  readonly size: "large" | "small";
  /** The height is at least this share of the highest value, so that what is all but level looks level. */
  readonly leastSpan?: number;
  /** More values than this are drawn without dots. Default 40. */
  readonly dots?: number;
}

const SIZES = { large: { width: 220, height: 64, dot: 3 }, small: { width: 96, height: 24, dot: 2 } } as const;
const READ_OUT = 300;

/** Inline SVG. An empty series is an empty drawing. */
export function sparklineSvg(series: readonly number[], options: SparklineOptions): Markup {
  const { format, dots = 40 } = options;
  const { width, height, dot } = SIZES[options.size];
  const points = place(series, width, height, dot + 2, options.leastSpan ?? 0);
  const told = clip(series.map(format).join(", "), READ_OUT);
  const line = points.map(([x, y]) => `${x},${y}`).join(" ");
  return html`<svg class="spark ${options.size}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="by round: ${told}"><polyline points="${line}"/>${
    points.length > dots
      ? html`<title>${sparkline(series)}</title>`
      : points.map(
          ([x, y], i) =>
            html`<g><title>round ${i + 1}: ${format(series[i] as number)}</title><circle class="hit" cx="${x}" cy="${y}" r="${dot + 5}"/><circle cx="${x}" cy="${y}" r="${dot}"/></g>`,
        )
  }</svg>`;
}

/** The values as points of a box, lowest at the bottom; a level series lies in the middle. */
function place(series: readonly number[], width: number, height: number, margin: number, leastSpan: number): [number, number][] {
  const finite = series.filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const span = Math.max(high - low, Math.abs(high) * leastSpan);
  const middle = (high + low) / 2;
  const step = (width - 2 * margin) / Math.max(1, series.length - 1);
  return series.flatMap((value, i): [number, number][] => {
    if (!Number.isFinite(value)) return [];
    const up = span === 0 ? 0.5 : (value - middle) / span + 0.5;
    const x = series.length === 1 ? width / 2 : margin + i * step;
    return [[round(x), round(height - margin - up * (height - 2 * margin))]];
  });
}

export const round = (value: number): number => Math.round(value * 10) / 10;

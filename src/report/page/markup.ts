// Markup that cannot be forgotten to escape: whatever is put into an `html` template is text and gets escaped, unless
// it is Markup already. Only constants of this folder and the templates themselves ever become Markup.

import { clip, forHtml } from "../escape.ts";

/** Finished HTML. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Value = string | number | Markup | undefined | false | readonly Value[];

/** A piece of a page. Strings and numbers are escaped (attributes must stand in double quotes); undefined and false are nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(parts.reduce((text, part, i) => text + markupText(values[i - 1]) + part));
}

function markupText(value: Value): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Markup) return value.text;
  return typeof value === "string" || typeof value === "number" ? forHtml(String(value)) : value.map(markupText).join("");
}

/** How much a page may say of a heap; see `huntPage`. Lengths in code points. */
export interface Limits {
  /** A name in a table or a path. */
  readonly name: number;
  /** The whole of a name that was cut, shown on hover, as long as `spare` lasts. */
  readonly whole: number;
  /** Bytes left in this page for such names. The one thing here that changes while a page is written. */
  readonly spare: { left: number };
  /** A sentence that somebody else wrote. */
  readonly sentence: number;
  readonly suspects: number;
  /** Of a table of the whole hunt. */
  readonly rows: number;
  /** Of a table or list inside a suspect. */
  readonly few: number;
  /** Steps of a path. */
  readonly steps: number;
  /** Points of a chart. */
  readonly points: number;
}

/** Heap text in the page: isolated, so that its writing direction moves no neighbour; cut, with the whole on hover. */
export function heapText(text: string, limits: Limits, max: number = limits.name): Markup {
  if (text === "") return html`<bdi>(no name)</bdi>`;
  const clipped = clip(text, max);
  const shown = clipped.trim() === "" ? `"${clipped}"` : clipped; // or nothing would be seen
  const title = clipped === text ? undefined : wholeName(text, limits);
  return html`<bdi${title}>${shown}</bdi>`;
}

function wholeName(text: string, { whole, spare }: Limits): Markup | undefined {
  // looked at before it is escaped: that takes longer than all the rest of a page where many names are long
  if (Math.min(text.length, whole) >= spare.left) return undefined;
  const title = html` title="${clip(text, whole)}"`;
  const bytes = Buffer.byteLength(title.text);
  if (bytes > spare.left) return undefined;
  spare.left -= bytes;
  return title;
}

/** Heap text that is code: a class, a property, a place in a file. */
export function codeText(text: string, limits: Limits, max: number = limits.name): Markup {
  return html`<code>${heapText(text, limits, max)}</code>`;
}

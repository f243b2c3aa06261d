// Tables of the page: a caption, heads that say which way they read, and room to scroll on a narrow screen.

import { formatCount, formatNoun } from "../units.ts";
import { html, type Markup, type Value } from "./markup.ts";

export interface PageColumn<Row> {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly number?: boolean;
  readonly cell: (row: Row, index: number) => Value;
}

/** A table of at most `most` rows, the number of those left out below. The first column heads its row. */
export function pageTable<Row>(caption: string, columns: readonly PageColumn<Row>[], rows: readonly Row[], most: number): Markup {
  const shown = rows.slice(0, most);
  const head = columns.map(({ title, number }) => html`<th scope="col"${numeric(number)}>${title}</th>`);
  const body = shown.map((row, index) => html`<tr>${columns.map((column, c) => bodyCell(column, row, index, c === 0))}</tr>\n`);
  const left = rows.length - shown.length;
  return html`<div class="scroll"><table><caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table></div>${left > 0 && html`<p class="soft">… ${formatNoun(left, "more row")} not shown</p>`}`;
}

function bodyCell<Row>({ cell, number }: PageColumn<Row>, row: Row, index: number, heads: boolean): Markup {
  const content = cell(row, index);
  return heads ? html`<th scope="row"${numeric(number)}>${content}</th>` : html`<td${numeric(number)}>${content}</td>`;
}

const numeric = (number: boolean | undefined): Markup | false => number === true && html` class="n"`;

/** Something to unfold. */
export function fold(summary: Value, content: Value, open = false): Markup {
  return open
    ? html`<details open><summary>${summary}</summary>${content}</details>`
    : html`<details><summary>${summary}</summary>${content}</details>`;
}

/** `(12)` behind the name of a fold. */
export const counted = (name: string, count: number): Markup => html`${name} <span class="soft">(${formatCount(count)})</span>`;

// Tables in a terminal: columns as wide as what they hold, numbers to the right, one blank column between.

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

/** Lines of a table, without trailing blanks. Cells must be safe for a terminal already. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((column, c) => Math.max(width(column.title), ...rows.map((row) => width(row[c] ?? ""))));
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, c) => pad(cells[c] ?? "", widths[c] as number, column.align))
      .join("  ")
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)];
}

function pad(text: string, to: number, align: Column["align"]): string {
  const gap = " ".repeat(Math.max(0, to - width(text)));
  return align === "left" ? text + gap : gap + text;
}

/** Columns a text takes: wide characters (CJK, emoji) take two, colour codes none. */
export function width(text: string): number {
  let columns = 0;
  for (const char of text.replace(COLOUR, "")) columns += WIDE.test(char) ? 2 : 1;
  return columns;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
const COLOUR = /\u001b\[[\d;]*m/g;
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;

// A place in a program, as a person writes it.

/** `app.js:12:3`; lines and columns count from 1. */
export function placeText({ file, line, column }: { readonly file: string; readonly line: number; readonly column?: number }): string {
  return column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;
}

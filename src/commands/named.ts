// What an answer is about, in words: which snapshot or file, and how old it is.

import { forTerminal } from "../report/escape.ts";
import type { Subject } from "./shelf.ts";

/** `from snapshot 2 of 4242, taken 12 s ago` */
export function fromText({ name: given, takenAt }: { name: string; takenAt: string | undefined }): string {
  // A file that came from elsewhere may be called anything.
  const name = forTerminal(given, 300);
  if (takenAt === undefined) return `from ${name}`;
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(takenAt)) / 1000));
  return seconds < 2
    ? `from ${name}`
    : `from ${name}, taken ${seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`} ago (--fresh takes a new one)`;
}

/** Says where an answer comes from when that is not the snapshot just taken: a file, or one that has aged. */
export function stale(value: Named): string {
  const age = value.takenAt === undefined ? 0 : Date.now() - Date.parse(value.takenAt);
  return age > STALE_MS ? `${fromLine(value).replace(" (--fresh takes a new one)", "")}\n` : "";
}

const STALE_MS = 60_000;

export type Named = { readonly snapshot: string; readonly takenAt: string | undefined };

export function named(loaded: Subject): Named {
  return { snapshot: loaded.name, takenAt: loaded.takenAt };
}

/** What an answer is headed with. */
export function fromLine(value: Named): string {
  return fromText({ name: value.snapshot, takenAt: value.takenAt });
}

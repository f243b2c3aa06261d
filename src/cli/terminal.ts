// The only streams: answers go to stdout, everything else (progress, notices, errors) to stderr, where progress
// is drawn over itself and only on a terminal.

import type { Progress } from "../commands/shelf.ts";
import type { TextStyle } from "../commands/verb.ts";
import { formatBytes } from "../report/units.ts";

const BAR = 15;
const CLEAR_LINE = "\r\u001b[2K";

export class Terminal {
  readonly style: TextStyle;
  readonly #showProgress: boolean;
  #drawn = false;
  #last = 0;
  /** Whoever read our answers has left: `leakhunt growth | head`. */
  #unheard = false;

  /** @param onUnheard called when nobody reads the answers any more. */
  constructor(onUnheard: () => void) {
    process.stdout.on("error", () => {
      if (!this.#unheard) onUnheard();
      this.#unheard = true;
    });
    process.stderr.on("error", () => {});
    const color = process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined && process.env["TERM"] !== "dumb";
    this.style = { color, width: process.stdout.columns || 120 };
    this.#showProgress = process.stderr.isTTY === true;
  }

  get unheard(): boolean {
    return this.#unheard;
  }

  /** An answer. */
  print(text: string): void {
    this.progress(undefined);
    process.stdout.write(`${text}\n`);
  }

  /** A sentence beside the answers. */
  say(text: string): void {
    this.progress(undefined);
    process.stderr.write(`${text}\n`);
  }

  /** Draws what is under way; undefined wipes it. */
  progress(progress: Progress | undefined): void {
    if (!this.#showProgress) return;
    if (!progress) {
      if (this.#drawn) process.stderr.write(CLEAR_LINE);
      this.#drawn = false;
      return;
    }
    const now = Date.now();
    if (this.#drawn && now - this.#last < 100) return;
    this.#last = now;
    this.#drawn = true;
    process.stderr.write(CLEAR_LINE + progressText(progress));
  }
}

/** `building graph  ███████░░░░░░░░  48 %  12 MB` */
export function progressText({ phase, bytes, fraction }: Progress): string {
  const parts = [phase];
  if (fraction !== undefined) {
    const full = Math.max(0, Math.min(BAR, Math.round(fraction * BAR)));
    parts.push(`${"█".repeat(full)}${"░".repeat(BAR - full)}`, `${Math.round(fraction * 100)} %`);
  }
  if (bytes !== undefined && bytes > 0) parts.push(formatBytes(bytes));
  return parts.join("  ");
}

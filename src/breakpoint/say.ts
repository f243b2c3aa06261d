// Text where the person at the stop sees it. `node inspect`, the REPL and plain code show the program's standard output,
// which must not wait for an event loop that stands still; DevTools and VS Code show what comes through the inspector.

import { writeSync } from "node:fs";
import * as inspector from "node:inspector";

const STDOUT = 1;
const WAIT_MS = 5;
/** A reader that takes nothing for so long has stopped reading. */
const PATIENCE_MS = 5000;

/** Prints a text and a newline, at once. */
export function say(text: string): void {
  writeAll(Buffer.from(`${text}\n`));
  // Node's type of this object lacks its methods.
  if (inspector.url() !== undefined) (inspector.console as unknown as { log(text: string): void }).log(text);
}

/** A full pipe that does not block says EAGAIN: wait for its reader, asleep. */
function writeAll(bytes: Buffer): void {
  let waited = 0;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(STDOUT, bytes, at);
      waited = 0;
    } catch (error) {
      // Without a reader, or a standard output at all, the value is still returned.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN" || waited >= PATIENCE_MS) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
      waited += WAIT_MS;
    }
  }
}

// When the debugger comes on. Where a person sits, a `debugger` statement stops the program from the first moment. A script
// that only asks about the heap must never stop a program that nobody will move on, so there it waits for its first verb.

import { LeakhuntError } from "../errors.ts";
import { forTerminal } from "../report/escape.ts";
import type { Debugging } from "./debugging.ts";
import { isInteractive } from "./lines.ts";

/** To be called when the prompt has come to a target. A target that stands still already shows where. */
export async function arrived(debugging: Debugging, say: (text: string) => void): Promise<void> {
  const { opened, stop, session } = debugging;
  if (opened) {
    if (stop) debugging.onStop?.(stop);
    return;
  }
  if (!isInteractive() || session.live?.held.shared !== false) return;
  try {
    await debugging.open();
  } catch (error) {
    // Questions about the heap can do without.
    if (!(error instanceof LeakhuntError) || error.code === "TARGET_GONE") throw error;
    say(`the debugger is not on yet: ${forTerminal(error.line, 500)}`);
  }
}

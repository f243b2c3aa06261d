// How the inspector of a target is closed without killing the target. Node closes it with the connections that are open, and
// between writing a connection's closing word and hearing that it is written, a word from the client (its own closing, say) makes it
// use memory that it has freed: SIGSEGV in WsHandler::OnCloseFrameWritten (Node 20 to 26; 42 of 2,000 targets whose client
// closed within 3 ms of asking). So our request is the last thing we send, and a target that is too busy for it does not
// find it later, when we are leaving ourselves.
import { setTimeout as sleep } from "node:timers/promises";
import type { Inspector } from "./inspector.ts";

/** A target that does not answer within this is busy. */
const PATIENCE_MS = 3000;
/** Seconds for which the request holds, and milliseconds until we leave: later, so that only one of the two ends the connection. */
const VALID_S = 2;
const LEAVING_MS = 3000;

/**
 * Asks a target to close its inspector, and waits until it has or will not; the connection is of no more use. Never
 * rejects: whether the inspector is closed shows on its port.
 */
export async function endInspector(inspector: Inspector): Promise<void> {
  // The target's own clock, which no test of its own puts forward.
  const uptime = await inspector.evaluate<number>("process.uptime()", { timeoutMs: PATIENCE_MS }).catch(() => undefined);
  if (typeof uptime !== "number") return;
  // The answer never comes: the inspector closes our socket with the rest.
  inspector.sendLast("Runtime.evaluate", { expression: `process.uptime()<${uptime + VALID_S}&&process._debugEnd()` });
  await Promise.race([inspector.closed, sleep(LEAVING_MS, undefined, { ref: false })]);
}

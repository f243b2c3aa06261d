// V8 forgets all object ids when any client of the inspector leaves, and numbers everything anew from the same start.
// The ids of a few objects that every Node program has from its first moment tell whether that happened.

import { within } from "./cdpInspector.ts";
import type { Inspector } from "./inspector.ts";

/** They lie apart in the heap, so that a new numbering of a changed heap is unlikely to give all the same ids. */
const WITNESSES = ["globalThis", "process", "process.argv", "process.memoryUsage"];
const GROUP = "leakhunt-epoch";
const PATIENCE_MS = 10_000;

/**
 * The ids of the witnesses as one text; "0"s before the first snapshot and after a reset. Leaves nothing pinned. All are
 * asked at once: with a debugger on, each answer that is waited for takes V8 some 40 ms.
 */
export async function readSentinel(inspector: Inspector): Promise<string> {
  try {
    return (await Promise.all(WITNESSES.map((expression) => idOf(inspector, expression)))).join(" ");
  } finally {
    await inspector.send("Runtime.releaseObjectGroup", { objectGroup: GROUP }).catch(() => {});
  }
}

async function idOf(inspector: Inspector, expression: string): Promise<string> {
  const asked = inspector.send("Runtime.evaluate", { expression, objectGroup: GROUP, silent: true });
  const { result } = (await within(asked, PATIENCE_MS, "looking at an object")) as { result: { objectId?: string } };
  const { objectId } = result;
  if (objectId === undefined) return "none";
  const told = await within(inspector.send("HeapProfiler.getHeapObjectId", { objectId }), PATIENCE_MS, "asking for an id");
  return String((told as { heapSnapshotObjectId?: string }).heapSnapshotObjectId ?? "none");
}

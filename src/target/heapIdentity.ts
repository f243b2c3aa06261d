// From a value at a stop to the object in a snapshot. V8 numbers objects while it writes a snapshot, so the order is:
// evaluate, take the snapshot, then ask for the id of what was evaluated.
import { noIdentity, notInSnapshot } from "../errors.ts";
import { within } from "./cdpInspector.ts";
import type { Debugger, Frame, RemoteValue } from "./debugger.ts";
import type { Inspector } from "./inspector.ts";

/** The property under which a holder keeps its string; in a snapshot, the edge from the holder that leads to it. */
export const HELD = "leakhunt holds";
const PATIENCE_MS = 10_000;

/**
 * The id (`@1234`) that an object, function or symbol has in the snapshot that was taken last, after it was evaluated.
 * @throws `NO_IDENTITY` for values that are no objects; `NOT_IN_SNAPSHOT` when no snapshot has seen it.
 */
export async function heapIdOf(inspector: Inspector, { type, subtype, objectId }: RemoteValue): Promise<number> {
  if (objectId === undefined) throw noIdentity(KINDS[subtype ?? type] ?? `a value of type ${type} has`);
  const asked = inspector.send("HeapProfiler.getHeapObjectId", { objectId });
  const { heapSnapshotObjectId } = await within(asked, PATIENCE_MS, "asking for an id");
  const id = Number(heapSnapshotObjectId);
  if (!(id > 0)) throw notInSnapshot();
  return id;
}

/**
 * Strings are in the heap, but V8 gives no handle to one. This evaluates an expression into an object of ours that
 * holds nothing but its value: `heapIdOf` finds that object in a snapshot taken afterwards, and its edge `HELD` leads
 * to the string. The object is ours, and not to be shown.
 */
export function holdValue(live: Debugger, expression: string, frame?: Frame): Promise<RemoteValue> {
  return live.evaluate(`({__proto__:null,${JSON.stringify(HELD)}:(${expression}\n)})`, frame);
}

const KINDS: Readonly<Record<string, string>> = {
  number: "numbers have",
  bigint: "bigints have",
  boolean: "true and false have",
  undefined: "undefined has",
  null: "null has",
  string: "a string's text alone has",
};

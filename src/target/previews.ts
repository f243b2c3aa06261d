// What V8 tells of an object's inside, asked only where that is harmless. For a Map, a Set or an iterator V8 makes an object
// of every entry to show five of them, and keeps a table of those it made, which never shrinks while an inspector is
// open: after one look at a Map of 180,000 entries, 17 MB of the target were ours.

import type { Inspector } from "./inspector.ts";
import type { RawEvaluated, RawObject } from "./protocol.ts";

/** Entries for which the table does not matter. */
const FEW = 100;
/** Kinds of which V8 does not say beforehand how many entries they have. */
const UNCOUNTED: ReadonlySet<string> = new Set(["iterator", "generator", "weakmap", "weakset"]);
const COUNTED: ReadonlySet<string> = new Set(["map", "set"]);
/** Kinds whose line of text needs no preview. */
const TOLD: ReadonlySet<string> = new Set(["null", "error", "date", "regexp"]);

/** The object with its preview, where there is one to be had at little cost; otherwise as it was. Never rejects. */
export async function withPreview(inspector: Inspector, raw: RawObject, objectGroup: string): Promise<RawObject> {
  if (!isHarmless(raw)) return raw;
  const how = { functionDeclaration: "function(){return this}", objectId: raw.objectId, objectGroup, silent: true, generatePreview: true };
  const answer = await inspector.send("Runtime.callFunctionOn", how).catch(() => undefined);
  const { preview } = (answer as RawEvaluated | undefined)?.result ?? {};
  return preview === undefined ? raw : { ...raw, preview };
}

function isHarmless({ type, subtype = "", description = "", objectId }: RawObject): boolean {
  if (type !== "object" || objectId === undefined || TOLD.has(subtype) || UNCOUNTED.has(subtype)) return false;
  if (!COUNTED.has(subtype)) return true;
  const entries = Number(/\((\d+)\)$/.exec(description)?.[1] ?? Number.POSITIVE_INFINITY);
  return entries <= FEW;
}

// What is said of one object on a line: its name, and what matters beside it. Written once, for the terminal and for
// the page. Heap text, not yet escaped.

import type { RetainingPath } from "../analysis/paths.ts";
import type { ObjectSummary } from "../analysis/summary.ts";
import { formatBytes } from "./units.ts";

/** A big holder is worth its size on the line; small ones are noise. */
const RETAINED_SHOWN = 1e5;

export interface ObjectParts {
  readonly name: string;
  /** `@12`; empty where there is none. */
  readonly id: string;
  /** `2,000 entries`. */
  readonly preview: string | undefined;
  /** `lib/a.js:3`, of a function. */
  readonly location: string | undefined;
  /** `12 MB retained`. */
  readonly retained: string | undefined;
}

/** An object of a path or a table. */
export function objectParts(object: ObjectSummary): ObjectParts {
  return {
    name: object.title,
    id: `@${object.id}`,
    preview: object.kind === "collection" ? object.preview : undefined,
    location: object.kind === "function" ? object.location : undefined,
    retained: retainedText(object),
  };
}

/** The beginning of a path. */
export function rootParts({ root: { name, object, kind } }: RetainingPath): ObjectParts {
  return {
    name,
    id: object && kind === "object" ? `@${object.id}` : "",
    preview: undefined,
    location: undefined,
    retained: object && retainedText(object),
  };
}

function retainedText({ retainedSize }: ObjectSummary): string | undefined {
  return retainedSize !== undefined && retainedSize >= RETAINED_SHOWN ? `${formatBytes(retainedSize)} retained` : undefined;
}

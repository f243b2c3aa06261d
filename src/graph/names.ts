// Numbers of the strings that this room looks for by name. Comparing two integers per edge instead of decoding
// two strings is what lets whole-heap passes look at edge names at all.

import type { SnapshotColumns } from "../snapshot/columns.ts";

const WANTED = [
  "shared",
  "script_or_debug_info",
  "script",
  "name",
  "source",
  "context",
  "previous",
  "scope_info",
  "extension",
  "elements",
  "properties",
  "table",
  "value",
  "reactions_or_result",
  "parameters_and_registers",
  "function",
  "receiver",
  "bound_function",
  "bound_this",
  "bound_arguments",
  "bindings",
  "buffer",
  "backing_store",
  "native_context",
  "map",
  "feedback_cell",
  "code",
  "prototype",
  "first",
  "second",
  "parent",
  "global_object",
  "global_proxy",
  "global_proxy_object",
  "security_token",
  "native_to_javascript",
  "javascript_to_native",
  "__proto__",
  "constructor",
  "_onTimeout",
  "_onImmediate",
  "_idleNext",
  "getter",
  "setter",
  "target",
] as const;

export type WantedName = (typeof WANTED)[number];

/** String index of each wanted name; -1 when the snapshot has no such string. */
export type NameIndexes = Readonly<Record<WantedName, number>>;

/** One pass over the string table, decoding only strings of a wanted length. */
export function findNames(columns: SnapshotColumns): NameIndexes {
  const indexes = Object.fromEntries(WANTED.map((name) => [name, -1])) as Record<WantedName, number>;
  const lengths = new Set(WANTED.map((name) => name.length));
  const { strings } = columns;
  for (let s = 0; s < strings.count; s++) {
    if (!lengths.has(strings.byteLength(s))) continue;
    const text = strings.get(s);
    if (Object.hasOwn(indexes, text) && indexes[text as WantedName] === -1) indexes[text as WantedName] = s;
  }
  return indexes;
}

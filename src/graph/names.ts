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
  "constructor",
  "_onTimeout",
  "_onImmediate",
  "_idleNext",
  "_idlePrev",
  "_idleTimeout",
  "_repeat",
  "_events",
  "getter",
  "setter",
  "target",
] as const;

export type WantedName = (typeof WANTED)[number] | "proto";

/** String index of each wanted name (`proto` is `__proto__`); -1 when the snapshot has no such string. */
export type NameIndexes = Readonly<Record<WantedName, number>>;

/** One pass over the string table, decoding only strings of a wanted length. */
export function findNames(columns: SnapshotColumns): NameIndexes {
  const keys = new Map<string, WantedName>(WANTED.map((name) => [name, name]));
  keys.set("__proto__", "proto");
  const indexes = Object.fromEntries([...keys.values()].map((key) => [key, -1])) as Record<WantedName, number>;
  const lengths = new Set([...keys.keys()].map((name) => name.length));
  const { strings } = columns;
  for (let s = 0; s < strings.count; s++) {
    if (!lengths.has(strings.byteLength(s))) continue;
    const key = keys.get(strings.get(s));
    if (key !== undefined && indexes[key] === -1) indexes[key] = s;
  }
  return indexes;
}

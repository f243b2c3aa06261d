// What an edge is, in one byte. A snapshot names every edge by a string, which would cost four bytes an edge for a
// name that is hardly ever printed. Nearly all that algorithms ask is "is this the `table` of a Map, the `context` of a
// function, the `__proto__` of an object": a few dozen well-known names. So an edge keeps its type and, where it has one,
// its well-known name together as a label; any other name is read back from the source when somebody wants to see it
// (edgeNames.ts).

import { EdgeType, MAX_EDGE_TYPES } from "./format.ts";

/** Labels below this are edge types: the known ones, then those that only this file has. */
const FIRST_NAMED: number = MAX_EDGE_TYPES;

/** Names that V8 gives its internal edges and somebody asks for. */
const INTERNAL_NAMES = [
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
  "getter",
  "setter",
  "target",
] as const;

/** Properties that somebody asks for. */
const PROPERTY_NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "_onTimeout",
  "_onImmediate",
  "_idleNext",
  "_idlePrev",
  "_idleTimeout",
  "_repeat",
  "_events",
] as const;

export type InternalName = (typeof INTERNAL_NAMES)[number];
export type PropertyName = (typeof PROPERTY_NAMES)[number];

const FIRST_PROPERTY = FIRST_NAMED + INTERNAL_NAMES.length;
const FIRST_SPECIAL = FIRST_PROPERTY + PROPERTY_NAMES.length;

/** Labels that are neither a plain type nor one name. */
export const EdgeLabel: Readonly<
  Record<
    | "slot"
    | "weakPairOfKey"
    | "weakPairOfTable"
    | "descriptorElement"
    | "descriptorHidden"
    | "descriptorSlot"
    | "sloppyFunctionMap"
    | "descriptorProperty"
    | "descriptorContext"
    | "descriptorShortcut",
    number
  >
> = {
  /** An internal edge named by a whole number: a slot of a hash table or another array. */
  slot: FIRST_SPECIAL,
  /** One WeakMap entry is two internal edges to its value, from the key and from the table: this is the key's. */
  weakPairOfKey: FIRST_SPECIAL + 1,
  weakPairOfTable: FIRST_SPECIAL + 2,
  /** Details of a map's descriptor array, one of each triple: DevTools' distances do not follow them. */
  descriptorElement: FIRST_SPECIAL + 3,
  descriptorHidden: FIRST_SPECIAL + 4,
  descriptorSlot: FIRST_SPECIAL + 5,
  /** From a realm's own context, which DevTools' distances do not follow either. */
  sloppyFunctionMap: FIRST_SPECIAL + 6,
  /** V8 writes none of these, but the rule holds for any edge. */
  descriptorProperty: FIRST_SPECIAL + 7,
  descriptorContext: FIRST_SPECIAL + 8,
  descriptorShortcut: FIRST_SPECIAL + 9,
};

/** Number of labels. */
export const EDGE_LABELS: number = FIRST_SPECIAL + 10;

/** EdgeType number by label. */
export const TYPE_OF_LABEL: Uint8Array = Uint8Array.from({ length: EDGE_LABELS }, (_, label) => {
  if (label < FIRST_NAMED) return label;
  if (label < FIRST_PROPERTY) return EdgeType.internal;
  if (label < FIRST_SPECIAL) return EdgeType.property;
  if (label === EdgeLabel.descriptorElement) return EdgeType.element;
  if (label === EdgeLabel.descriptorProperty) return EdgeType.property;
  if (label === EdgeLabel.descriptorContext) return EdgeType.context;
  if (label === EdgeLabel.descriptorShortcut) return EdgeType.shortcut;
  return label === EdgeLabel.descriptorHidden ? EdgeType.hidden : EdgeType.internal;
});

const internalLabels = new Map<string, number>(INTERNAL_NAMES.map((name, i) => [name, FIRST_NAMED + i]));
const propertyLabels = new Map<string, number>(PROPERTY_NAMES.map((name, i) => [name, FIRST_PROPERTY + i]));

/** Label of V8's internal edge with this name. */
export function internal(name: InternalName): number {
  return internalLabels.get(name) as number;
}

/** Label of the property with this name. */
export function property(name: PropertyName): number {
  return propertyLabels.get(name) as number;
}

/** The well-known label of an edge of this type and name, or undefined when only its name can tell. */
export function labelOfName(type: number, name: string): number | undefined {
  if (type === EdgeType.internal) return internalLabels.get(name);
  return type === EdgeType.property ? propertyLabels.get(name) : undefined;
}

/** All well-known names, with their labels as an internal edge and as a property. */
export function wellKnownNames(): Map<string, { internal: number | undefined; property: number | undefined }> {
  const names = new Set<string>([...INTERNAL_NAMES, ...PROPERTY_NAMES]);
  return new Map([...names].map((name) => [name, { internal: internalLabels.get(name), property: propertyLabels.get(name) }]));
}

// Hand-made pictures for the drawing tests: small builders, and five pictures like those real snapshots give.

import type { Picture, PictureEdge, PictureNode } from "../../src/analysis/picture.ts";
import type { HoldLabel, NodeKind } from "../../src/graph/labels.ts";

/** A card; `key` is also its place in the picture. */
export function node(key: number, kind: NodeKind, title: string, more: Partial<PictureNode> = {}): PictureNode {
  return {
    key,
    id: 50_001 + 2 * key,
    kind,
    title,
    preview: undefined,
    location: undefined,
    shallowSize: 32,
    retainedSize: 56,
    isTarget: false,
    alike: 1,
    more: 0,
    retainerCount: 1,
    highlighted: false,
    hasFinalizer: false,
    extra: undefined,
    attributes: {},
    ...more,
  };
}

export function edge(from: number, to: number, label: HoldLabel | readonly HoldLabel[], more: Partial<PictureEdge> = {}): PictureEdge {
  const labels = Array.isArray(label) ? (label as readonly HoldLabel[]) : [label as HoldLabel];
  return { from, to, labels, moreLabels: 0, alike: 1, onPath: false, ...more };
}

export function picture(nodes: readonly PictureNode[], edges: readonly PictureEdge[], more: Partial<Picture> = {}): Picture {
  return { direction: "backrefs", nodes, edges, more: [], cutByDepth: 0, grouped: 0, backPointers: 0, notes: [], ...more };
}

export const property = (name: string): HoldLabel => ({ kind: "property", name });
export const element = (index: number): HoldLabel => ({ kind: "element", index });
export const variable = (name: string): HoldLabel => ({ kind: "variable", name });
export const scope: HoldLabel = { kind: "scope" };
const path = { onPath: true };
const global = (key: number): PictureNode => node(key, "root", "globalThis", { preview: "global object — GC root" });

/** x = [1]; y = [x, [x], {a: x}], the example of objgraph. */
export const simple: Picture = picture(
  [
    node(0, "collection", "Array", { isTarget: true, preview: "1 element" }),
    global(1),
    node(2, "collection", "Array", { preview: "3 elements", retainedSize: 280 }),
    node(3, "collection", "Array", { preview: "1 element" }),
    node(4, "object", "Object", { preview: "{a}", retainedSize: 152 }),
  ],
  [
    edge(1, 0, property("x"), path),
    edge(2, 0, element(0)),
    edge(1, 2, property("y")),
    edge(3, 0, element(0)),
    edge(2, 3, element(1)),
    edge(4, 0, property("a")),
    edge(2, 4, element(2)),
  ],
);

/** A request context held in five ways, 17 cards. */
export const request: Picture = picture(
  [
    node(0, "object", "RequestContext", { isTarget: true, preview: "{headers, session}", shallowSize: 48, retainedSize: 88 }),
    global(1),
    node(2, "object", "Object", { preview: "{server, name}", shallowSize: 40, retainedSize: 1_040_000 }),
    node(3, "object", "Server", {
      preview: "{bus, cache, history, byUser}",
      location: "lib/server.js:12",
      shallowSize: 120,
      retainedSize: 1_039_000,
    }),
    node(4, "object", "Object", { preview: "{bob smith}", retainedSize: 176 }),
    node(5, "collection", "Array", { preview: "4 elements", retainedSize: 344 }),
    node(6, "object", "Object", { preview: "{ctx}", retainedSize: 40 }),
    node(7, "object", "EventEmitter", { preview: "{_events}", retainedSize: 298_000, hasFinalizer: true }),
    node(8, "collection", "Array", { preview: "2,000 elements", retainedSize: 297_000 }),
    node(9, "function", "onConfigChanged()", { location: "leak.cjs:7", shallowSize: 64, retainedSize: 64 }),
    node(10, "scope", "scope of handle()", { preview: "variables: ctx, log", shallowSize: 48, retainedSize: 80 }),
    node(11, "collection", "Map", { preview: "2,000 entries", retainedSize: 110_800, highlighted: true }),
    node(12, "object", "Session", { preview: "{req, payload}", shallowSize: 48, retainedSize: 224, extra: "tenant: acme" }),
    node(13, "root", "active timers", { preview: "Node timer list" }),
    node(14, "object", "Timeout", { preview: "{_idlePrev, _idleNext, _onTimeout, _timerArgs, …}", shallowSize: 176, retainedSize: 264 }),
    node(15, "function", "(anonymous function)", { location: "leak.cjs:10" }),
    node(16, "internal", "system / Context", { more: 3 }),
  ],
  [
    edge(4, 0, property("bob smith"), path),
    edge(3, 4, property("byUser"), path),
    edge(2, 3, property("server"), path),
    edge(1, 2, property("app"), path),
    edge(10, 0, variable("ctx")),
    edge(9, 10, scope),
    edge(8, 9, element(1500)),
    edge(7, 8, { kind: "property", name: "config-changed" }),
    edge(3, 7, property("bus")),
    edge(12, 0, property("req")),
    edge(11, 12, { kind: "map value", key: { kind: "string", text: "user:1500" } }),
    edge(3, 11, property("cache")),
    edge(6, 0, property("ctx")),
    edge(5, 6, element(3)),
    edge(3, 5, property("history")),
    edge(15, 10, scope),
    edge(14, 15, property("_onTimeout")),
    edge(13, 14, { kind: "root", name: "pending timer" }),
    edge(16, 9, { kind: "internal", name: "previous" }),
  ],
  { backPointers: 2 },
);

/** Alike retainers as one card, stacked labels, cut retainers in a box. */
export const grouped: Picture = picture(
  [
    node(0, "object", "Config", { isTarget: true, preview: "{flags, text}", shallowSize: 104, retainedSize: 1900 }),
    global(1),
    node(2, "object", "Object", { preview: "{widgets, bus, m, st, …}", shallowSize: 96, retainedSize: 1400 }),
    node(3, "object", "PluginHost", { preview: '{weird "key" \\ <b>& \n日本}', shallowSize: 104, retainedSize: 344 }),
    node(4, "collection", "Array", { preview: "1,500 elements", retainedSize: 75_000, more: 1 }),
    node(5, "object", "Widget", { preview: "{config}", location: "ui/widget.js:3", shallowSize: 40, retainedSize: 40, alike: 1500 }),
    node(6, "object", "Object", { preview: "{cfg, alias}", shallowSize: 40, retainedSize: 256, more: 1 }),
    node(7, "collection", "Map", { preview: "1 entry", retainedSize: 184, more: 2 }),
    node(8, "collection", "Set", { preview: "1 entry", retainedSize: 152 }),
    node(9, "scope", "module scope · leak2.cjs", { preview: "variables: require, PluginHost, cfg, widgets, +6", retainedSize: 1100 }),
    node(10, "function", "(anonymous function)", { location: "leak2.cjs:6", retainedSize: 96, alike: 1234 }),
    node(11, "collection", "Array", { preview: "1,234 elements", retainedSize: 127_000 }),
    node(12, "native", "Promise", { preview: "pending", retainedSize: 1200 }),
  ],
  [
    edge(3, 0, [property('weird "key" \\ <b>& \n日本'), { kind: "symbol", name: "secret" }], path),
    edge(2, 3, property("host"), path),
    edge(1, 2, property("app"), path),
    edge(5, 0, property("config"), { alike: 1500 }),
    edge(4, 5, element(14), { alike: 1500 }),
    edge(2, 4, property("widgets")),
    edge(6, 0, [property("cfg"), property("alias"), property("old")], { moreLabels: 4 }),
    edge(2, 6, property("byName")),
    edge(7, 0, { kind: "map key" }),
    edge(2, 7, property("m")),
    edge(8, 0, { kind: "set member" }),
    edge(2, 8, property("st")),
    edge(9, 0, variable("cfg")),
    edge(10, 9, { kind: "outer scope" }),
    edge(11, 10, element(0), { alike: 1234 }),
    edge(2, 11, property("listeners")),
    edge(12, 9, { kind: "suspended" }),
  ],
  {
    more: [
      {
        at: 0,
        count: 1234,
        byClass: [
          { name: "Closure", count: 1200 },
          { name: "Object", count: 34 },
        ],
      },
    ],
    grouped: 2734,
    cutByDepth: 3,
  },
);

/** Two targets in one picture, one of them holding the other's holder. */
export const twoTargets: Picture = picture(
  [
    node(0, "object", "Session", { isTarget: true, preview: "{user}", retainedSize: 900 }),
    node(1, "object", "Session", { isTarget: true, preview: "{user}", retainedSize: 1100 }),
    node(2, "collection", "Map", { preview: "81 entries", retainedSize: 90_000 }),
    node(3, "object", "SessionStore", { location: "lib/store.ts:17", retainedSize: 91_000 }),
    global(4),
    node(5, "function", "onClose()", { location: "lib/store.ts:31" }),
    node(6, "scope", "scope of open()", { preview: "variables: session" }),
    node(7, "root", "pending promises"),
  ],
  [
    edge(2, 0, { kind: "map value", key: { kind: "number", text: "17203" } }, path),
    edge(2, 1, { kind: "map value", key: { kind: "number", text: undefined } }, path),
    edge(3, 2, property("#sessions"), path),
    edge(4, 3, property("store"), path),
    edge(6, 1, variable("session")),
    edge(5, 6, scope),
    edge(7, 5, { kind: "waits" }),
  ],
);

/** What an object holds. */
export const refs: Picture = picture(
  [
    node(0, "object", "Server", { isTarget: true, preview: "{bus, cache, sockets}", retainedSize: 1_039_000 }),
    node(1, "object", "EventEmitter", { preview: "{_events}", retainedSize: 298_000 }),
    node(2, "collection", "Map", { preview: "2,000 entries", retainedSize: 110_800 }),
    node(3, "object", "Session", { preview: "{req, payload}", retainedSize: 224, alike: 2000 }),
    node(4, "string", "user:1500", { preview: "string, 9 characters" }),
    node(5, "native", "TCP", { retainedSize: 4096, more: 2 }),
    node(6, "function", "handle()", { location: "lib/server.js:44" }),
  ],
  [
    edge(0, 1, property("bus")),
    edge(0, 2, property("cache")),
    edge(2, 3, { kind: "map value", key: { kind: "string", text: "user:0" } }, { alike: 2000 }),
    edge(2, 4, { kind: "map key" }),
    edge(0, 5, property("sockets")),
    edge(1, 6, property("request")),
    edge(6, 0, { kind: "bound", name: "this" }),
  ],
  { direction: "refs", more: [{ at: 2, count: 1999, byClass: [{ name: "string", count: 1999 }] }] },
);

/** `count` cards, every one holding many of the later ones: Graphviz needs far longer than any timeout. */
export function dense(count: number, step: number): Picture {
  const nodes = Array.from({ length: count }, (_, key) => node(key, "object", `Class${key}`, { isTarget: key === count - 1 }));
  const edges: PictureEdge[] = [];
  for (let from = 0; from < count; from++) {
    for (let to = from + 1; to < count; to += step) edges.push(edge(from, to, property(`p${to}`)));
  }
  return picture(nodes, edges);
}

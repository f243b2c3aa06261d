// The name under which each node is counted, as DevTools groups them: constructor names for objects, one row
// for all functions, all strings, all compiled code; plain objects are told apart by their properties.

import type { SnapshotColumns } from "../snapshot/columns.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import { findDetached } from "./detached.ts";

/** A class of one snapshot. */
export interface HeapClass {
  /** What DevTools shows, e.g. `Session`, `(string)`, `Function`, `{id, user}`. */
  readonly name: string;
  /** Where its constructor was defined: script id, 0-based line and column. Only for objects whose file says so. */
  readonly location?: { readonly scriptId: number; readonly line: number; readonly column: number };
}

export interface ClassTable {
  readonly classes: readonly HeapClass[];
  /** Class by node. */
  readonly classOf: Uint32Array;
}

const ROW_OF_TYPE: Readonly<Record<number, string>> = {
  [NodeType.hidden]: "(system)",
  [NodeType.code]: "(compiled code)",
  [NodeType.closure]: "Function",
  [NodeType.regexp]: "RegExp",
};

/** Ordered property names that make one shape; its row is `{a, b}`. */
export type Shape = readonly string[];

/**
 * Counts every node under a class.
 * @param shapes splits plain objects (see shapes.ts); none leaves them all under `Object`.
 * @param byLocation also splits classes of one name by where their constructor stands.
 */
export function classify(columns: SnapshotColumns, shapes: readonly Shape[], byLocation: boolean): ClassTable {
  const { nodeCount, nodeType, nodeName, strings } = columns;
  const detached = findDetached(columns);
  const classes: HeapClass[] = [];
  const byName = new Map<string, number>();
  const classOf = new Uint32Array(nodeCount);
  const ofType: number[] = [];
  // Object and native nodes are named by their string: one look-up per string, not per node.
  const ofString = new Int32Array(strings.count).fill(-1);
  const locationOf = byLocation ? locationKeys(columns) : undefined;
  const plain = strings.count > 0 ? plainObjectNames(columns) : new Set<number>();
  const shapeOf = shapes.length > 0 ? shapeMatcher(columns, shapes) : undefined;

  for (let n = 0; n < nodeCount; n++) {
    const type = nodeType[n] as number;
    if (type !== NodeType.object && type !== NodeType.native) {
      let c = ofType[type];
      if (c === undefined) {
        c = intern(ROW_OF_TYPE[type] ?? `(${columns.nodeTypeNames[type]})`);
        ofType[type] = c;
      }
      classOf[n] = c;
      continue;
    }
    const name = nodeName[n] as number;
    let c = ofString[name] as number;
    if (c < 0) {
      c = intern(objectClassName(strings.get(name)));
      ofString[name] = c;
    }
    if (detached?.[n] === 1) c = intern(`Detached ${(classes[c] as HeapClass).name}`);
    if (type === NodeType.object) {
      const shape = shapeOf && plain.has(name) ? shapeOf(n) : -1;
      if (shape >= 0) c = intern(shapeName(shapes[shape] as Shape));
      const location = locationOf?.get(n);
      if (location !== undefined) c = internAt((classes[c] as HeapClass).name, location);
    }
    classOf[n] = c;
  }
  return { classes, classOf };

  function intern(name: string): number {
    const known = byName.get(name);
    if (known !== undefined) return known;
    byName.set(name, classes.length);
    return classes.push({ name }) - 1;
  }

  function internAt(name: string, at: { scriptId: number; line: number; column: number }): number {
    const key = `${at.scriptId},${at.line},${at.column},${name}`;
    const known = byName.get(key);
    if (known !== undefined) return known;
    byName.set(key, classes.length);
    return classes.push({ name, location: at }) - 1;
  }
}

/** DevTools cuts attributes off DOM nodes, at the first space: `<div id="a">` counts as `<div>`, also after `Detached `. */
function objectClassName(name: string): string {
  const tag = /^((?:Detached )?<[^ ]*) /.exec(name);
  return tag ? `${tag[1]}>` : name;
}

function locationKeys(columns: SnapshotColumns): Map<number, { scriptId: number; line: number; column: number }> {
  const { node, scriptId, line, column } = columns.locations;
  const map = new Map<number, { scriptId: number; line: number; column: number }>();
  for (let i = 0; i < node.length; i++) {
    map.set(node[i] as number, { scriptId: scriptId[i] as number, line: line[i] as number, column: column[i] as number });
  }
  return map;
}

function plainObjectNames(columns: SnapshotColumns): Set<number> {
  const found = new Set<number>();
  const { strings } = columns;
  for (let s = 0; s < strings.count; s++) if (strings.byteLength(s) === 6 && strings.get(s) === "Object") found.add(s);
  return found;
}

const MAX_SHAPE_NAME = 120;

/**
 * The shapes worth a row of their own: property lists that at least two, and at least one in a thousand, of the
 * plain objects have, the most frequent first. DevTools' rule for its `{a, b}` rows.
 */
export function inferShapes(columns: SnapshotColumns): Shape[] {
  const { nodeCount, nodeType, nodeName } = columns;
  const plain = plainObjectNames(columns);
  const seen = new Map<string, { shape: Shape; count: number }>();
  let objects = 0;
  for (let n = 0; n < nodeCount; n++) {
    if (nodeType[n] !== NodeType.object || !plain.has(nodeName[n] as number)) continue;
    objects++;
    const shape = shapeOfNode(columns, n);
    if (shape.length === 0) continue;
    const key = shapeName(shape);
    const known = seen.get(key);
    if (known) known.count++;
    else seen.set(key, { shape, count: 1 });
  }
  const enough = Math.max(2, objects / 1000);
  return [...seen.values()]
    .filter(({ count }) => count >= enough)
    .sort((a, b) => b.count - a.count)
    .map(({ shape }) => shape);
}

function shapeOfNode(columns: SnapshotColumns, n: number): string[] {
  const { firstEdge, edgeType, edgeName, strings } = columns;
  const names: string[] = [];
  let length = 1;
  const end = firstEdge[n + 1] as number;
  for (let e = firstEdge[n] as number; e < end; e++) {
    if (edgeType[e] !== EdgeType.property) continue;
    const name = strings.get(edgeName[e] as number);
    if (name === "__proto__") continue;
    const shown = shownProperty(name);
    if (names.length > 0 && length + shown.length > MAX_SHAPE_NAME) break;
    if (names.includes(name)) continue;
    length += shown.length + (names.length > 0 ? 2 : 0);
    names.push(name);
  }
  return names;
}

function shownProperty(name: string): string {
  return /[,'"{}]/.test(name) ? JSON.stringify(name) : name;
}

/** `{a, b}` */
export function shapeName(shape: Shape): string {
  return `{${shape.map(shownProperty).join(", ")}}`;
}

interface Trie {
  readonly next: Map<string, Trie>;
  /** Index of the shape that ends here. */
  end: number;
}

/** An object matches a shape when it has all its properties; the one with most properties wins, then the first. */
function shapeMatcher(columns: SnapshotColumns, shapes: readonly Shape[]): (n: number) => number {
  const { firstEdge, edgeType, edgeName, strings } = columns;
  const root: Trie = { next: new Map(), end: -1 };
  shapes.forEach((shape, index) => {
    let at = root;
    for (const name of [...shape].sort()) {
      let next = at.next.get(name);
      if (!next) {
        next = { next: new Map(), end: -1 };
        at.next.set(name, next);
      }
      at = next;
    }
    if (at.end < 0) at.end = index;
  });
  const memo = new Map<string, number>();
  return (n) => {
    const own: number[] = [];
    const end = firstEdge[n + 1] as number;
    for (let e = firstEdge[n] as number; e < end; e++) if (edgeType[e] === EdgeType.property) own.push(edgeName[e] as number);
    const key = own.join();
    let best = memo.get(key);
    if (best === undefined) {
      best = bestMatch(own.map((name) => strings.get(name)).filter((name) => name !== "__proto__"));
      if (memo.size < 100_000) memo.set(key, best);
    }
    return best;
  };

  function bestMatch(properties: string[]): number {
    const sorted = [...new Set(properties)].sort();
    let best = -1;
    let bestLength = 0;
    const walk = (at: Trie, from: number, depth: number): void => {
      if (at.end >= 0 && (depth > bestLength || (depth === bestLength && at.end < best))) {
        best = at.end;
        bestLength = depth;
      }
      if (at.next.size === 0) return;
      for (let i = from; i < sorted.length; i++) {
        const next = at.next.get(sorted[i] as string);
        if (next) walk(next, i + 1, depth + 1);
      }
    };
    walk(root, 0, 0);
    return best;
  }
}

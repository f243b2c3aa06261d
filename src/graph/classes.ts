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

/** Rows of node types that do not go by their name. */
export const ROW_OF_TYPE: Readonly<Record<number, string>> = {
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
  const locationOf = byLocation ? locationIndex(columns) : undefined;
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
      const at = locationOf?.[n] ?? 0;
      if (at > 0) c = internAt((classes[c] as HeapClass).name, at - 1);
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

  function internAt(name: string, position: number): number {
    const { locations } = columns;
    const at = {
      scriptId: locations.scriptId[position] as number,
      line: locations.line[position] as number,
      column: locations.column[position] as number,
    };
    const key = `${at.scriptId},${at.line},${at.column},${name}`;
    const known = byName.get(key);
    if (known !== undefined) return known;
    byName.set(key, classes.length);
    return classes.push({ name, location: at }) - 1;
  }
}

/** DevTools cuts attributes off DOM nodes, at the first space: `<div id="a">` counts as `<div>`, also after `Detached `. */
export function objectClassName(name: string): string {
  const tag = /^((?:Detached )?<[^ ]*) /.exec(name);
  return tag ? `${tag[1]}>` : name;
}

/** 1 + the position of a node's location, by node. */
function locationIndex(columns: SnapshotColumns): Uint32Array {
  const index = new Uint32Array(columns.nodeCount);
  columns.locations.node.forEach((n, i) => {
    index[n] = i + 1;
  });
  return index;
}

function plainObjectNames(columns: SnapshotColumns): Set<number> {
  const found = new Set<number>();
  const { strings } = columns;
  for (let s = 0; s < strings.count; s++) if (strings.byteLength(s) === 6 && strings.get(s) === "Object") found.add(s);
  return found;
}

const MAX_SHAPE_NAME = 120;

/** Buckets of the first pass of shape inference. */
const SHAPE_BUCKETS = 1 << 20;

/**
 * The shapes worth a row of their own: property lists that at least two, and at least one in a thousand, of the
 * plain objects have, the most frequent first. DevTools' rule for its `{a, b}` rows.
 *
 * Two passes, because a heap may hold millions of objects that are used as dictionaries, each with a shape of its
 * own: the first counts hashes, the second looks closely only where enough objects share one.
 */
export function inferShapes(columns: SnapshotColumns): Shape[] {
  const { nodeCount, nodeType, nodeName } = columns;
  const plain = plainObjectNames(columns);
  const reader = new ShapeReader(columns);
  const buckets = new Uint32Array(SHAPE_BUCKETS);
  let objects = 0;
  for (let n = 0; n < nodeCount; n++) {
    if (nodeType[n] !== NodeType.object || !plain.has(nodeName[n] as number)) continue;
    objects++;
    if (reader.read(n) > 0) (buckets[reader.hash % SHAPE_BUCKETS] as number)++;
  }
  const enough = Math.max(2, objects / 1000);
  const seen = new Map<string, { shape: Shape; count: number }>();
  for (let n = 0; n < nodeCount; n++) {
    if (nodeType[n] !== NodeType.object || !plain.has(nodeName[n] as number)) continue;
    if (reader.read(n) === 0 || (buckets[reader.hash % SHAPE_BUCKETS] as number) < enough) continue;
    const key = reader.key;
    const known = seen.get(key);
    if (known) known.count++;
    else seen.set(key, { shape: reader.names, count: 1 });
  }
  return [...seen.values()]
    .filter(({ count }) => count >= enough)
    .sort((a, b) => b.count - a.count)
    .map(({ shape }) => shape);
}

/** Reads the property list of one object at a time, as string indexes; each name is decoded once. */
class ShapeReader {
  readonly #columns: SnapshotColumns;
  /** Length of a name as shown, plus one; 0 when not known yet, -1 for `__proto__`. */
  readonly #shownLength: Int32Array;
  #list: number[] = [];
  hash = 0;

  constructor(columns: SnapshotColumns) {
    this.#columns = columns;
    this.#shownLength = new Int32Array(columns.strings.count);
  }

  /** Reads the object's own properties, cut where their names pass MAX_SHAPE_NAME; returns how many there are. */
  read(n: number): number {
    const { firstEdge, edgeType, edgeName } = this.#columns;
    const list = this.#list;
    list.length = 0;
    let length = 1;
    let hash = 0;
    const end = firstEdge[n + 1] as number;
    for (let e = firstEdge[n] as number; e < end; e++) {
      if (edgeType[e] !== EdgeType.property) continue;
      const name = edgeName[e] as number;
      const shown = this.#shown(name);
      if (shown < 0 || list.includes(name)) continue;
      if (list.length > 0 && length + shown > MAX_SHAPE_NAME) break;
      length += shown + (list.length > 0 ? 2 : 0);
      list.push(name);
      hash = Math.imul(hash ^ name, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    this.hash = hash >>> 0;
    return list.length;
  }

  get key(): string {
    return this.#list.join();
  }

  get names(): string[] {
    return this.#list.map((name) => this.#columns.strings.get(name));
  }

  #shown(name: number): number {
    let length = this.#shownLength[name] as number;
    if (length === 0) {
      const text = this.#columns.strings.get(name);
      length = text === "__proto__" ? -1 : shownProperty(text).length + 1;
      this.#shownLength[name] = length;
    }
    return length < 0 ? -1 : length - 1;
  }
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

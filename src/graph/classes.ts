// The name under which each node is counted, as DevTools groups them: constructor names for objects, one row
// for all functions, all strings, all compiled code; plain objects are told apart by their properties.

import type { SnapshotColumns } from "../snapshot/columns.ts";
import { NodeType } from "../snapshot/format.ts";
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
 * @param classOf the column to fill.
 * @param byLocation also splits classes of one name by where their constructor stands.
 */
export function classify(
  columns: SnapshotColumns,
  shapes: readonly Shape[],
  byLocation: boolean,
  classOf: Uint32Array = new Uint32Array(columns.nodeCount),
): ClassTable {
  const { nodeCount, nodeType, nodeName, strings } = columns;
  const detached = findDetached(columns);
  const classes: HeapClass[] = [];
  const byName = new Map<string, number>();
  const ofType: number[] = [];
  // Object and native nodes are named by their string: one look-up per string, not per node.
  const ofString = new Int32Array(strings.count).fill(-1);
  const locationOf = byLocation ? locationIndex(columns) : undefined;
  const { node: plain, list } = columns.plainObjects;
  let nextPlain = 0;
  const ofShape = new Int32Array(shapes.length).fill(-1);
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
      if (plain[nextPlain] === n) {
        const shape = shapeOf ? shapeOf(list[nextPlain] as number) : -1;
        nextPlain++;
        if (shape >= 0) c = classOfShape(shape);
      }
      const at = locationOf?.[n] ?? 0;
      if (at > 0) c = internAt((classes[c] as HeapClass).name, at - 1);
    }
    classOf[n] = c;
  }
  return { classes, classOf };

  function classOfShape(shape: number): number {
    let c = ofShape[shape] as number;
    if (c < 0) {
      c = intern(shapeName(shapes[shape] as Shape));
      ofShape[shape] = c;
    }
    return c;
  }

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

/** Class names of single nodes, for answers that name a few of them: the same names as classify's. */
export class ClassNamer {
  readonly #columns: SnapshotColumns;
  readonly #shapes: readonly Shape[];
  readonly #shapeOf: (list: number) => number;
  readonly #detached: Uint8Array | undefined;

  constructor(columns: SnapshotColumns, shapes: readonly Shape[]) {
    this.#columns = columns;
    this.#shapes = shapes;
    this.#shapeOf = shapeMatcher(columns, shapes);
    this.#detached = findDetached(columns);
  }

  nameOf(n: number): string {
    const { nodeType, nodeName, nodeTypeNames, strings } = this.#columns;
    const type = nodeType[n] as number;
    if (type !== NodeType.object && type !== NodeType.native) return ROW_OF_TYPE[type] ?? `(${nodeTypeNames[type]})`;
    const list = type === NodeType.object ? this.#listOf(n) : undefined;
    const shape = list === undefined ? -1 : this.#shapeOf(list);
    if (shape >= 0) return shapeName(this.#shapes[shape] as Shape);
    const name = objectClassName(strings.get(nodeName[n] as number));
    return this.#detached?.[n] === 1 ? `Detached ${name}` : name;
  }

  /** Property list of a plain object. */
  #listOf(n: number): number | undefined {
    const { node, list } = this.#columns.plainObjects;
    let low = 0;
    let high = node.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if ((node[mid] as number) < n) low = mid + 1;
      else high = mid;
    }
    return node[low] === n ? list[low] : undefined;
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

const MAX_SHAPE_NAME = 120;

/** Buckets of the first pass of shape inference. */
const SHAPE_BUCKETS = 1 << 20;

/**
 * The shapes worth a row of their own: property lists that at least two, and at least one in a thousand, of the
 * plain objects have, the most frequent first, of equally frequent ones the one that comes first in the heap.
 * DevTools' rule for its `{a, b}` rows. Costs a look at each list of names, not at each object.
 *
 * Two passes, because a heap may hold millions of objects that are used as dictionaries, each with a list of its
 * own: the first counts hashes, the second looks closely only where enough objects share one.
 */
export function inferShapes(columns: SnapshotColumns): Shape[] {
  const { list, first } = columns.plainObjects;
  const lists = first.length - 1;
  const counts = new Uint32Array(lists);
  for (let i = 0; i < list.length; i++) (counts[list[i] as number] as number)++;
  const reader = new ShapeReader(columns);
  const buckets = new Uint32Array(SHAPE_BUCKETS);
  for (let l = 0; l < lists; l++) if (reader.read(l) > 0) (buckets[reader.hash % SHAPE_BUCKETS] as number) += counts[l] as number;
  const enough = Math.max(2, list.length / 1000);
  // Lists are numbered as they first occur, so this map is in the order of the heap.
  const seen = new Map<string, { shape: Shape; count: number }>();
  for (let l = 0; l < lists; l++) {
    if (reader.read(l) === 0 || (buckets[reader.hash % SHAPE_BUCKETS] as number) < enough) continue;
    const known = seen.get(reader.key);
    if (known) known.count += counts[l] as number;
    else seen.set(reader.key, { shape: reader.names, count: counts[l] as number });
  }
  return [...seen.values()]
    .filter(({ count }) => count >= enough)
    .sort((a, b) => b.count - a.count)
    .map(({ shape }) => shape);
}

/** Reads one property list at a time, as string indexes; each name is decoded once. */
class ShapeReader {
  readonly #columns: SnapshotColumns;
  /** Length of a name as shown, plus one; 0 when not known yet. */
  readonly #shownLength: Uint32Array;
  #list: number[] = [];
  hash = 0;

  constructor(columns: SnapshotColumns) {
    this.#columns = columns;
    this.#shownLength = new Uint32Array(columns.strings.count);
  }

  /** Reads the list, cut where its names pass MAX_SHAPE_NAME; returns how many there are. */
  read(l: number): number {
    const { first, names } = this.#columns.plainObjects;
    const list = this.#list;
    list.length = 0;
    let length = 1;
    let hash = 0;
    const end = first[l + 1] as number;
    for (let i = first[l] as number; i < end; i++) {
      const name = names[i] as number;
      if (list.includes(name)) continue;
      const shown = this.#shown(name);
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
      length = shownProperty(this.#columns.strings.get(name)).length + 1;
      this.#shownLength[name] = length;
    }
    return length - 1;
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

/** Lists of property names, as columns have them. */
export interface PropertyLists {
  readonly plainObjects: Pick<SnapshotColumns["plainObjects"], "first" | "names">;
  readonly strings: { get(index: number): string };
}

/** Shape of each property list, or -1: one that has all of the shape's names; the one with most names wins, then the first. */
export function shapeMatcher({ plainObjects, strings }: PropertyLists, shapes: readonly Shape[]): (list: number) => number {
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
  const { first, names } = plainObjects;
  const known = new Int32Array(first.length - 1).fill(UNMATCHED);
  return (list) => {
    let best = known[list] as number;
    if (best === UNMATCHED) {
      const own = names.subarray(first[list], first[list + 1]);
      best = bestMatch(Array.from(own, (name) => strings.get(name)));
      known[list] = best;
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

const UNMATCHED = -2;

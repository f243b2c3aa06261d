// Types counted straight from the node records, without a graph: raw sizes as V8 wrote them, plain objects in one
// row. What it gives up (retained sizes, shapes, sizes moved to owners) buys a hundredth of the time and memory.

import { NodeType } from "../snapshot/format.ts";
import { FIRST_NAME } from "../snapshot/kernel.ts";
import { type NodeSum, NodeSums } from "../snapshot/nodeSums.ts";
import type { NodeScanner } from "../snapshot/scan.ts";
import { objectClassName, ROW_OF_TYPE } from "./classes.ts";
import type { HeapGraph } from "./heapGraph.ts";

/** Count and raw shallow bytes of one type. */
export interface RawCount {
  count: number;
  shallow: number;
}

/** Added and removed between two snapshots of one epoch, by object id. */
export interface RawDifference {
  before: number;
  now: number;
  added: number;
  removed: number;
  /** Raw shallow bytes. */
  addedBytes: number;
  removedBytes: number;
}

/** The types whose rows are classes, as bits: their keys are names; those of others are types. */
const NAMED: number = (1 << NodeType.object) | (1 << NodeType.native);

/** Counts every node of the file by type. Nodes of size 0 are no objects of their own and are not counted. */
export function countRawTypes(scanner: NodeScanner): Map<string, RawCount> {
  const sums = new NodeSums([scanner], NAMED);
  sums.tally(scanner);
  const rows = new Map<string, RawCount>();
  for (const { name, objects, bytes } of withNames(scanner, sums)) addTo(rows, name, objects, bytes);
  return rows;
}

function addTo<K>(rows: Map<K, RawCount>, key: K, count: number, shallow: number): void {
  const row = rows.get(key);
  if (row) {
    row.count += count;
    row.shallow += shallow;
  } else rows.set(key, { count, shallow });
}

/** The same count from an open graph, for sources that cannot be read from both ends (a pipe, gzip). */
export function countRawGraph(graph: HeapGraph): Map<string, RawCount> {
  const rows = new Map<string, RawCount>();
  for (let n = 0; n < graph.nodeCount; n++) {
    const shallow = graph.rawSize(n);
    if (shallow === 0) continue;
    const type = graph.type(n);
    const named = type === NodeType.object || type === NodeType.native;
    const name = named ? objectClassName(graph.name(n)) : (ROW_OF_TYPE[type] ?? `(${graph.typeName(n)})`);
    addTo(rows, name, 1, shallow);
  }
  return rows;
}

/** The sums, with the class name of their keys. */
function withNames(scanner: NodeScanner, sums: NodeSums): (NodeSum & { name: string })[] {
  const taken = sums.take();
  const wanted = taken.filter(([key]) => key >= FIRST_NAME).map(([key]) => key - FIRST_NAME);
  const strings = scanner.strings(wanted);
  const nameOf = (key: number): string => {
    if (key >= FIRST_NAME) return objectClassName(strings.get(key - FIRST_NAME) ?? "");
    return ROW_OF_TYPE[key] ?? `(${scanner.header.nodeTypeNames[key]})`;
  };
  return taken.map(([key, sum]) => ({ ...sum, name: nameOf(key) }));
}

/**
 * Compares two files by object id: what is only in the newer one, and only in the older. Reads the older nodes
 * twice and keeps two bits per object. Both files must be of one epoch. Native objects have no lasting id and are
 * left out.
 */
export function compareRaw(before: NodeScanner, now: NodeScanner): Map<string, RawDifference> {
  const sums = new NodeSums([before, now], NAMED, { comparing: true });
  sums.note(before, 0);
  const rows = new Map<string, RawDifference>();
  const rowOf = (name: string): RawDifference => {
    let row = rows.get(name);
    if (!row) {
      row = { before: 0, now: 0, added: 0, removed: 0, addedBytes: 0, removedBytes: 0 };
      rows.set(name, row);
    }
    return row;
  };
  sums.compare(now, 1);
  for (const { name, objects, fresh, bytes } of withNames(now, sums)) {
    const row = rowOf(name);
    row.now += objects;
    row.added += fresh;
    row.addedBytes += bytes;
  }
  sums.compare(before, 0);
  for (const { name, objects, fresh, bytes } of withNames(before, sums)) {
    const row = rowOf(name);
    row.before += objects;
    row.removed += fresh;
    row.removedBytes += bytes;
  }
  return rows;
}

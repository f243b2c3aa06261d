// Records -> typed arrays, with every check that a record needs: the decoder hands each record over as numbers and
// knows nothing of what they mean.

import { badSnapshot } from "../errors.ts";
import type { LocationColumns, SnapshotColumns } from "./columns.ts";
import { EdgeNameColumn } from "./edgeNames.ts";
import { isIndexed, type SnapshotHeader } from "./format.ts";
import { EdgeLabeller, type OwnerColumns } from "./labeller.ts";
import { sharedBytes, sharedNumbers } from "./shared.ts";
import type { RawStringTable, StringTable } from "./strings.ts";

/** Takes whole records of one integer array. `record` is reused: copy what you keep. */
export type RecordSink = (record: Float64Array) => void;

/** Passes over records that nobody needs. */
export function ignoreRecord(): void {}

/** Makes columns of a size that the file claims. @throws LeakhuntError `BAD_SNAPSHOT` when that is absurd. */
export function allocate<T>(make: () => T, what: string, count: number): T {
  try {
    return make();
  } catch (cause) {
    throw badSnapshot(`it claims ${count} ${what}, more than this machine can hold`, cause);
  }
}

/** The same numbers with room for bigger ones. Copies only those read so far: a false count must not cost memory. */
function widen(sizes: Uint32Array, read: number): Float64Array {
  const wide = allocate(() => new Float64Array(new SharedArrayBuffer(sizes.length * 8)), "nodes", sizes.length);
  wide.set(sizes.subarray(0, read));
  return wide;
}

export class NodeBuilder {
  readonly type: Uint8Array;
  readonly name: Uint32Array;
  readonly id: Uint32Array;
  selfSize: Uint32Array | Float64Array;
  readonly detachedness: Uint8Array | undefined;
  readonly firstEdge: Uint32Array;
  readonly sink: RecordSink;
  count = 0;
  edges = 0;
  maxName = -1;

  constructor(header: SnapshotHeader) {
    const n = header.nodeCount;
    const fields = header.nodeFields;
    this.type = sharedBytes(n);
    this.name = sharedNumbers(n);
    this.id = sharedNumbers(n);
    this.selfSize = sharedNumbers(n);
    this.firstEdge = sharedNumbers(n + 1);
    const detachedAt = fields.indexOf("detachedness");
    const detachedness = detachedAt >= 0 ? new Uint8Array(n) : undefined;
    this.detachedness = detachedness;
    const typeAt = fields.indexOf("type");
    const nameAt = fields.indexOf("name");
    const idAt = fields.indexOf("id");
    const sizeAt = fields.indexOf("self_size");
    const edgesAt = fields.indexOf("edge_count");
    const types = header.nodeTypeMap;
    this.sink = (record) => {
      const i = this.count++;
      if (i >= n) throw badSnapshot(`it has more nodes than the ${n} it claims`);
      const type = record[typeAt] as number;
      if (type >= types.length) throw badSnapshot(`node ${i} has type ${type}, which its meta does not name`);
      const id = record[idAt] as number;
      const name = record[nameAt] as number;
      const size = record[sizeAt] as number;
      if (id > 0xffffffff) throw badSnapshot(`node ${i} has id ${id}, beyond 32 bits`);
      this.type[i] = types[type] as number;
      this.name[i] = name;
      if (name > this.maxName) this.maxName = name;
      this.id[i] = id;
      if (size > 0xffffffff && this.selfSize instanceof Uint32Array) this.selfSize = widen(this.selfSize, i);
      this.selfSize[i] = size;
      this.edges += record[edgesAt] as number;
      if (this.edges > header.edgeCount) throw badSnapshot(`its nodes own more edges than the ${header.edgeCount} it claims`);
      this.firstEdge[i + 1] = this.edges;
      if (detachedness) detachedness[i] = record[detachedAt] as number;
    };
  }
}

export class EdgeBuilder {
  readonly type: Uint8Array;
  readonly name: Uint32Array;
  readonly to: Uint32Array;
  readonly sink: RecordSink;
  count = 0;
  maxName = -1;

  constructor(header: SnapshotHeader) {
    const n = header.edgeCount;
    const fields = header.edgeFields;
    const nodeFields = header.nodeFields.length;
    const nodesLength = header.nodeCount * nodeFields;
    this.type = sharedBytes(n);
    this.name = new Uint32Array(n);
    this.to = sharedNumbers(n);
    const typeAt = fields.indexOf("type");
    const nameAt = fields.indexOf("name_or_index");
    const toAt = fields.indexOf("to_node");
    const types = header.edgeTypeMap;
    this.sink = (record) => {
      const i = this.count++;
      if (i >= n) throw badSnapshot(`it has more edges than the ${n} it claims`);
      const type = record[typeAt] as number;
      if (type >= types.length) throw badSnapshot(`edge ${i} has type ${type}, which its meta does not name`);
      const ours = types[type] as number;
      const name = record[nameAt] as number;
      const to = record[toAt] as number;
      if (to >= nodesLength) throw badSnapshot(`edge ${i} points at ${to}, outside its ${header.nodeCount} nodes`);
      const ordinal = (to / nodeFields) >>> 0;
      if (ordinal * nodeFields !== to) throw badSnapshot(`edge ${i} points into the middle of a node`);
      this.type[i] = ours;
      if (isIndexed(ours)) {
        if (name > 0xffffffff) throw badSnapshot(`edge ${i} has index ${name}, beyond 32 bits`);
      } else if (name > this.maxName) {
        this.maxName = name;
      }
      this.name[i] = name;
      this.to[i] = ordinal;
    };
  }
}

type FourColumns = [Uint32Array, Uint32Array, Uint32Array, Uint32Array];

/** Numbers with more digits are left to the sink: they may not fit 31 bits. */
const FEW_DIGITS = 9;
/** More bytes than four such numbers take, with all that stands between them. */
const LOCATION_LIMIT = 64;
const COMMA = 0x2c ^ 0x30;
const NEWLINE = 0x0a ^ 0x30;

export class LocationBuilder {
  #columns: FourColumns = [new Uint32Array(0), new Uint32Array(0), new Uint32Array(0), new Uint32Array(0)];
  #count = 0;

  /**
   * Reads whole records of V8's usual form, each with the comma after it: 1.6 ns per byte, where the sink takes 3.
   * @returns the position after the last one taken; the rest, and all that is wrong, is for the sink.
   */
  takeUsual(chunk: Uint8Array, from: number, end: number, { nodeCount, nodeFields, locationFields }: SnapshotHeader): number {
    if (locationFields.join() !== "object_index,script_id,line,column") return from;
    const fields = nodeFields.length;
    const inverse = 1 / fields;
    const safe = end - LOCATION_LIMIT;
    let at = from;
    while (at < safe) {
      if (this.#count === this.#columns[0].length) this.#grow();
      const [nodes, scriptIds, lines, columns] = this.#columns;
      const room = nodes.length;
      let count = this.#count;
      while (at < safe && count < room) {
        let p = at;
        let start = p;
        let target = 0;
        let c = (chunk[p] as number) ^ 0x30;
        for (; c < 10; c = (chunk[++p] as number) ^ 0x30) target = Math.imul(target, 10) + c;
        if (c !== COMMA || p === start || p - start > FEW_DIGITS) break;
        start = ++p;
        let scriptId = 0;
        for (c = (chunk[p] as number) ^ 0x30; c < 10; c = (chunk[++p] as number) ^ 0x30) scriptId = Math.imul(scriptId, 10) + c;
        if (c !== COMMA || p === start || p - start > FEW_DIGITS) break;
        start = ++p;
        let line = 0;
        for (c = (chunk[p] as number) ^ 0x30; c < 10; c = (chunk[++p] as number) ^ 0x30) line = Math.imul(line, 10) + c;
        if (c !== COMMA || p === start || p - start > FEW_DIGITS) break;
        start = ++p;
        let column = 0;
        for (c = (chunk[p] as number) ^ 0x30; c < 10; c = (chunk[++p] as number) ^ 0x30) column = Math.imul(column, 10) + c;
        if (p === start || p - start > FEW_DIGITS) break;
        if (c === NEWLINE) c = (chunk[++p] as number) ^ 0x30;
        const node = (target * inverse + 0.5) | 0;
        if (c !== COMMA || Math.imul(node, fields) !== target || node >= nodeCount) break;
        nodes[count] = node;
        scriptIds[count] = scriptId;
        lines[count] = line;
        columns[count] = column;
        count++;
        at = p + 1;
      }
      this.#count = count;
      if (count < room) break;
    }
    return at;
  }

  sinkFor(header: SnapshotHeader): RecordSink {
    const at = ["object_index", "script_id", "line", "column"].map((name) => header.locationFields.indexOf(name));
    if (at.includes(-1)) return ignoreRecord;
    const nodeFields = header.nodeFields.length;
    return (record) => {
      if (this.#count === this.#columns[0].length) this.#grow();
      const node = (record[at[0] as number] as number) / nodeFields;
      if (!Number.isInteger(node) || node >= header.nodeCount) throw badSnapshot(`location ${this.#count} belongs to no node`);
      this.#columns[0][this.#count] = node;
      for (let c = 1; c < 4; c++) {
        const value = record[at[c] as number] as number;
        if (value > 0xffffffff) throw badSnapshot(`location ${this.#count} has the number ${value}, beyond 32 bits`);
        (this.#columns[c] as Uint32Array)[this.#count] = value;
      }
      this.#count++;
    };
  }

  finish(): LocationColumns {
    const [node, scriptId, line, column] = this.#columns.map((c) => c.subarray(0, this.#count)) as FourColumns;
    return { node, scriptId, line, column };
  }

  #grow(): void {
    // Fourfold: what is not written costs no memory, but each copy does.
    const size = Math.max(1024, this.#count * 4);
    this.#columns = this.#columns.map((old) => {
      const bigger = new Uint32Array(size);
      bigger.set(old);
      return bigger;
    }) as FourColumns;
  }
}

/** Checks that the counts agree and puts the columns together. @throws LeakhuntError `BAD_SNAPSHOT`. */
export function finishColumns(
  header: SnapshotHeader,
  nodes: NodeBuilder,
  edges: EdgeBuilder,
  locations: LocationColumns,
  strings: RawStringTable,
): SnapshotColumns {
  if (nodes.count !== header.nodeCount) throw badSnapshot(`it has ${nodes.count} nodes where it claims ${header.nodeCount}`);
  if (edges.count !== header.edgeCount) throw badSnapshot(`it has ${edges.count} edges where it claims ${header.edgeCount}`);
  if (nodes.edges !== edges.count) throw badSnapshot(`its nodes own ${nodes.edges} edges, but there are ${edges.count}`);
  if (nodes.count === 0) throw badSnapshot("it has no nodes");
  const maxName = Math.max(nodes.maxName, edges.maxName);
  if (maxName >= strings.count) throw badSnapshot(`it uses string ${maxName}, but has only ${strings.count}`);
  const owners = { nodeCount: nodes.count, nodeType: nodes.type, nodeName: nodes.name, nodeId: nodes.id, firstEdge: nodes.firstEdge };
  return {
    ...owners,
    edgeCount: edges.count,
    nodeSelfSize: nodes.selfSize,
    nodeDetachedness: nodes.detachedness,
    edgeTo: edges.to,
    edgeNames: new EdgeNameColumn(edges.name),
    ...labelled(owners, edges, strings),
    locations,
    strings,
    nodeTypeNames: header.nodeTypeNames,
    edgeTypeNames: header.edgeTypeNames,
    extraNativeBytes: header.extraNativeBytes,
  };
}

/** Labels edges whose names are all in memory. */
export function labelled(
  owners: OwnerColumns,
  edges: { readonly type: Uint8Array; readonly name: Uint32Array },
  strings: StringTable,
): Pick<SnapshotColumns, "edgeLabel" | "weakPairs" | "plainObjects"> {
  const labeller = new EdgeLabeller(owners, strings);
  const edgeLabel = edges.type;
  for (let e = 0; e < edgeLabel.length; e++) edgeLabel[e] = labeller.take(e, edgeLabel[e] as number, edges.name[e] as number);
  return { edgeLabel, ...labeller.finish() };
}

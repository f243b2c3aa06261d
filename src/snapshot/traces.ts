// Where objects were allocated: the sections that a snapshot has only while V8 tracks allocations. Nothing else needs
// them, so they are no part of the columns; a second pass over the file reads what a few objects need. Fields are found by
// their names, since Node 24 and later have `trace_node_id` in tracked snapshots only.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { badSnapshot, cannotReadFile, LeakhuntError } from "../errors.ts";
import { findLayout, type Layout } from "./layout.ts";
import { NodeScanner } from "./scan.ts";

/** A function on a stack, where it begins: line and column from 1, 0 for V8's own, whose `url` is "". */
export interface TraceFrame {
  readonly name: string;
  readonly url: string;
  readonly line: number;
  readonly column: number;
}

/** Stacks of some objects. */
export interface Traces {
  /** Of each object that was asked for, in the same order, the number of its stack; 0 where V8 knows none. */
  readonly ids: Uint32Array;
  /** Innermost first. */
  stack(id: number): readonly TraceFrame[];
}

const WINDOW = 1 << 20;
const INFOS_KEY = '"trace_function_infos"';
const TREE_KEY = '"trace_tree"';
const INFO_FIELDS = ["name", "script_name", "line", "column"] as const;
const TREE_FIELDS = ["id", "function_info_index", "children"] as const;
/** V8 keeps 64 frames of a stack. */
const MOST_DEPTH = 1000;

/**
 * Reads the stacks of some nodes (their indices, ascending) of a plain snapshot file: some ten nanoseconds a byte of its
 * nodes and traces.
 * @returns undefined when the snapshot was taken without tracking. @throws LeakhuntError `CANNOT_READ`, `BAD_SNAPSHOT`.
 */
export function readTraces(path: string, nodes: ArrayLike<number>): Traces | undefined {
  const fd = open(path);
  try {
    return read(fd, nodes);
  } catch (error) {
    throw error instanceof LeakhuntError && error.code === "BAD_SNAPSHOT" ? error.about(path) : error;
  } finally {
    closeSync(fd);
  }
}

function open(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    throw cannotReadFile(path, (cause as NodeJS.ErrnoException).code ?? String(cause), cause);
  }
}

function read(fd: number, nodes: ArrayLike<number>): Traces | undefined {
  const layout = findLayout(fd, fstatSync(fd).size);
  const { nodeFields, traceFunctionFields, traceNodeFields } = layout.header;
  const traceAt = nodeFields.indexOf("trace_node_id");
  const infoAt = INFO_FIELDS.map((name) => traceFunctionFields.indexOf(name));
  const treeAt = TREE_FIELDS.map((name) => traceNodeFields.indexOf(name));
  if (traceAt < 0 || infoAt.includes(-1) || treeAt.includes(-1)) return undefined;
  const treeStart = sectionBefore(fd, layout.stringsAt, TREE_KEY);
  const infosStart = treeStart === undefined ? undefined : sectionBefore(fd, treeStart, INFOS_KEY);
  if (treeStart === undefined || infosStart === undefined) return undefined;

  const ids = traceIds(fd, layout, traceAt, nodes);
  const tree = readTree(new Numbers(fd, treeStart, TREE_KEY), { fields: traceNodeFields.length, at: treeAt });
  if (tree.size === 0) return undefined;
  const functions = functionsOf(ids, tree);
  const frames = readFrames(fd, infosStart, { fields: traceFunctionFields.length, at: infoAt }, functions);
  return {
    ids,
    stack: (id) => {
      const stack: TraceFrame[] = [];
      for (let at = tree.get(id); at && stack.length < MOST_DEPTH; at = tree.get(at.parent)) {
        const frame = frames.get(at.fn);
        if (frame) stack.push(frame);
      }
      return stack;
    },
  };
}

/** The trace ids of these nodes: one pass over the records up to the last of them. */
function traceIds(fd: number, { header, nodesAt }: Layout, at: number, nodes: ArrayLike<number>): Uint32Array {
  const { nodeFields, nodeCount } = header;
  const ids = new Uint32Array(nodes.length);
  const numbers = new Numbers(fd, nodesAt, '"nodes"');
  let record = 0;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as number;
    if (node < record || node >= nodeCount) throw new RangeError(`node ${node} of ${nodeCount} is asked for after ${record}`);
    numbers.skip((node - record) * nodeFields.length + at);
    ids[i] = numbers.number();
    numbers.skip(nodeFields.length - at - 1);
    record = node + 1;
  }
  return ids;
}

interface Shape {
  readonly fields: number;
  /** Where the fields that matter are in a record. */
  readonly at: readonly number[];
}

interface TreeNode {
  /** 0 for the outermost. */
  readonly parent: number;
  /** Index of a function. */
  readonly fn: number;
}

/** The tree of stacks, by id: nested lists of records, of which one field is the list of the callees. */
function readTree(numbers: Numbers, { fields, at }: Shape): Map<number, TreeNode> {
  const [idAt, functionAt, childrenAt] = at as [number, number, number];
  const known = Math.max(idAt, functionAt);
  if (known > childrenAt) throw badSnapshot('"trace_tree" has its fields in an order that V8 does not use');
  const tree = new Map<number, TreeNode>();
  const open: { parent: number; field: number; id: number; fn: number }[] = [{ parent: 0, field: 0, id: 0, fn: 0 }];
  for (let list = open[0]; list; list = open.at(-1)) {
    const token = numbers.next();
    if (token === OPENED) {
      if (list.field !== childrenAt || open.length > MOST_DEPTH) throw badSnapshot('"trace_tree" is nested where it should not be');
      open.push({ parent: list.id, field: 0, id: 0, fn: 0 });
      continue;
    }
    if (token === CLOSED) {
      if (list.field !== 0) throw badSnapshot('"trace_tree" ends in the middle of a record');
      open.pop();
      list = open.at(-1);
      if (!list) break;
    } else {
      if (list.field === childrenAt) throw badSnapshot('"trace_tree" has a number where a list should be');
      if (list.field === idAt) list.id = token;
      if (list.field === functionAt) list.fn = token;
      if (list.field === known) keep(list, tree);
    }
    list.field = (list.field + 1) % fields;
  }
  return tree;
}

function keep({ id, fn, parent }: { id: number; fn: number; parent: number }, tree: Map<number, TreeNode>): void {
  if (id === 0 || tree.has(id)) throw badSnapshot(`"trace_tree" has the number ${id} twice`);
  tree.set(id, { parent, fn });
}

function functionsOf(ids: Uint32Array, tree: ReadonlyMap<number, TreeNode>): Set<number> {
  const functions = new Set<number>();
  const seen = new Set<number>();
  for (const id of ids) {
    for (let at = id; at !== 0 && !seen.has(at); at = tree.get(at)?.parent ?? 0) {
      seen.add(at);
      const node = tree.get(at);
      if (!node) throw badSnapshot(`a node has the trace ${at}, which is not there`);
      functions.add(node.fn);
    }
  }
  return functions;
}

/** Functions with these indices. */
function readFrames(fd: number, start: number, { fields, at }: Shape, wanted: ReadonlySet<number>): Map<number, TraceFrame> {
  const [nameAt, scriptAt, lineAt, columnAt] = at as [number, number, number, number];
  const numbers = new Numbers(fd, start, INFOS_KEY);
  const found: { index: number; name: number; script: number; line: number; column: number }[] = [];
  const record = new Float64Array(fields);
  let next = 0;
  for (const index of [...wanted].sort((a, b) => a - b)) {
    numbers.skip((index - next) * fields);
    for (let f = 0; f < fields; f++) record[f] = numbers.number();
    next = index + 1;
    const value = (field: number): number => record[field] as number;
    found.push({ index, name: value(nameAt), script: value(scriptAt), line: value(lineAt), column: value(columnAt) });
  }
  const texts = NodeScanner.of(fd).strings(new Set(found.flatMap(({ name, script }) => [name, script])));
  return new Map(
    found.map(({ index, name, script, line, column }) => {
      // V8's own functions have no script, and no line.
      const url = line === 0 ? "" : (texts.get(script) as string);
      return [index, { name: texts.get(name) as string, url, line, column }];
    }),
  );
}

/** Searches backwards for a key; between nodes and strings are only numbers, so it is unmistakable. The position after its bracket. */
function sectionBefore(fd: number, end: number, key: string): number | undefined {
  const window = Buffer.alloc(WINDOW + 64);
  for (let to = end; to > 0; to -= WINDOW) {
    const start = Math.max(0, to - WINDOW);
    const bytes = window.subarray(0, readSync(fd, window, 0, Math.min(window.length, end - start), start));
    const found = bytes.lastIndexOf(key);
    if (found < 0) continue;
    const after = /^\s*:\s*\[/.exec(bytes.toString("latin1", found + key.length, found + key.length + 32));
    return after ? start + found + key.length + after[0].length : undefined;
  }
  return undefined;
}

const OPENED = -1;
const CLOSED = -2;

/** The numbers and brackets of a section, one after the other. */
class Numbers {
  readonly #fd: number;
  readonly #what: string;
  readonly #window: Buffer = Buffer.alloc(WINDOW);
  #at: number;
  #p = 0;
  #end = 0;

  constructor(fd: number, at: number, what: string) {
    this.#fd = fd;
    this.#at = at;
    this.#what = what;
  }

  /** A whole number, OPENED or CLOSED. @throws LeakhuntError `BAD_SNAPSHOT`. */
  next(): number {
    let byte = this.#byte();
    while (byte === 0x2c || byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = this.#byte();
    if (byte === 0x5b) return OPENED;
    if (byte === 0x5d) return CLOSED;
    let value = byte - 0x30;
    if (value < 0 || value > 9) throw badSnapshot(`${this.#what} has something that is no whole number`);
    for (byte = this.#byte(); byte >= 0x30 && byte <= 0x39; byte = this.#byte()) value = value * 10 + byte - 0x30;
    this.#p--;
    if (value > 0xffffffff) throw badSnapshot(`${this.#what} has a number that is too big`);
    return value;
  }

  number(): number {
    const value = this.next();
    if (value < 0) throw badSnapshot(`${this.#what} ends too early`);
    return value;
  }

  skip(count: number): void {
    for (let i = 0; i < count; i++) this.number();
  }

  #byte(): number {
    if (this.#p === this.#end) {
      this.#end = readSync(this.#fd, this.#window, 0, WINDOW, this.#at);
      if (this.#end === 0) throw badSnapshot(`it ends inside ${this.#what}`);
      this.#at += this.#end;
      this.#p = 0;
    }
    return this.#window[this.#p++] as number;
  }
}

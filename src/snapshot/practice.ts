// A small made-up heap to practise on. The first pass of a process over a heap takes twice as long as the next, because
// V8 has not compiled it yet; while a target writes its snapshot leakhunt has nothing else to do, so it goes over this
// heap a few times. It has some of everything that makes a loop take another branch: compiled code that meets something
// new is thrown away again.

import type { SnapshotColumns } from "./columns.ts";
import { EDGE_TYPES, EdgeType, NODE_TYPES, NodeType } from "./format.ts";
import { EdgeLabeller } from "./labeller.ts";
import { sharedBytes, sharedNumbers } from "./shared.ts";
import { FileStringTable } from "./strings.ts";

const NODES = 8_000;
const EDGES_EACH = 4;
/** As often as in a Node heap, about. */
const NODE_KINDS: readonly (readonly [type: number, name: string])[] = [
  [NodeType.object, "Object"],
  [NodeType.object, "Session"],
  [NodeType.object, "Array"],
  [NodeType.closure, "handler"],
  [NodeType.string, "text"],
  [NodeType.array, ""],
  [NodeType.hidden, "system / Context"],
  [NodeType.object, "Map"],
  [NodeType.code, "code"],
  [NodeType.array, "(map descriptors)"],
  [NodeType.object, "Object"],
  [NodeType.objectShape, "system / Map"],
  [NodeType.number, "heap number"],
  [NodeType.consString, "text"],
  [NodeType.native, "system / ExternalStringData"],
  [NodeType.hidden, "system / NativeContext"],
];
const EDGE_KINDS: readonly (readonly [type: number, name: string])[] = [
  [EdgeType.internal, "map"],
  [EdgeType.property, "__proto__"],
  [EdgeType.property, "id"],
  [EdgeType.internal, "4"],
  [EdgeType.internal, "properties"],
  [EdgeType.property, "user"],
  [EdgeType.context, "kept"],
  [EdgeType.element, ""],
  [EdgeType.weak, "3"],
  [EdgeType.property, "name"],
  [EdgeType.hidden, ""],
  [EdgeType.internal, "sloppy_function_map"],
  [EdgeType.shortcut, "native_bind"],
  [EdgeType.internal, "1 / part of key (Session @9) -> value (Object @11) pair in WeakMap (table @13)"],
];

/** A number from 0 up to `below`: the same row of them each time. */
function numbers(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What V8 would have written of the heap, and a way from there to columns as from a file. */
export class PracticeHeap {
  readonly #strings: Buffer;
  readonly #names: Uint32Array = new Uint32Array(NODES * EDGES_EACH);
  readonly #types: Uint8Array = new Uint8Array(NODES * EDGES_EACH);
  readonly #to: Uint32Array = sharedNumbers(NODES * EDGES_EACH);
  readonly #nodeType: Uint8Array = sharedBytes(NODES);
  readonly #nodeName: Uint32Array = sharedNumbers(NODES);
  readonly #firstEdge: Uint32Array = sharedNumbers(NODES + 1);

  constructor() {
    const strings = new Map<string, number>();
    const intern = (text: string): number => {
      const number = strings.get(text) ?? strings.size;
      strings.set(text, number);
      return number;
    };
    const random = numbers();
    for (let n = 0; n < NODES; n++) {
      const [type, name] = NODE_KINDS[n < 2 ? 0 : random(NODE_KINDS.length)] as (typeof NODE_KINDS)[number];
      this.#nodeType[n] = n === 0 ? NodeType.synthetic : type;
      this.#nodeName[n] = intern(type === NodeType.string ? `text "${n}"` : name);
      this.#firstEdge[n + 1] = (n + 1) * EDGES_EACH;
      for (let i = 0; i < EDGES_EACH; i++) {
        const e = n * EDGES_EACH + i;
        const [edgeType, edgeName] = EDGE_KINDS[n === 0 ? 12 : random(EDGE_KINDS.length)] as (typeof EDGE_KINDS)[number];
        this.#types[e] = edgeType;
        this.#names[e] = edgeType === EdgeType.element || edgeType === EdgeType.hidden ? i : intern(edgeName);
        // Mostly to the next ones, which the walk has not seen, then to old and to popular ones.
        this.#to[e] = i === 0 ? Math.min(NODES - 1, 2 * n + 1) : i === 1 ? Math.min(NODES - 1, 2 * n + 2) : random(i === 2 ? NODES : 200);
      }
    }
    this.#strings = Buffer.from(`${[...strings.keys()].map((text) => JSON.stringify(text)).join(",")}]}\n`);
  }

  /** Reads strings and labels edges. */
  decode(): SnapshotColumns {
    const strings = FileStringTable.of(this.#strings) as FileStringTable;
    const label = sharedBytes(this.#types.length);
    const owners = {
      nodeCount: NODES,
      nodeType: this.#nodeType,
      nodeName: this.#nodeName,
      nodeId: this.#nodeName,
      firstEdge: this.#firstEdge,
    };
    const labeller = new EdgeLabeller(owners, strings);
    const names = this.#names;
    for (let e = 0; e < label.length; e++) label[e] = labeller.take(e, this.#types[e] as number, names[e] as number);
    const none = new Uint32Array(0);
    return {
      ...owners,
      ...labeller.finish(),
      edgeCount: label.length,
      nodeSelfSize: this.#firstEdge.subarray(1),
      nodeDetachedness: undefined,
      edgeLabel: label,
      edgeTo: this.#to,
      edgeNames: { at: (e) => names[e] as number },
      locations: { node: none, scriptId: none, line: none, column: none },
      strings,
      nodeTypeNames: NODE_TYPES,
      edgeTypeNames: EDGE_TYPES,
      extraNativeBytes: 0,
    };
  }
}

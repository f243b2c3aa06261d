// What a step of a retaining path costs: how little a Node developer would call it a reason. Small whole numbers, set
// by hand against real heaps; rootPaths.ts adds them up.

import { EdgeType, NodeType } from "../snapshot/format.ts";
import type { HeapGraph } from "./heapGraph.ts";
import type { NameIndexes, WantedName } from "./names.ts";
import { isBuiltinScript } from "./scripts.ts";

const STEP = 10;
const INTERNAL_COST: Readonly<Partial<Record<Exclude<WantedName, "constructor">, number>>> = {
  table: 2,
  value: 2,
  // Elements and properties have direct edges as well: the arrays behind them are a second way to say the same.
  elements: 20,
  properties: 20,
  context: STEP,
  previous: STEP,
  reactions_or_result: STEP,
  parameters_and_registers: STEP,
  function: 30,
  receiver: 20,
  bound_function: STEP,
  bound_this: STEP,
  bound_arguments: 12,
  bindings: 20,
  buffer: STEP,
  backing_store: STEP,
  first: STEP,
  second: STEP,
  parent: STEP,
  getter: 15,
  setter: 15,
  target: STEP,
  extension: 60,
  native_to_javascript: STEP,
  javascript_to_native: STEP,
  global_object: 200,
  global_proxy: 200,
  global_proxy_object: 200,
  security_token: 300,
  prototype: 400,
  native_context: 400,
  feedback_cell: 300,
  shared: 300,
  code: 300,
  map: 500,
};
const OTHER_INTERNAL = 100;
const BUILTIN_CLOSURE = 250;

/** Prices of steps, prepared for one snapshot. */
export class StepCosts {
  readonly #graph: HeapGraph;
  readonly #byName = new Map<number, number>();
  readonly #names: NameIndexes;
  readonly #builtin: Uint8Array;
  readonly #numeric: Int8Array;

  constructor(graph: HeapGraph) {
    this.#graph = graph;
    this.#names = graph.names;
    for (const [name, cost] of Object.entries(INTERNAL_COST)) {
      const index = this.#names[name as WantedName];
      if (index >= 0) this.#byName.set(index, cost);
    }
    this.#builtin = findBuiltins(graph);
    this.#numeric = new Int8Array(graph.columns.strings.count);
  }

  /** Price of following edge `e` out of `from`, or -1 if it is no reason for its target to live. */
  of(from: number, e: number): number {
    const { columns } = this.#graph;
    const to = columns.edgeTo[e] as number;
    if (to === from) return -1;
    switch (columns.edgeType[e]) {
      case EdgeType.element:
        return STEP + this.#targetCost(to);
      case EdgeType.property: {
        const name = columns.edgeName[e] as number;
        const names = this.#names;
        if (name === names.proto || name === names.constructor || name === names.prototype) return 400;
        return STEP + this.#targetCost(to);
      }
      case EdgeType.context:
        return (this.#builtin[from] ? BUILTIN_CLOSURE : STEP) + this.#targetCost(to);
      case EdgeType.internal:
        return this.#internalCost(from, e, to);
      case EdgeType.hidden:
        return this.#hiddenCost(from) + this.#targetCost(to);
      case EdgeType.shortcut:
        // bind() writes its parts as shortcuts; the root's shortcuts are beginnings, not steps.
        return from !== 0 && columns.nodeType[from] === NodeType.closure ? STEP : -1;
      default:
        return -1;
    }
  }

  #internalCost(from: number, e: number, to: number): number {
    const { columns, policy } = this.#graph;
    const name = columns.edgeName[e] as number;
    const table = policy.weakMapTable(name);
    if (table !== 0) return table - 1 === (columns.nodeId[from] as number) ? -1 : 12;
    const known = this.#byName.get(name);
    if (known !== undefined) {
      const viaBuiltin = name === this.#names.context && this.#builtin[from] === 1;
      return known + (viaBuiltin ? BUILTIN_CLOSURE : 0) + this.#targetCost(to);
    }
    const plain = columns.nodeType[from] === NodeType.array && this.#isNumber(name);
    return (plain ? 8 : OTHER_INTERNAL) + this.#targetCost(to);
  }

  #hiddenCost(from: number): number {
    const { columns } = this.#graph;
    const type = columns.nodeType[from];
    if (type === NodeType.object) return STEP; // unnamed variable of a block scope, slot of a proxy or promise
    if (type !== undefined && this.#graph.isSystem(from)) return 14; // PropertyArray, PromiseReaction, JSProxy, SourceTextModule
    return 60;
  }

  #targetCost(to: number): number {
    const type = this.#graph.columns.nodeType[to];
    if (type === NodeType.code) return 80;
    if (type === NodeType.objectShape) return 300;
    return 0;
  }

  #isNumber(nameIndex: number): boolean {
    let is = this.#numeric[nameIndex] as number;
    if (is === 0) {
      is = /^\d+$/.test(this.#graph.columns.strings.get(nameIndex)) ? 1 : -1;
      this.#numeric[nameIndex] = is;
    }
    return is === 1;
  }
}

/** Functions and scopes of Node's own scripts: a path through their variables explains nothing. */
function findBuiltins(graph: HeapGraph): Uint8Array {
  const { columns } = graph;
  const builtin = new Uint8Array(columns.nodeCount);
  for (let n = 0; n < columns.nodeCount; n++) {
    if (columns.nodeType[n] !== NodeType.closure) continue;
    const url = graph.scripts.urlOfClosure(n);
    if (url !== undefined && isBuiltinScript(url)) builtin[n] = 1;
  }
  for (const scope of graph.scopes.urls.keys()) if (isBuiltinScript(graph.scopes.urls.get(scope) as string)) builtin[scope] = 1;
  return builtin;
}

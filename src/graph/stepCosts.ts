// What a step of a retaining path costs: how little a Node developer would call it a reason. Small whole numbers, set
// by hand against real heaps; rootPaths.ts adds them up.

import type { SnapshotColumns } from "../snapshot/columns.ts";
import { EDGE_LABELS, EdgeLabel, type InternalName, internal, property, TYPE_OF_LABEL } from "../snapshot/edgeLabels.ts";
import { EdgeType, NodeType } from "../snapshot/format.ts";
import type { HeapGraph } from "./heapGraph.ts";
import { isBuiltinScript } from "./scripts.ts";

const STEP = 10;
const INTERNAL_COST: Readonly<Partial<Record<InternalName, number>>> = {
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

/** Prices by label, before what the target adds; NO_STEP where the edge is no reason for its target to live. */
const NO_STEP = -1;
const COST_OF_LABEL: Int16Array = Int16Array.from({ length: EDGE_LABELS }, (_, label) => {
  switch (TYPE_OF_LABEL[label]) {
    case EdgeType.element:
    case EdgeType.property:
    case EdgeType.context:
      return STEP;
    case EdgeType.internal:
      return OTHER_INTERNAL;
    default:
      return NO_STEP; // hidden edges and shortcuts depend on their owner
  }
});
for (const [name, cost] of Object.entries(INTERNAL_COST)) COST_OF_LABEL[internal(name as InternalName)] = cost;
for (const name of ["__proto__", "constructor", "prototype"] as const) COST_OF_LABEL[property(name)] = 400;
COST_OF_LABEL[EdgeLabel.weakPairOfKey] = 12;
COST_OF_LABEL[EdgeLabel.weakPairOfTable] = NO_STEP;
const CONTEXT = internal("context");
/** These cost the same whatever they lead to. */
const FIXED: ReadonlySet<number> = new Set([
  property("__proto__"),
  property("constructor"),
  property("prototype"),
  EdgeLabel.weakPairOfKey,
]);
const IS_FIXED: Uint8Array = Uint8Array.from({ length: EDGE_LABELS }, (_, label) => (FIXED.has(label) ? 1 : 0));

const NOT_BUILTIN = 1;
const BUILTIN = 2;

/** Prices of steps, prepared for one snapshot. */
export class StepCosts {
  readonly #graph: HeapGraph;
  readonly #columns: SnapshotColumns;
  /** NOT_BUILTIN or BUILTIN by node, 0 where nobody asked. */
  readonly #builtin: Uint8Array;

  constructor(graph: HeapGraph) {
    this.#graph = graph;
    this.#columns = graph.columns;
    this.#builtin = new Uint8Array(graph.nodeCount);
  }

  /** Price of following edge `e` out of `from`, or -1 if it is no reason for its target to live. */
  of(from: number, e: number): number {
    const { edgeTo, edgeLabel, nodeType } = this.#columns;
    const to = edgeTo[e] as number;
    if (to === from) return NO_STEP;
    const label = edgeLabel[e] as number;
    let cost = COST_OF_LABEL[label] as number;
    if (IS_FIXED[label] === 1) return cost;
    if (cost === NO_STEP) {
      const type = TYPE_OF_LABEL[label];
      // bind() writes its parts as shortcuts; the root's shortcuts are beginnings, not steps.
      if (type === EdgeType.shortcut) return from !== 0 && nodeType[from] === NodeType.closure ? STEP : NO_STEP;
      if (type !== EdgeType.hidden) return NO_STEP;
      cost = this.#hiddenCost(from);
    } else if ((label === EdgeLabel.slot || label === EdgeLabel.descriptorSlot) && nodeType[from] === NodeType.array) {
      cost = 8;
    } else if ((label === EdgeType.context || label === CONTEXT) && this.#isBuiltin(from)) {
      cost = label === CONTEXT ? cost + BUILTIN_CLOSURE : BUILTIN_CLOSURE;
    }
    const type = nodeType[to];
    if (type === NodeType.code) return cost + 80;
    return type === NodeType.objectShape ? cost + 300 : cost;
  }

  #hiddenCost(from: number): number {
    const type = this.#columns.nodeType[from];
    if (type === NodeType.object) return STEP; // unnamed variable of a block scope, slot of a proxy or promise
    if (type !== undefined && this.#graph.isSystem(from)) return 14; // PropertyArray, PromiseReaction, JSProxy, SourceTextModule
    return 60;
  }

  /** Functions and scopes of Node's own scripts: a path through their variables explains nothing. */
  #isBuiltin(n: number): boolean {
    let is = this.#builtin[n] as number;
    if (is === 0) {
      const graph = this.#graph;
      const url = this.#columns.nodeType[n] === NodeType.closure ? graph.scripts.urlOfClosure(n) : graph.scopes.urls.get(n);
      is = url !== undefined && isBuiltinScript(url) ? BUILTIN : NOT_BUILTIN;
      this.#builtin[n] = is;
    }
    return is === BUILTIN;
  }
}

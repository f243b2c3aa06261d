// EventEmitters. Node keeps listeners in `_events`, an object by event name, with an array where an event has
// several: three steps for what a reader calls `bus.on("data")`.

import { property } from "../snapshot/edgeLabels.ts";
import type { HeapGraph } from "./heapGraph.ts";
import { EdgeType, NodeType } from "./kinds.ts";

const EVENTS = property("_events");

export class Emitters {
  readonly #graph: HeapGraph;
  readonly #events = new Map<number, boolean>();
  readonly #listeners = new Map<number, boolean>();

  constructor(graph: HeapGraph) {
    this.#graph = graph;
  }

  /** Whether the node is the `_events` object of some emitter. */
  isEvents(node: number): boolean {
    let is = this.#events.get(node);
    if (is === undefined) {
      is = this.#graph.type(node) === NodeType.object && this.#heldAs(node, (edge) => this.#isEventsEdge(edge));
      this.#events.set(node, is);
    }
    return is;
  }

  /** Whether the node is an array of listeners inside an `_events` object. */
  isListeners(node: number): boolean {
    let is = this.#listeners.get(node);
    if (is === undefined) {
      const graph = this.#graph;
      is =
        graph.type(node) === NodeType.object &&
        graph.name(node) === "Array" &&
        this.#heldAs(node, (edge, from) => graph.edgeType(edge) === EdgeType.property && this.isEvents(from));
      this.#listeners.set(node, is);
    }
    return is;
  }

  #isEventsEdge(edge: number): boolean {
    return this.#graph.edgeLabel(edge) === EVENTS;
  }

  #heldAs(node: number, test: (edge: number, from: number) => boolean): boolean {
    const { retainers } = this.#graph;
    // Such an object has an owner and hardly anyone else; a shared object is none.
    const end = Math.min(retainers.first[node + 1] as number, (retainers.first[node] as number) + 16);
    for (let r = retainers.first[node] as number; r < end; r++) {
      if (test(retainers.edge[r] as number, retainers.node[r] as number)) return true;
    }
    return false;
  }
}

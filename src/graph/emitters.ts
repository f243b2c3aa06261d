// EventEmitters. Node keeps listeners in `_events`, an object by event name, with an array where an event has
// several: three steps for what a reader calls `bus.on("data")`.

import { property } from "../snapshot/edgeLabels.ts";
import type { HeapGraph } from "./heapGraph.ts";
import { EdgeType, NodeType } from "./kinds.ts";
import { positionsOf } from "./lookUp.ts";

const EVENTS = property("_events");
/** What a node is to some emitter. */
const EVENTS_OBJECT = 1;
const LISTENERS = 2;

export class Emitters {
  readonly #graph: HeapGraph;
  #roles: Uint8Array | undefined;

  constructor(graph: HeapGraph) {
    this.#graph = graph;
  }

  /** Whether the node is the `_events` object of some emitter. */
  isEvents(node: number): boolean {
    this.#roles ??= this.#findRoles();
    return this.#roles[node] === EVENTS_OBJECT;
  }

  /** Whether the node is an array of listeners inside an `_events` object. */
  isListeners(node: number): boolean {
    this.#roles ??= this.#findRoles();
    return this.#roles[node] === LISTENERS;
  }

  /** Follows each edge that is called `_events`; a search for one byte, so even a heap without emitters costs little. */
  #findRoles(): Uint8Array {
    const graph = this.#graph;
    const { edgeLabel } = graph.columns;
    const roles = new Uint8Array(graph.nodeCount);
    for (const e of positionsOf(edgeLabel, EVENTS)) {
      const events = graph.edgeTo(e);
      if (graph.type(events) !== NodeType.object || roles[events] === EVENTS_OBJECT) continue;
      roles[events] = EVENTS_OBJECT;
      for (let l = graph.firstEdge(events); l < graph.endEdge(events); l++) {
        const listeners = graph.edgeTo(l);
        if (graph.edgeType(l) !== EdgeType.property || roles[listeners] !== 0) continue;
        if (graph.type(listeners) === NodeType.object && graph.name(listeners) === "Array") roles[listeners] = LISTENERS;
      }
    }
    return roles;
  }
}

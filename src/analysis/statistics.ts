// What a heap's bytes are: DevTools' Statistics view, of one snapshot.

import type { HeapGraph } from "../graph/heapGraph.ts";
import { EdgeType, NodeType } from "../graph/kinds.ts";

/** Bytes. The parts of `v8heap` do not add up to its total: objects and numbers have no part of their own. */
export interface HeapStatistics {
  readonly total: number;
  readonly v8heap: {
    readonly total: number;
    readonly code: number;
    /** Arrays with their elements, where these are theirs alone. */
    readonly jsArrays: number;
    readonly strings: number;
    /** V8's own objects that are no part of another object. */
    readonly system: number;
  };
  readonly native: {
    readonly total: number;
    /** Memory behind ArrayBuffers, typed arrays and Buffers. */
    readonly typedArrays: number;
  };
}

/** DevTools' rules and numbers, from shallow sizes as DevTools shows them. Computes the dominators when first asked. */
export function heapStatistics(graph: HeapGraph): HeapStatistics {
  const { nodeCount } = graph;
  const sizes = graph.shallowSizes;
  const isArray = nameTest(graph, "Array");
  const isBufferMemory = nameTest(graph, "system / JSArrayBufferData");
  const elementsOfArrays: number[] = [];
  let native = graph.columns.extraNativeBytes;
  let typedArrays = 0;
  let code = 0;
  let strings = 0;
  let jsArrays = 0;
  let system = 0;
  for (let n = 0; n < nodeCount; n++) {
    const size = sizes[n] as number;
    switch (graph.type(n)) {
      case NodeType.hidden:
        system += size;
        break;
      case NodeType.native:
        native += size;
        if (isBufferMemory(n)) typedArrays += size;
        break;
      case NodeType.code:
        code += size;
        break;
      case NodeType.string:
      case NodeType.consString:
      case NodeType.slicedString:
        strings += size;
        break;
      default: {
        if (!isArray(n)) break;
        jsArrays += size;
        const elements = graph.follow(n, "elements", EdgeType.internal);
        if (elements !== undefined) elementsOfArrays.push(elements);
      }
    }
  }
  jsArrays += sizeOfOwned(graph, elementsOfArrays);
  const total = graph.totalSize;
  return { total, v8heap: { total: total - native, code, jsArrays, strings, system }, native: { total: native, typedArrays } };
}

/** Bytes of those nodes that exactly one edge leads to. */
function sizeOfOwned(graph: HeapGraph, nodes: readonly number[]): number {
  const { first } = graph.retainers;
  let bytes = 0;
  for (const n of nodes) if ((first[n + 1] as number) - (first[n] as number) === 1) bytes += graph.shallowSize(n);
  return bytes;
}

/** Whether nodes have this name; each string is decoded once. */
function nameTest(graph: HeapGraph, name: string): (node: number) => boolean {
  const known = new Map<number, boolean>();
  return (node) => {
    const index = graph.columns.nodeName[node] as number;
    let is = known.get(index);
    if (is === undefined) {
      is = graph.name(node) === name;
      known.set(index, is);
    }
    return is;
  };
}

// On what old object a new one hangs: the nearest one above it on its root path that was there before. That is what gathers it.

import type { HeapGraph } from "../graph/heapGraph.ts";
import { isInternalType } from "./typeTable.ts";

/** Where a survivor hangs on the old heap. */
export interface Anchor {
  readonly holder: number | undefined;
  /** Name of the root, where nothing old lies between. */
  readonly root: string;
  /** Steps from the holder. */
  readonly depth: number;
}

/** Finds the nearest old object on a node's root path; paths share their beginnings, so each step is gone once. */
export class Anchors {
  readonly #graph: HeapGraph;
  readonly #isOld: (node: number) => boolean;
  readonly #known = new Map<number, Anchor>();

  constructor(graph: HeapGraph, isOld: (node: number) => boolean) {
    this.#graph = graph;
    this.#isOld = isOld;
  }

  /** Undefined for what only weak references hold. */
  of(node: number): Anchor | undefined {
    const { rootPaths } = this.#graph;
    if (!rootPaths.reaches(node)) return undefined;
    const passed: number[] = [];
    let anchor: Anchor | undefined;
    for (let at: number | undefined = node; anchor === undefined; ) {
      anchor = this.#known.get(at);
      if (anchor) break;
      if (at !== node && this.#isHolder(at)) {
        anchor = { holder: at, root: "", depth: 0 };
        break;
      }
      passed.push(at);
      const before: number | undefined = rootPaths.before(at)?.node;
      if (before === undefined) anchor = { holder: undefined, root: rootPaths.pathTo(at)?.category ?? "root", depth: 0 };
      else at = before;
    }
    for (const n of passed.reverse()) {
      anchor = { ...anchor, depth: anchor.depth + 1 };
      this.#known.set(n, anchor);
    }
    return anchor;
  }

  /** An old object that a program can name; its tables and elements have no size of their own. */
  #isHolder(n: number): boolean {
    const graph = this.#graph;
    if (!this.#isOld(n)) return false;
    return graph.scopes.isScope(n) || (graph.shallowSize(n) > 0 && !graph.isPrimitive(n) && !isInternalType(graph.className(n)));
  }
}

// The independent reference: what the npm package heapsnapshot-parser reads from the same file. It takes the name of
// every edge from the string table, also where the number is an index (elements, hidden edges), so those names are
// put right here from the raw numbers. Only tests use it: it makes one object per node and edge.
import { createRequire } from "node:module";
import type { SnapshotJson } from "./rewrite.ts";

interface ParsedEdge {
  readonly type: string;
  readonly name_or_index: string;
  readonly toNode: ParsedNode;
}

interface ParsedNode {
  readonly type: string;
  readonly name: string;
  readonly id: number;
  readonly self_size: number;
  readonly references: readonly ParsedEdge[];
}

interface Parser {
  parse(json: SnapshotJson): { readonly nodes: readonly ParsedNode[]; readonly edges: readonly ParsedEdge[] };
}

const { parse } = createRequire(import.meta.url)("heapsnapshot-parser") as Parser;

export interface ReferenceNode {
  readonly type: string;
  readonly name: string;
  readonly id: number;
  readonly selfSize: number;
  /** `type name @id of the target`. */
  readonly edges: readonly string[];
}

/** Every node of the file with its edges, in file order. */
export function referenceNodes(json: SnapshotJson): ReferenceNode[] {
  const { meta } = json.snapshot;
  const width = meta.edge_fields.length;
  const indexAt = meta.edge_fields.indexOf("name_or_index");
  let edge = 0;
  return parse(json).nodes.map((node) => ({
    type: node.type,
    name: node.name,
    id: node.id,
    selfSize: node.self_size,
    edges: node.references.map((reference) => {
      const raw = json.edges[edge++ * width + indexAt];
      const name = reference.type === "element" || reference.type === "hidden" ? raw : reference.name_or_index;
      return `${reference.type} ${name} @${reference.toNode.id}`;
    }),
  }));
}

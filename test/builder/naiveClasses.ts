// DevTools' names for nodes and its rows for plain objects, from its rules, the slow way.
import { EdgeType, NODE_TYPES, NodeType } from "../../src/snapshot/format.ts";
import type { PlainHeap } from "./columns.ts";
import { edgesFrom } from "./naive.ts";

const shown = (name: string): string => (/[,'"{}]/.test(name) ? JSON.stringify(name) : name);

function propertiesOf(heap: PlainHeap, node: number): string[] {
  return edgesFrom(heap, node)
    .filter((edge) => edge.type === EdgeType.property && edge.name !== "__proto__")
    .map((edge) => String(edge.name));
}

function isPlainObject(heap: PlainHeap, node: number): boolean {
  return heap.nodes[node]?.type === NodeType.object && heap.nodes[node]?.name === "Object";
}

export interface Definition {
  readonly name: string;
  readonly properties: readonly string[];
}

/** `{a, b}` for property lists that enough plain objects begin with. */
export function naiveShapes(heap: PlainHeap): Definition[] {
  const plain = heap.nodes.map((_, n) => n).filter((n) => isPlainObject(heap, n));
  const candidates: (Definition & { count: number })[] = [];
  for (const node of plain) {
    let text = "{";
    const properties: string[] = [];
    for (const property of propertiesOf(heap, node)) {
      if (text.length > 1 && text.length + shown(property).length > 120) break;
      text += (text.length > 1 ? ", " : "") + shown(property);
      properties.push(property);
    }
    if (properties.length === 0) continue;
    const known = candidates.find((candidate) => candidate.name === `${text}}`);
    if (known) known.count++;
    else candidates.push({ name: `${text}}`, properties, count: 1 });
  }
  const enough = Math.max(2, plain.length / 1000);
  return candidates.filter(({ count }) => count >= enough).sort((a, b) => b.count - a.count);
}

/** The row of each node. */
export function naiveClassNames(heap: PlainHeap, shapes: readonly Definition[]): string[] {
  return heap.nodes.map(({ type, name }, n) => {
    const fixed: Record<number, string> = {
      [NodeType.hidden]: "(system)",
      [NodeType.code]: "(compiled code)",
      [NodeType.closure]: "Function",
      [NodeType.regexp]: "RegExp",
    };
    if (type !== NodeType.object && type !== NodeType.native) return fixed[type] ?? `(${NODE_TYPES[type]})`;
    if (isPlainObject(heap, n)) {
      const own = new Set(propertiesOf(heap, n));
      const fitting = shapes.filter((shape) => shape.properties.every((property) => own.has(property)));
      const most = Math.max(...fitting.map((shape) => shape.properties.length));
      return fitting.find((shape) => shape.properties.length === most)?.name ?? "Object";
    }
    const from = name.startsWith("<") ? 0 : name.startsWith("Detached <") ? 10 : undefined;
    const space = from === undefined ? -1 : name.indexOf(" ", from);
    return space < 0 ? name : `${name.slice(0, space)}>`;
  });
}

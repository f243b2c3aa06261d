// The heap of a running fixture, and the retaining path of one of its objects as one line of text.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { spawnFixture } from "../../fixtures/index.mjs";
import type { RetainingPath } from "../../src/analysis/paths.ts";
import { HeapGraph } from "../../src/graph/heapGraph.ts";
import type { HoldLabel } from "../../src/graph/labels.ts";
import { NodeType } from "../../src/snapshot/format.ts";
import { decode } from "./columns.ts";

/** Starts the fixture, lets it do so many things, and takes its snapshot with the values of its numbers. */
export async function fixtureHeap(name: string, folder: string, steps = 25): Promise<HeapGraph> {
  const file = join(folder, `${name}.heapsnapshot`);
  const preload = join(folder, `${name}.cjs`);
  const write = `require("v8").writeHeapSnapshot(${JSON.stringify(file)}, { exposeNumericValues: true })`;
  writeFileSync(preload, `process.on("SIGUSR2", () => ${write});`);
  const fixture = await spawnFixture(name, { step: true, args: ["--require", preload] });
  try {
    await fixture.step(steps);
    fixture.child.kill("SIGUSR2");
    for (;;) {
      await sleep(50);
      const bytes = readIfThere(file);
      if (bytes.subarray(-4).toString().trimEnd().endsWith("]}")) return new HeapGraph(decode(bytes));
    }
  } finally {
    await fixture.stop();
  }
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}

/** Instances of a class, without its prototype, newest first. */
export function instances(graph: HeapGraph, name: string): number[] {
  const found: number[] = [];
  for (let n = 0; n < graph.nodeCount; n++) {
    if (graph.type(n) === NodeType.object && graph.className(n) === name && graph.edgeNamed(n, "constructor") === undefined) found.push(n);
  }
  return found.sort((a, b) => graph.id(b) - graph.id(a));
}

function labelText(label: HoldLabel): string {
  switch (label.kind) {
    case "property":
      return `.${label.name}`;
    case "element":
      return `[${label.index}]`;
    case "map value":
      return `.get(${label.key.kind === "object" ? label.key.className : label.key.kind === "string" ? JSON.stringify(label.key.text) : label.key.text})`;
    default:
      return "name" in label ? `(${label.kind} ${label.name})` : `(${label.kind})`;
  }
}

export function pathLine({ root, steps }: RetainingPath): string {
  return `${root.name}: ${steps.map(({ label, object, folded }) => `${labelText(label)}${folded > 0 ? `×${folded}` : ""} ${object.title}`).join(" ")}`;
}

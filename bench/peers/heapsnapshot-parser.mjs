// heapsnapshot-parser: an object per node and edge, and no analysis of its own.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { answer, Count, differenceById, rowOf } from "./adapter.mjs";

const { parse } = createRequire(import.meta.url)("heapsnapshot-parser");

function load(file) {
  return parse(readFileSync(file, "utf8"));
}

function objects(file) {
  return load(file).nodes.map(({ type, name, id, self_size: size }) => ({ type: rowOf(type, name), id, size }));
}

/** Steps of the shortest path from an object up to the root, weak references aside. */
function stepsToRoot(snapshot, id) {
  const [root] = snapshot.nodes;
  const seen = new Set();
  let level = [snapshot.nodesById[id]];
  for (let steps = 0; level.length > 0; steps++) {
    if (level.includes(root)) return steps;
    const next = [];
    for (const node of level) {
      for (const { type, fromNode } of node.referrers) {
        if (type === "weak" || seen.has(fromNode)) continue;
        seen.add(fromNode);
        next.push(fromNode);
      }
    }
    level = next;
  }
  throw new Error(`no path to @${id}`);
}

await answer({
  load(file) {
    const count = new Count();
    for (const { type, name, self_size } of load(file).nodes) count.add(rowOf(type, name), self_size);
    return { rows: count.rows() };
  },
  diff: (before, now) => ({ rows: differenceById(objects(before), objects(now)) }),
  path: (file, id) => ({ steps: stepsToRoot(load(file), id) }),
});

// heapsnapshot: nodes as views of the parsed JSON, and a path to the root by recursion.
import { createRequire } from "node:module";
import { answer, Count, rowOf } from "./adapter.mjs";

const Heapsnapshot = createRequire(import.meta.url)("heapsnapshot");

await answer({
  load(file) {
    const count = new Count();
    for (const { type, name, self_size } of Heapsnapshot.fromFileSync(file)) count.add(rowOf(type, name), self_size);
    return { rows: count.rows() };
  },
  path(file, id) {
    for (const node of Heapsnapshot.fromFileSync(file)) {
      if (node.id === Number(id)) return { steps: Heapsnapshot.pathToRoot(node).length - 1 };
    }
    throw new Error(`no object @${id}`);
  },
});

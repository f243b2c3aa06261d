// v8-heapsnapshot: streams through a general JSON parser into an object per node and edge.
import { createRequire } from "node:module";
import { answer, Count, rowOf } from "./adapter.mjs";

const { parseSnapshotFromFile } = createRequire(import.meta.url)("v8-heapsnapshot");
// It tells of its progress there.
console.warn = () => {};

await answer({
  async load(file) {
    const count = new Count();
    for (const { type, name, self_size } of (await parseSnapshotFromFile(file)).nodes) count.add(rowOf(type, name), self_size);
    return { rows: count.rows() };
  },
});

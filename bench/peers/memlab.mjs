// memlab: parsing alone for counts, its full analysis for retained sizes and paths.
import { createRequire } from "node:module";
import { answer, Count, difference, rowOf } from "./adapter.mjs";

const require = createRequire(import.meta.url);
const { config, utils } = require("@memlab/core");
const { getFullHeapFromFile } = require("@memlab/heap-analysis");
config.muteConsole = true;

function rowsOf(heap) {
  const count = new Count();
  heap.nodes.forEach((node) => {
    count.add(rowOf(node.type, node.name), node.self_size);
  });
  return count.rows();
}

async function parse(file) {
  return rowsOf(await utils.getSnapshotFromFile(file, { buildNodeIdIndex: true, verbose: false }));
}

await answer({
  async load(file) {
    return { rows: await parse(file) };
  },

  /** Its retained sizes are per object: they are read for all, as a table sorted by them would. */
  async types(file) {
    const heap = await getFullHeapFromFile(file);
    let largest = 0;
    heap.nodes.forEach((node) => {
      if (node.retainedSize > largest) largest = node.retainedSize;
    });
    return { rows: rowsOf(heap), largest };
  },

  async diff(before, now) {
    return { rows: difference(await parse(before), await parse(now)) };
  },

  async path(file, id) {
    const heap = await getFullHeapFromFile(file);
    let steps = 0;
    for (let node = heap.getNodeById(Number(id)); node?.hasPathEdge; node = node.pathEdge.fromNode) steps++;
    return { steps };
  },
});

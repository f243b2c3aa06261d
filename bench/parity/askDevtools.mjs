// DevTools' answers: node askDevtools.mjs FOLDER FILE [AFTER]. With two files also their diff, as the panel makes it.
import { HeapSnapshot, load } from "../devtools/engine.mjs";
import { writeJson, writeNodes } from "./answers.mjs";

const [folder, ...files] = process.argv.slice(2);
const { prototype } = HeapSnapshot.JSHeapSnapshot;
const { calculateShallowSizes } = prototype;

// It warns of nodes that only weak references hold; that both engines have the same is what the columns tell.
console.warn = () => {};

// DevTools overwrites V8's sizes with its own.
let rawSizes;
prototype.calculateShallowSizes = function () {
  rawSizes = Uint32Array.from({ length: this.nodeCount }, (_, n) => sizeOf(this, n));
  return calculateShallowSizes.call(this);
};

function sizeOf(snapshot, n) {
  return snapshot.nodes.getValue(n * snapshot.nodeFieldCount + snapshot.nodeSelfSizeOffset);
}

const snapshots = [];
for (const [i, file] of files.entries()) {
  const { snapshot } = await load(file);
  snapshots.push(snapshot);
  describe(snapshot, `${folder}/${i}`);
  rawSizes = undefined;
}
if (snapshots.length === 2) {
  const [before, after] = snapshots;
  // The panel asks the base for its classes by the definitions of the snapshot that is looked at.
  const base = before.aggregatesForDiff(after.interfaceDefinitions());
  writeJson(folder, "diff", diffRows(after.calculateSnapshotDiff(1, base)));
}

function describe(snapshot, to) {
  const node = snapshot.createNode(0);
  const at = (n) => {
    node.nodeIndex = n * snapshot.nodeFieldCount;
    return node;
  };
  const keys = new Map();
  writeNodes(to, snapshot.nodeCount, {
    id: (n) => at(n).id(),
    className: (n) => at(n).className(),
    classKey: (n) => {
      const key = at(n).classKeyInternal();
      if (typeof key === "string") return key;
      if (!keys.has(key)) keys.set(key, `,${snapshot.strings[key]}`);
      return keys.get(key);
    },
    rawSize: (n) => rawSizes[n],
    shallowSize: (n) => sizeOf(snapshot, n),
    distance: (n) => snapshot.nodeDistances[n],
    dominator: (n) => snapshot.dominatorsTree[n],
    retainedSize: (n) => snapshot.retainedSizes[n],
  });
  const rows = Object.entries(snapshot.getAggregatesByClassKey(false, "allObjects"));
  writeJson(
    to,
    "rows",
    rows.map(([classKey, { name, count, self, maxRet }]) => ({ classKey, type: name, count, shallow: self, retained: maxRet })),
  );
  writeJson(to, "statistics", snapshot.getStatistics());
}

function diffRows(diff) {
  return Object.entries(diff).map(([classKey, row]) => ({
    classKey,
    type: row.name,
    added: row.addedCount,
    removed: row.removedCount,
    delta: row.countDelta,
    addedSize: row.addedSize,
    removedSize: row.removedSize,
    sizeDelta: row.sizeDelta,
  }));
}

// leakhunt's answers: node askLeakhunt.mjs FOLDER FILE [AFTER].

import { insides } from "../insides.mjs";
import { writeJson, writeNodes } from "./answers.mjs";

const [{ classKey }, { diff, mostCommonTypes, statistics }, { graphOf, openSnapshot }] = await insides([
  "analysis/typeTable",
  "library/questions",
  "library/snapshot",
]);

const [folder, ...files] = process.argv.slice(2);
const snapshots = [];
for (const [i, file] of files.entries()) {
  const snapshot = await openSnapshot(file);
  snapshots.push(snapshot);
  describe(snapshot, `${folder}/${i}`);
}
if (snapshots.length === 2) writeJson(folder, "diff", diff(snapshots[0], snapshots[1]).rows);

function describe(snapshot, to) {
  const graph = graphOf(snapshot);
  const { classes, classOf } = graph.locatedClasses;
  const keys = classes.map(classKey);
  const { distances } = graph;
  writeNodes(to, graph.nodeCount, {
    id: (n) => graph.id(n),
    className: (n) => graph.className(n),
    classKey: (n) => keys[classOf[n]],
    rawSize: (n) => graph.rawSize(n),
    shallowSize: (n) => graph.shallowSize(n),
    distance: (n) => distances[n],
    dominator: (n) => graph.dominator(n),
    retainedSize: (n) => graph.retainedSize(n),
  });
  writeJson(to, "rows", mostCommonTypes(snapshot, { limit: 0, long: true, internals: true }).rows);
  // What `common` prints: one row a name.
  writeJson(to, "names", mostCommonTypes(snapshot, { limit: 0, internals: true }).rows);
  writeJson(to, "statistics", statistics(snapshot));
}

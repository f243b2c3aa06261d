// DevTools' own engine (../devtools): the numbers that everybody compares with.
import { load } from "../devtools/engine.mjs";
import { answer, Count, keepsItsId, rowOf } from "./adapter.mjs";

/** DevTools tells classes of one name apart by where they are defined, and shows them as rows of one name. */
function byName(rows) {
  const merged = new Map();
  for (const { type, ...numbers } of rows) {
    const into = merged.get(type) ?? { type };
    for (const [column, number] of Object.entries(numbers)) into[column] = (into[column] ?? 0) + number;
    merged.set(type, into);
  }
  return [...merged.values()];
}

function rowsOf(snapshot) {
  const classes = Object.values(snapshot.getAggregatesByClassKey(false, "allObjects"));
  return byName(classes.map(({ name, count, self, maxRet }) => ({ type: name, count, size: self, retained: maxRet })));
}

/**
 * Its diff in raw terms: shapes of plain objects in one row, and without the rows from which DevTools takes objects
 * out by giving their sizes to their owners. Sizes moved that way cannot be compared; counts of the rest can.
 */
function rawDifference(diff) {
  const classes = Object.values(diff).filter(({ name }) => name !== "(system)" && name !== "(array)");
  const rows = classes.map(({ name, addedIds, deletedIds }) => ({
    type: name.startsWith("{") ? "Object" : name,
    added: addedIds.filter(keepsItsId).length,
    removed: deletedIds.filter(keepsItsId).length,
  }));
  return byName(rows).filter(({ added, removed }) => added + removed > 0);
}

function indexOf(snapshot, id) {
  for (let at = 0; at < snapshot.nodes.length; at += snapshot.nodeFieldCount) {
    if (snapshot.nodes.getValue(at + snapshot.nodeIdOffset) === id) return at;
  }
  throw new Error(`no object @${id}`);
}

/** Length of the first, which is the shortest, of the paths that DevTools answers as a forest. */
function firstPathSteps(forest) {
  let steps = 0;
  for (let level = forest; level.length > 0; level = level[0].children) steps++;
  return steps;
}

await answer({
  /** The loader alone: what it parsed, counted here. */
  async load(file) {
    const { profile } = (await load(file, { full: false })).snapshot;
    const { nodes, strings, snapshot } = profile;
    const fields = snapshot.meta.node_fields;
    const [types] = snapshot.meta.node_types;
    const [type, name, size] = ["type", "name", "self_size"].map((field) => fields.indexOf(field));
    const count = new Count();
    for (let at = 0; at < nodes.length; at += fields.length) {
      count.add(rowOf(types[nodes.getValue(at + type)], strings[nodes.getValue(at + name)]), nodes.getValue(at + size));
    }
    return { rows: count.rows() };
  },

  async types(file) {
    return { rows: rowsOf((await load(file)).snapshot) };
  },

  async diff(beforeFile, nowFile) {
    const before = (await load(beforeFile)).snapshot;
    const now = (await load(nowFile)).snapshot;
    // As its panel does: the base is counted with the shapes of the newer snapshot.
    const base = before.aggregatesForDiff(now.interfaceDefinitions());
    return { rows: rawDifference(now.calculateSnapshotDiff("base", base)) };
  },

  async path(file, id) {
    const { snapshot } = await load(file);
    return { steps: firstPathSteps(snapshot.getRetainingPaths(indexOf(snapshot, Number(id))).paths) };
  },
});

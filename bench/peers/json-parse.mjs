// The obvious way: JSON.parse of the whole file.
import { readFileSync } from "node:fs";
import { answer, Count, differenceById, rowOf } from "./adapter.mjs";

function* objects(file) {
  const { snapshot, nodes, strings } = JSON.parse(readFileSync(file, "utf8"));
  const fields = snapshot.meta.node_fields;
  const [types] = snapshot.meta.node_types;
  const [type, name, id, size] = ["type", "name", "id", "self_size"].map((field) => fields.indexOf(field));
  for (let at = 0; at < nodes.length; at += fields.length) {
    yield { type: rowOf(types[nodes[at + type]], strings[nodes[at + name]]), id: nodes[at + id], size: nodes[at + size] };
  }
}

await answer({
  load(file) {
    const count = new Count();
    for (const { type, size } of objects(file)) count.add(type, size);
    return { rows: count.rows() };
  },
  diff: (before, now) => ({ rows: differenceById(objects(before), objects(now)) }),
});

// A hundred stops with questions leave nothing behind in the target: leakhunt itself is asked.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { HeapGraph } from "../../src/graph/heapGraph.ts";
import { readSnapshot } from "../../src/snapshot/open.ts";
import { lines, newHome, start } from "../support/leakhunt.ts";
import { folderWith, inspected } from "./programs.ts";

vi.setConfig({ testTimeout: 180_000 });

/** Has a variable of each kind that a question puts a handle on. */
const PROGRAM = `class Box { constructor(value) { this.value = value; } }
globalThis.kept = new Box({ deep: [1] });
function hunt() {
  const box = globalThis.kept;
  const list = [box];
  const text = "text";
  debugger;
  return [list, text];
}
setInterval(hunt, 1);
`;
const STOPS = 100;

/** How many handles with this name debuggers have in the target. */
function handles(graph: HeapGraph, name: string): number {
  let count = 0;
  for (let n = 0; n < graph.nodeCount; n++) {
    if (graph.name(n) !== "(Global handles)") continue;
    for (let e = graph.firstEdge(n); e < graph.endEdge(n); e++) if (graph.edgeName(e).includes(name)) count++;
  }
  return count;
}

test("a hundred stops with questions: no handle, no scope object, no listener and no descriptor stays", async (context) => {
  const folder = folderWith(context, { "app.cjs": PROGRAM });
  const { pid } = await inspected(context, join(folder, "app.cjs"));
  const leakhunt = start(newHome(context), ["attach", String(pid), "--json"]);
  const graphOf = async (name: string): Promise<HeapGraph> => new HeapGraph(await readSnapshot(join(folder, `${name}.heapsnapshot`)));
  const descriptors = (): number => readdirSync(`/proc/${pid}/fd`).length;
  // the first stops compile what questions need in the target, once
  for (let i = 0; i < 10; i++) for (const line of ["c", "locals --all", "p list[0]", "where"]) leakhunt.say(line);
  leakhunt.say("path list[0]");
  leakhunt.say("mark before");
  leakhunt.say(`snapshot -o ${join(folder, "before.heapsnapshot")}`);
  await leakhunt.sees(/"verb":"snapshot"/);
  const before = descriptors();
  for (let i = 0; i < STOPS; i++) {
    for (const line of ["c", "locals --all", "p list[0]", "p box.value.deep", "up", "list"]) leakhunt.say(line);
    if (i % 25 === 24) leakhunt.say("show list[0]");
  }
  leakhunt.say("growth --since before --limit 0 --internals");
  leakhunt.say("path box --all 9");
  leakhunt.say(`snapshot -o ${join(folder, "after.heapsnapshot")}`);
  leakhunt.child.stdin.end();
  const { stdout } = await leakhunt.ended;
  const values = lines(stdout);
  expect(values.filter(({ verb }) => verb === "continue")).toHaveLength(10 + STOPS);
  const growth = values.find(({ verb }) => verb === "growth");
  const grew = (growth.rows as { type: string; delta: number }[]).filter(({ delta }) => delta >= STOPS / 2);
  // V8 keeps what it learns of a program's code; objects that a hundred stops left would be a hundred
  expect(grew.filter(({ type }) => !/^\(|^system \/|^\{?hidden/.test(type))).toEqual([]);
  const { paths } = values.findLast(({ verb }) => verb === "path");
  expect(paths.length).toBeGreaterThan(0);
  expect(JSON.stringify(paths)).not.toMatch(/DevTools|console/);
  // growth leaves out what debuggers hold, so that is looked at by itself
  const [graphBefore, graph] = await Promise.all([graphOf("before"), graphOf("after")]);
  expect(graph.heldByDebuggers.size).toBe(0);
  expect(handles(graph, "DevTools console")).toBe(0);
  // V8 has one of these for each script
  expect(handles(graph, "DevTools debugger") - handles(graphBefore, "DevTools debugger")).toBeLessThan(STOPS / 2);
  expect(descriptors()).toBeLessThanOrEqual(before);
});

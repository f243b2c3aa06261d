// Retaining paths as values: runs of alike steps folded, chains to a condition, and what is said when there is none.
import fc from "fast-check";
import { expect, test } from "vitest";
import { findChain, foldRuns, type RawStep, retainingPaths } from "../../src/analysis/paths.ts";
import { parsePredicate } from "../../src/analysis/predicates.ts";
import type { HeapGraph } from "../../src/graph/heapGraph.ts";
import { buildHeap } from "../builder/heap.ts";

// ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────

const letters = "ABCD";
const alphabet = buildHeap((h) => {
  for (const letter of letters) h.object(letter);
});
const nodeOf = new Map<string, number>();
for (let n = 0; n < alphabet.nodeCount; n++) nodeOf.set(alphabet.name(n), n);

const steps = (text: string): RawStep[] =>
  [...text].map((letter) => ({ label: { kind: "property", name: "next" }, node: nodeOf.get(letter) as number, folded: 0 }));

/** `A(3)A`: an A, three more, an A. */
const told = (folded: readonly RawStep[]): string =>
  folded.map(({ node, folded: more }) => (more > 0 ? `(${more})` : "") + alphabet.name(node)).join("");

test.each([
  ["", ""],
  ["A", "A"],
  ["AAAA", "AAAA"],
  ["AAAAA", "A(3)A"],
  ["BAAAAAAAC", "BA(5)AC"],
  ["ABAB", "ABAB"],
  ["ABABAB", "AB(3)B"],
  ["ABABABA", "AB(3)BA"],
  ["ABCABC", "ABC(2)C"],
  ["ABCABCABCD", "ABC(5)CD"],
  ["AAAAABBBBB", "A(3)AB(3)B"],
  ["ABCDABCDABCD", "ABCDABCDABCD"],
])("runs of %j", (text, expected) => {
  expect(told(foldRuns(alphabet, steps(text)))).toBe(expected);
});

test("folding never loses or adds a step, keeps both ends, and folds every long run", () => {
  const text = fc.array(fc.tuple(fc.constantFrom("A", "B", "AB", "ABC", "D", "AC"), fc.integer({ min: 1, max: 9 })), { maxLength: 6 });
  fc.assert(
    fc.property(text, (parts) => {
      const all = steps(parts.map(([part, times]) => part.repeat(times)).join(""));
      const folded = foldRuns(alphabet, all);
      expect(folded.reduce((sum, step) => sum + 1 + step.folded, 0)).toBe(all.length);
      expect([folded[0]?.node, folded.at(-1)?.node]).toEqual([all[0]?.node, all.at(-1)?.node]);
      // Each step that is told stands where it says: after as many as were told or folded before it.
      let at = 0;
      for (const step of folded) {
        at += step.folded;
        expect(step.node).toBe((all[at] as RawStep).node);
        at++;
      }
      // The end of a folded run may begin the next one, which is then shorter than it looks.
      expect(told(folded).replace(/\(\d+\)./g, "|")).not.toMatch(/(A{5}|B{5}|(AB){3}|(ABC){2}|D{5})/);
    }),
    { numRuns: 1000 },
  );
});

test("steps of one class under other names are no run", () => {
  const mixed = steps("AAAAAA").map((step, i) => ({ ...step, label: { kind: "property", name: i % 2 ? `odd${i}` : "next" } as const }));
  expect(foldRuns(alphabet, mixed)).toHaveLength(6);
  const indexed = steps("AAAAAA").map((step, index) => ({ ...step, label: { kind: "element", index } as const }));
  expect(told(foldRuns(alphabet, indexed))).toBe("A(4)A");
});

// ── paths ───────────────────────────────────────────────────────────────────────────────────────────────────────

const names: Record<string, number> = {};
const app = buildHeap((h) => {
  const session = h.object("Session");
  const cache = h.map([[h.text("id"), session]]);
  const list = h.list([session]);
  names["session"] = session;
  names["cache"] = cache;
  h.moduleScope("file:///app/store.js", { cache });
  h.global("list", list);
  names["list"] = list;
  names["child"] = h.property(session, "child", h.object("Child"));
  h.property(names["child"], "parent", session);
  names["loose"] = h.object("Loose");
  h.weak(h.object("WeakRef"), "target", names["loose"]);
});
const at = (name: string): number => names[name] as number;
const line = (graph: HeapGraph, path: { root: { name: string }; steps: readonly { object: { title: string } }[] }): string =>
  [path.root.name, ...path.steps.map((step) => step.object.title)].join(" > ") + (graph === app ? "" : "?");

test("the path a developer would name, then the others", () => {
  const one = retainingPaths(app, at("session"));
  expect(one.outcome).toBe("found");
  expect(one.paths.map((path) => line(app, path))).toEqual(["globalThis > Array > Session"]);
  expect(one.more).toBeGreaterThanOrEqual(1);
  const all = retainingPaths(app, at("session"), { all: 10 });
  expect(all.paths.map((path) => line(app, path))).toEqual(["globalThis > Array > Session", "module scope of store.js > Map > Session"]);
  expect([all.more, all.backPointers]).toEqual([0, 1]);
});

test("ignored holders are gone round", () => {
  const { paths } = retainingPaths(app, at("session"), { ignore: parsePredicate("Array") });
  expect(paths.map((path) => line(app, path))).toEqual(["module scope of store.js > Map > Session"]);
  const none = retainingPaths(app, at("session"), { ignore: parsePredicate("Array,Map") });
  expect([none.outcome, none.paths]).toEqual(["not found", []]);
});

test("what a root holds by V8's plumbing alone, or an instance by its prototype, has a path all the same", () => {
  let target = 0;
  let method = 0;
  const graph = buildHeap((h) => {
    target = h.object("Session");
    const frame = h.array(3);
    h.held("(Strong roots)", frame, "frames");
    h.internal(frame, "1", target);
    method = h.closure("read");
    const proto = h.property(h.global("instance", h.object("Vault")), "__proto__", h.object("Vault"));
    h.property(proto, "read", method);
  });
  for (const all of [1, 3]) {
    const found = retainingPaths(graph, target, { all });
    expect([found.outcome, found.paths[0]?.root.name, found.paths[0]?.steps.at(-1)?.object.title]).toEqual([
      "found",
      "(Strong roots)",
      "Session",
    ]);
    expect(retainingPaths(graph, method, { all }).outcome).toBe("found");
  }
  expect(findChain(graph, method)).toMatchObject({ outcome: "found", paths: [{ root: { name: "global / " } }] });
  expect(findChain(graph, method, parsePredicate("root"), false, { maxDepth: 1 }).outcome).toBe("depth limit");
  expect(findChain(graph, method, parsePredicate("root"), false, { ignore: parsePredicate("Vault") }).outcome).toBe("not found");
});

test("what only weak edges hold has no path", () => {
  expect(retainingPaths(app, at("loose"))).toMatchObject({ outcome: "unreachable", paths: [], more: 0 });
});

test("chains to a condition: found, not found, depth limit; the object itself counts", () => {
  const chain = (name: string, to: string, options = {}): string => {
    const { outcome, paths } = findChain(app, at(name), parsePredicate(to), false, options);
    return paths.length === 0 ? outcome : paths.map((path) => line(app, path)).join();
  };
  expect(chain("child", "Map")).toBe("Map > Session > Child");
  expect(chain("child", "root")).toBe("global /  > Array > Session > Child");
  expect(chain("session", "Session")).toBe("Session");
  expect(chain("child", "Request")).toBe("not found");
  expect(chain("child", "root", { maxDepth: 1 })).toBe("depth limit");
  expect(chain("child", "root", { ignore: parsePredicate("Array") })).toMatch(/> Map > Session > Child$/);
  const forward = findChain(app, at("cache"), parsePredicate("Child"), true);
  expect(forward.paths.map((path) => line(app, path))).toEqual(["Map > Session > Child"]);
});

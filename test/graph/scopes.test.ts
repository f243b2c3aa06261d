// Where a value can hide in a program, as a CommonJS and as an ES module, and how its path tells it.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChain, retainingPaths } from "../../src/analysis/paths.ts";
import { HeapGraph } from "../../src/graph/heapGraph.ts";
import { otherNodes, temporaryFolder } from "../builder/captures.ts";
import { decode } from "../builder/columns.ts";
import { instances, pathLine } from "../builder/fixtureHeap.ts";

const { path: folder, remove } = temporaryFolder();
afterAll(remove);

/**
 * Each Kept… class has one instance, held in the one way that its name says. `kept("X")` stands for `new X()`; the
 * classes are declared by name, because older V8s do not know a class by a computed name.
 */
const BODY = `
globalThis.app = { property: kept("KeptByProperty"), list: [1, kept("KeptByElement")], [Symbol("tag")]: kept("KeptBySymbol") };
let inModule = kept("KeptByModule");
export function moduleReader() { return inModule; }
function withScope() { const local = kept("KeptByScope"); return function reader() { return local; }; }
function withBlock() { const out = []; for (let i = 0; i < 2; i++) { const inBlock = kept(i ? "KeptByBlock" : "Other"); out.push(() => inBlock); } return out; }
class Vault { #secret = kept("KeptByPrivate"); static #shared = kept("KeptByStatic"); read() { return [this.#secret, Vault.#shared]; } }
class Lru extends Map {}
const key = { key: kept("KeptByKeyObject") };
const weak = new WeakMap([[key, kept("KeptByWeakMap")]]);
function* generator() { const inGenerator = kept("KeptByGenerator"); yield 1; return inGenerator; }
async function waits() { const inAsync = kept("KeptByAsync"); await new Promise((resolve) => { globalThis.app.resolve = resolve; }); return inAsync; }
function* begun() { const it = generator(); it.next(); yield it; }
Object.assign(globalThis.app, {
  reader: withScope(), block: withBlock(), vault: new Vault(), map: new Map([["k", kept("KeptByMap")], [key, 1]]),
  lru: new Lru([["u", kept("KeptByLru")]]), set: new Set([kept("KeptBySet")]), weak, key,
  bound: function () {}.bind(kept("KeptByBoundThis"), kept("KeptByBoundArgument")),
  generator: begun().next().value, promise: Promise.resolve(kept("KeptByPromise")), proxy: new Proxy(kept("KeptByProxy"), {}),
  moduleReader,
});
const pending = waits();
globalThis.app.pending = pending;
setInterval(function tick() { this.mine; }.bind({ mine: kept("KeptByTimer") }), 1e6);
let onlyWeak = kept("KeptByWeakRef");
globalThis.app.ref = new WeakRef(onlyWeak);
onlyWeak = undefined;
await new Promise((resolve) => setTimeout(resolve, 20));
writeHeapSnapshot(process.argv[2], { exposeNumericValues: true });
process.exit();
`;

const source = (text: string): string => {
  const classes = new Set([...text.matchAll(/"((?:KeptBy\w+)|Other)"/g)].map((match) => match[1]));
  const made = text.replace(/kept\(i \? "(\w+)" : "(\w+)"\)/g, "i ? new $1() : new $2()").replace(/kept\("(\w+)"\)/g, "new $1()");
  return `${[...classes].map((name) => `class ${name} {}`).join("\n")}\n${made}`;
};

const CJS = `const { writeHeapSnapshot } = require("v8");\nmodule.exports = (async () => {\n${BODY.replace("export function", "function")}\n})();`;
const ESM = `import { writeHeapSnapshot } from "node:v8";\nexport const exported = [];\n${BODY}\nexported.push(1);`.replace(
  "let inModule",
  'export const shelf = { thing: kept("KeptByExport") };\nlet inModule',
);

const told: Record<string, RegExp> = {
  KeptByProperty: /\.app Object \.property KeptByProperty$/,
  KeptByElement: /\.list Array \[1\] KeptByElement$/,
  KeptBySymbol: /\.app Object \(symbol tag\) KeptBySymbol$/,
  KeptByScope: /\.reader reader\(\) \(scope\) scope of withScope\(\) \(variable local\) KeptByScope$/,
  KeptByBlock: /\.block Array \[1\] \S+.* \(scope\) block scope in \S+ \(variable inBlock\) KeptByBlock$/,
  KeptByPrivate: /\.vault Vault \.#secret KeptByPrivate$/,
  KeptByStatic: /#shared.? KeptByStatic$/,
  KeptByKeyObject: /\.key Object \.key KeptByKeyObject$/,
  KeptByWeakMap: /\.key Object \(weak map value\) KeptByWeakMap$/,
  KeptByMap: /\.map Map \.get\("k"\) KeptByMap$/,
  KeptByLru: /\.lru Lru \.get\("u"\) KeptByLru$/,
  KeptBySet: /\.set Set \(set member\) KeptBySet$/,
  KeptByBoundThis: /\.bound .*\(bound this\) KeptByBoundThis$/,
  KeptByBoundArgument: /\.bound .*\(bound argument 1\) KeptByBoundArgument$/,
  KeptByGenerator: /\.generator .*\(suspended\) KeptByGenerator$/,
  KeptByPromise: /\.promise Promise .*result.* KeptByPromise$/,
  KeptByProxy: /\.proxy Proxy .* KeptByProxy$/,
  KeptByTimer: /^active timers: .*\(bound this\) Object \.mine KeptByTimer$/,
  KeptByAsync: /\.resolve .*\(suspended\) KeptByAsync$/,
};

const programs: [title: string, name: string, text: string, node: string][] = [
  ["CommonJS", "scopes.cjs", source(CJS), process.execPath],
  ["an ES module", "scopes.mjs", source(ESM), process.execPath],
];
for (const node of otherNodes) programs.push([`an ES module on ${node}`, `${node}.mjs`, source(ESM), node]);

describe.each(programs)("%s", (_, name, text, node) => {
  let graph: HeapGraph;
  beforeAll(() => {
    const file = join(folder, name);
    writeFileSync(file, text);
    execFileSync(node, [file, `${file}.heapsnapshot`], {
      env: { ...process.env, NODE_OPTIONS: "" },
      stdio: ["ignore", "ignore", "inherit"],
    });
    graph = new HeapGraph(decode(readFileSync(`${file}.heapsnapshot`)));
  });

  const one = (type: string): number => {
    const found = instances(graph, type);
    expect(found).toHaveLength(1);
    return found[0] as number;
  };
  const path = (type: string): string => {
    const [best] = retainingPaths(graph, one(type)).paths;
    return best ? pathLine(best) : "none";
  };

  test.each(Object.entries(told))("%s", (type, expected) => {
    expect(path(type)).toMatch(expected);
  });

  test("a variable of the module", () => {
    const where = name.endsWith(".cjs")
      ? /\(variable inModule\) KeptByModule$/
      : new RegExp(`^module scope of (/.*/)?${name}: \\(variable inModule\\) KeptByModule$`);
    expect(path("KeptByModule")).toMatch(where);
    if (name.endsWith(".mjs"))
      expect(path("KeptByExport")).toMatch(
        new RegExp(`^module (scope of )?(/.*/)?${name}: \\(variable shelf\\) Object \\.thing KeptByExport$`),
      );
  });

  test("what only a WeakRef knows is not there", () => {
    expect(instances(graph, "KeptByWeakRef")).toEqual([]);
    expect(instances(graph, "WeakRef").length).toBeGreaterThan(0);
  });

  test("every chain ends at a root", () => {
    for (const type of Object.keys(told)) {
      const { outcome, paths } = findChain(graph, one(type));
      expect(`${type} ${outcome}`).toBe(`${type} found`);
      expect(paths[0]?.root.object).toBeDefined();
    }
  });
});

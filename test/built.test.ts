// dist/ as the build leaves it: few files, nothing that an installed leakhunt lacks, and what is rarely needed apart.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { builtFile, packageFile } from "../src/builtFiles.ts";

const DIST = fileURLToPath(builtFile(""));
const PACKAGE = JSON.parse(readFileSync(packageFile(), "utf8"));
const STATIC = /^(?:import|export)\b[^;]*?["']([^"'\n]+)["'];$/gm;
const LAZY = /\bimport\("([^"\n]+)"\)/g;

function importsOf(file: string, pattern: RegExp): string[] {
  const names = [...readFileSync(file, "utf8").matchAll(pattern)].map((match) => match[1] as string);
  return names.filter((name) => !name.startsWith("node:"));
}

/** Names of the files that Node loads for this one before anything runs. */
function loadedWith(file: string, found = new Set<string>()): string[] {
  found.add(file);
  for (const name of importsOf(file, STATIC)) {
    const path = join(dirname(file), name);
    if (name.startsWith(".") && !found.has(path)) loadedWith(path, found);
  }
  return [...found].map((path) => path.slice(DIST.length));
}

test("the package is found from the sources", () => {
  expect(PACKAGE.name).toBe("leakhunt");
  expect(readdirSync(DIST)).toContain("index.js");
});

test.each(["breakpoint/analyser.js", "graph/sizesThread.js", "graph/earlySizesThread.js", "report/drawWorker.js"])(
  "%s is one file",
  (file) => {
    expect(loadedWith(join(DIST, file))).toEqual([file]);
  },
);

test("a command loads few files, and not the debugger, the socket or source maps", () => {
  const loaded = loadedWith(join(DIST, "cli/main.js"));
  expect(loaded.length).toBeLessThanOrEqual(4);
  const apart = readdirSync(join(DIST, "parts")).filter((file) => file.endsWith(".js") && !loaded.includes(`parts/${file}`));
  const text = (files: string[]): string => files.map((file) => readFileSync(join(DIST, file), "utf8")).join("\n");
  for (const other of ["class WebSocket ", "TraceMap = class", "LiveDebugger = class"]) {
    expect(text(loaded)).not.toContain(other);
    expect(text(apart.map((file) => `parts/${file}`))).toContain(other);
  }
});

test("whatever is left to be found in node_modules is a dependency, and the licences of the rest go along", () => {
  const files = readdirSync(DIST, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"));
  const names = files.flatMap((file) => [STATIC, LAZY].flatMap((pattern) => importsOf(join(DIST, file), pattern)));
  const packages = new Set(names.filter((name) => !name.startsWith(".")));
  // vitest is the reader's own: the matchers extend the one that runs the tests.
  expect([...packages].sort()).toEqual(["@resvg/resvg-js", "@resvg/resvg-wasm", "@viz-js/viz", "vitest"]);
  const declared = Object.keys({ ...PACKAGE.dependencies, ...PACKAGE.peerDependencies });
  for (const name of packages) expect(declared).toContain(name);
  const licences = readFileSync(join(DIST, "LICENCES.txt"), "utf8");
  for (const name of ["@jridgewell/trace-mapping", "chrome-remote-interface", "commander", "ws"]) expect(licences).toContain(`\n${name} `);
});

test("the program's first file names what it loads with a hash: by that, kept answers know their build", () => {
  expect(readFileSync(join(DIST, "cli/main.js"), "utf8")).toMatch(/"\.\.\/parts\/commandLine-[\w-]{8}\.js"/);
});

test("benches find what they want to see of the sources", async () => {
  const { insides } = await import(new URL("../bench/insides.mjs", import.meta.url).href);
  const [{ classKey }, { attachTarget }] = await insides(["analysis/typeTable", "target/attach"]);
  expect([typeof classKey, typeof attachTarget]).toEqual(["function", "function"]);
  expect(readdirSync(DIST).filter((file) => file.startsWith("insides"))).toEqual([]);
});

// Makes the files of dist/ that run. Node takes longer to find and load 140 modules than most commands take to answer,
// so whatever is started by name becomes one file, with what it needs of src/ and of small pure-JavaScript packages.
// What is imported with `await import()` stays a file that is loaded when it is needed.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { transformSync } from "rolldown/utils";

/** Each row is built by itself; what its files share is in dist/parts. */
const PROGRAMS = [
  ["cli/main", "target/socketClient"],
  // One `leakhunt` in a program, whichever of the two it came through.
  ["index", "breakpoint/api", "testing/api", "testing/vitest"],
  ["breakpoint/analyser"],
  ["graph/sizesThread"],
  ["graph/earlySizesThread"],
  ["report/drawWorker"],
];
/** What Node preloads into programs; each loads nothing but what it names. */
const PRELOADS = ["breakpoint/register", "target/birth"];
/** Loaded by test runners that must find Node's own `require` and `exports` in them: only their types are taken away. */
const PLAIN = ["testing/index", "testing/jest"];

/** Not bundled: native code, WebAssembly and fonts; the test runner that asks; what `ws` uses when somebody has installed it. */
const EXTERNAL = [/^@resvg\//, /^@viz-js\//, "vitest", "bufferutil", "utf-8-validate"];

/** The description of the protocol is 1 MB, for shorthands that we do not use (src/target/cdpInspector.ts). */
const noProtocol = {
  name: "no-protocol",
  load: { filter: { id: /chrome-remote-interface[\\/]lib[\\/]protocol\.json$/ }, handler: () => ({ code: "{}", moduleType: "json" }) },
};

/** Builds dist/ from src/; the licences of the packages that are in it go along. */
export async function bundle(root) {
  const packages = new Set();
  for (const names of PROGRAMS) await build(root, names, "ts", "js", packages);
  for (const name of PRELOADS) await build(root, [name], "cts", "cjs", packages);
  for (const name of PLAIN) strip(root, name);
  writeFileSync(join(root, "dist", "LICENCES.txt"), licences(packages));
}

async function build(root, names, from, to, packages) {
  const input = Object.fromEntries(names.map((name) => [name, join(root, "src", `${name}.${from}`)]));
  const external = to === "cjs" ? /^\.\// : EXTERNAL;
  const core = closure(root);
  const how = { external, makeAbsoluteExternalsRelative: false, platform: "node", plugins: [noProtocol, core.plugin], onLog: refuse };
  const made = await rolldown({ cwd: root, input, ...how });
  const { output } = await made.write({
    dir: join(root, "dist"),
    format: to === "cjs" ? "cjs" : "es",
    entryFileNames: `[name].${to}`,
    chunkFileNames: "parts/[name]-[hash].js",
    ...(names.includes("cli/main") ? { codeSplitting: { groups: [{ name: "core", test: (id) => core.has(id) }] } } : {}),
    sourcemap: true,
    sourcemapExcludeSources: true,
    comments: false,
    strict: true,
  });
  await made.close();
  for (const id of output.flatMap(({ moduleIds = [] }) => moduleIds)) {
    const folder = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0];
    if (folder) packages.add(folder);
  }
}

/** The command line and what its commonest verbs import, as one file: each file more costs a millisecond or two. */
const CORE = ["cli/commandLine", "commands/types"];

function closure(root) {
  const ids = new Set();
  const plugin = {
    name: "core",
    buildEnd() {
      const walk = (id) => {
        if (ids.has(id)) return;
        ids.add(id);
        for (const imported of this.getModuleInfo(id)?.importedIds ?? []) walk(imported);
      };
      for (const name of CORE) walk(join(root, "src", `${name}.ts`));
    },
  };
  return { plugin, has: (id) => ids.has(id) };
}

function strip(root, name) {
  const path = join(root, "src", `${name}.cts`);
  const { code, errors } = transformSync(path, readFileSync(path, "utf8"), { lang: "ts" });
  if (errors.length > 0) throw new Error(errors[0].message);
  // A file that imports types only is taken for an ES module.
  writeFileSync(join(root, "dist", `${name}.cjs`), `"use strict";\n${code.replace(/^export \{\};?$/m, "")}`);
}

/** A warning is something that would fail when it runs, but for a verb that is loaded with another one that uses it. */
function refuse(level, log) {
  if (level === "warn" && log.code !== "INEFFECTIVE_DYNAMIC_IMPORT") throw new Error(log.message);
}

function licences(packages) {
  const parts = [...packages].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence file to go along with it`);
    return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  });
  return `Code of these packages is contained in the files beside this one.\n\n${parts.join(`\n${"-".repeat(80)}\n\n`)}`;
}

// Bundles DevTools' heap snapshot worker for plain Node: the code that Chrome runs, unchanged. The package ships
// sources that a Chromium build completes; the only generated file the worker reaches is the list of languages.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";

const frontEnd = join(dirname(fileURLToPath(import.meta.url)), "..", "node_modules", "chrome-devtools-frontend", "front_end");

const noLanguages = {
  name: "no-languages",
  setup(build) {
    build.onResolve({ filter: /\/locales\.js$/ }, ({ path }) => ({ path, namespace: "no-languages" }));
    build.onLoad({ filter: /.*/, namespace: "no-languages" }, () => ({
      contents: `export const LOCALES = ["en-US"];
        export const BUNDLED_LOCALES = ["en-US"];
        export const DEFAULT_LOCALE = "en-US";
        export const REMOTE_FETCH_PATTERN = "";
        export const LOCAL_FETCH_PATTERN = "";`,
    }));
  },
};

/** Promise.withResolvers came with Node 22. */
const FOR_NODE_20 = `Promise.withResolvers ??= function () {
  const made = {};
  made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};`;

/** Writes the bundle; it exports DevTools' modules `HeapSnapshot` and `HeapSnapshotLoader`. */
export async function bundle(outfile) {
  await esbuild.build({
    entryPoints: [join(frontEnd, "entrypoints", "heap_snapshot_worker", "heap_snapshot_worker.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "error",
    plugins: [noLanguages],
    banner: { js: FOR_NODE_20 },
  });
}

// Where the files are that are started or loaded by name: threads, processes, preloads. The build puts many modules into
// one file, so a module cannot tell from its own place where another one is; it can tell where dist/ is. Sources (in
// tests) use the built files too, since Node 20 runs no .ts in a thread.

/** Of `…/dist/cli/main.js`, `…/dist/parts/x.js` or `…/src/builtFiles.ts`: the package's folder. */
const PACKAGE = import.meta.url.replace(/\/(?:dist|src)\/(?!.*\/(?:dist|src)\/).*$/, "/");

/** Address of a file in dist/, from its name there: `graph/sizesThread.js`. */
export function builtFile(name: string): URL {
  return new URL(`dist/${name}`, PACKAGE);
}

/** Address of the package's own description. */
export function packageFile(): URL {
  return new URL("package.json", PACKAGE);
}

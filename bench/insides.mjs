// What benches want to see of leakhunt and users do not: parts of the sources that dist/ has only inside its few files. They are
// put into a file of their own in dist/, from where they find the built threads, for as long as loading takes.
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const EXTERNAL = [/^@resvg\//, /^@viz-js\//, "vitest", "bufferutil", "utf-8-validate"];

/**
 * Imports modules of src/, each a path without `.ts`.
 * @param {readonly string[]} names
 * @returns {Promise<any[]>} what each exports
 */
export async function insides(names) {
  const entry = join(root, "dist", `insides-${process.pid}.ts`);
  writeFileSync(entry, names.map((name, i) => `export * as m${i} from ${JSON.stringify(join(root, "src", `${name}.ts`))};\n`).join(""));
  const made = await rolldown({ cwd: root, input: entry, external: EXTERNAL, platform: "node", makeAbsoluteExternalsRelative: false });
  const file = join(root, "dist", `insides-${process.pid}.js`);
  await made.write({ file, format: "es", codeSplitting: false });
  await made.close();
  try {
    const modules = await import(pathToFileURL(file).href);
    return names.map((_, i) => modules[`m${i}`]);
  } finally {
    for (const path of [entry, file]) rmSync(path);
  }
}

// Compiles src/snapshot/kernel/ (AssemblyScript) into src/snapshot/kernelCode.ts, so that a build needs TypeScript only.
// `npm run kernel` writes; `--check` compares, as a test does, and ends with 1 when the two have come apart.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const SOURCE = "src/snapshot/kernel/records.ts";
const TARGET = join(root, "src", "snapshot", "kernelCode.ts");

const FLAGS = ["--outFile", "kernel.wasm", "-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--enable", "simd"];

let code;
const { error, stderr } = await asc.main([SOURCE, "--baseDir", root, ...FLAGS], {
  writeFile(_name, bytes) {
    code = bytes;
  },
});
if (error) {
  process.stderr.write(`${stderr}${error.message}\n`);
  process.exit(1);
}

const text = `// Written by \`npm run kernel\` from ${SOURCE.slice("src/snapshot/".length)}: ${code.length} bytes of WebAssembly.
export const KERNEL_CODE: string =
${Buffer.from(code)
  .toString("base64")
  .match(/.{1,120}/g)
  .map((line) => `  "${line}"`)
  .join(" +\n")};
`;

if (process.argv.includes("--check")) {
  if (readFileSync(TARGET, "utf8") !== text) {
    process.stderr.write("src/snapshot/kernelCode.ts is not what its source compiles to: npm run kernel\n");
    process.exit(1);
  }
} else writeFileSync(TARGET, text);

// The snapshots that `npm run parity` compares when it is given none.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeBinary, VERSIONS } from "../nodes.mjs";
import { captureChromium, chromiumBinary } from "./chromium.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const PROGRAM = join(here, "program.cjs");

/** Where the benchmark's generator leaves its files. */
const GENERATED = join(here, "..", ".files");

/**
 * Captures, pair by pair: each is made when asked for, into the folder.
 * @param {(line: string) => void} say is told what is left out, and why
 * @returns {AsyncGenerator<string[]>} a pair of files, the older first, or one file
 */
export async function* ownInputs(folder, say) {
  for (const major of VERSIONS) {
    const binary = nodeBinary(major);
    if (binary === undefined) {
      say(`Node ${major}: skipped, it is not on PATH as node${major} and could not be installed`);
      continue;
    }
    yield captureNode(binary, pairNames(folder, `node${major}`), {});
    yield captureNode(binary, pairNames(folder, `node${major}-internals`), { exposeInternals: true, exposeNumericValues: true });
  }
  const chromium = chromiumBinary();
  if (chromium === undefined) say("Chromium: skipped, there is no /usr/bin/chromium ($CHROMIUM names another)");
  else {
    const [plain, internals] = [pairNames(folder, "chromium"), pairNames(folder, "chromium-internals")];
    await captureChromium(chromium, ...plain, {});
    yield plain;
    // The options that DevTools' own panel captures with.
    await captureChromium(chromium, ...internals, { captureNumericValue: true, exposeInternals: true });
    yield internals;
  }
  const generated = ["medium", "medium-after"].map((name) => join(GENERATED, `${name}.heapsnapshot`));
  if (generated.every((file) => existsSync(file))) yield generated;
  else say("generated medium files: skipped, bench/generate.mjs has not written them to bench/.files");
}

function pairNames(folder, name) {
  return [join(folder, `${name}-before.heapsnapshot`), join(folder, `${name}-after.heapsnapshot`)];
}

function captureNode(binary, files, options) {
  const done = spawnSync(binary, [PROGRAM, ...files, JSON.stringify(options)], {
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (done.status !== 0) throw new Error(`${binary} did not write ${files.join(" and ")}`);
  return files;
}

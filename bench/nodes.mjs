// The Node versions that leakhunt supports, as binaries: this one, node20 … node26 on PATH, else from the packages that
// carry Node's own builds, installed by name on first use.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

export const VERSIONS = [20, 22, 24, 26];

function versionOf(binary) {
  const asked = spawnSync(binary, ["-v"], { encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } });
  return /^v(\d+)\./.exec(asked.stdout ?? "")?.[1];
}

/** The binary of a major version, or undefined when it is to be had nowhere. */
export function nodeBinary(major) {
  const installed = join(here, ".nodes", String(major));
  const name = `node-${process.platform}-${process.arch}`;
  const inPackage = join(installed, "node_modules", name, "bin", "node");
  for (const binary of [process.execPath, `node${major}`, inPackage]) if (versionOf(binary) === String(major)) return binary;
  mkdirSync(installed, { recursive: true });
  const words = ["install", "--prefix", installed, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", `${name}@${major}`];
  spawnSync("npm", words, { cwd: installed, stdio: ["ignore", 2, 2] });
  return existsSync(inPackage) && versionOf(inPackage) === String(major) ? inPackage : undefined;
}

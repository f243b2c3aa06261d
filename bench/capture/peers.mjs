// What the bench compares with is installed into bench/node_modules, beside the product's own and not with it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("..", import.meta.url));
const needed = ["@memlab/core", "typescript"];

/** Installs what bench/package.json names if it is not there; ends the process with a sentence if that fails. */
export function installPeers() {
  if (needed.every((name) => existsSync(`${folder}node_modules/${name}/package.json`))) return;
  process.stderr.write("installing what the bench compares with\n");
  const env = { ...process.env, PUPPETEER_SKIP_DOWNLOAD: "1" };
  const { status } = spawnSync("npm", ["ci", "--ignore-scripts"], { cwd: folder, env, stdio: ["ignore", "ignore", "inherit"] });
  if (status === 0) return;
  process.stderr.write("bench: npm ci failed in bench/\n");
  process.exit(1);
}

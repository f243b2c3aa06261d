// Makes a clean clone ready: installs what package-lock.json names when node_modules is missing or older, then builds
// dist/ from src/: declarations by the compiler, which checks, and what runs by the bundler (bundle.mjs). `npm run demo`
// and `npm test` call it first, so either works as the first command.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

function run(command, args) {
  const done = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (done.error) throw done.error;
  if (done.status !== 0) process.exit(done.status ?? 1);
}

const installed = join(root, "node_modules", ".package-lock.json");
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(join(root, "package-lock.json")).mtimeMs) {
  run("npm", ["ci", "--no-audit", "--no-fund"]);
}
rmSync(join(root, "dist"), { recursive: true, force: true });
run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", root]);
const { bundle } = await import("./bundle.mjs");
await bundle(root);
chmodSync(join(root, "dist", "cli", "main.js"), 0o755);

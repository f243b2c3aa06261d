// The Node versions of this machine that a bench may use.
import { spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";

function versionOf(command) {
  const { stdout, status } = spawnSync(command, ["-p", "process.version+' '+process.execPath"], { encoding: "utf8" });
  if (status !== 0) return undefined;
  const [version, path] = stdout.trim().split(" ");
  return { version, execPath: realpathSync(path) };
}

/** For each major version: $LEAKHUNT_NODE_22, then node22 on PATH, then node itself if it is of that version. */
export function findNodes(majors) {
  const found = [];
  const skipped = [];
  for (const major of majors) {
    const commands = [process.env[`LEAKHUNT_NODE_${major}`], `node${major}`, "node", process.execPath];
    const node = commands
      .filter(Boolean)
      .map(versionOf)
      .find((each) => each?.version.startsWith(`v${major}.`));
    if (node) found.push(node);
    else skipped.push(major);
  }
  return { found, skipped };
}

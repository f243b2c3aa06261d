// A process in a container listens in the container's network. Root may enter it: we run ourselves again there.

import { spawnSync } from "node:child_process";
import { nsenterCommand } from "../target/attach.ts";

const MARK = "LEAKHUNT_IN_NAMESPACE";

/** Runs the same command line inside the network namespace of a process; undefined when that is not allowed. */
export function enterNamespace(pid: number, words: readonly string[]): number | undefined {
  const prefix = process.env[MARK] === undefined ? nsenterCommand(pid) : undefined;
  const script = process.argv[1];
  if (!prefix || script === undefined) return undefined;
  const [program, ...args] = prefix as [string, ...string[]];
  const done = spawnSync(program, [...args, process.execPath, script, ...words], {
    stdio: "inherit",
    env: { ...process.env, [MARK]: String(pid) },
  });
  return done.error ? undefined : (done.status ?? 1);
}

// The load of a hunt: a command that is run once between two rounds, so that growth can be told per run.

import { spawn } from "node:child_process";
import { loadFailed } from "../errors.ts";

const TAIL = 400;

/**
 * Runs a shell command to its end. Its output goes nowhere, but its last words are in the error. The process that is hunted
 * is in LEAKHUNT_PID, the round that comes next in LEAKHUNT_ROUND.
 * @throws LeakhuntError `LOAD_FAILED` when it ends with anything but 0; the signal's reason when cancelled, and then it is ended.
 */
export async function runLoad(command: string, about: { pid: number | undefined; round: number }, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const child = spawn(command, {
    shell: true,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LEAKHUNT_PID: String(about.pid ?? ""), LEAKHUNT_ROUND: String(about.round) },
  });
  let said = "";
  const hear = (data: Buffer): void => {
    said = (said + data.toString("utf8")).slice(-TAIL);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const endGroup = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGTERM");
    } catch {
      // it has ended
    }
  };
  signal.addEventListener("abort", endGroup, { once: true });
  process.once("exit", endGroup);
  try {
    const ended = await new Promise<string | undefined>((resolve) => {
      child.on("error", (error) => resolve(error.message));
      child.on("close", (code, name) => resolve(code === 0 ? undefined : (name ?? `exit code ${code}`)));
    });
    signal.throwIfAborted();
    if (ended !== undefined) throw loadFailed(command, ended, said.trim().split("\n").at(-1) ?? "");
  } finally {
    signal.removeEventListener("abort", endGroup);
    process.off("exit", endGroup);
  }
}

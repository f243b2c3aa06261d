// One whole process, measured from outside by GNU time: what a person waits for and what the machine pays,
// Node's start included.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const TIME = "/usr/bin/time";
/** Exit codes of timeout(1): it ended the command, or had to kill it. */
const TIMED_OUT = [124, 137];
/** And that of a command that Ctrl-C ended. */
const CANCELLED = 130;

/** Whether GNU time is there: the one of other systems has no -f. */
export function canMeasure() {
  return spawnSync(TIME, ["-f", "%e", "true"], { encoding: "utf8" }).status === 0;
}

/**
 * Runs node with `words` in `folder`.
 * @param {{ folder: string, env: NodeJS.ProcessEnv, limit: number }} where `limit` in seconds
 * @returns {{ wall: number, cpu: number, rss: number, stdout: string, failure?: string }} seconds; seconds of user and
 *   system time of all threads and children; bytes at the peak of the biggest process
 */
export function measure(words, { folder, env, limit }) {
  const figures = join(folder, "time.txt");
  // --foreground: so that Ctrl-C ends what is being measured as well.
  const guarded = ["timeout", "--foreground", "--kill-after=2", String(limit), process.execPath, ...words];
  const done = spawnSync(TIME, ["-f", "%e %U %S %M", "-o", figures, ...guarded], {
    cwd: folder,
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (done.error) throw done.error;
  if (done.signal || done.status === CANCELLED) throw new Error("cancelled");
  const [wall, user, system, kilobytes] = readFileSync(figures, "utf8").trim().split("\n").pop().split(" ").map(Number);
  rmSync(figures);
  const figured = { wall, cpu: Math.round((user + system) * 100) / 100, rss: kilobytes * 1024, stdout: done.stdout };
  if (done.status === 0) return figured;
  return { ...figured, failure: TIMED_OUT.includes(done.status) ? `not done after ${limit} s` : firstError(done) };
}

/** The line in which a failed process says why. */
function firstError({ status, stdout, stderr }) {
  const lines = `${stderr}\n${stdout}`.split("\n").map((line) => line.trim());
  const said = lines.find((line) => /\b\w*Error\b|FATAL|panicked|unreachable/.test(line) && !line.startsWith("at ")) ?? lines.find(Boolean);
  return (said ?? `exit code ${status}`).slice(0, 200);
}

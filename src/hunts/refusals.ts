// Processes that refused us in a way that only trying shows: a SIGUSR1 handler of the program looks from outside just
// like Node's own. Remembered by pid and start time, so that `ps` can tell.

import { join } from "node:path";
import { privateFolder, readJson, writeJson } from "./home.ts";
import { isAlive, startTimeOf } from "./hunt.ts";

/** Key `<pid>-<start time>` -> why, in a few words. */
type Refusals = Record<string, string>;

function fileIn(home: string): string {
  return join(home, "refusals.json");
}

/** Remembers why a process cannot be attached to, if it can be written down; ended processes are forgotten. */
export function rememberRefusal(home: string, pid: number, why: string): void {
  const startTime = startTimeOf(pid);
  if (startTime === undefined) return;
  const kept = Object.entries(readJson<Refusals>(fileIn(home)) ?? {}).filter(([key]) => {
    const [old, time] = key.split("-");
    return isAlive(Number(old)) && startTimeOf(Number(old)) === time;
  });
  try {
    privateFolder(home);
    writeJson(fileIn(home), Object.fromEntries([...kept, [`${pid}-${startTime}`, why]]));
  } catch {
    // The refusal itself is what the person must hear of.
  }
}

/** Why this very process refused us before; undefined when it did not. */
export function refusalOf(home: string, pid: number, startTime: string): string | undefined {
  return readJson<Refusals>(fileIn(home))?.[`${pid}-${startTime}`];
}

// A snapshot that the target is still writing, read as it grows: most of it can be understood before V8 is done, on
// another core, so that the answer comes sooner after the pause. Only while a core is free: the target stands still.
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

const CHUNK = 1 << 20;
/** How long to wait for more: V8 writes a chunk of this size in about as long. */
const LOOK_MS = 10;

/**
 * The bytes of a file from its start, as somebody else appends them, until `complete` resolves and all is read. The file
 * must be there and may be renamed meanwhile. Until then it reads only while `isCoreFree` says so. Throws what `complete`
 * rejects with, and what reading throws.
 */
export async function* follow(
  path: string,
  complete: Promise<unknown>,
  isCoreFree: () => boolean = hasFreeCore,
): AsyncGenerator<Uint8Array> {
  let ended = false;
  const ending = complete.then(() => {
    ended = true;
  });
  ending.catch(() => {});
  const file = await open(path, "r");
  try {
    for (;;) {
      // asked before reading: what was written before the end is read after it
      const last = ended;
      if (!last && !isCoreFree()) {
        await Promise.race([sleep(LOOK_MS), ending]);
        continue;
      }
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, null);
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      else if (last) return;
      else await Promise.race([sleep(LOOK_MS), ending]);
    }
  } finally {
    await file.close();
  }
}

/** Does no thread wait for a core now? Where nobody counts them: are there cores besides the target's and ours? */
export function hasFreeCore(): boolean {
  try {
    // those that run, ours among them, and those that wait to
    const running = Number(/^(?:\S+ ){3}(\d+)\//.exec(readFileSync("/proc/loadavg", "utf8"))?.[1]);
    return running <= availableParallelism();
  } catch {
    return availableParallelism() > 2;
  }
}

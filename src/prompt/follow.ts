// The Node processes that a program of `run` starts: each is attached to as soon as it can be, held besides, and put under a
// debugger, so that its `debugger` statements stop it too. It waits for that a moment, before its first line (births.ts): an
// inspector that Node opens for every child from its first line would leave children waiting for ever if we were killed.

import { LeakhuntError } from "../errors.ts";
import { howText } from "../report/threadsText.ts";
import { type ChildFacts, childrenOf } from "../target/children.ts";
import type { Births } from "./births.ts";
import type { Debugging } from "./debugging.ts";

/** For processes that cannot tell of themselves. */
const LOOK_MS = 250;
const YOUNG_S = 3;
/** A process that is to tell of itself does so within this. */
const TELLING_S = 20;

/** Follows the children of a process, and theirs, until the result is called. Says of each that it is held, or why not. */
export function followChildren(pid: number, debugging: Debugging, births: Births): () => void {
  /** Those that were followed, or are just being. */
  const seen = new Set<string>();
  let over = false;
  let looking = Promise.resolve();
  const look = async (): Promise<void> => {
    for (const child of await childrenOf(pid)) {
      const key = `${child.pid} ${child.startTime}`;
      if (over || seen.has(key) || !isReady(child, births)) continue;
      seen.add(key);
      births.coming(child.pid);
      // not one after the other: each waits for us, and only a second
      void follow(child, debugging).then((done) => (done ? births.letGo(child.pid) : void seen.delete(key)));
    }
  };
  const lookSoon = (): void => {
    looking = looking.then(look).catch(() => {});
  };
  births.watch(lookSoon);
  const timer = setInterval(lookSoon, LOOK_MS);
  return () => {
    over = true;
    clearInterval(timer);
    births.close();
  };
}

/**
 * One that is starting up blocks signals now and then, or does not handle them yet; and before it has told of itself its
 * inspector would still open at the default port, which only one can have.
 */
function isReady({ pid, upSeconds, attachable, tellsBirth }: ChildFacts, births: Births): boolean {
  if (tellsBirth && !births.hasTold(pid) && upSeconds < TELLING_S) return false;
  return attachable.ok || upSeconds > YOUNG_S;
}

/** False when it is to be tried again. */
async function follow(child: ChildFacts, debugging: Debugging): Promise<boolean> {
  const { targets } = debugging.session;
  if (targets.holds(child.pid) !== undefined) return true;
  const what = `${child.pid}, ${howText(child)} of ${child.parent}`;
  try {
    const live = await targets.holdBesides({ kind: "pid", pid: child.pid });
    await debugging.openAt(live);
    debugging.onNews?.(`${what}, is held (\`process ${child.pid}\`)`);
  } catch (error) {
    if (child.upSeconds < YOUNG_S) return false;
    // one that ended meanwhile is no news
    if (!(error instanceof LeakhuntError) || error.code === "NO_SUCH_PROCESS" || error.code === "TARGET_GONE") return true;
    debugging.onNews?.(`${what}, is not followed: ${error.message}`);
  }
  return true;
}

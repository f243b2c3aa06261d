// The Node processes that a program of `run` starts: each is attached to as soon as it can be, held besides, and put under a
// debugger, so that its `debugger` statements stop it too. What it does before that is not stopped: an inspector that Node
// opens for every child from its first line would leave children waiting for ever if we were killed.

import { fileURLToPath } from "node:url";
import { builtFile } from "../builtFiles.ts";
import { LeakhuntError } from "../errors.ts";
import { howText } from "../report/threadsText.ts";
import { type ChildFacts, childrenOf } from "../target/children.ts";
import type { Debugging } from "./debugging.ts";

const LOOK_MS = 250;
const YOUNG_S = 3;

/** Quoted as NODE_OPTIONS wants it: a path may hold blanks. */
const PRELOAD = `--require ${JSON.stringify(fileURLToPath(builtFile("target/anyPort.cjs")))}`;

/** An environment in which every Node process opens its inspector at a port of its own, when asked to. */
export function childrenListenAnywhere(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, NODE_OPTIONS: `${env["NODE_OPTIONS"] ?? ""} ${PRELOAD}`.trim() };
}

/** Follows the children of a process, and theirs, until the result is called. Says of each that it is held, or why not. */
export function followChildren(pid: number, debugging: Debugging): () => void {
  const seen = new Set<string>();
  let over = false;
  let looking = Promise.resolve();
  const look = async (): Promise<void> => {
    for (const child of await childrenOf(pid)) {
      const key = `${child.pid} ${child.startTime}`;
      // one that is starting up blocks signals now and then, or does not handle them yet: it is looked at again
      if (over || seen.has(key) || (!child.attachable.ok && child.upSeconds < YOUNG_S)) continue;
      if (await follow(child, debugging)) seen.add(key);
    }
  };
  const timer = setInterval(() => {
    looking = looking.then(look).catch(() => {});
  }, LOOK_MS);
  return () => {
    over = true;
    clearInterval(timer);
  };
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

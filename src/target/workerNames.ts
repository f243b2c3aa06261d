// What can be known of the workers of a process without asking it: Node 24 and later give each thread a name that /proc
// shows. A hint only: an addon may have threads too, and the kernel keeps 15 bytes of a name.
import { threadNamesOf } from "./proc.ts";

const FIRST_WITH_NAMES = 24;
/** Threads that Node has for itself; the main thread and the first ones bear the name of the program up to Node 25. */
const NODES_OWN = /^(?:node-)?(?:MainThread|V8Worker|DelayedTaskSche|SignalInspector|InspectorIo|libuv-worker|Watchdog|StackTraceWatch)/;

/** The names of what seem to be workers; undefined when this Node does not tell. */
export function workerNamesOf(pid: number, nodeVersion: string | undefined): readonly string[] | undefined {
  const major = Number(/^v(\d+)/.exec(nodeVersion ?? "")?.[1] ?? 0);
  if (major < FIRST_WITH_NAMES) return undefined;
  const names = threadNamesOf(pid);
  // a program may rename its main thread (process.title), which is the first
  return names.slice(1).filter((name) => !NODES_OWN.test(name));
}

// Makes a running process open its inspector with SIGUSR1, without ever sending that signal to one that it would
// kill, and finds out why when nothing opens.
import { setTimeout as sleep } from "node:timers/promises";
import {
  cannotSignal,
  eventLoopBlocked,
  inspectorPortTaken,
  noSuchProcess,
  ownSignalHandler,
  pidReused,
  signalDisabled,
  signalWouldKill,
  targetGone,
} from "../errors.ts";
import { type Address, firstInspector, openInspectorOf, opensByItself, wantedPort } from "./discovery.ts";
import { allPids, epollsOf, listenersOf, readProc, secondsSince, socketInodes, socketsAround, startTimeOf, statusOf } from "./proc.ts";

const PATIENCE_MS = 5000;
/** Older processes have opened what they were told to open, or have closed it again. */
const YOUNG_SECONDS = 5;

/**
 * The inspector of a process that was started with `--inspect` moments ago and does not listen yet. It is not ours, and would be
 * taken for ours, and closed, if a signal were sent before it is there.
 */
export async function openedByItself(pid: number, startTime: string, signal?: AbortSignal): Promise<Address | undefined> {
  while (startTimeOf(pid) === startTime && secondsSince(startTime) < YOUNG_SECONDS && opensByItself(pid)) {
    signal?.throwIfAborted();
    const found = await openInspectorOf(pid, true);
    if (found !== undefined) return found;
    await sleep(25);
  }
  return undefined;
}

/** Signals the process and waits for its inspector, up to about 5 s. `startTime` is checked right before the signal. */
export async function openBySignal(pid: number, startTime: string, signal?: AbortSignal): Promise<Address> {
  const before = new Set(listenersOf(pid).map((socket) => socket.inode));
  await awaitHandler(pid, startTime, signal);
  try {
    process.kill(pid, "SIGUSR1");
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === "ESRCH" ? noSuchProcess(pid) : cannotSignal(pid, cause);
  }
  const deadline = Date.now() + PATIENCE_MS;
  for (let round = 0; Date.now() < deadline; round++) {
    signal?.throwIfAborted();
    if (startTimeOf(pid) !== startTime) throw targetGone("it ended while its inspector was being opened");
    const found = await firstInspector(listenersOf(pid).filter((socket) => !before.has(socket.inode)));
    if (found !== undefined) return found;
    if (round === 40) {
      const early = (await openInspectorOf(pid, true)) ?? portHolder(pid);
      if (early instanceof Error) throw early;
      if (early !== undefined) return early;
    }
    await sleep(round < 40 ? 15 : 60);
  }
  throw portHolder(pid) ?? ((await loopTurns(pid)) ? ownSignalHandler(pid) : eventLoopBlocked(pid));
}

/** While it starts a process blocks signals for moments; who blocks this one for good does so still at this age. */
const BLOCKED_SECONDS = 1;

/** Returns once SIGUSR1 is safe; a process that just started gets up to 3 s to install Node's handler. */
async function awaitHandler(pid: number, startTime: string, signal: AbortSignal | undefined): Promise<void> {
  const deadline = Date.now() + 3000;
  for (;;) {
    signal?.throwIfAborted();
    const status = statusOf(pid);
    if (status === undefined) throw noSuchProcess(pid);
    if (startTimeOf(pid) !== startTime) throw pidReused(pid);
    if (status.sigusr1 === "blocked" && secondsSince(startTime) > BLOCKED_SECONDS) throw signalDisabled(pid);
    if (status.sigusr1 === "caught") return;
    if (secondsSince(startTime) > 3 || Date.now() > deadline) throw signalWouldKill(pid);
    await sleep(25);
  }
}

/** The error that names who holds the port this process wants, or undefined when that is not the trouble. */
function portHolder(pid: number): Error | undefined {
  const port = wantedPort(pid);
  const holder = socketsAround(pid).find((socket) => socket.state === "listen" && socket.port === port);
  if (port === 0 || holder === undefined || socketInodes(pid).has(holder.inode)) return undefined;
  const owner = allPids().find((other) => socketInodes(other).has(holder.inode));
  return inspectorPortTaken(pid, port, owner);
}

/**
 * Does the main thread come back to its event loop within half a second? A synchronous child process waits in an
 * epoll too, but in one made later: the loop's own is the third of a Node process (measured on 20 to 26).
 */
async function loopTurns(pid: number): Promise<boolean> {
  for (let i = 0; i < 50; i++) {
    const [call, fd] = (readProc(pid, `task/${pid}/syscall`) ?? "").split(" ");
    // nobody tells what it waits for: a handler of its own is by far the likelier reason
    if (call === undefined || call === "" || call === "-1") return true;
    if (EPOLL_CALLS.has(call) && epollsOf(pid).slice(0, 3).includes(Number(fd))) return true;
    await sleep(10);
  }
  return false;
}

/** epoll_wait, epoll_pwait and epoll_pwait2 as this machine numbers them. */
const EPOLL_CALLS: ReadonlySet<string> = new Set(process.arch === "x64" ? ["232", "281", "441"] : ["22", "441"]);

// From a pid, a port or a url to a Target: every check that keeps us from harming the wrong process comes first.
import {
  aborted,
  inspectorHidesUrl,
  inspectorUnreachable,
  noSuchProcess,
  notNodeProcess,
  otherNetworkNamespace,
  otherUser,
  pidReused,
  usage,
  wrongProcess,
} from "../errors.ts";
import { connectInspector } from "./cdpInspector.ts";
import { type Address, isLoopback, openInspectorOf, probe, versionAt } from "./discovery.ts";
import { type Guard, startGuard } from "./guard.ts";
import type { Inspector } from "./inspector.ts";
import { exeName, nodeBinaryOf } from "./nodeBinary.ts";
import { nsenterCommand } from "./nsenter.ts";
import { openBySignal, openedByItself } from "./openInspector.ts";
import { allPids, argvOf, hasProc, listenersOf, namespaceOf, secondsSince, startTimeOf, statusOf } from "./proc.ts";
import { reachOnMac } from "./processesMac.ts";
import { LiveTarget } from "./session.ts";
import type { Target, TargetIdentity } from "./target.ts";

export { nsenterCommand } from "./nsenter.ts";
export type {
  CaptureCost,
  Captured,
  CaptureOptions,
  CaptureProgress,
  Detached,
  Memory,
  PreviousCapture,
  Target,
  TargetIdentity,
} from "./target.ts";

export interface AttachOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told in a sentence when something is not dangerous to the target but to be known. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

export type TargetSource = { pid: number; expectStartTime?: string | undefined } | { host: string; port: number } | { url: string };

export interface Reached {
  readonly address: Address;
  readonly pid?: number;
  readonly startTime?: string;
  readonly guard?: Guard;
}

/** What a target tells of itself; all undefined before the first line of a program started with --inspect-brk. */
interface Self {
  readonly pid?: number;
  readonly version?: string;
  readonly argv?: string[];
  readonly startedAt?: string;
}

const SELF = `typeof process==='object'&&process.pid?{pid:process.pid,version:process.version,argv:process.argv,startedAt:new Date(Date.now()-process.uptime()*1000).toISOString()}:{}`;

/**
 * Attaches to a live Node process, opening its inspector when it has none. Rejects with one of the errors of
 * "the target" (exit code 3): the process is then as it was before.
 */
export async function attachTarget(source: TargetSource, options: AttachOptions = {}): Promise<Target> {
  if (options.signal?.aborted === true) throw aborted("attaching");
  const reached = await reach(source, options);
  let inspector: Inspector | undefined;
  try {
    inspector = await connectInspector(reached.address);
    const identity = await identify(inspector, reached);
    warnIfPublic(identity, options);
    const target = new LiveTarget(inspector, identity, reached.guard);
    await target.ready;
    return target;
  } catch (error) {
    await inspector?.close();
    reached.guard?.abandon();
    throw error;
  }
}

function reach(source: TargetSource, options: AttachOptions): Promise<Reached> {
  if ("pid" in source) return reachPid(source.pid, source.expectStartTime, options);
  return "url" in source ? reachUrl(source.url) : reachPort(source.host, source.port);
}

async function reachUrl(text: string): Promise<Reached> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^wss?:$/.test(url.protocol))
    throw usage(`${JSON.stringify(text)} is no ws:// url`, "the program prints one when its inspector opens");
  return { address: { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 80), url: text } };
}

async function reachPort(host: string, port: number): Promise<Reached> {
  const found = await probe(host, port, 3000);
  if (found.kind === "inspector") return { address: found.address };
  throw found.kind === "hidden" ? inspectorHidesUrl(`${host}:${port}`) : inspectorUnreachable(`${host}:${port}`);
}

async function reachPid(pid: number, expected: string | undefined, { signal }: AttachOptions): Promise<Reached> {
  if (!hasProc) return reachOnMac(pid, expected);
  const startTime = checkProcess(pid, expected);
  const open = (await openInspectorOf(pid, statusOf(pid)?.sigusr1 !== "caught")) ?? (await openedByItself(pid, startTime, signal));
  if (open !== undefined) return { address: open, pid, startTime };
  const before = listenersOf(pid).map((socket) => socket.inode);
  const guard = startGuard({ pid, startTime, pidInNamespace: statusOf(pid)?.pidInNamespace ?? pid, before });
  try {
    const address = await openBySignal(pid, startTime, signal);
    guard.opened(address.host, address.port);
    return { address, pid, startTime, guard };
  } catch (error) {
    guard.abandon();
    throw signal?.aborted === true ? aborted("attaching") : error;
  }
}

/** Everything that can be known before touching the process; its start time. */
function checkProcess(pid: number, expected: string | undefined): string {
  const startTime = startTimeOf(pid);
  const status = statusOf(pid);
  if (startTime === undefined || status === undefined || status.zombie) throw noSuchProcess(pid);
  if (expected !== undefined && expected !== startTime) throw pidReused(pid);
  const euid = process.geteuid?.();
  if (euid !== 0 && euid !== status.uid) throw otherUser(pid, status.uid);
  if (nodeBinaryOf(pid) === undefined) throw notNodeProcess(pid, exeName(pid));
  if (namespaceOf(pid, "net") === "other") throw otherNetworkNamespace(pid, nsenterCommand(pid));
  return startTime;
}

/** Asks the target who it is, and holds that against whom we meant. */
async function identify(inspector: Inspector, reached: Reached): Promise<TargetIdentity> {
  const { host, port, url } = reached.address;
  const self = await inspector.evaluate<Self>(SELF);
  const pid = reached.pid ?? (isLoopback(host) ? localPid(self.pid, port) : undefined);
  const inside = pid === undefined ? undefined : (statusOf(pid)?.pidInNamespace ?? pid);
  if (inside !== undefined && self.pid !== undefined && self.pid !== inside) throw wrongProcess(`${host}:${port}`, inside, self.pid);
  const startTime = reached.startTime ?? (pid === undefined ? undefined : startTimeOf(pid));
  const ago = startTime === undefined || !hasProc ? 0 : secondsSince(startTime) * 1000;
  return {
    pid,
    startTime,
    nodeVersion: self.version ?? (pid === undefined ? undefined : nodeBinaryOf(pid)?.version) ?? (await versionAt(host, port)) ?? "unknown",
    command: (pid === undefined || !hasProc ? (self.argv ?? []) : argvOf(pid)).join(" "),
    host,
    port,
    url,
    openedByUs: reached.guard !== undefined,
    startedAt: self.startedAt ?? new Date(Date.now() - ago).toISOString(),
  };
}

/** The process of this machine that has this pid in its own eyes and listens on this port. */
function localPid(inside: number | undefined, port: number): number | undefined {
  return allPids().find(
    (pid) => (inside === undefined || statusOf(pid)?.pidInNamespace === inside) && listenersOf(pid).some((socket) => socket.port === port),
  );
}

function warnIfPublic({ pid, port }: TargetIdentity, { onNotice }: AttachOptions): void {
  const bound = pid === undefined ? undefined : listenersOf(pid).find((socket) => socket.port === port);
  if (bound === undefined || isLoopback(bound.address)) return;
  onNotice?.(`the inspector of process ${pid} listens on ${bound.address}:${port}: whoever can reach that port can run code in the target`);
}

// What `leakhunt ps` prints: the Node processes of this machine, with what is needed to choose one and to know
// whether attaching would work, without touching any of them beyond a GET to a port that is likely an inspector.
import { type Address, openInspectorOf, versionAt } from "./discovery.ts";
import { GUARD_NAME } from "./guard.ts";
import { nodeBinaryOf } from "./nodeBinary.ts";
import { nsenterCommand } from "./nsenter.ts";
import { allPids, argvOf, namespaceOf, type ProcStatus, secondsSince, startTimeOf, statusOf } from "./proc.ts";
import { macNodeProcesses } from "./processesMac.ts";

export type Attachable =
  | { readonly ok: true; readonly how: "open" | "signal" }
  /** `why` is a few words for a table cell, `hint` what to do about it. */
  | { readonly ok: false; readonly why: string; readonly hint: string };

export interface ProcessFacts {
  readonly pid: number;
  /** Clock ticks since boot; with the pid it names this process for ever. */
  readonly startTime: string;
  readonly upSeconds: number;
  readonly rssBytes: number;
  /** The arguments joined with blanks, as the process gave them: not cleaned for a terminal. */
  readonly command: string;
  /** "v24.1.0". */
  readonly nodeVersion: string | undefined;
  readonly inspector: { readonly host: string; readonly port: number; readonly url?: string } | undefined;
  readonly attachable: Attachable;
  readonly uid: number;
  readonly netNamespace: "same" | "other";
  readonly pidInNamespace: number;
}

/** Every Node process of this machine but ourselves and our helpers, by pid. Never rejects. */
export async function listNodeProcesses(): Promise<ProcessFacts[]> {
  if (process.platform === "darwin") return macNodeProcesses();
  const facts = await Promise.all(allPids().filter(isCandidate).map(processFacts));
  return facts.filter((each) => each !== undefined).sort((a, b) => a.pid - b.pid);
}

/** The facts of one process; undefined when it is gone or not a Node process. */
export async function processFacts(pid: number): Promise<ProcessFacts | undefined> {
  if (process.platform === "darwin") return (await macNodeProcesses()).find((each) => each.pid === pid);
  const startTime = startTimeOf(pid);
  const status = statusOf(pid);
  if (startTime === undefined || status === undefined || status.zombie) return undefined;
  const binary = nodeBinaryOf(pid);
  if (binary === undefined) return undefined;
  const netNamespace = namespaceOf(pid, "net");
  const inspector = netNamespace === "same" ? await openInspectorOf(pid, status.sigusr1 !== "caught") : undefined;
  return {
    pid,
    startTime,
    upSeconds: secondsSince(startTime),
    rssBytes: status.rssBytes,
    command: argvOf(pid).join(" "),
    nodeVersion: binary.version ?? (inspector && (await versionAt(inspector.host, inspector.port))),
    inspector,
    attachable: attachableOf(pid, status, inspector, netNamespace, secondsSince(startTime)),
    uid: status.uid,
    netNamespace,
    pidInNamespace: status.pidInNamespace,
  };
}

/** Spares a scan of every big executable: a Node catches or blocks SIGUSR1, or at least is called so. */
function isCandidate(pid: number): boolean {
  const argv0 = argvOf(pid)[0];
  if (pid === process.pid || argv0 === undefined || argv0 === "" || argv0 === GUARD_NAME) return false;
  return statusOf(pid)?.sigusr1 !== "default" || nodeBinaryOf(pid) !== undefined;
}

function attachableOf(pid: number, status: ProcStatus, inspector: Address | undefined, net: "same" | "other", age: number): Attachable {
  const euid = process.geteuid?.();
  if (euid !== 0 && euid !== status.uid) return no("other user", `run leakhunt as uid ${status.uid} or as root`);
  if (net === "other" && nsenterCommand(pid) === undefined)
    return no("other network namespace", "run leakhunt as root, or inside that container");
  if (inspector !== undefined) return { ok: true, how: "open" };
  if (status.sigusr1 === "blocked")
    return no("SIGUSR1 blocked", "restart it with --inspect, or without --disable-sigusr1 and the permission model");
  if (status.sigusr1 === "caught") return { ok: true, how: "signal" };
  return age < 2 ? no("starting up", "try again in a second") : no("SIGUSR1 would kill it", "restart it with --inspect");
}

function no(why: string, hint: string): Attachable {
  return { ok: false, why, hint };
}

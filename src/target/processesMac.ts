// macOS has no /proc: ps and lsof tell less, and a little later. Best effort, never run by our own tests on Linux.
import { execFile } from "node:child_process";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { noSuchProcess, otherUser, ownSignalHandler, pidReused, signalWouldKill } from "../errors.ts";
import type { Reached } from "./attach.ts";
import { type Address, firstInspector, versionAt } from "./discovery.ts";
import { startGuard } from "./guard.ts";
import type { Socket } from "./proc.ts";
import type { ProcessFacts } from "./processes.ts";

const run = promisify(execFile);

/** Every process that is called node or nodejs, but ourselves. */
export async function macNodeProcesses(): Promise<ProcessFacts[]> {
  const lines = (await output("ps", ["-axww", "-o", "pid=,uid=,rss=,lstart=,comm="])).split("\n");
  return (await Promise.all(lines.map(factsOf))).filter((each) => each !== undefined);
}

/**
 * Opens the inspector of a process, as reachPid does on Linux. macOS does not tell which signals a process handles;
 * one that is young, when Node may not have installed its handler yet, is refused.
 */
export async function reachOnMac(pid: number, expected: string | undefined): Promise<Reached> {
  const facts = (await macNodeProcesses()).find((each) => each.pid === pid);
  if (facts === undefined) throw noSuchProcess(pid);
  const { startTime, inspector } = facts;
  if (expected !== undefined && expected !== startTime) throw pidReused(pid);
  if (!facts.attachable.ok) throw otherUser(pid, facts.uid);
  if (inspector?.url !== undefined) return { address: { ...inspector, url: inspector.url }, pid, startTime };
  if (facts.upSeconds < 3) throw signalWouldKill(pid);
  const guard = startGuard({ pid, startTime: undefined, pidInNamespace: pid, before: [] });
  process.kill(pid, "SIGUSR1");
  for (let i = 0; i < 25; i++) {
    await sleep(200);
    const address = await macInspectorOf(pid);
    if (address === undefined) continue;
    guard.opened(address.host, address.port);
    return { address, pid, startTime, guard };
  }
  guard.abandon();
  throw ownSignalHandler(pid);
}

/** The inspector that a process has open, or undefined. */
export async function macInspectorOf(pid: number): Promise<Address | undefined> {
  return firstInspector(await macListenersOf(pid));
}

/** lstart ("Tue Nov 24 13:37:56 2026") stands for the start time: to the second, but it never changes. */
async function factsOf(line: string): Promise<ProcessFacts | undefined> {
  const [, pid, uid, rss, started, comm] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line) ?? [];
  if (pid === undefined || started === undefined || Number(pid) === process.pid || !/^node(js)?$/.test(basename(comm ?? "")))
    return undefined;
  const command = (await output("ps", ["-ww", "-p", pid, "-o", "command="])).trim();
  const inspector = await macInspectorOf(Number(pid));
  const own = process.geteuid?.() === 0 || process.geteuid?.() === Number(uid);
  return {
    pid: Number(pid),
    startTime: started.replace(/\s+/g, " "),
    upSeconds: Math.max(0, (Date.now() - Date.parse(started)) / 1000),
    rssBytes: Number(rss) * 1024,
    command,
    nodeVersion: inspector && (await versionAt(inspector.host, inspector.port)),
    inspector,
    attachable: own
      ? { ok: true, how: inspector === undefined ? "signal" : "open" }
      : { ok: false, why: "other user", hint: `run leakhunt as uid ${uid} or as root` },
    uid: Number(uid),
    netNamespace: "same",
    pidInNamespace: Number(pid),
  };
}

async function macListenersOf(pid: number): Promise<Socket[]> {
  const text = await output("lsof", ["-nP", "-a", "-p", String(pid), "-iTCP", "-sTCP:LISTEN", "-Fn"]);
  return [...text.matchAll(/^n(.*):(\d+)$/gm)].map(([, address, port]) => ({
    inode: "",
    state: "listen",
    address: address === "*" ? "0.0.0.0" : (address ?? "").replace(/^\[|\]$/g, ""),
    port: Number(port),
  }));
}

async function output(program: string, args: string[]): Promise<string> {
  return run(program, args, { timeout: 5000 }).then(
    ({ stdout }) => stdout,
    () => "",
  );
}

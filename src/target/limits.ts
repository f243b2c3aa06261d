// How much memory a process may still take before a cgroup above it, or the machine, runs out: a snapshot multiplies
// the heap, so this is asked before every capture.
import { readFileSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";
import { readProc } from "./proc.ts";

export interface FreeMemory {
  readonly bytes: number;
  readonly limit: "cgroup" | "machine";
}

interface Flavour {
  readonly limit: string;
  readonly usage: string;
  readonly reclaimable: RegExp;
}

const V2: Flavour = { limit: "memory.max", usage: "memory.current", reclaimable: /^inactive_file (\d+)/m };
const V1: Flavour = { limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes", reclaimable: /^total_inactive_file (\d+)/m };
/** cgroup v1 says "no limit" with a number near 2^63. */
const NO_LIMIT = 2 ** 60;

/** The tightest of the machine and every cgroup from the process upwards; `pid` undefined means a target elsewhere. */
export function freeMemoryFor(pid: number | undefined): FreeMemory {
  if (pid === undefined) return { bytes: Number.POSITIVE_INFINITY, limit: "machine" };
  const machine: FreeMemory = { bytes: machineFree(), limit: "machine" };
  const groups = groupFolders(pid).map(([folder, flavour]): FreeMemory => ({ bytes: leftIn(folder, flavour), limit: "cgroup" }));
  return [machine, ...groups].reduce((least, each) => (each.bytes < least.bytes ? each : least));
}

function machineFree(): number {
  const kilobytes = /^MemAvailable:\s+(\d+)/m.exec(text("/proc/meminfo") ?? "")?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

/** The cgroup folders of a process, innermost first, up to the mount point. */
function groupFolders(pid: number): [string, Flavour][] {
  const mounts = (readProc("self", "mountinfo") ?? "").split("\n").map((line) => line.split(" "));
  return (readProc(pid, "cgroup") ?? "").split("\n").flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined || (controllers !== "" && !controllers?.split(",").includes("memory"))) return [];
    const kind = controllers === "" ? "cgroup2" : "cgroup";
    const mount = mounts.find((fields) => isMount(fields, kind));
    return mount === undefined
      ? []
      : ancestors(mount[4] as string, below(mount[3] as string, path)).map((at): [string, Flavour] => [at, kind === "cgroup2" ? V2 : V1]);
  });
}

/** A mountinfo line: the file system type follows the "-", the controllers are its last field. */
function isMount(fields: string[], kind: string): boolean {
  const type = fields[fields.indexOf("-") + 1];
  return type === kind && (kind === "cgroup2" || (fields.at(-1)?.split(",").includes("memory") ?? false));
}

/** A container sees its own cgroup as the root of the mount, while /proc may still give the whole path. */
function below(root: string, path: string): string {
  if (path.startsWith("/..")) return "/";
  return root !== "/" && path.startsWith(root) ? path.slice(root.length) : path;
}

function ancestors(mountPoint: string, path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.map((_, at) => join(mountPoint, ...parts.slice(0, parts.length - at))).concat(mountPoint);
}

function leftIn(folder: string, { limit, usage, reclaimable }: Flavour): number {
  const most = Number(text(join(folder, limit)) ?? Number.NaN);
  const used = Number(text(join(folder, usage)) ?? Number.NaN);
  if (!(most < NO_LIMIT) || Number.isNaN(used)) return Number.POSITIVE_INFINITY;
  const cache = Number(reclaimable.exec(text(join(folder, "memory.stat")) ?? "")?.[1] ?? 0);
  return Math.max(0, most - used + cache);
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}

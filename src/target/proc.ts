// What Linux says of a process in /proc, as plain values. Everything here answers undefined (or empty) for a process
// that is gone or not ours to read: a process may end between any two lines.
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface ProcStatus {
  readonly uid: number;
  readonly rssBytes: number;
  /** The pid as the process itself sees it (innermost pid namespace). */
  readonly pidInNamespace: number;
  readonly sigusr1: "caught" | "blocked" | "default";
  readonly zombie: boolean;
}

export interface Socket {
  readonly inode: string;
  readonly state: "listen" | "established" | "other";
  readonly address: string;
  readonly port: number;
}

const SIGUSR1 = 1n << 9n;

/** A file of /proc/PID as text. */
export function readProc(pid: number | "self", file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}

/** Where a link of /proc/PID points to. */
export function procLink(pid: number | "self", name: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return undefined;
  }
}

/** Every pid of this pid namespace. */
export function allPids(): number[] {
  return names("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The fields of /proc/PID/stat after the command name, which may hold blanks and brackets; [19] is the start time. */
function statFields(pid: number): string[] | undefined {
  const text = readProc(pid, "stat");
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** The start of a process in clock ticks since boot: with the pid, the name of a process for ever. */
export function startTimeOf(pid: number): string | undefined {
  return statFields(pid)?.[19];
}

/** The process that started it, or that took it over. */
export function parentOf(pid: number): number | undefined {
  const parent = statFields(pid)?.[1];
  return parent === undefined ? undefined : Number(parent);
}

/** The names of its threads; Node 24 and later name their workers. The kernel keeps 15 bytes of a name. */
export function threadNamesOf(pid: number): string[] {
  const tasks = names(`/proc/${pid}/task`);
  return tasks.flatMap((task) => readProc(pid, `task/${task}/comm`)?.replace(/\n$/, "") ?? []);
}

/** User and system time of a process in clock ticks: grows as long as it does anything. */
export function cpuTicksOf(pid: number): number {
  const fields = statFields(pid);
  return fields === undefined ? 0 : Number(fields[11]) + Number(fields[12]);
}

/** False on systems that have no /proc as Linux has it. */
export const hasProc: boolean = existsSync("/proc/self/stat");

/** Is this still the process that had this start time? Without /proc: is there any process of that number? */
export function isSameProcess(pid: number, startTime: string | undefined): boolean {
  if (hasProc) return startTimeOf(pid) === startTime;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Seconds since a start time (Linux counts 100 ticks a second for every program). */
export function secondsSince(startTime: string): number {
  const up = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  return Math.max(0, up - Number(startTime) / 100);
}

export function statusOf(pid: number): ProcStatus | undefined {
  const text = readProc(pid, "status");
  if (text === undefined) return undefined;
  const field = (name: string): string[] => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(text)?.[1]?.trim().split(/\s+/) ?? [];
  const mask = (name: string): boolean => (BigInt(`0x${field(name)[0] ?? "0"}`) & SIGUSR1) !== 0n;
  return {
    uid: Number(field("Uid")[1] ?? -1),
    rssBytes: Number(field("VmRSS")[0] ?? 0) * 1024,
    pidInNamespace: Number(field("NSpid").at(-1) ?? pid),
    sigusr1: mask("SigBlk") ? "blocked" : mask("SigCgt") ? "caught" : "default",
    zombie: field("State")[0] === "Z",
  };
}

/** The arguments of a process; empty for a kernel thread. */
export function argvOf(pid: number): string[] {
  const text = readProc(pid, "cmdline") ?? "";
  // a process that set its title has one long line here, padded with zeros
  return text
    .replace(/\0+$/, "")
    .split("\0")
    .filter((part, at) => at === 0 || part !== "");
}

export function environOf(pid: number, name: string): string | undefined {
  const line = readProc(pid, "environ")
    ?.split("\0")
    .find((entry) => entry.startsWith(`${name}=`));
  return line?.slice(name.length + 1);
}

/** "same" when both processes share a namespace of that kind, or when nobody may know. */
export function namespaceOf(pid: number, kind: "net" | "mnt"): "same" | "other" {
  const theirs = procLink(pid, `ns/${kind}`);
  return theirs === undefined || theirs === procLink("self", `ns/${kind}`) ? "same" : "other";
}

/** Inodes of the sockets that a process holds. */
export function socketInodes(pid: number): Set<string> {
  const inodes = new Set<string>();
  for (const fd of names(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(procLink(pid, `fd/${fd}`) ?? "")?.[1];
    if (inode !== undefined) inodes.add(inode);
  }
  return inodes;
}

/** The epoll descriptors of a process, lowest first. */
export function epollsOf(pid: number): number[] {
  const own = names(`/proc/${pid}/fd`).filter((fd) => procLink(pid, `fd/${fd}`) === "anon_inode:[eventpoll]");
  return own.map(Number).sort((a, b) => a - b);
}

/** Every TCP socket of the network namespace that a process lives in. */
export function socketsAround(pid: number): Socket[] {
  return ["net/tcp", "net/tcp6"].flatMap((file) => (readProc(pid, file) ?? "").split("\n").slice(1).flatMap(parseSocket));
}

/** The ports a process itself listens on. */
export function listenersOf(pid: number): Socket[] {
  const own = socketInodes(pid);
  return socketsAround(pid).filter((socket) => socket.state === "listen" && own.has(socket.inode));
}

function parseSocket(line: string): Socket[] {
  const fields = line.trim().split(/\s+/);
  const [address, port] = fields[1]?.split(":") ?? [];
  const inode = fields[9];
  if (address === undefined || port === undefined || inode === undefined) return [];
  const state = fields[3] === "0A" ? "listen" : fields[3] === "01" ? "established" : "other";
  return [{ inode, state, address: parseAddress(address), port: Number.parseInt(port, 16) }];
}

/** The kernel prints each 32-bit word of an address in the byte order of the machine, which is little-endian wherever Node runs. */
function parseAddress(hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  bytes.swap32();
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.subarray(0, 12).equals(Buffer.from("00000000000000000000ffff", "hex"))) return bytes.subarray(12).join(".");
  if (bytes.every((byte) => byte === 0)) return "::";
  return (bytes.toString("hex").match(/.{4}/g) ?? [])
    .map((word) => word.replace(/^0{1,3}/, ""))
    .join(":")
    .replace(/^(0:){7}1$/, "::1");
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

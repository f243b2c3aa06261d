// Is this process a Node, and which version? Told from its executable without running anything: every build with an
// inspector embeds the text of its /json/version answer ("node.js/v24.1.0"), be it renamed, an Electron, a
// single executable application or a distribution's libnode.so.
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { basename } from "node:path";
import { argvOf, procLink, readProc } from "./proc.ts";

export interface NodeBinary {
  readonly version: string | undefined;
}

const MARK = "node.js/v";
const WINDOW = 4 << 20;
/** Smaller executables cannot hold V8. */
const SMALLEST = 15e6;
const known = new Map<string, string | undefined>();

/** What Node runs in a process, or undefined when it is none. Reads up to one executable, once per file. */
export function nodeBinaryOf(pid: number): NodeBinary | undefined {
  const exe = procLink(pid, "exe")?.replace(/ \(deleted\)$/, "");
  if (exe === undefined) return namedNode(argvOf(pid)[0] ?? "") ? { version: undefined } : undefined;
  const library = /\s(\/\S*libnode\.so\S*)/.exec(readProc(pid, "maps") ?? "")?.[1];
  const version = versionIn(library === undefined ? `/proc/${pid}/exe` : `/proc/${pid}/root${library}`);
  return version !== undefined || namedNode(exe) ? { version } : undefined;
}

/** What the executable is called, for a sentence. */
export function exeName(pid: number): string {
  return procLink(pid, "exe") ?? argvOf(pid)[0] ?? "nothing readable";
}

function namedNode(path: string): boolean {
  return /^(node|nodejs)(\.exe)?$/.test(basename(path));
}

function versionIn(file: string): string | undefined {
  try {
    const { dev, ino, mtimeMs, size } = statSync(file);
    const key = `${dev}:${ino}:${mtimeMs}`;
    if (!known.has(key)) known.set(key, size < SMALLEST ? undefined : scan(file));
    return known.get(key);
  } catch {
    return undefined;
  }
}

function scan(file: string): string | undefined {
  const fd = openSync(file, "r");
  try {
    const window = Buffer.allocUnsafe(WINDOW);
    for (let at = 0; ; at += WINDOW - 64) {
      const length = readSync(fd, window, 0, WINDOW, at);
      const version = versionAmong(window.subarray(0, length));
      if (version !== undefined || length < WINDOW) return version;
    }
  } finally {
    closeSync(fd);
  }
}

function versionAmong(bytes: Buffer): string | undefined {
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
    const version = /^node\.js\/(v\d+\.\d+\.\d+[\w.+-]*)/.exec(bytes.toString("latin1", at, at + 64))?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}

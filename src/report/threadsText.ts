// Text of `threads`, `children`, and of the worker threads under a process of `ps`.

import { forTerminal } from "./escape.ts";
import { type Column, tableLines } from "./table.ts";
import { formatBytes, formatUptime } from "./units.ts";

export interface ThreadRow {
  /** 0 is the main thread. */
  readonly threadId: number;
  readonly name: string | undefined;
  /** Path or url of the script; undefined for a text, and for the main thread. */
  readonly file: string | undefined;
  /** Bytes; undefined when it did not answer at once. */
  readonly heapUsed: number | undefined;
}

const TEXT_SCRIPT = "(a script given as text)";

/** The threads of a process; a star marks the one that questions are about. */
export function threadsText(rows: readonly ThreadRow[], current: number | undefined, command: string, width: number): string {
  const columns: Column[] = [
    { title: "", align: "left" },
    { title: "THREAD", align: "right" },
    { title: "HEAP", align: "right" },
    { title: "NAME", align: "left" },
    { title: "SCRIPT", align: "left" },
  ];
  const room = Math.max(30, width - 50);
  const cells = rows.map((row) => [
    row.threadId === current ? "*" : "",
    String(row.threadId),
    row.heapUsed === undefined ? "no answer" : formatBytes(row.heapUsed),
    row.threadId === 0 ? "main thread" : forTerminal(row.name ?? "-", 30),
    row.threadId === 0 ? forTerminal(command, room) : scriptText(row.file, room),
  ]);
  return tableLines(columns, cells).join("\n");
}

/** The end of a path says more than its beginning. */
export function scriptText(file: string | undefined, room: number): string {
  if (file === undefined) return TEXT_SCRIPT;
  return forTerminal(file.length > room ? `…${file.slice(1 - room)}` : file, room);
}

export interface ChildRow {
  readonly pid: number;
  readonly parent: number;
  readonly depth: number;
  readonly clusterWorker: number | undefined;
  readonly forked: boolean;
  readonly upSeconds: number;
  readonly rssBytes: number;
  readonly command: string;
  /** The session is with it, or holds it besides. */
  readonly held: "current" | "held" | undefined;
}

/** The Node processes below a process, indented by who started whom. */
export function childrenText(pid: number, rows: readonly ChildRow[], width: number): string {
  if (rows.length === 0) return `${pid} has started no Node process that still runs`;
  const columns: Column[] = [
    { title: "", align: "left" },
    { title: "PID", align: "left" },
    { title: "UP", align: "left" },
    { title: "RSS", align: "right" },
    { title: "STARTED BY", align: "left" },
    { title: "COMMAND", align: "left" },
  ];
  const cells = rows.map((row) => [
    row.held === "current" ? "*" : row.held === "held" ? "+" : "",
    `${"  ".repeat(row.depth - 1)}${row.pid}`,
    formatUptime(row.upSeconds),
    formatBytes(row.rssBytes),
    `${row.parent}, ${howText(row)}`,
    forTerminal(row.command, Math.max(30, width - 60)),
  ]);
  return tableLines(columns, cells).join("\n");
}

/** `cluster worker 2`, `fork`, `child`. */
export function howText({ clusterWorker, forked }: Pick<ChildRow, "clusterWorker" | "forked">): string {
  if (clusterWorker !== undefined) return `cluster worker ${clusterWorker}`;
  return forked ? "fork" : "child";
}

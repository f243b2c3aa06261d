// Text of `ps`, `attach`, `hunts`.

import { forTerminal } from "./escape.ts";
import { tableLines } from "./table.ts";
import { scriptText, type ThreadRow } from "./threadsText.ts";
import { formatBytes, formatNoun, formatUptime } from "./units.ts";

export interface ProcessRow {
  readonly pid: number;
  readonly upSeconds: number;
  readonly rssBytes: number;
  readonly nodeVersion: string | undefined;
  readonly inspector: { readonly host: string; readonly port: number } | undefined;
  readonly attachable:
    | { readonly ok: true; readonly how: "open" | "signal" }
    | { readonly ok: false; readonly why: string; readonly hint: string };
  readonly netNamespace: "same" | "other";
  readonly command: string;
  /** Its worker threads, where they could be asked for without opening anything. */
  readonly workers?: readonly ThreadRow[] | undefined;
  /** Else what the names of its threads tell, of which the kernel keeps 15 bytes; undefined before Node 24, which gives none. */
  readonly workerNames?: readonly string[] | undefined;
}

/** The Node processes of this machine, with their workers as far as they can be known. */
export function processesText(rows: readonly ProcessRow[], width: number): string {
  if (rows.length === 0) return "no Node process is running that this user can see";
  const room = Math.max(30, width - 60);
  const cells = rows.flatMap((row) => [
    [
      String(row.pid),
      formatUptime(row.upSeconds),
      formatBytes(row.rssBytes),
      row.nodeVersion ?? "-",
      inspectorText(row),
      forTerminal(row.command, room),
    ],
    ...workerCells(row, room),
  ]);
  const columns = [
    { title: "PID", align: "right" },
    { title: "UP", align: "left" },
    { title: "RSS", align: "right" },
    { title: "NODE", align: "left" },
    { title: "INSPECTOR", align: "left" },
    { title: "COMMAND", align: "left" },
  ] as const;
  const unknown = rows.filter((row) => row.workers === undefined && row.workerNames === undefined).length;
  const note =
    unknown === 0
      ? []
      : [
          "",
          `worker threads of ${formatNoun(unknown, "process", "processes")} are not known: \`leakhunt threads <pid>\` attaches and asks`,
        ];
  return [...tableLines(columns, cells), ...note].join("\n");
}

function workerCells({ workers, workerNames = [] }: ProcessRow, room: number): string[][] {
  if (workers !== undefined) {
    return workers.map(({ threadId, name, file, heapUsed }) => {
      const heap = heapUsed === undefined ? "" : `heap ${formatBytes(heapUsed)}`;
      return [`/${threadId}`, "", "", "", heap, `${forTerminal(threadText(threadId, name), 40)}  ${scriptText(file, room - 20)}`];
    });
  }
  if (workerNames.length === 0) return [];
  const names = workerNames.map((name) => JSON.stringify(name)).join(", ");
  return [
    ["", "", "", "", "", forTerminal(`${formatNoun(workerNames.length, "worker")}, by the names of its threads: ${names}`, room + 20)],
  ];
}

function inspectorText(row: ProcessRow): string {
  const container = row.netNamespace === "other" ? ", in another network namespace" : "";
  if (!row.attachable.ok) return `no: ${row.attachable.why} (${row.attachable.hint})`;
  if (row.inspector) return `${row.inspector.host}:${row.inspector.port}${container}`;
  return `closed, can be opened${container}`;
}

/** `main thread`, `worker 2`, `worker 1 "thumbnailer"`: not cleaned for a terminal. */
export function threadText(threadId: number, name: string | undefined): string {
  if (threadId === 0) return "main thread";
  return name === undefined ? `worker ${threadId}` : `worker ${threadId} ${JSON.stringify(name)}`;
}

export interface AttachedValue {
  readonly pid: number | undefined;
  /** Undefined for the main thread. */
  readonly worker?: { readonly threadId: number; readonly name: string | undefined; readonly file: string | undefined } | undefined;
  readonly nodeVersion: string;
  readonly command: string;
  readonly host: string;
  readonly port: number;
  readonly openedByUs: boolean;
  readonly shared: boolean;
  /** Bytes. */
  readonly heapUsed: number;
}

/**
 * `attached to 4242 (node v20.20.2, node server.js, heap 214 MB) at 127.0.0.1:9229, opened by leakhunt`; a worker is
 * `worker 1 "thumbnailer" of 4242 (…, thumbnails.js, heap …)`.
 */
export function attachedText(value: AttachedValue): string {
  const { worker } = value;
  const program = worker === undefined ? value.command : (worker.file ?? "a script given as text");
  const what = `node ${value.nodeVersion}, ${forTerminal(program, 60)}, heap ${formatBytes(value.heapUsed)}`;
  const how = value.shared ? "through the leakhunt that holds it" : value.openedByUs ? "opened by leakhunt" : "already open";
  const process = String(value.pid ?? "the target");
  const whom = worker === undefined ? process : `${forTerminal(threadText(worker.threadId, worker.name), 60)} of ${process}`;
  return `attached to ${whom} (${what}) at ${value.host}:${value.port}, ${how}`;
}

export interface HuntRow {
  readonly key: string;
  readonly pid: number | undefined;
  /** Thread id, when it is the hunt of a worker. */
  readonly worker?: number | undefined;
  readonly workerName?: string | undefined;
  readonly command: string;
  readonly state: "held" | "alive" | "ended" | "unknown";
  readonly current: boolean;
  readonly snapshots: number;
  readonly bytes: number;
  readonly lastUsed: string;
}

/** What is remembered, with its size. */
export function huntsText(rows: readonly HuntRow[], home: string): string {
  if (rows.length === 0) return "no hunts are stored";
  const cells = rows.map((row) => [
    row.current ? "*" : "",
    row.key,
    row.state,
    String(row.snapshots),
    formatBytes(row.bytes),
    row.lastUsed.replace("T", " ").slice(0, 19),
    forTerminal(row.worker === undefined ? row.command : `${threadText(row.worker, row.workerName)} of ${row.command}`, 50),
  ]);
  const columns = [
    { title: "", align: "left" },
    { title: "HUNT", align: "left" },
    { title: "TARGET", align: "left" },
    { title: "SNAPSHOTS", align: "right" },
    { title: "ON DISK", align: "right" },
    { title: "LAST USED (UTC)", align: "left" },
    { title: "COMMAND", align: "left" },
  ] as const;
  const total = rows.reduce((sum, row) => sum + row.bytes, 0);
  return [...tableLines(columns, cells), "", `${formatBytes(total)} in ${forTerminal(home, 200)}`].join("\n");
}

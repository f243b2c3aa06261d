// Finds the open inspector of a process among the ports it listens on. A probe is one GET of /json/list; it may hit
// an application's own port, so likely ports go first, waits are short and any answer is tolerated.
import { argvOf, environOf, listenersOf, type Socket } from "./proc.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

export type Probe = { kind: "inspector"; address: Address } | { kind: "hidden" } | { kind: "nothing" };

const DEFAULT_PORT = 9229;

/** Asks one port whether it is an inspector. "hidden": an HTTP server that may be one started with --inspect-publish-uid. */
export async function probe(host: string, port: number, timeoutMs = 500): Promise<Probe> {
  const answer = await getText(host, port, "/json/list", timeoutMs);
  if (answer === undefined) return { kind: "nothing" };
  if (answer.status === 404) return { kind: "hidden" };
  try {
    // Node puts the script's name into the list without escaping it.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
    const list = JSON.parse(answer.text.replace(/[\u0000-\u001f]/g, " ")) as { webSocketDebuggerUrl?: unknown }[];
    const path = /^wss?:\/\/[^/]+(\/.+)$/.exec(String(list[0]?.webSocketDebuggerUrl))?.[1];
    // the url it gives may name another host than the one that led here (a tunnel, a published port)
    return path === undefined
      ? { kind: "nothing" }
      : { kind: "inspector", address: { host, port, url: `ws://${bracketed(host)}:${port}${path}` } };
  } catch {
    return { kind: "nothing" };
  }
}

/** The Node version that an open inspector tells, as "v24.1.0". */
export async function versionAt(host: string, port: number): Promise<string | undefined> {
  const answer = await getText(host, port, "/json/version", 500);
  return /"Browser":\s*"node\.js\/(v[^"]+)"/.exec(answer?.text ?? "")?.[1];
}

/** The inspector that a process has open, or undefined. `all` also asks ports that are unlikely to be one. */
export async function openInspectorOf(pid: number, all: boolean): Promise<Address | undefined> {
  const wanted = wantedPort(pid);
  const listeners = listenersOf(pid).filter((socket) => all || likely(socket, wanted));
  listeners.sort(
    (a, b) => Number(b.port === wanted) - Number(a.port === wanted) || Number(isLoopback(b.address)) - Number(isLoopback(a.address)),
  );
  return firstInspector(listeners);
}

/** The first of these listening sockets that answers as an inspector. */
export async function firstInspector(listeners: readonly Socket[]): Promise<Address | undefined> {
  for (const { address, port } of listeners) {
    for (const host of hostsFor(address)) {
      const found = await probe(host, port);
      if (found.kind === "inspector") return found.address;
    }
  }
  return undefined;
}

/** The port that SIGUSR1 would open, by the flags and NODE_OPTIONS the process was started with; 0 is "any". */
export function wantedPort(pid: number): number {
  const ports = [...flagsOf(pid).matchAll(/(?:^|\s)--(?:inspect(?:-brk|-wait|-port)?|debug-port)(?:=|\s+)(?:\S*:)?(\d+)(?=\s|$)/g)];
  return Number(ports.at(-1)?.[1] ?? DEFAULT_PORT);
}

/** Whether the process was told to open its inspector when it starts. */
export function opensByItself(pid: number): boolean {
  return /(?:^|\s)--inspect(?:-brk|-wait)?(?:[=\s]|$)/.test(flagsOf(pid));
}

function flagsOf(pid: number): string {
  return `${environOf(pid, "NODE_OPTIONS") ?? ""} ${argvOf(pid).slice(1).join(" ")}`;
}

export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address === "localhost";
}

/** A host as it stands in a url. */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function likely(socket: Socket, wanted: number): boolean {
  const nearDefault = socket.port >= DEFAULT_PORT && socket.port < DEFAULT_PORT + 64;
  return socket.port === wanted || nearDefault || (socket.port >= 32768 && isLoopback(socket.address));
}

function hostsFor(address: string): string[] {
  if (address === "0.0.0.0") return ["127.0.0.1"];
  return address === "::" ? ["127.0.0.1", "::1"] : [address];
}

async function getText(host: string, port: number, path: string, timeoutMs: number): Promise<{ status: number; text: string } | undefined> {
  const { get } = await import("node:http");
  return new Promise((resolve) => {
    const request = get({ host, port, path, agent: false, headers: { Host: `${bracketed(host)}:${port}` } }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > 65536) request.destroy();
      });
      response.on("end", () => finish({ status: response.statusCode ?? 0, text }));
      response.on("error", () => finish(undefined));
    });
    const timer = setTimeout(() => request.destroy(), timeoutMs);
    const finish = (answer: { status: number; text: string } | undefined): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    request.on("error", () => finish(undefined));
    request.on("close", () => finish(undefined));
  });
}

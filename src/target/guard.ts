// A dead man's switch: a tiny process of its own that closes an inspector we opened if we die without doing so
// (kill -9, a crash, a lost terminal). Its life line is a pipe: the end of it without the word "done" means we are
// gone. It is a text run with `node -e`, so it works from sources, from dist and from a bundle alike.
import { spawn } from "node:child_process";
import type { Writable } from "node:stream";

export interface GuardJob {
  readonly pid: number;
  /** Undefined where there is no /proc. */
  readonly startTime: string | undefined;
  /** What process.pid says inside the target. */
  readonly pidInNamespace: number;
  /** Socket inodes the target listened on before we opened anything: never touched. */
  readonly before: readonly string[];
}

export interface Guard {
  /** The inspector is open at this address now. */
  opened(host: string, port: number): void;
  /** Other guards may have something to put right after our death, for which the inspector must be open. */
  others(): void;
  /** All is well: the guard ends. */
  done(): void;
  /** Over to you: close it as soon as the target lets you, then end. */
  abandon(): void;
}

export const GUARD_NAME = "leakhunt-guard";

/** Starts the guard; to be called before the inspector is opened. A guard that cannot start is no error. */
export function startGuard(job: GuardJob): Guard {
  const line = lifeLine(PROGRAM, job);
  return {
    opened: (host, port) => void line.write(`open ${host} ${port}\n`),
    others: () => void line.write("others\n"),
    done: () => void line.end("done\n"),
    abandon: () => void line.end(),
  };
}

/** Runs a text that outlives us, with a job as its argument; its standard input ends when we do. */
export function lifeLine(text: string, job: object): Writable {
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, ["-e", text, JSON.stringify(job)], {
    argv0: GUARD_NAME,
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    cwd: "/",
    env: { PATH, ELECTRON_RUN_AS_NODE: "1" },
  });
  child.on("error", () => {});
  child.unref();
  const line = child.stdin;
  line.on("error", () => {});
  (line as unknown as { unref(): void }).unref();
  return line;
}

const PROGRAM = String.raw`
const fs = require("fs"), http = require("http");
const job = JSON.parse(process.argv[1]), linux = fs.existsSync("/proc/self/stat");
let said = "";
for (const name of ["SIGINT", "SIGHUP", "SIGTERM"]) process.on(name, () => {});
process.stdin.on("data", (text) => { said += text; });
process.stdin.on("error", act).on("end", act);

const read = (file) => { try { return fs.readFileSync("/proc/" + job.pid + "/" + file, "utf8"); } catch { return ""; } };
function same() {
  if (!linux) { try { process.kill(job.pid, 0); return true; } catch { return false; } }
  const stat = read("stat");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] === job.startTime;
}
function rows() {
  return (read("net/tcp") + read("net/tcp6")).split("\n").map((row) => row.trim().split(/\s+/)).filter((row) => row.length > 9)
    .map((row) => ({ hex: row[1].split(":")[0], port: parseInt(row[1].split(":")[1], 16), state: row[3], inode: row[9] }));
}
function hostOf(hex) {
  if (/^0{24}01000000$/.test(hex)) return "::1";
  if (/^0+$/.test(hex)) return "127.0.0.1";
  return Buffer.from(hex.slice(-8), "hex").reverse().join(".");
}
function candidates() {
  const told = /^open (\S+) (\d+)$/m.exec(said);
  if (!linux) return told ? [{ host: told[1], port: Number(told[2]) }] : [];
  const own = new Set();
  try {
    for (const fd of fs.readdirSync("/proc/" + job.pid + "/fd")) {
      try { own.add(/\d+/.exec(fs.readlinkSync("/proc/" + job.pid + "/fd/" + fd))?.[0]); } catch {}
    }
  } catch {}
  return rows().filter((row) => row.state === "0A" && own.has(row.inode) && !job.before.includes(row.inode))
    .map((row) => ({ host: hostOf(row.hex), port: row.port })).filter(({ port }) => !told || port === Number(told[2]));
}
const used = (port) => linux && rows().some((row) => row.state === "01" && row.port === port);
function ask({ host, port }) {
  return new Promise((resolve) => {
    const request = http.get({ host, port, path: "/json/list", agent: false, timeout: 1000 }, (answer) => {
      let text = "";
      answer.on("data", (part) => { text += part; if (text.length > 65536) request.destroy(); });
      answer.on("end", () => { try { resolve(new URL(JSON.parse(text.replace(/[\x00-\x1f]/g, " "))[0].webSocketDebuggerUrl).pathname); } catch { resolve(); } });
    });
    request.on("timeout", () => request.destroy()).on("error", () => resolve()).on("close", () => resolve());
  });
}
function frame(text) {
  const head = Buffer.from([0x81, 0xfe, text.length >> 8, text.length & 255, 0, 0, 0, 0]);
  return Buffer.concat([head, Buffer.from(text)]);
}
function end({ host, port }, path) {
  const expression = "(process.pid===undefined||process.pid===" + job.pidInNamespace + ")&&process._debugEnd()";
  return new Promise((resolve) => {
    const headers = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": 13, "Sec-WebSocket-Key": "bGVha2h1bnQtZ3VhcmQtLQ==" };
    const request = http.get({ host, port, path, headers, agent: false });
    request.on("upgrade", (_, socket) => {
      socket.on("error", () => {}).on("close", resolve).on("data", () => socket.destroy()); // it waits for us otherwise
      socket.write(frame(JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression } }).padEnd(200)));
      setTimeout(() => socket.destroy(), 5000);
    });
    request.on("response", (answer) => { answer.resume(); resolve(); }).on("error", resolve);
    setTimeout(() => request.destroy(), 6000);
  });
}
async function act() {
  if (/^done$/m.test(said)) process.exit(0);
  if (/^others$/m.test(said)) await new Promise((resolve) => setTimeout(resolve, 1500));
  const began = Date.now();
  while (same() && Date.now() - began < 600000) {
    let found = false;
    for (const address of candidates()) {
      const busy = used(address.port), path = busy ? undefined : await ask(address);
      if (busy || path !== undefined) found = true;
      if (path !== undefined && same()) await end(address, path);
    }
    if (!found && (/^open /m.test(said) || Date.now() - began > 60000)) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  process.exit(0);
}
`;

// Sessions in workers outlive us when we die: Node lets go of the session in a main thread when its client leaves, but of
// none in a worker unless it is told so (measured on Node 20 and 26). A debugger there would go on stopping the worker with
// nobody to move it on. So while one is open, a tiny process of its own stands by, and when our life line ends it lets the
// worker run whenever it stops, as long as the worker lives. It never does so while another client is there.

import { builtFile } from "../builtFiles.ts";
import { lifeLine } from "./guard.ts";
import type { TargetIdentity } from "./target.ts";

/** To be called when the debugger of a worker is opened, and the result when that was closed. For a main thread nothing is done. */
export function guardWorker({ worker, url, pid, port }: TargetIdentity): () => void {
  if (worker === undefined) return () => {};
  const line = lifeLine(PROGRAM, { url, pid, port, threadId: worker.threadId, client: builtFile("target/socketClient.js").href });
  return () => void line.end("done\n");
}

const PROGRAM = String.raw`
const fs = require("fs"), job = JSON.parse(process.argv[1]);
let said = "";
for (const name of ["SIGINT", "SIGHUP", "SIGTERM"]) process.on(name, () => {});
process.stdin.on("data", (text) => { said += text; });
process.stdin.on("error", act).on("end", act);

function alone() {
  const rows = (file) => { try { return fs.readFileSync("/proc/" + job.pid + "/net/" + file, "utf8").split("\n").slice(1); } catch { return []; } };
  const ours = [...rows("tcp"), ...rows("tcp6")].map((row) => row.trim().split(/\s+/))
    .filter((row) => row[3] === "01" && parseInt(String(row[1]).split(":")[1], 16) === job.port);
  return ours.length <= 1;
}
async function act() {
  if (/^done$/m.test(said)) process.exit(0);
  try {
    const { default: connect } = await import(job.client);
    const client = await connect({ target: job.url, local: true, protocol: { domains: [] } });
    let session, id = 0;
    const send = (method) => client.send("NodeWorker.sendMessageToWorker", { sessionId: session, message: JSON.stringify({ id: ++id, method }) }).catch(() => {});
    const resume = () => alone() ? send("Debugger.resume") : setTimeout(resume, 1000);
    client.on("disconnect", () => process.exit(0));
    client.on("NodeWorker.detachedFromWorker", ({ sessionId }) => sessionId === session && process.exit(0));
    client.on("NodeWorker.receivedMessageFromWorker", ({ sessionId, message }) => {
      if (sessionId === session && JSON.parse(message).method === "Debugger.paused") resume();
    });
    client.on("NodeWorker.attachedToWorker", ({ sessionId, workerInfo }) => {
      if (!workerInfo.title.startsWith("[worker " + job.threadId + "]")) return;
      session = sessionId;
      send("Debugger.enable");
    });
    client.send("NodeRuntime.notifyWhenWaitingForDisconnect", { enabled: true }).catch(() => {});
    client.on("NodeRuntime.waitingForDisconnect", () => process.exit(0));
    await client.send("NodeWorker.enable", { waitForDebuggerOnStart: false });
    if (session === undefined) process.exit(0);
  } catch { process.exit(0); }
}
`;

// A recording of allocations changes its target for as long as it lasts: functions are not inlined, and in a worker V8 goes
// on sampling when our session's client is gone (measured on Node 20 to 26; in a main thread it ends with the client). So a
// tiny process of its own stands by, and when our life line breaks it puts everything back.
import { builtFile } from "../builtFiles.ts";
import { lifeLine } from "./guard.ts";
import type { TargetIdentity } from "./target.ts";

/**
 * To be called before the recording begins. `done` when all is as it was; `abandon` leaves it to the guard.
 * @param restore an expression that undoes what was changed in the whole process.
 */
export function guardAllocations({ worker, url }: TargetIdentity, restore: string | undefined): { done(): void; abandon(): void } {
  if (worker === undefined && restore === undefined) return { done: () => {}, abandon: () => {} };
  const job = { url, restore, threadId: worker?.threadId ?? 0, client: builtFile("target/socketClient.js").href };
  const line = lifeLine(PROGRAM, job);
  return { done: () => void line.end("done\n"), abandon: () => void line.end() };
}

const PROGRAM = `
const job = JSON.parse(process.argv[1]);
let said = "";
for (const name of ["SIGINT", "SIGHUP", "SIGTERM"]) process.on(name, () => {});
process.stdin.on("data", (text) => { said += text; });
process.stdin.on("error", act).on("end", act);

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function open(connect) {
  for (const began = Date.now(); Date.now() - began < 5000; await sleep(200)) {
    try { return await connect({ target: job.url, local: true, protocol: { domains: [] } }); } catch {}
  }
}
/** Sends one command after another, each to its end. */
function sender(client) {
  if (job.threadId === 0) return (method, params) => client.send(method, params).catch(() => {});
  let session, id = 0;
  const waiting = new Map();
  client.on("NodeWorker.detachedFromWorker", ({ sessionId }) => sessionId === session && process.exit(0));
  client.on("NodeWorker.receivedMessageFromWorker", ({ sessionId, message }) => {
    if (sessionId === session) waiting.get(JSON.parse(message).id)?.();
  });
  client.on("NodeWorker.attachedToWorker", ({ sessionId, workerInfo }) => {
    if (workerInfo.title.startsWith("[worker " + job.threadId + "]")) session = sessionId;
  });
  const send = (method, params = {}) => new Promise((resolve) => {
    waiting.set(++id, resolve);
    client.send("NodeWorker.sendMessageToWorker", { sessionId: session, message: JSON.stringify({ id, method, params }) }).catch(resolve);
  });
  return { send, enter: () => client.send("NodeWorker.enable", { waitForDebuggerOnStart: false }), leave: () => client.send("NodeWorker.detach", { sessionId: session }).catch(() => {}), found: () => session !== undefined };
}
async function act() {
  if (/^done$/m.test(said)) process.exit(0);
  setTimeout(() => process.exit(0), 600000).unref();
  try {
    const { default: connect } = await import(job.client);
    const client = await open(connect);
    if (client === undefined) process.exit(0);
    client.on("disconnect", () => process.exit(0));
    client.on("NodeRuntime.waitingForDisconnect", () => process.exit(0));
    client.send("NodeRuntime.notifyWhenWaitingForDisconnect", { enabled: true }).catch(() => {});
    const worker = job.threadId === 0 ? undefined : sender(client);
    const send = worker ? worker.send : sender(client);
    if (worker) await worker.enter();
    if (job.restore) await client.send("Runtime.evaluate", { expression: job.restore, includeCommandLineAPI: true, silent: true }).catch(() => {});
    if (worker && !worker.found()) process.exit(0);
    if (worker) for (const method of ["HeapProfiler.stopSampling", "HeapProfiler.disable"]) await send(method);
    if (job.restore) {
      await send("Profiler.enable");
      await send("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
      await send("Profiler.stopPreciseCoverage");
      await send("Profiler.disable");
    }
    if (worker) await worker.leave();
    await client.close();
  } catch {}
  process.exit(0);
}
`;

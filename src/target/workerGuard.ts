// A worker that stands still in our debugger when we die would stand for ever: Node resumes a main thread whose last client
// leaves, but no worker, not even when the inspector is closed (measured on Node 20 and 26). So a tiny process of its own
// knows which worker we stopped, and lets it run when our life line ends while it stands.
import type { Debugger } from "./debugger.ts";
import { lifeLine } from "./guard.ts";
import type { Target } from "./target.ts";

/** Watches over the stops of a worker; to be called when its debugger is opened, and the result when that was closed. */
export function guardStops({ identity }: Target, live: Debugger): () => void {
  const { worker, url } = identity;
  if (worker === undefined) return () => {};
  let line: ReturnType<typeof lifeLine> | undefined;
  // most debuggers of workers never stop one: the process starts with the first stop
  const unsubscribe = live.onChange((stop) => {
    if (stop?.others === true) return;
    if (stop) line ??= lifeLine(PROGRAM, { url, threadId: worker.threadId, client: import.meta.resolve("chrome-remote-interface") });
    line?.write(stop ? "stands\n" : "runs\n");
  });
  return () => {
    unsubscribe();
    line?.end("done\n");
  };
}

const PROGRAM = `
const job = JSON.parse(process.argv[1]);
let said = "";
for (const name of ["SIGINT", "SIGHUP", "SIGTERM"]) process.on(name, () => {});
process.stdin.on("data", (text) => { said = (said + text).slice(-200); });
process.stdin.on("error", act).on("end", act);

async function act() {
  if (said.trim().split("\\n").at(-1) !== "stands") process.exit(0);
  setTimeout(() => process.exit(0), 10000);
  try {
    const { default: connect } = await import(job.client);
    const client = await connect({ target: job.url, local: true, protocol: { domains: [] } });
    client.on("NodeWorker.attachedToWorker", async ({ sessionId, workerInfo }) => {
      if (!new RegExp("^\\\\[worker " + job.threadId + "\\\\]").test(workerInfo.title)) return;
      let id = 0;
      const send = (method) => client.send("NodeWorker.sendMessageToWorker", { sessionId, message: JSON.stringify({ id: ++id, method }) });
      for (const method of ["Debugger.enable", "Debugger.resume", "Debugger.disable"]) await send(method);
      setTimeout(() => client.close().finally(() => process.exit(0)), 200);
    });
    await client.send("NodeWorker.enable", { waitForDebuggerOnStart: false });
  } catch { process.exit(0); }
}
`;

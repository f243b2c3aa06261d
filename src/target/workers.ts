// The worker threads of a process. Each is an isolate of its own, with a heap and object ids of its own, and is reached
// through the main thread's inspector: Node's NodeWorker domain carries the messages of a worker's inspector as text inside
// its own. Workers that were started by workers are all listed by the main thread (measured on Node 20 to 26).
import { fileURLToPath } from "node:url";
import { noSuchThread } from "../errors.ts";
import { inspectorOver, within } from "./cdpInspector.ts";
import type { Inspector } from "./inspector.ts";
import { LiveIsolate } from "./isolate.ts";
import type { Detached, Target, TargetIdentity, Thread, WorkerIdentity } from "./target.ts";
import { WorkerClient } from "./workerClient.ts";

type Params = Record<string, unknown>;

const PATIENCE_MS = 10_000;
const LEAVE_PATIENCE_MS = 1000;
/** For the size of a heap in a list: a worker that computes answers within some milliseconds, one in native code not at all. */
const SIZE_PATIENCE_MS = 1000;
/** What Node 24 and later call a worker that was given no name. */
const NO_NAME = "WorkerThread";

interface Session {
  readonly worker: WorkerIdentity;
  readonly client: WorkerClient;
  readonly inspector: Inspector;
  target: WorkerTarget | undefined;
}

export class Workers {
  private readonly process: Target;
  /** By session id. */
  private readonly sessions = new Map<string, Session>();
  private enabling: Promise<void> | undefined;
  private listening = false;
  private leaving = false;

  constructor(process: Target) {
    this.process = process;
  }

  /** See Target.threads. */
  async list(): Promise<readonly Thread[]> {
    await this.enable();
    const main: WorkerIdentity = { threadId: 0, name: undefined, file: undefined };
    const workers = [...this.sessions.values()].sort((a, b) => a.worker.threadId - b.worker.threadId);
    return Promise.all([sized(main, this.process.inspector), ...workers.map(({ worker, inspector }) => sized(worker, inspector))]);
  }

  /** The worker as a target; the same one each time, since its epochs are counted in it. Rejects with NO_SUCH_THREAD. */
  async target(threadId: number): Promise<Target> {
    await this.enable();
    const session = [...this.sessions.values()].find(({ worker }) => worker.threadId === threadId);
    if (session === undefined) throw noSuchThread(this.process.identity.pid, threadId, this.names());
    session.target ??= new WorkerTarget(session.inspector, session.worker, this.process, () => this.leaving);
    return session.target;
  }

  /** Lets go of all workers: Node would keep our sessions in them when ours in the main thread ends. Never rejects. */
  async leave(): Promise<void> {
    this.leaving = true;
    const all = Promise.all([...this.sessions.values()].map(({ client }) => client.close()));
    await within(all, LEAVE_PATIENCE_MS, "leaving its worker threads").catch(() => {});
  }

  private names(): string[] {
    const workers = [...this.sessions.values()].map(({ worker }) => worker).sort((a, b) => a.threadId - b.threadId);
    return workers.map(({ threadId, name }) => (name === undefined ? String(threadId) : `${threadId} (${name})`));
  }

  /**
   * Opens a session in every worker there is and will be. They stay open as long as ours: leaving one would make its
   * worker number its objects anew.
   */
  private enable(): Promise<void> {
    this.enabling ??= this.open().catch((error) => {
      this.enabling = undefined;
      throw error;
    });
    return this.enabling;
  }

  private async open(): Promise<void> {
    const { inspector } = this.process;
    this.listen(inspector);
    // answered after a session was opened in each of them
    await within(inspector.send("NodeWorker.enable", { waitForDebuggerOnStart: false }), PATIENCE_MS, "asking for its worker threads");
  }

  private listen(inspector: Inspector): void {
    if (this.listening) return;
    this.listening = true;
    inspector.on("NodeWorker.attachedToWorker", (params) => this.attached(params));
    inspector.on("NodeWorker.detachedFromWorker", ({ sessionId }) => this.detached(String(sessionId)));
    inspector.on("NodeWorker.receivedMessageFromWorker", ({ sessionId, message }) =>
      this.sessions.get(String(sessionId))?.client.receive(String(message)),
    );
    void inspector.closed.then(() => {
      for (const id of [...this.sessions.keys()]) this.detached(id);
    });
  }

  private attached(params: Params): void {
    const { sessionId, workerInfo } = params as { sessionId: string; workerInfo: { title: string; url: string } };
    const { inspector } = this.process;
    const client = new WorkerClient(inspector, sessionId);
    const worker = identityOf(workerInfo);
    const over = inspectorOver(client, inspector.flow, `${workerText(worker)} ended`);
    this.sessions.set(sessionId, { worker, client, inspector: over, target: undefined });
  }

  private detached(sessionId: string): void {
    this.sessions.get(sessionId)?.client.disconnect();
    this.sessions.delete(sessionId);
  }
}

/** `worker 1 "thumbnailer"`; the name is not cleaned for a terminal. */
export function workerText({ threadId, name }: Pick<WorkerIdentity, "threadId" | "name">): string {
  return name === undefined ? `worker ${threadId}` : `worker ${threadId} ${JSON.stringify(name)}`;
}

/** The protocol's workerId counts sessions; the number that the program knows is in the title, `[worker 3] name`. */
function identityOf({ title, url }: { title: string; url: string }): WorkerIdentity {
  const [, threadId, name] = /^\[worker (\d+)\](?: (.*))?$/s.exec(title) ?? [];
  return {
    threadId: Number(threadId),
    name: name === undefined || name === "" || name === NO_NAME ? undefined : name,
    file: url === "" ? undefined : url.startsWith("file:") && URL.canParse(url) ? fileURLToPath(url) : url,
  };
}

async function sized(thread: WorkerIdentity, inspector: Inspector): Promise<Thread> {
  const asked = inspector.evaluate<number>("process.memoryUsage().heapUsed", { timeoutMs: SIZE_PATIENCE_MS });
  return { ...thread, heapUsed: await asked.catch(() => undefined) };
}

/** A worker as a target. Letting go of it lets go of its process. */
class WorkerTarget extends LiveIsolate implements Target {
  readonly gone: Promise<string>;
  private readonly process: Target;

  /** @param leaving whether the process is being let go, which ends the session of a worker that lives on. */
  constructor(inspector: Inspector, worker: WorkerIdentity, process: Target, leaving: () => boolean) {
    super(inspector, { ...process.identity, worker } satisfies TargetIdentity);
    this.process = process;
    const ended = inspector.closed.then(async (why) => (!leaving() && (await isOpen(process.inspector)) ? why : process.gone));
    this.gone = Promise.race([ended, process.gone]);
  }

  threads(): Promise<readonly Thread[]> {
    return this.process.threads();
  }

  thread(threadId: number): Promise<Target> {
    return this.process.thread(threadId);
  }

  /** The guard of the process heard of it when the worker was asked for. */
  protected needsTime(): void {}

  detach(): Promise<Detached> {
    return this.process.detach();
  }
}

/** A process that ends takes its workers along just before its own inspector closes. */
async function isOpen(inspector: Inspector): Promise<boolean> {
  const soon = new Promise<boolean>((resolve) => setTimeout(resolve, 100, true).unref());
  return Promise.race([soon, inspector.closed.then(() => false)]);
}

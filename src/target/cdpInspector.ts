// The wire: the only file that knows what chrome-remote-interface is like (socketClient.ts). It turns its callbacks into an Inspector whose every
// call ends (with an answer, a LeakhuntError, or the socket's end), and holds the socket back while a chunk is written.
import { setTimeout as sleep } from "node:timers/promises";
import { aborted, evaluationFailed, inspectorUnreachable, protocolRefused, targetGone, targetSilent } from "../errors.ts";
import type { EvaluateOptions, Flow, HeapSnapshotOptions, Inspector, SnapshotProgress } from "./inspector.ts";
import { Nudges } from "./nudges.ts";

type Params = Record<string, unknown>;

/**
 * Whatever carries protocol messages: a socket, or the session of a worker inside one. An answer that is an error
 * rejects with an Error that has a `request`; "disconnect" is emitted when nothing will be answered any more.
 */
export interface Client {
  send(method: string, params?: object): Promise<Params>;
  on(event: string, handler: (params: Params) => void): void;
  off(event: string, handler: (params: Params) => void): void;
  close(): Promise<void>;
}

/** What we use of a chrome-remote-interface client: less than its own types say, and the socket they hide. */
interface SocketClient extends Client {
  readonly _ws?: { readonly _socket?: { pause(): void; resume(): void }; terminate(): void };
}

interface Evaluated {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text?: string; readonly exception?: { readonly description?: string; readonly value?: unknown } };
}

type Connect = (options: object) => Promise<SocketClient>;

/** More than this much text waiting for the disk stops the socket, less than this lets it run again. */
const HIGH_WATER = 32 << 20;
const LOW_WATER = 4 << 20;

let connector: Promise<Connect> | undefined;

/** Importing chrome-remote-interface changes the order of DNS results for the whole process; that is put back. */
function loadConnector(): Promise<Connect> {
  connector ??= (async () => {
    const dns = await import("node:dns");
    const order = dns.getDefaultResultOrder();
    const library = await import("./socketClient.ts");
    dns.setDefaultResultOrder(order);
    return library.default as unknown as Connect;
  })();
  return connector;
}

/** Opens a ws:// url of an inspector. Rejects with INSPECTOR_UNREACHABLE. */
export async function connectInspector(address: { host: string; port: number; url: string }, timeoutMs = 5000): Promise<Inspector> {
  const connect = await loadConnector();
  const where = `${address.host}:${address.port}`;
  // an empty protocol saves reading the 1 MB description that only makes shorthands we do not use
  const opening = connect({ host: address.host, port: address.port, target: address.url, local: true, protocol: { domains: [] } });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(inspectorUnreachable(where)), timeoutMs);
  });
  try {
    const client = await Promise.race([opening, late]);
    const flow = { pause: () => client._ws?._socket?.pause(), resume: () => client._ws?._socket?.resume() };
    return inspectorOver(client, flow, "the connection to its inspector was closed", () => client._ws?.terminate());
  } catch (cause) {
    opening.then((client) => client.close()).catch(() => {});
    throw inspectorUnreachable(where, cause);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * An Inspector that speaks over a client.
 * @param flow that of the socket below.
 * @param lost why nothing is answered any more after the client's "disconnect".
 * @param terminate ends a client that does not close by itself.
 */
export function inspectorOver(client: Client, flow: Flow, lost: string, terminate: () => void = () => {}): Inspector {
  return new CdpInspector(client, flow, lost, terminate);
}

class CdpInspector implements Inspector {
  readonly closed: Promise<string>;
  readonly flow: Flow;
  private readonly client: Client;
  private readonly terminate: () => void;
  private readonly pending = new Set<(reason: Error) => void>();
  private readonly nudges: Nudges;
  private isPaused = false;
  private lastIsSaid = false;
  private over: string | undefined;
  private commandLineApi: Promise<boolean> | undefined;
  private closing: Promise<void> | undefined;
  private resolveClosed!: (reason: string) => void;

  constructor(client: Client, flow: Flow, lost: string, terminate: () => void) {
    this.client = client;
    this.flow = flow;
    this.terminate = terminate;
    this.closed = new Promise((resolve) => {
      this.resolveClosed = resolve;
    });
    client.on("disconnect", () => this.markClosed(lost));
    // Only a program that stands still at a stop is hurried: there a person waits, and one that runs gets no message that it could
    // do without.
    client.on("Debugger.paused", () => {
      this.isPaused = true;
    });
    client.on("Debugger.resumed", () => {
      this.isPaused = false;
    });
    this.nudges = new Nudges(
      () => client.send("Runtime.getIsolateId"),
      () => this.pending.size > 0,
    );
  }

  private markClosed(reason: string): void {
    this.over ??= reason;
    for (const reject of this.pending) reject(targetGone(this.over));
    this.pending.clear();
    this.nudges.end();
    this.resolveClosed(this.over);
  }

  send(method: string, params: object = {}): Promise<Params> {
    return new Promise((resolve, reject) => {
      if (this.over !== undefined || this.lastIsSaid) return reject(targetGone(this.over ?? "leakhunt is leaving it"));
      // V8 lets the program run on, and tells nobody.
      if (method === "Debugger.disable") this.isPaused = false;
      this.pending.add(reject);
      this.client.send(method, params).then(
        (answer) => {
          this.pending.delete(reject);
          resolve(answer);
        },
        (cause: unknown) => {
          // a broken socket is not reported here but by markClosed, which knows why
          if (!isRefusal(cause)) return;
          this.pending.delete(reject);
          // a program that waits for us to leave before it ends has no place left where code could run
          reject(
            /execution context|context with specified id/.test(cause.message)
              ? targetGone("it is coming to its end")
              : protocolRefused(method, cause.message, cause),
          );
        },
      );
      if (this.isPaused) this.nudges.begin();
    });
  }

  async evaluate<T>(expression: string, options: EvaluateOptions = {}): Promise<T> {
    const { timeoutMs = 10_000, awaitPromise = false } = options;
    const includeCommandLineAPI = options.includeCommandLineAPI === true && (await this.needsCommandLineApi(timeoutMs));
    const asked = this.send("Runtime.evaluate", { expression, includeCommandLineAPI, awaitPromise, returnByValue: true, silent: true });
    const answer = await within(asked, timeoutMs, "evaluating an expression");
    const { result, exceptionDetails: thrown } = answer as unknown as Evaluated;
    if (thrown !== undefined)
      throw evaluationFailed(firstLine(thrown.exception?.description ?? String(thrown.exception?.value ?? thrown.text)));
    return result.value as T;
  }

  /** The command line API gives `require`, but makes objects in the heap we look at; newer Node gives modules without it. */
  private needsCommandLineApi(timeoutMs: number): Promise<boolean> {
    const expression = "typeof process!=='object'||typeof process.getBuiltinModule!=='function'";
    this.commandLineApi ??= this.evaluate<boolean>(expression, { timeoutMs });
    this.commandLineApi.catch(() => {
      this.commandLineApi = undefined;
    });
    return this.commandLineApi;
  }

  on(event: string, handler: (params: Params) => void): () => void {
    this.client.on(event, handler);
    return () => this.client.off(event, handler);
  }

  async heapSnapshot(onChunk: (chunk: string) => void | Promise<void>, options: HeapSnapshotOptions = {}): Promise<void> {
    const { signal, onProgress } = options;
    const sink = new ChunkSink(onChunk, this.flow);
    const stopChunks = this.on("HeapProfiler.addHeapSnapshotChunk", (params) => sink.push((params as { chunk: string }).chunk));
    const stopProgress = this.on("HeapProfiler.reportHeapSnapshotProgress", (params) =>
      onProgress?.(params as unknown as SnapshotProgress),
    );
    const cancelled = new Promise<never>((_, reject) => {
      const cancel = (): void => reject(aborted("the snapshot"));
      signal?.addEventListener("abort", cancel, { once: true });
      if (signal?.aborted) cancel();
      if (signal?.aborted === true) reject(aborted("the snapshot"));
    });
    try {
      await Promise.race([this.requestSnapshot(options), cancelled, sink.failed]);
      await Promise.race([sink.drained(), cancelled]);
    } finally {
      stopChunks();
      stopProgress();
      sink.stop();
    }
  }

  private async requestSnapshot({ how, onProgress, numbers }: HeapSnapshotOptions): Promise<void> {
    const options = { reportProgress: onProgress !== undefined, captureNumericValue: numbers ?? true, exposeInternals: false };
    if (how !== "tracking") {
      await this.send("HeapProfiler.takeHeapSnapshot", options);
      return;
    }
    await this.send("HeapProfiler.startTrackingHeapObjects", { trackAllocations: false });
    await this.send("HeapProfiler.stopTrackingHeapObjects", options);
  }

  sendLast(method: string, params: object = {}): void {
    if (this.over !== undefined || this.lastIsSaid) return;
    this.lastIsSaid = true;
    this.nudges.end();
    this.client.send(method, params).catch(() => {});
  }

  close(why = "leakhunt closed the connection"): Promise<void> {
    // once only: a second close of chrome-remote-interface takes the answer away from the first
    this.closing ??= this.closeSocket(why);
    return this.closing;
  }

  private async closeSocket(why: string): Promise<void> {
    this.markClosed(why);
    const timer = setTimeout(this.terminate, 1000);
    await Promise.race([this.client.close().catch(() => {}), sleep(2000, undefined, { ref: false })]);
    clearTimeout(timer);
  }
}

/** Takes chunks one after the other, and stops the socket while too much text waits. */
class ChunkSink {
  readonly failed: Promise<never>;
  private fail!: (error: unknown) => void;
  private waiting = 0;
  private tail: Promise<void> = Promise.resolve();
  private stopped = false;
  private readonly take: (chunk: string) => void | Promise<void>;
  private readonly flow: Flow;

  constructor(take: (chunk: string) => void | Promise<void>, flow: Flow) {
    this.take = take;
    this.flow = flow;
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.failed.catch(() => {});
  }

  push(chunk: string): void {
    if (this.stopped) return;
    this.waiting += chunk.length;
    if (this.waiting > HIGH_WATER) this.flow.pause();
    this.tail = this.tail.then(async () => {
      if (this.stopped) return;
      await this.take(chunk);
      this.waiting -= chunk.length;
      if (this.waiting < LOW_WATER) this.flow.resume();
    });
    this.tail.catch(this.fail);
  }

  async drained(): Promise<void> {
    await Promise.race([this.tail, this.failed]);
  }

  stop(): void {
    this.stopped = true;
    this.flow.resume();
  }
}

/** The answer, or TARGET_SILENT after so many milliseconds. */
export async function within<T>(answer: Promise<T>, ms: number, what: string): Promise<T> {
  if (!Number.isFinite(ms)) return answer;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(targetSilent(what, ms)), ms);
  });
  answer.catch(() => {});
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A client marks an answer that is an error (as against a broken socket) by its `request`. */
function isRefusal(error: unknown): error is Error {
  return error instanceof Error && "request" in error;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

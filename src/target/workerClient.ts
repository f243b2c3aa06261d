// The session of one worker thread, as a client like a socket's: each message is a text inside a message of the main
// thread's inspector.
import type { Client } from "./cdpInspector.ts";
import type { Inspector } from "./inspector.ts";

type Params = Record<string, unknown>;

interface Message {
  readonly id?: number;
  readonly result?: Params;
  readonly error?: { readonly message: string };
  readonly method?: string;
  readonly params?: Params;
}

interface Waiting {
  readonly method: string;
  resolve(answer: Params): void;
  reject(error: unknown): void;
}

export class WorkerClient implements Client {
  private readonly process: Inspector;
  private readonly sessionId: string;
  private readonly waiting = new Map<number, Waiting>();
  private readonly handlers = new Map<string, Set<(params: Params) => void>>();
  private next = 1;

  constructor(process: Inspector, sessionId: string) {
    this.process = process;
    this.sessionId = sessionId;
  }

  send(method: string, params: object = {}): Promise<Params> {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { method, resolve, reject });
      const message = JSON.stringify({ id, method, params });
      this.process.send("NodeWorker.sendMessageToWorker", { sessionId: this.sessionId, message }).catch(() => this.disconnect());
    });
  }

  receive(text: string): void {
    const message = JSON.parse(text) as Message;
    if (message.id === undefined) {
      this.emit(message.method ?? "", message.params ?? {});
      return;
    }
    const asked = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error === undefined) asked?.resolve(message.result ?? {});
    else asked?.reject(Object.assign(new Error(message.error.message), { request: asked.method }));
  }

  /** The worker or its process is gone: the inspector above answers whatever is still asked. */
  disconnect(): void {
    this.waiting.clear();
    this.emit("disconnect", {});
  }

  on(event: string, handler: (params: Params) => void): void {
    const handlers = this.handlers.get(event) ?? new Set();
    this.handlers.set(event, handlers.add(handler));
  }

  off(event: string, handler: (params: Params) => void): void {
    this.handlers.get(event)?.delete(handler);
  }

  /** Ends the session for good: the worker numbers its objects anew. */
  async close(): Promise<void> {
    await this.process.send("NodeWorker.detach", { sessionId: this.sessionId }).catch(() => {});
  }

  private emit(event: string, params: Params): void {
    for (const handler of [...(this.handlers.get(event) ?? [])]) handler(params);
  }
}

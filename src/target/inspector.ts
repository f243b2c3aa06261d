// The one small thing the rest of leakhunt knows of a wire to a live V8. Only cdpInspector.ts implements it, over
// a socket or over the session of a worker in one (workers.ts); tests may put a stub here.

/** An expression for a builtin module inside the target, in CommonJS and ES modules; evaluate it with includeCommandLineAPI. */
export const builtin = (name: string): string => `(process.getBuiltinModule?process.getBuiltinModule('${name}'):require('${name}'))`;

export interface EvaluateOptions {
  /** Milliseconds to wait for the answer; 10,000 when left out. */
  readonly timeoutMs?: number;
  /** Gives the expression `require`, in CommonJS and in ES modules alike. */
  readonly includeCommandLineAPI?: boolean;
  /** Waits for a promise. Not answered while the event loop stands still, so off by default. */
  readonly awaitPromise?: boolean;
}

export interface SnapshotProgress {
  readonly done: number;
  readonly total: number;
}

export interface HeapSnapshotOptions {
  readonly signal?: AbortSignal;
  /** "take" asks for a snapshot; "tracking" gets one out of a target whose event loop does not turn (Node 22 and later). */
  readonly how?: "take" | "tracking";
  /** Whether nodes of numbers carry their values; true when left out. See CaptureOptions. */
  readonly numbers?: boolean | undefined;
  /**
   * How far V8 is in building the graph; not called in every version. Asking for it makes V8 before 13 count all live
   * objects first, which takes 7 % of the pause.
   */
  readonly onProgress?: ((progress: SnapshotProgress) => void) | undefined;
}

/** Stops and restarts all that comes over the wire, for whoever cannot take it as fast as it comes. */
export interface Flow {
  pause(): void;
  resume(): void;
}

export interface Inspector {
  /**
   * The value of an expression in the target, copied as JSON. Works in a busy loop: V8 answers between two
   * instructions. Rejects with EVALUATION_FAILED when it throws, TARGET_SILENT, TARGET_GONE.
   */
  evaluate<T>(expression: string, options?: EvaluateOptions): Promise<T>;
  /** One protocol command, as it stands. Rejects with PROTOCOL_REFUSED or TARGET_GONE; waits without end. */
  send(method: string, params?: object): Promise<Record<string, unknown>>;
  /** Listens to one protocol event; call the result to stop. */
  on(event: string, handler: (params: Record<string, unknown>) => void): () => void;
  /**
   * Streams the text of one snapshot in pieces, in order; resolves when V8 said it is complete and every piece was
   * taken. A handler that returns a promise holds the wire back, so nothing piles up here.
   */
  heapSnapshot(onChunk: (chunk: string) => void | Promise<void>, options?: HeapSnapshotOptions): Promise<void>;
  /** The last command over this connection, whose answer nobody awaits: whatever is sent afterwards is refused. Never throws. */
  sendLast(method: string, params?: object): void;
  /** Closes the socket; the inspector of the target stays as it is. `why` is what whoever waits for an answer is told. Never rejects. */
  close(why?: string): Promise<void>;
  /** Of the socket below, which several inspectors may share. */
  readonly flow: Flow;
  /** Resolves with a reason when the socket is gone, whoever closed it. */
  readonly closed: Promise<string>;
}

// The shape of a live process that leakhunt is attached to: the words that attach, capture and their callers share.
import type { AllocationMode, AllocationRecording } from "./allocations.ts";
import type { Inspector } from "./inspector.ts";

/** Which worker thread a target is. */
export interface WorkerIdentity {
  /** As worker_threads counts it: from 1, never given twice in a process. */
  readonly threadId: number;
  /** The name its Worker was given; not cleaned for a terminal. */
  readonly name: string | undefined;
  /** Path or url of its script; undefined for a text (`new Worker(text, { eval: true })`). */
  readonly file: string | undefined;
}

/** A thread of a process that runs JavaScript: 0 is the main thread. */
export interface Thread extends WorkerIdentity {
  /** Bytes; undefined when the thread did not answer at once. */
  readonly heapUsed: number | undefined;
}

export interface TargetIdentity {
  /** As this machine counts it; undefined when the target runs elsewhere. */
  readonly pid: number | undefined;
  /** Clock ticks since boot (/proc/PID/stat); undefined when the target runs elsewhere. */
  readonly startTime: string | undefined;
  /** "v24.1.0". */
  readonly nodeVersion: string;
  /** The arguments joined with blanks, as the process gave them: not cleaned for a terminal. */
  readonly command: string;
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** True when the inspector was closed before we came; then detach closes it again. */
  readonly openedByUs: boolean;
  /** When the process started, ISO 8601. */
  readonly startedAt: string;
  /** Undefined for the main thread. */
  readonly worker?: WorkerIdentity | undefined;
}

/** Bytes, as process.memoryUsage() counts them, and V8's own limit for the JavaScript heap. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  readonly heapTotal: number;
  readonly external: number;
  readonly arrayBuffers: number;
  readonly heapLimit: number;
  /** What keeps the event loop alive: sockets, timers, servers; undefined where Node does not tell. */
  readonly handles?: number | undefined;
}

/** What an earlier capture of the same target really cost; nodes 0 when nobody counted them. */
export interface PreviousCapture {
  readonly nodes: number;
  readonly heapUsed: number;
  readonly pauseMs: number;
  readonly fileBytes: number;
}

/** What a capture is expected to cost the target: an upper estimate, in milliseconds and bytes. */
export interface CaptureCost {
  readonly pauseMs: number;
  /** Memory of the target above what it uses now, at the worst moment. */
  readonly extraBytes: number;
  readonly fileBytes: number;
  /** What the tightest limit above the target leaves; Infinity when nobody knows. */
  readonly freeBytes: number;
  readonly limit: "cgroup" | "machine";
  readonly fits: boolean;
}

export interface CaptureProgress {
  readonly phase: "building graph" | "writing" | "receiving";
  readonly bytes: number;
  /** 0 to 1, where it can be told. */
  readonly fraction: number | undefined;
}

export interface CaptureOptions {
  readonly signal?: AbortSignal | undefined;
  /** Takes it even when it does not seem to fit into memory. */
  readonly force?: boolean | undefined;
  readonly previous?: PreviousCapture | undefined;
  readonly onProgress?: ((progress: CaptureProgress) => void) | undefined;
  /**
   * Whether the values of numbers are in the snapshot; true when left out. Without them the pause, the memory and the
   * file are smaller, by a tenth to a half, and V8 leaves out properties that hold small integers altogether.
   */
  readonly numbers?: boolean | undefined;
  /** Ask for one way; left out, a file is tried first. */
  readonly how?: "file" | "stream" | undefined;
}

export interface Captured {
  readonly path: string;
  readonly bytes: number;
  /** How long the target stood still, measured inside it for a file, on the wire for a stream. */
  readonly pauseMs: number;
  readonly how: "file" | "stream";
  /** True when object ids of this capture and the one before it can be compared. */
  readonly epochKept: boolean;
}

export interface Detached {
  /** Is the inspector closed now? */
  readonly closed: boolean;
  /** Why it was left open, as a sentence. */
  readonly note?: string;
}

/** A live isolate: the main thread of a process, or one of its workers. Object ids mean something inside one isolate only. */
export interface Target {
  readonly identity: TargetIdentity;
  /** Resolves with a sentence when the target ends or drops us. */
  readonly gone: Promise<string>;
  readonly inspector: Inspector;
  /** Answers in a busy loop too. Rejects with TARGET_SILENT when the target is blocked in native code. */
  memory(): Promise<Memory>;
  predict(previous?: PreviousCapture): Promise<CaptureCost>;
  /**
   * Writes one snapshot to `path` (mode 0600), which appears only when it is complete. Rejects with CAPTURE_TOO_BIG,
   * CAPTURE_STALLED, CAPTURE_FAILED, CANNOT_WRITE, TARGET_GONE or ABORTED, and then leaves no file behind.
   */
  capture(path: string, options?: CaptureOptions): Promise<Captured>;
  /** Are the object ids of the last capture still valid? False after any client of this inspector has left. */
  checkEpoch(): Promise<boolean>;
  /** A full collection. Rejects with TARGET_SILENT when the event loop does not turn for 15 s. */
  collectGarbage(): Promise<void>;
  /** Gets ready to record which code allocates what stays alive. Rejects with ALLOCATIONS_BUSY. Stop it before detaching. */
  recordAllocations(mode: AllocationMode): Promise<AllocationRecording>;
  /**
   * The threads of its process that run JavaScript, the main thread first; workers that were started by workers too.
   * Rejects with TARGET_SILENT when the main thread, which knows them, is blocked in native code.
   */
  threads(): Promise<readonly Thread[]>;
  /** A thread of its process: a target of its own, that is gone when the thread ends. Rejects with NO_SUCH_THREAD. */
  thread(threadId: number): Promise<Target>;
  /** Lets go of the whole process, of whichever thread this is called; closes the inspector if attaching opened it. Never rejects; a second call repeats the first answer. */
  detach(): Promise<Detached>;
}

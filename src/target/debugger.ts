// The shape of a target that can be stopped: where it stands, what is in scope, and moving on. Lines and columns count
// from 1, in the source a person wrote: where a script has a source map, positions are the original's.

/** A place in a program. */
export interface SourcePlace {
  /** Path of the file, as short as it can be said (relative to the target's working directory); `node:fs` for Node's own. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Frame {
  /** 0 is the innermost. */
  readonly index: number;
  /** "" for the outermost code of a script. */
  readonly functionName: string;
  readonly place: SourcePlace;
  /** The protocol's own name of the frame. Valid until the target moves on; the next stop may have the same names. */
  readonly callFrameId: string;
}

/** Calls that wait for an inner one to come to its end, as they were when they began to wait, innermost first. */
export interface AsyncCalls {
  /** What the inner one is to them, in the words of V8 and Node: "await", "Promise.then", "Timeout", "Immediate". */
  readonly description: string;
  readonly frames: readonly Pick<Frame, "functionName" | "place">[];
}

export interface FailedCondition {
  /** Of the breakpoint. */
  readonly number: number;
  /** What the condition threw, as a line of text. */
  readonly why: string;
}

/** Why and where the target stands still. */
export interface Stop {
  readonly reason: "debugger statement" | "breakpoint" | "exception" | "step" | "pause" | "other debugger";
  /** Numbers of our breakpoints that were hit. */
  readonly breakpoints: readonly number[];
  /** Those of them that stopped it because their condition threw. */
  readonly failed: readonly FailedCondition[];
  /** What was thrown, as a line of text, for "exception". */
  readonly exception: string | undefined;
  readonly frames: readonly Frame[];
  /** Who waits for the outermost frame, nearest first; undefined where nothing of that was recorded. */
  readonly callers: readonly AsyncCalls[] | undefined;
  /** Whether another client stopped it, or holds it too: then we resume nothing when we leave. */
  readonly others: boolean;
}

/** A value in the target, held by a handle of ours until `release`. */
export interface RemoteValue {
  /** As the protocol says: object, function, string, number, undefined, symbol, bigint, boolean. */
  readonly type: string;
  readonly subtype: string | undefined;
  /** Class name of an object. */
  readonly className: string | undefined;
  /** One line for a person. */
  readonly text: string;
  /** Undefined for primitives that have no identity in the heap. */
  readonly objectId: string | undefined;
}

export interface Variable {
  readonly name: string;
  readonly value: RemoteValue;
}

/** One scope of a frame, innermost first: "local", "block", "closure", "module", "script", "catch", "with", "eval". Never "global". */
export interface Scope {
  readonly kind: string;
  readonly variables: readonly Variable[];
}

export interface Breakpoint {
  readonly number: number;
  /** Where it was asked for, and where V8 put it; undefined while no script matches. */
  readonly asked: { readonly file: string; readonly line: number };
  readonly places: readonly SourcePlace[];
  readonly condition: string | undefined;
}

export type ExceptionMode = "none" | "uncaught" | "all";
export type Step = "next" | "step" | "out";

/** A target under our debugger. All rejections are LeakhuntErrors of one line. */
export interface Debugger {
  /** Undefined while the target runs. */
  readonly stop: Stop | undefined;
  /** Calls back at each stop, and with undefined when it moves on; call the result to end that. */
  onChange(handler: (stop: Stop | undefined) => void): () => void;
  /** @throws `USAGE` for a line that the file does not have. A file that is not loaded yet is waited for. */
  setBreakpoint(file: string, line: number, condition?: string): Promise<Breakpoint>;
  breakpoints(): readonly Breakpoint[];
  /** @throws `USAGE` for a number that is not there. */
  deleteBreakpoint(number: number): Promise<void>;
  stopOnExceptions(mode: ExceptionMode): Promise<void>;
  /** Records from now on who waits for whom, for `Stop.callers`. Breakpoints and stops at exceptions do that too. */
  recordCallers(): Promise<void>;
  /** @throws `NOT_STOPPED` while the target runs. */
  resume(): Promise<void>;
  /** Moves on and resolves when it stands still again. @throws `NOT_STOPPED`; ABORTED when the signal ends the waiting (the target runs on). */
  move(step: Step, signal?: AbortSignal): Promise<Stop>;
  /** Stops a running target. @throws `TARGET_SILENT` when it sits in native code and does not come to JavaScript. */
  pause(signal?: AbortSignal): Promise<Stop>;
  /** @throws `NOT_STOPPED`. */
  scopes(frame: Frame): Promise<readonly Scope[]>;
  /** Lines around a place, of the original source where there is one; `[]` when there is no source to be had. */
  source(place: SourcePlace, around: number): Promise<readonly { readonly line: number; readonly text: string }[]>;
  /**
   * Evaluates in a frame of the stop, or in the global scope. @throws `EVALUATION_FAILED` with what was thrown; names in
   * scope are told for a ReferenceError.
   */
  evaluate(expression: string, frame?: Frame): Promise<RemoteValue>;
  /** Lets go of all handles that evaluate() and scopes() left in the target. */
  release(): Promise<void>;
  /** Removes our breakpoints, lets go of all handles, and leaves the target as it was found: running, unless another client holds it. */
  close(): Promise<void>;
}

// Which code allocates what stays alive, told by V8's heap profiler: by samples, which costs little, or for every object,
// which costs a lot. Either way V8 names only the functions whose frames are really on the stack. A function that its
// compilers have put into its caller has none, and its caller gets the blame: so for as long as a recording lasts they are
// told not to inline, and afterwards all is as it was.
import { setTimeout as sleep } from "node:timers/promises";
import { allocationsBusy, LeakhuntError } from "../errors.ts";
import { guardAllocations } from "./allocationGuard.ts";
import { within } from "./cdpInspector.ts";
import { builtin, type Inspector } from "./inspector.ts";
import type { TargetIdentity } from "./target.ts";

/** By samples, or for every object. */
export type AllocationMode = "sampling" | "exact";

/** A function on a stack: where it begins, line and column from 1. `url` is "" for V8's own. */
export interface AllocationFrame {
  readonly name: string;
  readonly url: string;
  readonly line: number;
  readonly column: number;
}

/** What one stack has allocated since the recording began and is still alive. */
export interface SampledStack {
  /** Innermost first. */
  readonly frames: readonly AllocationFrame[];
  /** As estimated from the samples. */
  readonly bytes: number;
}

/** What there is to know of a recording. */
export interface RecordingFacts {
  /** Whether functions that V8 inlined count as their callers, because it could not be told not to. */
  readonly inlined: boolean;
}

/** A recording of one isolate. */
export interface AllocationRecording {
  /**
   * What is allocated from now on counts. Once only. Functions are no longer inlined, and for sampling the target is looked
   * at for a second how much it allocates. Rejects with TARGET_GONE.
   */
  begin(): Promise<RecordingFacts>;
  /** Live stacks by samples: exact only right after a collection. In exact mode every object's own is in the snapshots besides. */
  stacks(): Promise<readonly SampledStack[]>;
  /** Ends it. Never rejects; a target that does not answer is left to a guard. A second call repeats the first. */
  stop(): Promise<void>;
}

/** Bytes between two samples while nobody knows how much is allocated: V8's own default for DevTools. */
const FIRST_INTERVAL = 32 << 10;
const LEAST_INTERVAL = 1 << 10;
const MOST_INTERVAL = 256 << 10;
/** Where every allocation is followed, samples hardly matter. */
const EXACT_INTERVAL = 2 << 10;
/** A sample takes the target some microseconds, and memory while its object lives. */
const SAMPLES_PER_SECOND = 500;
const LOOK_MS = 1000;
const PATIENCE_MS = 5000;

/** Versions whose flags for inlining are known. In 20 only TurboFan inlines. */
const KNOWN = { first: 20, last: 26 };
const MAGLEV = 22;

interface ProfileNode {
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number; readonly columnNumber: number };
  readonly selfSize: number;
  readonly children: readonly ProfileNode[];
}

interface Profile {
  readonly head: ProfileNode;
  readonly samples: readonly { readonly ordinal?: number }[];
}

/**
 * A recording that has not begun; nothing in the target has changed yet. Rejects with ALLOCATIONS_BUSY when somebody else
 * samples it, TARGET_GONE, TARGET_SILENT.
 * @param onBegin called before anything is changed that a guard undoes after our death.
 */
export async function recordAllocations(
  inspector: Inspector,
  identity: TargetIdentity,
  mode: AllocationMode,
  onBegin: () => void,
): Promise<AllocationRecording> {
  if (await isSampled(inspector)) throw allocationsBusy();
  return new Recording(inspector, identity, mode, onBegin);
}

class Recording implements AllocationRecording {
  readonly #inspector: Inspector;
  readonly #identity: TargetIdentity;
  readonly #mode: AllocationMode;
  readonly #onBegin: () => void;
  readonly #flags: readonly string[];
  #guard: { done(): void; abandon(): void } | undefined;
  #inlined = true;
  #stopped: Promise<void> | undefined;

  constructor(inspector: Inspector, identity: TargetIdentity, mode: AllocationMode, onBegin: () => void) {
    this.#inspector = inspector;
    this.#identity = identity;
    this.#mode = mode;
    this.#onBegin = onBegin;
    this.#flags = inliningFlags(identity.nodeVersion);
  }

  async begin(): Promise<RecordingFacts> {
    const inspector = this.#inspector;
    this.#onBegin();
    this.#guard = guardAllocations(this.#identity, this.#flags.length > 0 ? allow(this.#flags) : undefined);
    if (this.#flags.length > 0) this.#inlined = !(await inspector.evaluate<boolean>(forbid(this.#flags), MODULES).catch(ignoreRefusal));
    if (!this.#inlined) await this.#forgetCode();
    const samplingInterval = this.#mode === "exact" ? await sleep(LOOK_MS / 2, EXACT_INTERVAL) : await this.#lookAround();
    // A compilation that was under way when the flags changed has come to its end by now, with what it had inlined.
    if (!this.#inlined) await this.#forgetCode();
    await inspector.send("HeapProfiler.startSampling", { samplingInterval });
    if (this.#mode === "exact") await inspector.send("HeapProfiler.startTrackingHeapObjects", { trackAllocations: true });
    return { inlined: this.#inlined };
  }

  async stacks(): Promise<readonly SampledStack[]> {
    const { profile } = (await this.#inspector.send("HeapProfiler.getSamplingProfile")) as unknown as { profile: Profile };
    return stacksOf(profile.head);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    if (this.#guard === undefined) return;
    const inspector = this.#inspector;
    try {
      await within(inspector.send("HeapProfiler.stopSampling"), PATIENCE_MS, "ending the recording").catch(ignoreRefusal);
      // Ending the tracking of objects would make V8 write one more snapshot; ending all of the profiler does not.
      if (this.#mode === "exact") await within(inspector.send("HeapProfiler.disable"), PATIENCE_MS, "ending the recording");
      if (!this.#inlined) {
        await inspector.evaluate(allow(this.#flags), { ...MODULES, timeoutMs: PATIENCE_MS });
        await within(this.#forgetCode(), PATIENCE_MS, "ending the recording");
      }
      this.#guard.done();
    } catch {
      // it is gone, or the guard will see to it
      this.#guard.abandon();
    }
  }

  /** Bytes between two samples, so that they cost little and are enough. */
  async #lookAround(): Promise<number> {
    const inspector = this.#inspector;
    await inspector.send("HeapProfiler.startSampling", { samplingInterval: FIRST_INTERVAL });
    const began = performance.now();
    await sleep(LOOK_MS);
    const { profile } = (await inspector.send("HeapProfiler.stopSampling")) as unknown as { profile: Profile };
    const seconds = (performance.now() - began) / 1000;
    // Samples are numbered as they are taken, those of dead objects too.
    const taken = profile.samples.reduce((most, { ordinal = 0 }) => Math.max(most, ordinal), 0);
    const perSecond = (taken * FIRST_INTERVAL) / seconds;
    return Math.round(Math.min(MOST_INTERVAL, Math.max(LEAST_INTERVAL, perSecond / SAMPLES_PER_SECOND)));
  }

  /** Makes V8 compile anew what it has optimised: exact counts of calls need that, so asking for them does it. */
  async #forgetCode(): Promise<void> {
    for (const [method, params] of FORGET_CODE) await this.#inspector.send(method, params).catch(ignoreRefusal);
  }
}

/** The protocol commands that make V8 throw its optimised code away. */
export const FORGET_CODE: readonly (readonly [string, object])[] = [
  ["Profiler.enable", {}],
  ["Profiler.startPreciseCoverage", { callCount: true, detailed: false }],
  ["Profiler.stopPreciseCoverage", {}],
  ["Profiler.disable", {}],
];

const MODULES = { includeCommandLineAPI: true } as const;

/** V8's flags for inlining, without their dashes; none for versions whose flags we do not know. */
function inliningFlags(nodeVersion: string): string[] {
  const major = Number.parseInt(nodeVersion.slice(1), 10);
  if (!(major >= KNOWN.first && major <= KNOWN.last)) return [];
  return major >= MAGLEV ? ["turbo-inlining", "maglev-inlining"] : ["turbo-inlining"];
}

/** An expression that is true when inlining was on and is off now. Programs that were started with flags of their own keep them. */
function forbid(flags: readonly string[]): string {
  const own = "/inlin|no-opt|jitless|no-turbofan|no-maglev/.test([...process.execArgv,process.env.NODE_OPTIONS].join(' '))";
  const set = flags.map((flag) => `v8.setFlagsFromString('--no-${flag}')`).join(";");
  return `(()=>{if(${own}||process.env.NODE_V8_COVERAGE)return false;const v8=${builtin("v8")};${set};return true})()`;
}

function allow(flags: readonly string[]): string {
  return `(()=>{const v8=${builtin("v8")};${flags.map((flag) => `v8.setFlagsFromString('--${flag}')`).join(";")}})()`;
}

/** Whether V8 samples this isolate already, for a profiler inside the program or another client. */
async function isSampled(inspector: Inspector): Promise<boolean> {
  const asked = inspector.send("HeapProfiler.getSamplingProfile");
  return within(asked, PATIENCE_MS, "asking for its heap profiler").then(
    () => true,
    (error: unknown) => {
      ignoreRefusal(error);
      return false;
    },
  );
}

function ignoreRefusal(error: unknown): false {
  if (error instanceof LeakhuntError && (error.code === "PROTOCOL_REFUSED" || error.code === "EVALUATION_FAILED")) return false;
  throw error;
}

function stacksOf(head: ProfileNode): SampledStack[] {
  const stacks: SampledStack[] = [];
  const look = ({ callFrame, selfSize, children }: ProfileNode, callers: readonly AllocationFrame[]): void => {
    const { functionName, url, lineNumber, columnNumber } = callFrame;
    const frames = [{ name: functionName, url, line: lineNumber + 1, column: columnNumber + 1 }, ...callers];
    if (selfSize > 0) stacks.push({ frames, bytes: selfSize });
    for (const child of children) look(child, frames);
  };
  for (const child of head.children) look(child, []);
  return stacks;
}

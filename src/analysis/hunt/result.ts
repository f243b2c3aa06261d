// What a hunt says, as plain values: the contract of `hunt --json`, of the report and of `leakhunt/test`.

import type { SourcePlace } from "../../graph/scripts.ts";
import type { RetainingPath } from "../paths.ts";
import type { ObjectSummary } from "../summary.ts";

export type HuntVerdict = "leak" | "no leak" | "undecided";

/** One snapshot of a hunt. */
export interface HuntRound {
  /** From 1. */
  readonly round: number;
  /** Seconds since the first round. */
  readonly seconds: number;
  /** The source that other commands take for it: `snapshot 3`, or a file. */
  readonly snapshot: string;
  /** How long the target stood still for it; undefined for files. */
  readonly pauseMs: number | undefined;
  /** Shallow bytes of all that is reachable, and the objects of it that a program can name. */
  readonly heapBytes: number;
  readonly objects: number;
}

/** Cheap counters of the process, read between rounds. Bytes. */
export interface Counters {
  /** Seconds since the first reading. */
  readonly seconds: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly heapTotal: number;
  readonly external: number;
  readonly arrayBuffers: number;
  /** Active handles and requests, where Node tells them. */
  readonly handles: number | undefined;
}

/** How a suspect is held, in a Node developer's words; decides the advice. */
export type SuspectKind =
  | "map"
  | "set"
  | "array"
  | "dictionary"
  | "listener"
  | "timer"
  | "promise"
  | "async context"
  | "list"
  | "closure chain"
  | "weak map"
  | "module cache"
  | "handle"
  | "buffer"
  | "text"
  | "code"
  | "object";

/** A type that grows, and how fast. */
export interface GrowingType {
  readonly type: string;
  /** `lib/store.js:17`, where its class or function was defined. */
  readonly location: string | undefined;
  /** The same in full. */
  readonly place?: SourcePlace | undefined;
  /** In the last round. */
  readonly count: number;
  /** Since the first round: objects, and their shallow bytes. */
  readonly delta: number;
  readonly bytesDelta: number;
}

/** The long-lived object that things pile up in. */
export interface Holder {
  /** As one would type it: `SessionStore.byId`, `cache`, `feed.on("tick")`, `active timers`. Heap text. */
  readonly name: string;
  /** Undefined when a root itself holds them. */
  readonly object: ObjectSummary | undefined;
  /** Script (and line, where known) that the holder belongs to. */
  readonly location: string | undefined;
  /** The same in full; line 0 stands for the whole script. */
  readonly place?: SourcePlace | undefined;
  /** The npm package that script lies in; undefined for the program itself. */
  readonly package: string | undefined;
  /** What holds the holder, for holders of the same kind that gain together (an inner map per tenant): how many there are. */
  readonly alike: number;
}

/** A place in the source that has to do with a suspect. */
export interface Place {
  /** "class", "function", "holder", "module", "allocated". */
  readonly role: "class" | "function" | "holder" | "module" | "allocated";
  /** `Session`, `openSession()`. Heap text. */
  readonly name: string;
  /** `lib/store.js:17`; the original file where a source map tells. */
  readonly location: string;
  /** The same in full; line 0 stands for the whole script. */
  readonly place?: SourcePlace | undefined;
  readonly package: string | undefined;
}

/** A function on the way to an allocation. */
export interface AllocationFrame {
  /** `openSession`, or `(anonymous)`. Heap text. */
  readonly name: string;
  /**
   * `lib/store.js:21`: the line that calls the next inner function, or allocates, where the source shows only one that does;
   * else the line where the function begins. The original file where a source map tells.
   */
  readonly location: string;
  /** The same in full. */
  readonly place: SourcePlace;
  /** The function or class that it called next on the way to the allocation, where one is known. */
  readonly calls?: string | undefined;
}

/** Where survivors were allocated (`--allocations`). */
export interface AllocationSite {
  /** Functions of the program and its packages, innermost first. */
  readonly frames: readonly AllocationFrame[];
  /** Live bytes that came since the first round: as sampled; or those of the survivors themselves, counted. */
  readonly bytes: number;
  /** Survivors with this stack, where all objects were followed (`--allocations exact`). */
  readonly objects?: number | undefined;
}

/** A holder with its evidence. */
export interface Suspect {
  /** 1 is what keeps most. */
  readonly number: number;
  /** The same in another hunt of the same leak. */
  readonly fingerprint: string;
  readonly kind: SuspectKind;
  /** What gathers, by its most telling name. */
  readonly type: string;
  readonly location: string | undefined;
  /** The same in full. */
  readonly place?: SourcePlace | undefined;
  /** Whether it was found by its objects or by the bytes of a steady number of objects. */
  readonly measure: "objects" | "bytes";
  /** Objects (or bytes, by `measure`) in each round, oldest first. */
  readonly series: readonly number[];
  /** Rounds (after the first) in which it grew, of those there were. */
  readonly grewIn: number;
  readonly of: number;
  /** Since the first round: objects of `type`, and bytes with all that they keep alive. */
  readonly objects: number;
  readonly bytes: number;
  /** Undefined when the rounds have no times. */
  readonly objectsPerSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
  /** Objects per run of `--load`. */
  readonly objectsPerRun: number | undefined;
  /** Of all that the heap gained: 0 to 1. */
  readonly share: number;
  readonly holder: Holder;
  /** Types that grow with it, the direct ones first: what the holder holds, then what that keeps alive. */
  readonly gathers: readonly GrowingType[];
  /** From a root to one of the objects that gathered. */
  readonly path: RetainingPath | undefined;
  readonly example: ObjectSummary | undefined;
  /** Other holders that would keep the same objects. */
  readonly alsoHeldBy: readonly string[];
  readonly where: readonly Place[];
  readonly allocatedAt: readonly AllocationSite[];
  /** One sentence of what to do about this kind. */
  readonly advice: string;
  /** PNG that was written for it. */
  readonly picture: string | undefined;
}

/** Something that grew, or looked like it, and is not accused. */
export interface Cleared {
  readonly name: string;
  readonly type: string;
  readonly series: readonly number[];
  readonly why: "steady" | "replaced" | "full" | "fills up" | "falls back" | "passing" | "V8" | "too little" | "still open";
}

/** Growth of the process beside its JavaScript heap. Bytes per second. */
export interface OffHeap {
  readonly rss: number;
  readonly heap: number;
  /** Of which `external` and array buffers, which JavaScript objects own. */
  readonly external: number;
  readonly arrayBuffers: number;
  /** What none of them explains. */
  readonly outside: number;
  /** Whether `outside` rises so steadily and so far that it is a finding of its own. */
  readonly grows: boolean;
  /** Native memory that V8 names, by owner, and what it gained since the first round. */
  readonly native: readonly { readonly name: string; readonly bytes: number; readonly delta: number }[];
}

/** Everything a hunt found. */
export interface HuntResult {
  readonly verdict: HuntVerdict;
  /** The verdict as one sentence, with its reason. */
  readonly conclusion: string;
  /** Why there were no more rounds. */
  readonly stopped: string;
  readonly target: string;
  readonly rounds: readonly HuntRound[];
  readonly heap: {
    /** Bytes that the reachable heap gained from the first round to the last. */
    readonly delta: number;
    readonly perSecond: number | undefined;
  };
  readonly suspects: readonly Suspect[];
  /** With `--allocations`: stacks whose survivors became more, and that belong to no suspect for sure. */
  readonly allocations?: readonly AllocationSite[] | undefined;
  readonly cleared: readonly Cleared[];
  readonly offHeap: OffHeap | undefined;
  readonly counters: readonly Counters[];
  readonly notes: readonly string[];
}

// `hunt --allocations`: which code allocated the survivors. A recording goes along with the rounds; at the end its stacks
// are told apart by suspect.

import { growingSites, type RawStack, type Site, shareOut, sitesFor, sitesOf } from "../analysis/hunt/allocations.ts";
import type { GrowthHunt, Judgement } from "../analysis/hunt/growthHunt.ts";
import type { AllocationSite } from "../analysis/hunt/result.ts";
import { LeakhuntError } from "../errors.ts";
import { readTraces, type Traces } from "../snapshot/traces.ts";
import type { AllocationMode, AllocationRecording, RecordingFacts, SampledStack } from "../target/allocations.ts";
import { toChoice } from "./options.ts";
import type { Live, Session } from "./session.ts";
import type { Loaded } from "./shelf.ts";
import type { OptionSpec, Options } from "./verb.ts";

/** Sites of the suspects, by their position, and of no suspect in particular. */
export interface Attributed {
  readonly of: readonly (readonly AllocationSite[])[];
  /** Undefined where every object was followed. */
  readonly others: readonly AllocationSite[] | undefined;
  /** What a reader must know to take them for what they are. */
  readonly notes: readonly string[];
}

export const allocationsOption: OptionSpec = {
  flags: "--allocations [how]",
  help: "also say which code allocated what stays: by sampling (when nothing is said; costs mixed work about 3 %, see README), or exact (every object; mixed work takes 6 to 10 times as long)",
  parse: toChoice("--allocations", ["sampling", "exact"]),
};

/** What a recording costs the target, as measured by bench/allocation-costs.mjs on Node 20 to 26. */
const COST: Readonly<Record<AllocationMode, string>> = {
  sampling:
    "recording allocations by sampling: until the hunt is over the target takes about 3 % more processor time for mixed work, 2.5 times as much where it does nothing but allocate, 5.5 times where it does nothing but call small functions, which V8 is told not to inline meanwhile",
  exact:
    "recording every allocation: until the hunt is over the target takes 6 to 10 times as much processor time for mixed work, up to 200 times where it does nothing but allocate, and its memory grows; for a busy process take --allocations sampling",
};

/** A recording beside the rounds of a hunt. */
export class Allocations {
  readonly mode: AllocationMode;
  readonly #recording: AllocationRecording;
  readonly #looks: (readonly SampledStack[])[] = [];
  #facts: RecordingFacts | undefined;
  #lost: string | undefined;

  private constructor(mode: AllocationMode, recording: AllocationRecording) {
    this.mode = mode;
    this.#recording = recording;
  }

  /** Gets ready, after saying what it costs; undefined when nobody asked for it. Rejects with ALLOCATIONS_BUSY, NOT_RECORDED. */
  static async start(session: Session, live: Live, options: Options): Promise<Allocations | undefined> {
    const asked = options["allocations"];
    if (asked === undefined || asked === false) return undefined;
    const mode: AllocationMode = asked === "exact" ? "exact" : "sampling";
    const recording = await live.held.recordAllocations(mode);
    session.notice(COST[mode]);
    return new Allocations(mode, recording);
  }

  /** After each round: the first begins the recording, the later ones look at what is alive. Never rejects. */
  async round(): Promise<void> {
    try {
      if (this.#facts) this.#looks.push(await this.#recording.stacks());
      else this.#facts = await this.#recording.begin();
    } catch (error) {
      this.#lost ??= error instanceof LeakhuntError ? error.message : String(error);
    }
  }

  /** Never rejects. */
  stop(): Promise<void> {
    return this.#recording.stop();
  }

  /** The sites of each finding. @param round the last round's snapshot; undefined when its process has gone. */
  attribute({ findings }: Judgement, hunt: GrowthHunt, round: { loaded: Loaded; file: string } | undefined): Attributed {
    const notes = ["memory outside the heap was not judged: recording allocations takes some itself"];
    if (this.#lost !== undefined) notes.push(`allocations were not recorded to the end: ${this.#lost}`);
    if (this.#facts?.inlined) notes.push("functions that V8 has inlined count as their callers in the stacks of allocations");
    const display = (url: string): string => round?.loaded.graph.scripts.display(url) ?? url;
    const shown = (sites: readonly Site[]): AllocationSite[] => sites.map((site) => siteValue(site, display));
    const sampled = shareOut(findings, growingSites(this.#looks));
    if (this.mode === "sampling") return { of: sampled.of.map(shown), others: shown(sampled.others), notes };
    const survivors = findings.map(({ number }) => hunt.survivors(number));
    const exact = exactStacks(round, survivors);
    const of = findings.map((finding, i) => {
      const stacks = exact.of[i];
      return shown(stacks === undefined ? (sampled.of[i] ?? []) : sitesFor(finding, sitesOf(stacks)));
    });
    return { of, others: undefined, notes: [...notes, ...exact.notes] };
  }
}

/** When V8 lost most stacks, what is left of them is often another object's that had been at the same address. */
const ENOUGH_KNOWN = 0.2;
const STACKS_LOST =
  "V8 has lost the stacks of most survivors while it moved them (Node 22 does; in others code that was optimised before): sampled stacks instead";

/** Of each group of nodes its stacks; undefined for those of which V8 has lost too many. */
function exactStacks(
  round: { loaded: Loaded; file: string } | undefined,
  groups: readonly Uint32Array[],
): { of: (RawStack[] | undefined)[]; notes: string[] } {
  const all = [...new Set(groups.flatMap((nodes) => [...nodes]))].sort((a, b) => a - b);
  try {
    const traces = round && readTraces(round.file, all);
    const idOf = new Map(all.map((node, i) => [node, traces?.ids[i] ?? 0]));
    const of = groups.map((nodes) => {
      const known = nodes.filter((node) => idOf.get(node) !== 0);
      if (!round || !traces || known.length < ENOUGH_KNOWN * nodes.length) return undefined;
      return stacksOf(known, (node) => idOf.get(node) as number, traces, round.loaded.graph.columns.nodeSelfSize);
    });
    return { of, notes: of.includes(undefined) ? [STACKS_LOST] : [] };
  } catch (error) {
    // What the heap itself has told is worth more than where it came from.
    if (!(error instanceof LeakhuntError)) throw error;
    return { of: [], notes: [error.message] };
  }
}

function stacksOf(nodes: Uint32Array, idOf: (node: number) => number, { stack }: Traces, sizes: ArrayLike<number>): RawStack[] {
  const byId = new Map<number, { objects: number; bytes: number }>();
  for (const node of nodes) {
    const { objects, bytes } = byId.get(idOf(node)) ?? { objects: 0, bytes: 0 };
    byId.set(idOf(node), { objects: objects + 1, bytes: bytes + (sizes[node] as number) });
  }
  return [...byId].map(([id, amount]) => ({ frames: stack(id), ...amount }));
}

function siteValue({ frames, bytes, objects }: Site, display: (url: string) => string): AllocationSite {
  return {
    frames: frames.map(({ name, url, line, column, calls }) => ({
      name: name === "" ? "(anonymous)" : name,
      location: `${display(url)}:${line}`,
      place: { url, line, column },
      calls,
    })),
    bytes: Math.round(bytes),
    ...(objects === undefined ? {} : { objects }),
  };
}

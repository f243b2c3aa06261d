// All verbs, in the order in which help lists them. Each is a file that is loaded when somebody wants it: the command line needs one
// of them, and to load them all takes as long as many an answer.

import type { Verb } from "./verb.ts";

const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  ps: async () => (await import("./ps.ts")).psVerb,
  hunt: async () => (await import("./hunt.ts")).huntVerb,
  check: async () => (await import("./check.ts")).checkVerb,
  threads: async () => (await import("./threads.ts")).threadsVerb,
  children: async () => (await import("./threads.ts")).childrenVerb,
  snapshot: async () => (await import("./snapshot.ts")).snapshotVerb,
  common: async () => (await import("./types.ts")).commonVerb,
  count: async () => (await import("./types.ts")).countVerb,
  ls: async () => (await import("./types.ts")).lsVerb,
  growth: async () => (await import("./growth.ts")).growthVerb,
  mark: async () => (await import("./marks.ts")).markVerb,
  new: async () => (await import("./types.ts")).newVerb,
  diff: async () => (await import("./diff.ts")).diffVerb,
  statistics: async () => (await import("./diff.ts")).statisticsVerb,
  show: async () => (await import("./objects.ts")).showVerb,
  path: async () => (await import("./objects.ts")).pathVerb,
  backrefs: async () => (await import("./pictures.ts")).backrefsVerb,
  refs: async () => (await import("./pictures.ts")).refsVerb,
  leaking: async () => (await import("./objects.ts")).leakingVerb,
  detach: async () => (await import("./hunts.ts")).detachVerb,
  hunts: async () => (await import("./hunts.ts")).huntsVerb,
  clean: async () => (await import("./hunts.ts")).cleanVerb,
};

/** Every verb. */
export function allVerbs(): Promise<Verb[]> {
  return Promise.all(Object.values(VERBS).map((load) => load()));
}

/** The verb of this name, or undefined when there is none. */
export async function verbNamed(name: string): Promise<Verb | undefined> {
  return Object.hasOwn(VERBS, name) ? VERBS[name]?.() : undefined;
}

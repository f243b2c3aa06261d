// All verbs, in the order in which help lists them.

import { checkVerb } from "./check.ts";
import { diffVerb, statisticsVerb } from "./diff.ts";
import { growthVerb } from "./growth.ts";
import { huntVerb } from "./hunt.ts";
import { cleanVerb, detachVerb, huntsVerb } from "./hunts.ts";
import { markVerb } from "./marks.ts";
import { leakingVerb, pathVerb, showVerb } from "./objects.ts";
import { backrefsVerb, refsVerb } from "./pictures.ts";
import { psVerb } from "./ps.ts";
import { snapshotVerb } from "./snapshot.ts";
import { childrenVerb, threadsVerb } from "./threads.ts";
import { commonVerb, countVerb, lsVerb, newVerb } from "./types.ts";
import type { Verb } from "./verb.ts";

export const VERBS: readonly Verb[] = [
  psVerb,
  huntVerb,
  checkVerb,
  threadsVerb,
  childrenVerb,
  snapshotVerb,
  commonVerb,
  countVerb,
  lsVerb,
  growthVerb,
  markVerb,
  newVerb,
  diffVerb,
  statisticsVerb,
  showVerb,
  pathVerb,
  backrefsVerb,
  refsVerb,
  leakingVerb,
  detachVerb,
  huntsVerb,
  cleanVerb,
];

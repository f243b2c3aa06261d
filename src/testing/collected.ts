// Is this object ever collected: garbage is collected a few times, with real time in between, and who holds on is told.

import type { PathResult } from "../analysis/paths.ts";
import { inquire } from "../breakpoint/ask.ts";
import type { Evidence } from "../breakpoint/request.ts";
import { usage } from "../errors.ts";
import { LeakFound } from "./found.ts";
import { collectGarbage, pause } from "./garbage.ts";
import { type PictureChoice, pictureFile } from "./picture.ts";

export interface CollectedOptions {
  /** Milliseconds in which the object may still be let go, by a timer or a closing socket. Default 1000. */
  readonly within?: number | undefined;
  /** Where the picture of what holds it goes; false for none. */
  readonly picture?: PictureChoice;
}

/** A WeakRef, or a function that makes an object (or a promise of one) and keeps nothing. */
export type Collectable = WeakRef<WeakKey> | (() => unknown);

const FIRST_WAIT_MS = 10;

/**
 * Resolves when the object has been collected.
 *
 * Whoever made the object must not hold it any more: a variable of an async function lives until that function ends, so
 * make the object in a function of its own, or hand that function over.
 * @throws LeakFound (rejects) with the retaining path when it is still there; LeakhuntError `USAGE` for anything else than a `Collectable`.
 */
export async function expectCollected(target: Collectable, options: CollectedOptions = {}): Promise<void> {
  const evidence = await whyAlive(target, options);
  if (evidence) throw new LeakFound(evidence);
}

/** Why the object is alive; undefined when it was collected. Without a `result` only the waiting caller holds it. */
export async function whyAlive(target: Collectable, options: CollectedOptions = {}): Promise<Evidence<PathResult | undefined> | undefined> {
  const { within = 1000 } = options;
  const filename = pictureFile(options.picture);
  const ref = await refOf(target);
  const began = performance.now();
  for (let waitMs = FIRST_WAIT_MS; ; waitMs *= 2) {
    await collectGarbage();
    if (ref.deref() === undefined) return undefined;
    const left = within - (performance.now() - began);
    if (left <= 0) break;
    await pause(Math.min(waitMs, left));
  }
  return ask(ref, filename);
}

/** In a call of its own, so that nothing of ours holds the object over a turn of the event loop. */
function ask(ref: WeakRef<WeakKey>, filename: string | undefined): Evidence<PathResult | undefined> | undefined {
  const object = ref.deref();
  if (object === undefined) return undefined;
  const about = { subjects: [object], mayBeList: false };
  const { answer } = inquire({ question: "held", options: { filename }, show: false, about });
  return answer.value as Evidence<PathResult | undefined>;
}

/** The realm of the reference may be another one: Jest runs each test file in its own. */
async function refOf(target: unknown): Promise<WeakRef<WeakKey>> {
  if (Object.prototype.toString.call(target) === "[object WeakRef]") return target as WeakRef<WeakKey>;
  if (typeof target !== "function") throw usage("only a WeakRef, or a function that makes an object, can be waited for", HINT);
  return weaken(await (target as () => unknown)());
}

const HINT = "await expectCollected(new WeakRef(x)), where x is no variable of a function that still runs";

function weaken(made: unknown): WeakRef<WeakKey> {
  if ((typeof made !== "object" || made === null) && typeof made !== "function")
    throw usage(
      `the function made ${made === null ? "null" : `a value of type ${typeof made}`}, which is never collected`,
      "return an object",
    );
  return new WeakRef(made as WeakKey);
}

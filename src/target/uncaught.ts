// Whether anybody catches what is thrown. V8 predicts it, and is often wrong about ES modules: Node evaluates them inside
// a `try` of its own, so whatever leaves a module counts as caught (Node 20 to 26). Here the calls that led to the throw
// are followed outwards, also where they wait for each other, until somebody catches, or Node is all that is left.
import type { RawAsyncTrace, RawLocation, RawPause } from "./protocol.ts";
import type { Scripts } from "./scripts.ts";
import type { Surroundings } from "./syntax.ts";

/** "unknown": code that nothing is known of is in between. */
export type Catcher = "nobody" | "somebody" | "unknown";

interface Trace {
  /** How V8 calls the way into it; undefined for the calls that are under way. */
  readonly description: string | undefined;
  readonly places: readonly RawLocation[];
}

/** What the next call outwards gets: an exception, a promise that is rejected, or a module that could not be evaluated. */
type Outcome = "throws" | "rejects" | "no module";

/** Who catches the exception of this pause. Needs the stacks of async calls; they may have this many traces. */
export async function catcherOf(pause: RawPause, scripts: Scripts, mostTraces: number): Promise<Catcher> {
  const traces = tracesOf(pause);
  if (traces.length > mostTraces) return "unknown";
  let outcome: Outcome = "throws";
  for (const [index, { description, places }] of traces.entries()) {
    // a callback of something else: whoever called it is not among the traces
    if (index > 0 && outcome !== "no module" && (description !== "await" || outcome !== "rejects")) return "unknown";
    for (const place of places) {
      if (scripts.isInternal(place.scriptId)) {
        if (outcome === "no module") continue;
        return "unknown";
      }
      // `require` of a module throws; `import()` gives a promise
      const importing: boolean = outcome === "no module" && index > 0;
      if (outcome === "no module") outcome = importing ? "rejects" : "throws";
      const around = await scripts.surroundings(place, importing);
      const next: Outcome | "somebody" | "unknown" = around === undefined ? "unknown" : beyond(around, outcome);
      if (next === "somebody" || next === "unknown") return next;
      outcome = next;
    }
  }
  return outcome === "no module" ? "nobody" : "unknown";
}

function tracesOf({ callFrames, asyncStackTrace }: RawPause): Trace[] {
  const traces: Trace[] = [{ description: undefined, places: callFrames.map(({ location }) => location) }];
  for (let trace: RawAsyncTrace | undefined = asyncStackTrace; trace !== undefined; trace = trace.parent)
    traces.push({ description: trace.description, places: trace.callFrames });
  return traces;
}

/** What becomes of an outcome that reaches a call. */
function beyond({ call, caught, kind }: Surroundings, outcome: "throws" | "rejects"): Outcome | "somebody" | "unknown" {
  if (call?.rejects === "maybe") return "unknown";
  if (outcome === "rejects" || call?.rejects === "yes") {
    if (call?.use === "handled") return "somebody";
    if (call?.use === "returned") return "rejects";
    if (call?.use !== "awaited") return "unknown";
  }
  if (caught) return "somebody";
  switch (kind) {
    case "function":
      return "throws";
    case "async function":
      return "rejects";
    case "async generator":
      return "unknown";
    default:
      return "no module";
  }
}

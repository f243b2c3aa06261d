// Moving on: continue, next, step, out, pause. Each comes back with the next stop, as in gdb and pdb; Ctrl-C stops the
// program where it is.

import { defineVerb, type Verb } from "../../commands/verb.ts";
import { aborted, LeakhuntError } from "../../errors.ts";
import { type StopValue, stopText } from "../../report/stopText.ts";
import type { Debugger, Step, Stop } from "../../target/debugger.ts";
import type { Debugging } from "../debugging.ts";
import { stopValue } from "../scene.ts";

/** Moves on, and shows where the target stands then. Nothing is shown of a target that came to its end: the prompt says it. */
async function* arrive(debugging: Debugging, move: (debug: Debugger) => Promise<Stop | undefined>): AsyncGenerator<StopValue> {
  const debug = await debugging.open();
  const stop = await debugging.awaiting(() => move(debug)).catch((error: unknown) => over(debugging, error));
  const value = stop && (await stopValue(debugging, stop));
  if (value) yield value;
}

/** A program that comes to its end while it moves on is no error. */
function over(debugging: Debugging, error: unknown): undefined {
  if (error instanceof LeakhuntError && error.code === "TARGET_GONE" && debugging.session.live) return undefined;
  throw error;
}

const render = (value: StopValue, { color }: { color: boolean }): string => stopText(value, color);

function stepVerb(debugging: Debugging, name: Step, aliases: readonly string[], summary: string): Verb {
  return defineVerb<StopValue>({
    name,
    aliases,
    summary,
    arguments: [],
    options: [],
    examples: [name],
    run: (session) =>
      arrive(debugging, async (debug) => {
        const { signal } = session;
        try {
          return await debug.move(name, signal);
        } catch (error) {
          if (!signal.aborted || debugging.outer.aborted) throw error;
          return debug.stop ?? debug.pause();
        }
      }),
    render,
  });
}

/** Resolves at the next stop, or with undefined when the target is gone; Ctrl-C pauses the target. */
async function nextStop(debugging: Debugging, debug: Debugger, signal: AbortSignal): Promise<Stop | undefined> {
  let end = (): void => {};
  const stopped = new Promise<Stop>((resolve) => {
    end = debug.onChange((stop) => {
      if (stop) resolve(stop);
    });
  });
  const gone = debugging.session.live?.held.gone.then(() => undefined);
  const interrupted = new Promise<"interrupted">((resolve) => {
    if (signal.aborted) resolve("interrupted");
    signal.addEventListener("abort", () => resolve("interrupted"), { once: true });
  });
  try {
    if (debug.stop) await debug.resume();
    const first = await Promise.race([stopped, gone, interrupted]);
    if (first !== "interrupted") return first;
    if (debugging.outer.aborted) throw aborted("waiting for a stop");
    return debug.stop ?? (await debug.pause());
  } finally {
    end();
  }
}

function continueVerb(debugging: Debugging): Verb {
  return defineVerb<StopValue>({
    name: "continue",
    aliases: ["c", "cont"],
    summary: "let the program run to the next stop; Ctrl-C stops it. `continue &` does not wait",
    arguments: [{ name: "[&]", help: "come back to the prompt at once" }],
    options: [],
    examples: ["continue", "c &"],
    async *run(session, [background]) {
      if (background === "&") {
        await (await debugging.open()).resume();
        return;
      }
      yield* arrive(debugging, (debug) => nextStop(debugging, debug, session.signal));
    },
    render,
  });
}

function pauseVerb(debugging: Debugging): Verb {
  return defineVerb<StopValue>({
    name: "pause",
    summary: "stop the running program where it is",
    arguments: [],
    options: [],
    examples: ["pause"],
    run: (session) => arrive(debugging, async (debug) => debug.stop ?? debug.pause(session.signal)),
    render,
  });
}

export function movingVerbs(debugging: Debugging): Verb[] {
  return [
    continueVerb(debugging),
    stepVerb(debugging, "next", ["n"], "go on to the next line, over calls"),
    stepVerb(debugging, "step", ["s"], "go on to the next line, into calls"),
    stepVerb(debugging, "out", ["o", "finish"], "go on until this function returns"),
    pauseVerb(debugging),
  ];
}

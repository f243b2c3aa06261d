// Who waits for a call that goes on after an `await`, a timer or an event. V8 knows only what it recorded when the waiting
// began, and recording makes promises up to a hundred times as dear to the target, so it does so only while somebody
// debugs: see docs/architecture.md for what was measured.
import type { AsyncCalls } from "./debugger.ts";
import type { Inspector } from "./inspector.ts";
import type { RawAsyncTrace, RawPause } from "./protocol.ts";
import type { Scripts } from "./scripts.ts";

/** So many waits are followed outwards. */
export const MOST_TRACES = 32;

export class AsyncStacks {
  readonly #inspector: Inspector;
  readonly #scripts: Scripts;
  #on = false;
  /** One change after the other. */
  #changing: Promise<void> = Promise.resolve();

  constructor(inspector: Inspector, scripts: Scripts) {
    this.#inspector = inspector;
    this.#scripts = scripts;
  }

  get on(): boolean {
    return this.#on;
  }

  /** Begins to record; what began to wait before has no callers. */
  record(): Promise<void> {
    return this.#set(true);
  }

  /** Forgets what was recorded. */
  end(): Promise<void> {
    return this.#set(false);
  }

  /** Those that wait for the outermost call of a pause, nearest first, without Node's own; undefined while nothing is recorded. */
  async callers({ asyncStackTrace }: RawPause): Promise<readonly AsyncCalls[] | undefined> {
    if (!this.#on) return undefined;
    const found: AsyncCalls[] = [];
    for (let trace: RawAsyncTrace | undefined = asyncStackTrace; trace !== undefined; trace = trace.parent) {
      const own = trace.callFrames.filter(({ scriptId }) => !this.#scripts.isInternal(scriptId));
      const frames = await Promise.all(
        own.map(async (frame) => ({ functionName: frame.functionName, place: await this.#scripts.place(frame) })),
      );
      if (frames.length > 0) found.push({ description: trace.description ?? "async", frames });
    }
    return found;
  }

  #set(on: boolean): Promise<void> {
    this.#changing = this.#changing
      .catch(() => {})
      .then(async () => {
        if (on === this.#on) return;
        await this.#inspector.send("Debugger.setAsyncCallStackDepth", { maxDepth: on ? MOST_TRACES : 0 });
        this.#on = on;
      });
    return this.#changing;
  }
}

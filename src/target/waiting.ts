// Those who wait for the target to stand still: for a step that they asked for, or a pause. Told also that none will come.
import { aborted, targetGone } from "../errors.ts";
import type { Stop } from "./debugger.ts";

type OnChange = (handler: (stop: Stop | undefined) => void) => () => void;

export class Waiting {
  readonly #onChange: OnChange;
  /** What is told to those who wait when the connection is over. */
  readonly #explained: (error: unknown) => Promise<unknown>;
  readonly #waiting = new Set<(reason: string) => void>();

  constructor(onChange: OnChange, explained: (error: unknown) => Promise<unknown>) {
    this.#onChange = onChange;
    this.#explained = explained;
  }

  /** The connection is over. */
  end(reason: string): void {
    for (const tell of [...this.#waiting]) tell(reason);
  }

  /** The next time the target stands still. Rejects with ABORTED, or why there is no target any more (`gone`: already). */
  nextStop(signal: AbortSignal | undefined, gone: string | undefined): Promise<Stop> {
    return new Promise<Stop>((resolve, reject) => {
      const leave = (): void => {
        unsubscribe();
        this.#waiting.delete(end);
        signal?.removeEventListener("abort", cancel);
      };
      const unsubscribe = this.#onChange((stop) => {
        if (stop === undefined) return;
        leave();
        resolve(stop);
      });
      const end = (reason: string): void => {
        leave();
        this.#explained(targetGone(reason)).then(reject);
      };
      const cancel = (): void => {
        leave();
        reject(aborted("waiting for the target to stop"));
      };
      this.#waiting.add(end);
      signal?.addEventListener("abort", cancel);
      if (signal?.aborted === true) cancel();
      else if (gone !== undefined) end(gone);
    });
  }
}

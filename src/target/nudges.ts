// An inspector writes an answer in two pieces, a header of some bytes and the text, and its system holds the second back
// until ours has confirmed the first, which takes 40 ms when we have nothing to say ourselves (Nagle's algorithm meets
// delayed confirmation; Node offers no switch on either side). So every question cost 44 ms, half of a second for a
// question about a local. A word of ours carries the confirmation along: while an answer is awaited, we say something
// that costs the target some microseconds, a few times and ever more rarely, because it may have real work to do.

/** Milliseconds to the first word after a question, then to each further one. */
const PAUSES_MS = [1, 2, 4, 8, 16] as const;

export class Nudges {
  readonly #say: () => Promise<unknown>;
  readonly #isAwaiting: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #said = 0;
  #ended = false;

  /**
   * @param say sends something small whose answer nobody needs.
   * @param isAwaiting whether an answer is outstanding.
   */
  constructor(say: () => Promise<unknown>, isAwaiting: () => boolean) {
    this.#say = say;
    this.#isAwaiting = isAwaiting;
  }

  /** To be called after each question. */
  begin(): void {
    if (this.#ended) return;
    // The question itself carried a confirmation.
    clearTimeout(this.#timer);
    this.#said = 0;
    this.#timer = this.#wait();
  }

  /** No word from now on. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #wait(): NodeJS.Timeout | undefined {
    const pause = PAUSES_MS[this.#said++];
    if (pause === undefined) return undefined;
    return setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isAwaiting()) return;
      this.#say().catch(() => {});
      this.#timer = this.#wait();
    }, pause).unref();
  }
}

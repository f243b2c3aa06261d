// V8 answers a step with three messages, and the target's system holds back the second until ours has confirmed the
// first, which takes it 40 ms when we have nothing to say ourselves (Nagle's algorithm meets delayed confirmation; Node
// offers no switch on either side). A person who steps does not notice. Where we move a target ourselves, hundreds of
// times in a row, we talk all the while: every question carries a confirmation along.
import type { Inspector } from "./inspector.ts";

/** So long the talk goes on after the last move. */
const AFTER_MS = 100;
/** So many questions are under way at once, since an answer may be held back as well. */
const VOICES = 3;

export class BriskWire {
  readonly #inspector: Inspector;
  #until = 0;
  #talking = false;

  constructor(inspector: Inspector) {
    this.#inspector = inspector;
  }

  /** To be called at each move that is followed by another one soon. */
  keep(): void {
    this.#until = performance.now() + AFTER_MS;
    if (this.#talking) return;
    this.#talking = true;
    const voices = Array.from({ length: VOICES }, () => this.#talk().catch(() => {}));
    void Promise.all(voices).then(() => {
      this.#talking = false;
    });
  }

  /** Whether a move was made just now. */
  get busy(): boolean {
    return this.#talking;
  }

  async #talk(): Promise<void> {
    while (performance.now() < this.#until) await this.#inspector.send("Runtime.getIsolateId");
  }
}

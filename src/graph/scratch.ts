// Columns for passing use. Memory touched for the first time is what whole-heap passes pay most for, and a column that
// only the garbage collector can free is paid for a second time: so a pass takes its working columns from here and
// gives them back.

import { sharedNumbers } from "../snapshot/shared.ts";

/** A stock of Uint32Arrays of one length. */
export class Scratch {
  readonly #length: number;
  readonly #free: Uint32Array[] = [];

  constructor(length: number) {
    this.#length = length;
  }

  /** A column with anything in it. Yours until you give it back, or for good. */
  take(): Uint32Array {
    return this.#free.pop() ?? sharedNumbers(this.#length);
  }

  /** A column of zeros. */
  zeros(): Uint32Array {
    const used = this.#free.pop();
    return used ? used.fill(0) : sharedNumbers(this.#length);
  }

  give(...columns: readonly Uint32Array[]): void {
    this.#free.push(...columns);
  }

  /** Makes columns of a longer array that nobody needs any more: its memory has been paid for. */
  cutUp(array: Uint32Array): void {
    for (let end = this.#length; end <= array.length; end += this.#length) this.#free.push(array.subarray(end - this.#length, end));
  }
}

/** A stack of numbers that grows: no slot of a JavaScript array, no room for the deepest case before it comes. */
export class NumberStack {
  values: Uint32Array = new Uint32Array(1 << 6);
  size = 0;

  push(value: number): void {
    if (this.size === this.values.length) this.#grow();
    this.values[this.size++] = value;
  }

  /** The last number; there must be one. */
  pop(): number {
    return this.values[--this.size] as number;
  }

  #grow(): void {
    const bigger = new Uint32Array(this.values.length * 2);
    bigger.set(this.values);
    this.values = bigger;
  }
}

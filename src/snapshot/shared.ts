// Columns in memory that several threads can see. The main thread and the engine's second thread (graph/sizesThread.ts) work
// on the same columns at once; nothing is ever copied between them.

/** `count` zeros. Pages that nobody writes cost nothing. @throws RangeError when there is no room for them. */
export function sharedNumbers(count: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(count * 4));
}

/** `count` bytes of zero. @throws RangeError. */
export function sharedBytes(count: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(count));
}

// A heap's columns are shared memory, of whose size V8 takes little notice: two rounds' worth of them stood in memory before it
// collected the first. Whoever lets go of one heap before reading the next says so.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/** Collects our own garbage: some 10 ms, since nearly all we have lies outside V8's heap. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
    setFlagsFromString("--no-expose-gc");
  }
  collect();
}

// A trap of V8 before 12: while it writes a snapshot it works out the line of every object that a script's class or
// function made, counting lines from the start of the script each time, unless the script's line table is there
// already. A program with one big script (a bundle, the TypeScript compiler) then stands still for minutes instead
// of seconds. Enabling the debugger makes V8 build all line tables at once; it is disabled again right away.

import { within } from "./cdpInspector.ts";
import type { Inspector } from "./inspector.ts";

/** The first Node whose V8 caches line tables by itself (measured: 20 needs this, 22, 24 and 26 do not). */
const FIRST_WITHOUT_TRAP = 22;
const PATIENCE_MS = 5000;

/** A debugger of ours is enabled on these: their tables are there, and disabling it would end the debugger. */
const debugged = new WeakSet<Inspector>();

/** To be told when the debugger of this inspector is enabled, and when it is not any more. */
export function debuggerIsOn(inspector: Inspector, on: boolean): void {
  if (on) debugged.add(inspector);
  else debugged.delete(inspector);
}

/**
 * Makes the line tables of all scripts of the target. Costs it some tenths of a second and nothing that stays;
 * breakpoints cannot stop it meanwhile. Never rejects: without the tables a capture is only slower.
 */
export async function buildLineTables(inspector: Inspector, nodeVersion: string): Promise<void> {
  const major = Number(/^v?(\d+)/.exec(nodeVersion)?.[1] ?? FIRST_WITHOUT_TRAP);
  if (major >= FIRST_WITHOUT_TRAP || debugged.has(inspector)) return;
  try {
    // Sent together, so that no `debugger` statement can run between the two.
    const both = Promise.all([inspector.send("Debugger.enable"), inspector.send("Debugger.setSkipAllPauses", { skip: true })]);
    await within(both, PATIENCE_MS, "building line tables");
  } catch {
    // A target that is blocked in native code answers neither; the capture will say so itself.
  }
  await within(inspector.send("Debugger.disable"), PATIENCE_MS, "building line tables").catch(() => {});
}

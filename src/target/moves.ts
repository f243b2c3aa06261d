// What the target was told to do, and how it is told again where V8 stops too early: in Node's own code, at a script that
// waits for its breakpoints, at an exception that somebody catches.
import { BriskWire } from "./briskWire.ts";
import type { Step } from "./debugger.ts";
import type { Inspector } from "./inspector.ts";
import type { RawFrame, RawPause } from "./protocol.ts";
import type { Scripts } from "./scripts.ts";

const METHODS: Readonly<Record<Step, string>> = { next: "Debugger.stepOver", step: "Debugger.stepInto", out: "Debugger.stepOut" };

export class Moves {
  readonly #inspector: Inspector;
  readonly #scripts: Scripts;
  readonly #wire: BriskWire;
  #step: Step | undefined;
  /** The calls that were under way when the step began. */
  #depth = 0;
  /** A step was cut short deeper in: it is over when no more calls than these are under way. */
  #returningTo: number | undefined;
  #pausing = false;

  constructor(inspector: Inspector, scripts: Scripts) {
    this.#inspector = inspector;
    this.#scripts = scripts;
    this.#wire = new BriskWire(inspector);
  }

  get step(): Step | undefined {
    return this.#step;
  }

  get pausing(): boolean {
    return this.#pausing;
  }

  /** Whether we move the target by ourselves just now. */
  get busy(): boolean {
    return this.#wire.busy;
  }

  /** A person moves on, from where so many calls are under way. */
  async begin(step: Step | undefined, depth: number): Promise<void> {
    this.#step = step;
    this.#depth = depth;
    this.#returningTo = undefined;
    await this.#inspector.send(step === undefined ? "Debugger.resume" : METHODS[step]);
  }

  /** A person asks the target to stop where it is. */
  pause(): Promise<unknown> {
    this.#pausing = true;
    return this.#inspector.send("Debugger.pause");
  }

  /** The target stands still for a person to look at. */
  arrived(): void {
    this.#step = undefined;
    this.#returningTo = undefined;
    this.#pausing = false;
  }

  /** From where a script waited: a step over or out of what loaded it goes on to where that leads. */
  async passScript(): Promise<void> {
    this.#wire.keep();
    await this.#inspector.send(this.#step === undefined ? "Debugger.resume" : "Debugger.stepOut");
  }

  /** From an exception that somebody catches, who may be further out than a step leads, or further in. */
  async passException({ callFrames }: RawPause): Promise<void> {
    this.#wire.keep();
    await this.#inspector.send(this.#beyondException(callFrames.length));
  }

  #beyondException(depth: number): string {
    // V8 takes this stop for the one that was asked for
    if (this.#pausing) return METHODS.step;
    if (this.#step === undefined) return "Debugger.resume";
    const returningTo = this.#step === "out" ? this.#depth - 1 : this.#depth;
    if (this.#step === "step" || depth <= returningTo) return METHODS[this.#step];
    // a step out would lose the exception's way; a step into leads to whoever catches it
    this.#returningTo = returningTo;
    return METHODS.step;
  }

  /**
   * Goes on from a pause that is not where the person wanted to be; false where it is. A pause that we asked for comes at
   * the next code that runs, and a step out of a callback leads there: to Node's own, which says nothing to anybody.
   */
  async seek({ callFrames, hitBreakpoints }: RawPause): Promise<boolean> {
    if ((!this.#pausing && this.#step === undefined) || (hitBreakpoints?.length ?? 0) > 0) return false;
    const isOwn = ({ location }: RawFrame): boolean => !this.#scripts.isInternal(location.scriptId);
    const isDeep = this.#returningTo !== undefined && callFrames.length > this.#returningTo;
    if (callFrames[0] === undefined || (isOwn(callFrames[0]) && !isDeep)) return false;
    this.#wire.keep();
    await this.#inspector.send(isDeep || callFrames.some(isOwn) ? "Debugger.stepOut" : "Debugger.stepInto");
    return true;
  }
}

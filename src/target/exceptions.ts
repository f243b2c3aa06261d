// Which exceptions stop the target. V8 is asked to stop at those that nobody catches, but it takes whatever leaves an ES
// module for caught (uncaught.ts). So while modules may be evaluated it stops at all, and those that somebody catches are
// let go at once. That costs the target about a millisecond each, so a program that goes on and on throwing is left to V8.
import { type AsyncStacks, MOST_TRACES } from "./asyncStacks.ts";
import type { ExceptionMode } from "./debugger.ts";
import type { Inspector } from "./inspector.ts";
import type { RawPause } from "./protocol.ts";
import type { Script, Scripts } from "./scripts.ts";
import { catcherOf } from "./uncaught.ts";

/** So many exceptions in a row may be looked at for nothing since the last module came. */
const PATIENCE = 500;

export class Exceptions {
  readonly #inspector: Inspector;
  readonly #scripts: Scripts;
  readonly #stacks: AsyncStacks;
  #mode: ExceptionMode = "none";
  /** What V8 was told. */
  #told: ExceptionMode = "none";
  #inVain = 0;
  /** The last exception that was judged in the program's code: Node passes some on, which V8 takes for new ones. */
  #judged: string | undefined;

  constructor(inspector: Inspector, scripts: Scripts, stacks: AsyncStacks) {
    this.#inspector = inspector;
    this.#scripts = scripts;
    this.#stacks = stacks;
  }

  get mode(): ExceptionMode {
    return this.#mode;
  }

  async set(mode: ExceptionMode): Promise<void> {
    if (mode === "uncaught") await this.#stacks.record();
    this.#mode = mode;
    this.#inVain = 0;
    await this.#tell(mode === "uncaught" && this.#scripts.haveModules ? "all" : mode);
  }

  /** To be told of every new script. */
  loaded({ module }: Script): void {
    if (!module || this.#mode !== "uncaught") return;
    this.#inVain = 0;
    this.#tell("all").catch(() => {});
  }

  /** Whether the target is to stand still at the exception of this pause. */
  async stops(pause: RawPause): Promise<boolean> {
    if (this.#mode !== "uncaught") return true;
    const own = pause.callFrames.some(({ location }) => !this.#scripts.isInternal(location.scriptId));
    const thrown = pause.data?.description ?? String(pause.data?.value);
    if (!own && thrown === this.#judged) return false;
    if (own) this.#judged = thrown;
    const catcher = await catcherOf(pause, this.#scripts, MOST_TRACES);
    const stops = catcher === "nobody" || (catcher === "unknown" && pause.data?.uncaught === true);
    if (!stops && ++this.#inVain === PATIENCE) await this.#tell("uncaught");
    return stops;
  }

  async #tell(state: ExceptionMode): Promise<void> {
    if (state === this.#told) return;
    this.#told = state;
    await this.#inspector.send("Debugger.setPauseOnExceptions", { state });
  }
}

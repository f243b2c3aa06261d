// The variables of the frames of one stop. V8 hands each scope out as an object that it makes for us: these objects
// hold every local and would show as its retainers, so they are let go before a snapshot is taken. Their names are
// remembered, and asked for one by one when somebody wants to see the variables again.
import type { Scope, Variable } from "./debugger.ts";
import type { Inspector } from "./inspector.ts";
import { withPreview } from "./previews.ts";
import type { RawEvaluated, RawFrame, RawProperty } from "./protocol.ts";
import { remoteValue, unavailable, unset } from "./remoteValue.ts";

/** More frames than anybody looks through; those below lose their scopes at the first release. */
const REMEMBERED_FRAMES = 64;

interface Names {
  readonly kind: string;
  readonly names: readonly string[];
}

export class FrameScopes {
  readonly #inspector: Inspector;
  readonly #group: string;
  readonly #frames: readonly RawFrame[];
  readonly #names = new Map<number, Promise<readonly Names[]>>();
  #released = false;

  constructor(inspector: Inspector, group: string, frames: readonly RawFrame[]) {
    this.#inspector = inspector;
    this.#group = group;
    this.#frames = frames;
  }

  /** The scopes of a frame, innermost first, without the global one. */
  async read(index: number): Promise<readonly Scope[]> {
    const frame = this.#frames[index] as RawFrame;
    const scopes = this.#released ? await this.#again(frame, index) : await this.#handed(frame);
    if (frame.this.type === "undefined" || frame.this.className === "global") return scopes;
    const value = this.#released
      ? await this.#value(frame, "this")
      : remoteValue(await withPreview(this.#inspector, frame.this, this.#group));
    return scopes.map((scope) => (scope.kind === "local" ? { ...scope, variables: [{ name: "this", value }, ...scope.variables] } : scope));
  }

  /** Every name that can be said in a frame, innermost first. */
  async names(index: number): Promise<readonly string[]> {
    return [...new Set((await this.#namesOf(index)).flatMap(({ names }) => names))];
  }

  /** Lets go of the scope objects. */
  async release(): Promise<void> {
    if (this.#released) return;
    const remembered = this.#frames.slice(0, REMEMBERED_FRAMES).map((_, index) => this.#namesOf(index).catch(() => []));
    await Promise.all(remembered);
    this.#released = true;
    await this.#inspector.send("Runtime.releaseObjectGroup", { objectGroup: "backtrace" });
  }

  #handed(frame: RawFrame): Promise<Scope[]> {
    return Promise.all(
      frame.scopeChain
        .filter(({ type }) => type !== "global")
        .map(async ({ type, object }) => {
          const properties = await this.#properties(object.objectId);
          return { kind: type, variables: await Promise.all(properties.map((property) => this.#variable(property))) };
        }),
    );
  }

  async #variable({ name, value, get }: RawProperty): Promise<Variable> {
    if (value === undefined) return { name, value: get === undefined ? unset() : unavailable("getter") };
    return { name, value: remoteValue(await withPreview(this.#inspector, value, this.#group)) };
  }

  async #again(frame: RawFrame, index: number): Promise<Scope[]> {
    const seen = new Set<string>();
    const named = (await this.#namesOf(index)).map(({ kind, names }) => {
      const own = names.filter((name) => !seen.has(name));
      for (const name of own) seen.add(name);
      return { kind, own };
    });
    // All at once: while a program stands still, V8's answer to a command that made a script comes some 40 ms late.
    const read = async (name: string): Promise<Variable> => ({ name, value: await this.#value(frame, name) });
    return Promise.all(named.map(async ({ kind, own }) => ({ kind, variables: await Promise.all(own.map(read)) })));
  }

  #namesOf(index: number): Promise<readonly Names[]> {
    const frame = this.#frames[index];
    if (frame === undefined) return Promise.resolve([]);
    const known = this.#names.get(index);
    if (known !== undefined || this.#released) return known ?? Promise.resolve([]);
    const asked = Promise.all(
      frame.scopeChain
        .filter(({ type }) => type !== "global")
        .map(async ({ type, object }) => ({
          kind: type,
          names: (await this.#properties(object.objectId)).map(({ name }) => name),
        })),
    );
    this.#names.set(index, asked);
    return asked;
  }

  async #value(frame: RawFrame, name: string): Promise<Variable["value"]> {
    const how = { objectGroup: this.#group, silent: true };
    const { callFrameId } = frame;
    const answer = await this.#inspector.send("Debugger.evaluateOnCallFrame", { callFrameId, expression: name, ...how });
    const { result, exceptionDetails } = answer as unknown as RawEvaluated;
    if (exceptionDetails !== undefined) return unset();
    return remoteValue(await withPreview(this.#inspector, result, this.#group));
  }

  async #properties(objectId: string | undefined): Promise<readonly RawProperty[]> {
    const answer = await this.#inspector.send("Runtime.getProperties", { objectId, ownProperties: true });
    return (answer as unknown as { result: RawProperty[] }).result;
  }
}

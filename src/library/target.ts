// A live process for library users: attach, take snapshots, let go.

import { resolve } from "node:path";
import { Session } from "../commands/session.ts";
import { parseSource } from "../commands/source.ts";
import { homePath } from "../hunts/home.ts";
import type { CaptureCost, Detached, Memory, TargetIdentity } from "../target/target.ts";
import { type Snapshot, wrapGraph } from "./snapshot.ts";

/** A process that leakhunt is attached to. Use `await using`, or call `detach` on every way out. */
export interface AttachedTarget extends AsyncDisposable {
  readonly identity: TargetIdentity;
  /** Bytes. */
  memory(): Promise<Memory>;
  /** What a snapshot is expected to cost the target. */
  predict(): Promise<CaptureCost>;
  /**
   * Takes a snapshot and opens it; the file is kept in the hunt. Without `numbers`, which are in it by default, the
   * target stands still for a tenth to a half less, and objects lack the properties that hold small integers.
   * @throws LeakhuntError `CAPTURE_TOO_BIG` when it may not fit into memory, unless `force`.
   */
  snapshot(options?: { force?: boolean; numbers?: boolean }): Promise<Snapshot>;
  /** Closes the inspector if leakhunt opened it. */
  detach(): Promise<Detached>;
}

export interface LibraryAttachOptions {
  readonly signal?: AbortSignal | undefined;
  /** Where hunts are kept; $LEAKHUNT_HOME or the platform's place when left out. */
  readonly home?: string | undefined;
  readonly onNotice?: ((text: string) => void) | undefined;
}

/**
 * Attaches to a pid, `host:port` or ws:// url; `"4242/1"` is worker thread 1 of 4242.
 * @throws LeakhuntError with exit code 3 when it cannot be reached; its `line` says why and the way out.
 */
export async function attach(source: number | string, options: LibraryAttachOptions = {}): Promise<AttachedTarget> {
  const session = new Session({
    home: options.home === undefined ? homePath() : resolve(options.home),
    signal: options.signal ?? new AbortController().signal,
    onNotice: options.onNotice,
  });
  const live = await session.attach(parseSource(String(source)));
  const detach = async (): Promise<Detached> => (await session.release()) ?? { closed: true };
  return {
    identity: live.held.identity,
    memory: () => live.held.memory(),
    predict: () => live.held.predict(session.previousCapture(live.hunt)),
    snapshot: async ({ force = false, numbers = true } = {}) => {
      const { loaded } = await session.take(live, { force, numbers, quiet: true });
      return wrapGraph(loaded.graph, loaded.name);
    },
    detach,
    [Symbol.asyncDispose]: async () => {
      await detach();
    },
  };
}

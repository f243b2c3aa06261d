// From what a command is pointed at to a held target: through the leakhunt that holds its process, if there is one, else by
// attaching; and letting go again. One session per process, whoever asks, and whichever of its threads is meant.

import { existsSync } from "node:fs";
import { basename } from "node:path";
import { LeakhuntError, noSuchProcess, usage } from "../errors.ts";
import { alone } from "../hunts/home.ts";
import { Hunt, isAlive, startTimeOf } from "../hunts/hunt.ts";
import { rememberRefusal } from "../hunts/refusals.ts";
import { attachTarget, type TargetSource } from "../target/attach.ts";
import { wantedPort } from "../target/discovery.ts";
import { processFacts } from "../target/processes.ts";
import { connectHold, type HeldTarget, LocalHold } from "../target/shared.ts";
import type { Detached, Target, TargetIdentity } from "../target/target.ts";
import type { Source } from "./source.ts";

/** A thread of a process. */
export interface Wanted {
  readonly process: TargetSource;
  /** 0 is the main thread. */
  readonly thread: number;
}

export interface Reached {
  readonly held: HeldTarget;
  readonly hunt: Hunt;
}

/** What reaching needs of the session. */
export interface ReachOwner {
  readonly home: string;
  readonly signal: AbortSignal;
  notice(text: string): void;
  /** @throws LeakhuntError `NO_CURRENT_HUNT`. */
  currentHunt(): Hunt;
}

export class Reach {
  readonly #owner: ReachOwner;
  /** The hunt whose record says that we hold its process. */
  #sharedBy: Hunt | undefined;

  constructor(owner: ReachOwner) {
    this.#owner = owner;
  }

  /** What a source names. @throws LeakhuntError `USAGE` for a file, `NO_SUCH_PROCESS`. */
  wanted(source: Source): Wanted {
    switch (source.kind) {
      case "pid":
        return { process: { pid: source.pid }, thread: source.thread ?? 0 };
      case "port":
        return { process: { host: source.host, port: source.port }, thread: source.thread ?? 0 };
      case "url":
        return { process: { url: source.url }, thread: source.thread ?? 0 };
      case "file":
        throw existsSync(source.path)
          ? usage(`${source.path} is a file, and this needs a running process`)
          : usage(`${JSON.stringify(basename(source.path))} names no process`, "give a pid, host:port or a ws:// url");
      default:
        return this.#current(source.thread);
    }
  }

  #current(thread: number | undefined): Wanted {
    const { pid, startTime, url, worker } = this.#owner.currentHunt().record.target;
    if (pid !== undefined && !isAlive(pid)) throw noSuchProcess(pid);
    return { process: pid === undefined ? { url } : { pid, expectStartTime: startTime }, thread: thread ?? worker?.threadId ?? 0 };
  }

  /**
   * Whoever comes while another leakhunt attaches waits for it, and then goes through it. A process of which only the
   * thread is missing is let go again.
   */
  reach({ process, thread }: Wanted): Promise<Reached> {
    const { home, signal } = this.#owner;
    return alone(home, lockName(process), signal, async () => {
      const main = (await this.#viaHolder(process)) ?? (await this.#hold(process));
      const held = await main.thread(thread).catch(async (error: unknown) => {
        await main.detach();
        throw error;
      });
      if (main instanceof LocalHold) await this.#share(main);
      return this.threadOf(held);
    });
  }

  /** Holds a target that was just started. */
  async adopt(target: Target): Promise<Reached> {
    const held = new LocalHold(target);
    await this.#share(held);
    return this.threadOf(held);
  }

  /** Whether the inspector of a held process has the port that another process would open its own at. */
  async isInTheWay({ identity, shared }: HeldTarget, source: TargetSource): Promise<boolean> {
    if (shared || !identity.openedByUs || !("pid" in source)) return false;
    const { attachable } = (await processFacts(source.pid)) ?? {};
    return attachable?.ok === true && attachable.how === "signal" && wantedPort(source.pid) === identity.port;
  }

  /** A held thread with its hunt. */
  threadOf(held: HeldTarget): Reached {
    return { held, hunt: Hunt.of(held.identity, this.#owner.home) };
  }

  /** Lets go of a process; the inspector is closed if leakhunt opened it. */
  async letGo(held: HeldTarget, end: boolean): Promise<Detached> {
    const { pid, host, port } = held.identity;
    // Whoever attaches next must not find the inspector that is about to be closed.
    const letGo = (): Promise<Detached> => held.detach(end);
    const name = lockName(pid === undefined ? { host, port } : { pid });
    // A full disk is no reason to stay: detaching a second time only repeats the answer.
    const done = held.shared ? await letGo() : await alone(this.#owner.home, name, new AbortController().signal, letGo).catch(letGo);
    if (held instanceof LocalHold) this.#forgetHolder();
    return done;
  }

  async #hold(source: TargetSource): Promise<LocalHold> {
    const { home, signal } = this.#owner;
    const target = await attachTarget(source, { signal, onNotice: (text) => this.#owner.notice(text) }).catch((error: unknown) => {
      const ownHandler = error instanceof LeakhuntError && error.code === "OWN_SIGNAL_HANDLER";
      if (ownHandler && "pid" in source) rememberRefusal(home, source.pid, "own SIGUSR1 handler");
      throw error;
    });
    return new LocalHold(target);
  }

  async #share(held: LocalHold): Promise<void> {
    const hunt = Hunt.of(held.identity, this.#owner.home);
    const socket = hunt.socketPath();
    try {
      await held.share(socket);
      hunt.update((record) => {
        record.holder = { pid: process.pid, socket };
      });
      this.#sharedBy = hunt;
    } catch (error) {
      this.#owner.notice(`other leakhunt commands cannot share this session (${(error as Error).message})`);
    }
  }

  #forgetHolder(): void {
    const hunt = this.#sharedBy;
    this.#sharedBy = undefined;
    try {
      if (hunt && existsSync(hunt.folder))
        hunt.update((record) => {
          if (record.holder?.pid === process.pid) record.holder = undefined;
        });
    } catch {
      // A record that cannot be written names a process that is about to end: nobody will believe it.
    }
  }

  async #viaHolder(source: TargetSource): Promise<HeldTarget | undefined> {
    for (const hunt of Hunt.all(this.#owner.home)) {
      const { holder, target } = hunt.record;
      if (!holder || !isAlive(holder.pid) || holder.pid === process.pid || !matches(target, source)) continue;
      const held = await connectHold(holder.socket);
      if (held) return held;
    }
    return undefined;
  }
}

function lockName(source: TargetSource): string {
  if ("pid" in source) return `attaching-${source.pid}`;
  return "url" in source ? `attaching-${source.url}` : `attaching-${source.host}-${source.port}`;
}

/** Whether a process is the one that is meant. */
export function matches(
  identity: Pick<TargetIdentity, "host" | "port" | "url"> & { pid: number | undefined; startTime: string | undefined },
  source: TargetSource,
): boolean {
  if ("pid" in source) {
    return identity.pid === source.pid && (identity.startTime === undefined || identity.startTime === startTimeOf(source.pid));
  }
  return "url" in source ? identity.url === source.url : identity.host === source.host && identity.port === source.port;
}

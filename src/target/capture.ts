// One snapshot, into a file that appears only when it is whole. The target writes it itself when it can see our file
// (least memory, works in a busy loop); otherwise it comes over the socket, piece by piece, and is never held as text.
import { constants } from "node:fs";
import { chmod, chown, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { aborted, cannotWriteFile, captureFailed, captureStalled, LeakhuntError } from "../errors.ts";
import { builtin, type Inspector } from "./inspector.ts";
import { cpuTicksOf, statusOf } from "./proc.ts";
import type { CaptureCost, Captured, CaptureOptions } from "./target.ts";

export interface CaptureSource {
  readonly inspector: Inspector;
  readonly pid: number | undefined;
  readonly nodeVersion: string;
  readonly cost: CaptureCost;
  /** Told what keeps the target busy; it goes on in there even when we have given up on it. */
  readonly onWork?: (work: Promise<unknown>) => void;
}

type Outcome = Pick<Captured, "bytes" | "pauseMs" | "how">;

/** Nothing at all happens for so long: given up. */
const STALL_MS = 60_000;
const WATCH_MS = 100;
/** A target that computes is believed to be at our snapshot for so many times the predicted pause. */
const BELIEF = 10;

/** Where a snapshot is until it is whole. */
export function partOf(path: string): string {
  return `${path}.part`;
}

/** See Target.capture. */
export async function captureFile(source: CaptureSource, path: string, options: CaptureOptions): Promise<Outcome> {
  if (options.signal?.aborted === true) throw aborted("the snapshot");
  const part = partOf(path);
  const { randomBytes } = await import("node:crypto");
  const token = randomBytes(16).toString("hex");
  try {
    await createPart(part, token);
    const byFile = options.how !== "stream" && (options.how === "file" || (await sharesFile(source, part, token)));
    const pauseMs = byFile ? await writeInside(source, part, options) : await stream(source, part, options);
    await checkWhole(part);
    await chmod(part, 0o600);
    await rename(part, path);
    return { bytes: (await stat(path)).size, pauseMs, how: byFile ? "file" : "stream" };
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw explained(error, path);
  }
}

async function createPart(part: string, token: string): Promise<void> {
  await rm(part, { force: true });
  await writeFile(part, token, { mode: 0o600, flag: "wx" });
}

/**
 * Can the target write the very file that we see? It must read our token there and be allowed to open it for
 * writing; that one question covers containers, chroots, other machines, users and the permission model.
 */
async function sharesFile({ inspector, pid }: CaptureSource, part: string, token: string): Promise<boolean> {
  const uid = pid === undefined ? undefined : statusOf(pid)?.uid;
  const lend = uid !== undefined && process.geteuid?.() === 0 && uid !== 0;
  if (lend) await chown(part, uid, -1);
  const expression = `(()=>{try{const fs=${builtin("fs")},fd=fs.openSync(${JSON.stringify(part)},${constants.O_RDWR});try{const b=Buffer.alloc(64);return b.toString('latin1',0,fs.readSync(fd,b))}finally{fs.closeSync(fd)}}catch{return ''}})()`;
  const read = await inspector.evaluate<string>(expression, { includeCommandLineAPI: true });
  if (read !== token && lend) await chown(part, 0, -1);
  return read === token;
}

/**
 * Lets the target write the file; resolves with the milliseconds it stood still, by its own clock. It looks for our
 * file first: a request that was cancelled before the target came to it must not write a new one.
 */
async function writeInside(source: CaptureSource, part: string, options: CaptureOptions): Promise<number> {
  const { inspector, pid, cost } = source;
  const expression = `(()=>{const v8=${builtin("v8")},t=process.hrtime.bigint();if(!${builtin("fs")}.existsSync(${JSON.stringify(part)}))throw new Error('cancelled');v8.writeHeapSnapshot(${JSON.stringify(part)},{exposeInternals:false,exposeNumericValues:${options.numbers ?? true}});return Number(process.hrtime.bigint()-t)/1e6})()`;
  const watch = new Watch(options.signal);
  const look = async (): Promise<string> => {
    const bytes = await sizeOf(part);
    if (bytes <= 32) options.onProgress?.({ phase: "building graph", bytes: 0, fraction: builtIn(watch.elapsed, cost) });
    else
      options.onProgress?.({
        phase: "writing",
        bytes,
        fraction: options.previous === undefined ? undefined : Math.min(0.99, bytes / cost.fileBytes),
      });
    return `${bytes} ${pid === undefined ? 0 : cpuTicksOf(pid)}`;
  };
  const work = inspector.evaluate<number>(expression, { includeCommandLineAPI: true, timeoutMs: Number.POSITIVE_INFINITY });
  source.onWork?.(work);
  return watch.over(work, look);
}

/** Takes the snapshot over the socket; resolves with the milliseconds from the request to the last piece. */
async function stream(source: CaptureSource, part: string, options: CaptureOptions): Promise<number> {
  const { inspector, pid, cost } = source;
  const file = await open(part, "w", 0o600);
  const stop = new AbortController();
  const watch = new Watch(options.signal);
  const seen = { bytes: 0, done: 0, total: 0 };
  try {
    const how = (await turnsItsLoop(source)) ? "take" : "tracking";
    const work = inspector.heapSnapshot(
      async (chunk) => {
        await file.appendFile(chunk);
        seen.bytes += chunk.length;
      },
      {
        how,
        signal: stop.signal,
        numbers: options.numbers,
        // V8's own count costs the target time: only where its clock cannot be read is it the sole sign of life
        onProgress: pid === undefined ? ({ done, total }) => void Object.assign(seen, { done, total }) : undefined,
      },
    );
    await watch.over(work, async () => {
      if (seen.bytes === 0)
        options.onProgress?.({
          phase: "building graph",
          bytes: 0,
          fraction: seen.total === 0 ? builtIn(watch.elapsed, cost) : seen.done / seen.total,
        });
      else options.onProgress?.({ phase: "receiving", bytes: seen.bytes, fraction: Math.min(0.99, seen.bytes / cost.fileBytes) });
      // a loop that began just now keeps Node 22 from ever answering, and is busy too: not believed without end
      const believed = pid !== undefined && watch.elapsed < BELIEF * cost.pauseMs;
      return `${seen.bytes} ${seen.done} ${believed ? cpuTicksOf(pid) : 0}`;
    });
    return watch.elapsed;
  } finally {
    stop.abort();
    await file.close();
  }
}

/** How far V8 may be before it says anything: the clock is the only measure. */
function builtIn(elapsed: number, cost: CaptureCost): number {
  return Math.min(0.95, elapsed / (cost.pauseMs || 1));
}

/** Since Node 22 a snapshot is taken by a task of the event loop, which a busy loop never runs. */
async function turnsItsLoop({ inspector, nodeVersion }: CaptureSource): Promise<boolean> {
  if (Number.parseInt(nodeVersion.slice(1), 10) < 22) return true;
  const turn = inspector.evaluate("new Promise((turn)=>setImmediate(turn,1))", { awaitPromise: true, timeoutMs: 1500 });
  return turn.then(
    () => true,
    () => false,
  );
}

/** Looks on while work is done: reports, and gives up on an abort or when nothing moves any more. */
class Watch {
  private readonly began = performance.now();
  private readonly signal: AbortSignal | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.signal = signal;
  }

  get elapsed(): number {
    return performance.now() - this.began;
  }

  async over<T>(work: Promise<T>, look: () => Promise<string>): Promise<T> {
    const ended = new AbortController();
    work.catch(() => {});
    try {
      return await Promise.race([work, this.stall(look, ended.signal), this.cancelled(ended.signal)]);
    } finally {
      ended.abort();
    }
  }

  private async stall(look: () => Promise<string>, ended: AbortSignal): Promise<never> {
    let last = "";
    let since = performance.now();
    while (!ended.aborted) {
      const now = await look();
      if (now !== last) since = performance.now();
      last = now;
      if (performance.now() - since > STALL_MS) throw captureStalled(STALL_MS / 1000);
      await sleep(WATCH_MS, undefined, { signal: ended }).catch(() => {});
    }
    return new Promise(() => {});
  }

  private cancelled(ended: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      const cancel = (): void => reject(aborted("the snapshot"));
      this.signal?.addEventListener("abort", cancel, { once: true, signal: ended });
      if (this.signal?.aborted) cancel();
    });
  }
}

/** A snapshot ends with a brace; anything else is the beginning of one. */
async function checkWhole(part: string): Promise<void> {
  const file = await open(part, "r");
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, Math.max(0, size - 16));
    if (!buffer.toString("latin1", 0, bytesRead).trimEnd().endsWith("}")) throw captureFailed("it is not complete");
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

function explained(error: unknown, path: string): unknown {
  if (error instanceof LeakhuntError) return error.code === "EVALUATION_FAILED" ? captureFailed(reason(error.message)) : error;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? error : cannotWriteFile(path, reason(`${code} ${message}`), error);
}

function reason(message: string): string {
  return /ENOSPC|no space/i.test(message) ? "no space left on the disk" : message;
}

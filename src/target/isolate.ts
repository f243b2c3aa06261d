// What a main thread and a worker have in common, since both are one V8 isolate behind an inspector: memory, the price of
// a capture, the capture, and the epoch of the object ids.
import { captureTooBig, LeakhuntError, targetGone } from "../errors.ts";
import { type AllocationMode, type AllocationRecording, recordAllocations } from "./allocations.ts";
import { captureFile } from "./capture.ts";
import { within } from "./cdpInspector.ts";
import { captureCost } from "./cost.ts";
import { readSentinel } from "./epoch.ts";
import { builtin, type Inspector } from "./inspector.ts";
import { buildLineTables } from "./lineTables.ts";
import type { CaptureCost, Captured, CaptureOptions, Memory, PreviousCapture, TargetIdentity } from "./target.ts";

const GC_PATIENCE_MS = 15_000;

export abstract class LiveIsolate {
  readonly identity: TargetIdentity;
  readonly inspector: Inspector;
  abstract readonly gone: Promise<string>;
  private sentinel: string | undefined;
  private busy: Promise<unknown> = Promise.resolve();

  constructor(inspector: Inspector, identity: TargetIdentity) {
    this.inspector = inspector;
    this.identity = identity;
  }

  async memory(): Promise<Memory> {
    // A capture that was cancelled goes on inside the target, which answers nothing until it is done.
    await Promise.race([this.busy, this.gone]);
    const expression = `({...process.memoryUsage(),heapLimit:${builtin("v8")}.getHeapStatistics().heap_size_limit,handles:process.getActiveResourcesInfo?.().length})`;
    return this.inspector.evaluate<Memory>(expression, { includeCommandLineAPI: true });
  }

  async predict(previous?: PreviousCapture): Promise<CaptureCost> {
    const { heapUsed } = await this.memory();
    return captureCost(this.identity.pid, heapUsed, previous);
  }

  async capture(path: string, options: CaptureOptions = {}): Promise<Captured> {
    const cost = await this.predict(options.previous);
    if (!cost.fits && options.force !== true) throw captureTooBig(cost.extraBytes, cost.freeBytes, cost.limit);
    const first = this.sentinel === undefined;
    const kept = first || (await this.checkEpoch());
    const { pid, nodeVersion } = this.identity;
    await buildLineTables(this.inspector, nodeVersion);
    const onWork = (work: Promise<unknown>): void => {
      this.busy = work.catch(() => {});
    };
    const source = { inspector: this.inspector, pid, nodeVersion, cost, onWork };
    const { bytes, pauseMs, how } = await captureFile(source, path, options).catch((error) => this.explain(error));
    const now = await readSentinel(this.inspector);
    const epochKept = first || (kept && now === this.sentinel);
    this.sentinel = now;
    return { path, bytes, pauseMs, how, epochKept };
  }

  async checkEpoch(): Promise<boolean> {
    return this.sentinel !== undefined && (await readSentinel(this.inspector)) === this.sentinel;
  }

  async collectGarbage(): Promise<void> {
    await within(this.inspector.send("HeapProfiler.collectGarbage"), GC_PATIENCE_MS, "collecting garbage");
  }

  recordAllocations(mode: AllocationMode): Promise<AllocationRecording> {
    return recordAllocations(this.inspector, this.identity, mode, () => this.needsTime());
  }

  /** A guard beside that of the inspector will need it open for a moment after our death. */
  protected abstract needsTime(): void;

  /** A target that ended tells nobody why; whoever watches it does. */
  private async explain(error: unknown): Promise<never> {
    throw error instanceof LeakhuntError && error.code === "TARGET_GONE" ? targetGone(await this.gone) : error;
  }
}

// What leakhunt does while the target writes its snapshot, so that the answer is there soon after the last byte: it decodes
// what has been written (snapshot/decodeAlong.ts), and if retained sizes are wanted, a second thread makes itself ready to
// compute them (graph/earlySizesThread.ts). Where no processor is free for it, it does neither: the target would feel it.
//
// The first thread does not practise on a made-up heap as the second does: that would take 60 ms off the answer, but
// processors share more than one sees, and the target stood still for 0.2 s longer.

import { availableParallelism, cpus, loadavg } from "node:os";
import { EarlySizes } from "../graph/earlySizes.ts";
import { HeapGraph } from "../graph/heapGraph.ts";
import { DecodeAlong } from "../snapshot/decodeAlong.ts";
import { partOf } from "../target/capture.ts";

/**
 * Whether there is a processor that nobody else wants. On two that were busy with other work (a load of 3) a target of 75 MB
 * was seen to stand still for 1.9 to 2.1 s instead of 1.4 to 1.7 s; on idle ones for up to 5 % longer.
 */
function hasRoom(): boolean {
  return availableParallelism() > 1 && (loadavg()[0] as number) < cpus().length;
}

export class Meanwhile {
  readonly #hasRoom: boolean = hasRoom();
  readonly #early: EarlySizes | undefined;
  #along: DecodeAlong | undefined;
  #graph: HeapGraph | undefined;

  /** @param sizes whether retained sizes will be asked for. finish() or cancel() must be called. */
  constructor({ sizes = false }: { sizes?: boolean | undefined }) {
    this.#early = sizes && this.#hasRoom ? new EarlySizes() : undefined;
  }

  /** A snapshot will be written to `path`. */
  follow(path: string): void {
    if (!this.#hasRoom) return;
    const early = this.#early;
    this.#along = new DecodeAlong(partOf(path), {
      onUnnamed: (columns) => early?.begin(columns),
      onNamed: (columns) => {
        this.#graph = new HeapGraph(columns, { early });
        this.#graph.beginSizes();
      },
    });
  }

  /**
   * The snapshot is at `path`. Rejects only with what `signal` was aborted with.
   * @returns its graph, or undefined when it must be read from the file.
   */
  async finish(path: string, signal: AbortSignal): Promise<HeapGraph | undefined> {
    const columns = await this.#along?.finish(path, signal);
    if (columns) return this.#graph;
    await this.#early?.end();
    return undefined;
  }

  /** There will be no snapshot, or nobody wants it any more. Resolves when nothing is held any more. */
  async cancel(): Promise<void> {
    await Promise.all([this.#along?.cancel(), this.#early?.end()]);
  }
}

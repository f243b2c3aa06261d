// A snapshot file -> columns, the fast way. A file can be read from any place, and that buys two things over a stream:
// the strings, which V8 writes last, are read first, so that each edge's name is understood while it passes by and need
// not be kept; and what few questions need (locations, most names) stays in the file until somebody asks.
//
// Only files exactly as V8 writes them come this way. Anything else, damaged files included, is left to decode.ts.

import { fstatSync, readSync } from "node:fs";
import type { SnapshotColumns } from "./columns.ts";
import { Kernel } from "./kernel.ts";
import { EdgeLabeller } from "./labeller.ts";
import { findLayout, type Layout } from "./layout.ts";
import { BEGIN, breathe, columnsOf, isUsual, leastBytes, readRecords, readStrings } from "./sections.ts";

/** Windows between two looks at the world: progress, Ctrl-C. */
const WINDOWS_PER_TURN = 32;

export interface DecodeFileOptions {
  /** Told the bytes read so far, and the size of the file. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decodes the open file; the columns keep `fd`, to read names back. About 1 ns per byte.
 * @returns undefined when the file is not as V8 writes them; `fd` is then still the caller's.
 */
export async function decodeFile(fd: number, { onProgress, signal }: DecodeFileOptions = {}): Promise<SnapshotColumns | undefined> {
  signal?.throwIfAborted();
  const size = fstatSync(fd).size;
  const begin = Buffer.alloc(BEGIN.length);
  readSync(fd, begin, 0, begin.length, 0);
  const layout = begin.equals(BEGIN) ? layoutOf(fd, size) : undefined;
  if (!layout || !isUsual(layout.header) || leastBytes(layout.header) > size) return undefined;
  const strings = readStrings(fd, layout.stringsAt, size);
  if (!strings) return undefined;
  const kernel = Kernel.open({ strings: strings.count });
  if (!kernel) return undefined;
  let windows = 0;
  const source = {
    fd,
    size,
    grown: async (): Promise<void> => {},
    pause: async (offset: number): Promise<void> => {
      if (++windows % WINDOWS_PER_TURN !== 0) return;
      onProgress?.(offset, size);
      await breathe(signal);
    },
  };
  let labeller: EdgeLabeller | undefined;
  const records = await readRecords(source, kernel, layout, strings.count, (nodes) => {
    labeller = new EdgeLabeller(nodes, strings, kernel);
    return labeller;
  });
  if (!records || !labeller || records.edgesEnd >= layout.stringsAt) return undefined;
  return columnsOf(fd, layout, records, strings, labeller.finish());
}

/** The layout, or undefined when it cannot be found: the patient decoder will say why. */
function layoutOf(fd: number, size: number): Layout | undefined {
  try {
    return findLayout(fd, size);
  } catch {
    return undefined;
  }
}

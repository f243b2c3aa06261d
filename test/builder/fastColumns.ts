// Columns as the fast way into a file yields them, for tests of what is done with them.
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SnapshotColumns } from "../../src/snapshot/columns.ts";
import { decodeFile } from "../../src/snapshot/decodeFile.ts";

/** Writes a snapshot's text into `folder` and reads it. The columns keep the file open. */
export async function fastColumns(file: Buffer, folder: string): Promise<SnapshotColumns> {
  const path = join(folder, "heap.heapsnapshot");
  writeFileSync(path, file);
  const fd = openSync(path, "r");
  const columns = await decodeFile(fd);
  if (columns) return columns;
  closeSync(fd);
  throw new Error("the fast way declined the file");
}

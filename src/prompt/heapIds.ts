// From a handle of the debugger to V8's object id, the number by which a snapshot knows the object.

import type { Inspector } from "../target/inspector.ts";

/** Undefined for an object that no snapshot has seen yet. */
export async function heapIdOf(inspector: Inspector, objectId: string): Promise<number | undefined> {
  const { heapSnapshotObjectId } = await inspector.send("HeapProfiler.getHeapObjectId", { objectId });
  const id = Number(heapSnapshotObjectId);
  return id > 0 ? id : undefined;
}

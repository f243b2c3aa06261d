// Whether this V8 compresses pointers: a snapshot does not say, but its sizes do.

import type { SnapshotColumns } from "../snapshot/columns.ts";
import { NodeType } from "../snapshot/format.ts";

/** Objects of V8 are a whole number of slots: one odd multiple of 4 gives compressed pointers away. */
export function findPointerSize({ nodeCount, nodeType, nodeSelfSize }: SnapshotColumns): 4 | 8 {
  for (let n = 0; n < nodeCount; n++) {
    if (((nodeSelfSize[n] as number) & 7) !== 4) continue; // so is the memory behind buffers, which has no slots
    const type = nodeType[n];
    if (type === NodeType.closure || type === NodeType.object || type === NodeType.array) return 4;
  }
  return 8;
}

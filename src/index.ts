// The public library: re-exports only. `import { attach, openSnapshot, showGrowth } from "leakhunt"`.

export type { DiffOptions, DiffResult, DiffRow, DiffSort } from "./analysis/diff.ts";
export type { BaselineMode, GrowthOptions, GrowthRound, GrowthRow, GrowthState } from "./analysis/growth.ts";
export type { NewObjectsOptions, NewObjectsResult } from "./analysis/newObjects.ts";
export type { LeakingResult, ListedObject, ListOptions, ListResult, ShownObject } from "./analysis/objects.ts";
export type { ChainOptions, PathOptions, PathResult, RetainingPath } from "./analysis/paths.ts";
export type { Picture, PictureEdge, PictureNode } from "./analysis/picture.ts";
export type { PictureOptions } from "./analysis/pictureBuilder.ts";
export type { HeapStatistics } from "./analysis/statistics.ts";
export type { ObjectSummary, SizedSummary } from "./analysis/summary.ts";
export type { CommonOptions, CommonResult, CommonRow, TypeCount } from "./analysis/typeTable.ts";
export {
  type Asking,
  type Breakpoint,
  type BreakpointChain,
  type BreakpointChainOptions,
  type BreakpointChainPictureOptions,
  type BreakpointGrowthOptions,
  type BreakpointPictureOptions,
  type BreakpointPredicate,
  breakpoint,
  type NewIdsResult,
  type NewIdsRow,
} from "./breakpoint/index.ts";
export { LeakhuntError } from "./errors.ts";
export type { HoldLabel, KeyPreview, NodeKind } from "./graph/labels.ts";
export {
  type AttachedTarget,
  at,
  attach,
  byType,
  count,
  diff,
  findBackrefChain,
  findRefChain,
  getLeakingObjects,
  getNewIds,
  growth,
  isProperRoot,
  mostCommonTypes,
  newGrowthState,
  openSnapshot,
  type Predicate,
  paths,
  type ShowPictureOptions,
  type Snapshot,
  showBackrefs,
  showChain,
  showGrowth,
  showMostCommonTypes,
  showRefs,
  statistics,
  typestats,
} from "./library/index.ts";

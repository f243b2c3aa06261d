// What a person at a breakpoint can say: `leakhunt.showBackrefs(x)`. The names and defaults are those of Python's objgraph,
// written the JavaScript way; the values are those of the library.

import type { GrowthOptions, GrowthRound } from "../analysis/growth.ts";
import type { PathResult } from "../analysis/paths.ts";
import type { Picture } from "../analysis/picture.ts";
import type { PictureOptions } from "../analysis/pictureBuilder.ts";
import type { SizedSummary } from "../analysis/summary.ts";
import type { CommonOptions, CommonResult } from "../analysis/typeTable.ts";
import type { NewIdsResult } from "./newIds.ts";

/**
 * A condition on objects: text as on the command line (`"Session"`, `"/Req|Res/"`, `"retained>1MB"`, `"root"`), or a function
 * over a plain description (`id`, `type`, `title`, `retainedSize`, …). Such a function is sent as text to the analyser, outside the program:
 * it sees its argument and JavaScript's own globals, not the variables around it.
 */
export type BreakpointPredicate = string | ((object: SizedSummary) => unknown);

/** Options that every question takes. */
export interface Asking {
  /** Prints what V8's snapshot took and what leakhunt took. Default: whether `LEAKHUNT_TIMING` is set. */
  readonly timing?: boolean | undefined;
}

type Conditioned<T> = Omit<T, "filter"> & Asking & { readonly filter?: BreakpointPredicate | undefined };

export interface BreakpointGrowthOptions extends Conditioned<GrowthOptions> {
  /** Calls with the same object share their memory of earlier calls; calls without one share another. Stays empty. */
  readonly peakStats?: object | undefined;
}

/** How a picture is drawn: objgraph's parameters. */
export interface BreakpointPictureOptions
  extends Omit<PictureOptions, "extraIgnore" | "filter" | "highlight" | "extraInfo" | "extraNodeAttrs">,
    Asking {
  /** `.png`, `.svg`, `.dot` or `.pdf`. Without it a tree is printed. */
  readonly filename?: string | undefined;
  /** Objects that are not drawn. */
  readonly extraIgnore?: BreakpointPredicate | undefined;
  /** Only objects that meet it are drawn, and those asked for. */
  readonly filter?: BreakpointPredicate | undefined;
  /** Objects that get a blue frame. */
  readonly highlight?: BreakpointPredicate | undefined;
  /** A line added to each card; a function under the rule of `BreakpointPredicate`. */
  readonly extraInfo?: ((object: SizedSummary) => string | undefined) | undefined;
  /** DOT attributes added to each card; a function under the same rule. */
  readonly extraNodeAttrs?: ((object: SizedSummary) => Readonly<Record<string, string | null | undefined>>) | undefined;
  /** Writes the number of strong references to each object on its card. Default false. */
  readonly refcounts?: boolean | undefined;
  readonly title?: string | undefined;
}

/** Options of `showChain`: those of a picture that still can be chosen when the objects are. */
export type BreakpointChainPictureOptions = Pick<BreakpointPictureOptions, "filename" | "refcounts" | "title" | "timing">;

export interface BreakpointChainOptions extends Asking {
  /** Steps. Default 20. */
  readonly maxDepth?: number | undefined;
  readonly extraIgnore?: BreakpointPredicate | undefined;
}

/** A chain that was found, with what `showChain` needs to draw it. */
export interface BreakpointChain extends PathResult {
  readonly picture: Picture;
}

/**
 * leakhunt inside the program, for the places where a developer stops: `node inspect`, the consoles of DevTools and VS Code, the REPL,
 * and plain code. Every function is synchronous. Each lets V8 write a snapshot of this thread's heap into a private file,
 * has it analysed by a process of its own, deletes it, prints and returns. The heap that is measured is the program's: what
 * leakhunt and debuggers have put into it is left out.
 *
 * All throw `LeakhuntError`; its `message` has the way out as well and its `stack` is one line, so that a stop shows no more than that.
 */
export interface Breakpoint {
  /** Number of objects by type. */
  typestats(options?: Asking & { readonly filter?: BreakpointPredicate | undefined }): Record<string, number>;
  /** The most common types with count, shallow and retained bytes, ten of them unless `limit` says else (0: all). */
  mostCommonTypes(options?: Conditioned<CommonOptions>): CommonResult;
  /** Prints the most common types as a table. */
  showMostCommonTypes(options?: Conditioned<CommonOptions>): CommonResult;
  /** How many objects of a type there are; 0 when nobody has heard of it. */
  count(type: string, options?: Asking): number;
  /**
   * The objects of a type themselves, newest first (by object id; those that were there at the first question in no order).
   * Types are those of the tables, so `"{id, user}"` works as well as `"Session"`. Objects that JavaScript cannot hold (strings, V8's own) are not among them, and of objects without a
   * prototype, each held by another object, or from another `vm` context, only the first hundred, which is said.
   */
  byType(type: string, options?: Conditioned<{ readonly limit?: number | undefined }>): object[];
  /** The object that a table or picture calls `@1234`. */
  at(id: string | number): object;
  /** What grew since the call before; the first call is the baseline. A type's baseline is the highest count so far. */
  growth(options?: BreakpointGrowthOptions): GrowthRound;
  /** Prints what grew. */
  showGrowth(options?: BreakpointGrowthOptions): GrowthRound;
  /**
   * The objects that came since the call before, by type, with their ids; prints them as a table. `skipUpdate` compares
   * without becoming the call that the next one compares with.
   */
  getNewIds(options?: Asking & { readonly limit?: number | undefined; readonly skipUpdate?: boolean | undefined }): NewIdsResult;
  /** Objects that only native handles or weak edges hold, biggest first, twenty unless `limit` says else (0: all). */
  getLeakingObjects(options?: Asking & { readonly limit?: number | undefined }): object[];
  /**
   * Draws what keeps objects alive.
   * @param objects an object, or a list of objects: an array that nobody but the call holds, or one that `byType` returned, is such a list; an
   *   array that the program holds is an object like any other.
   */
  showBackrefs(objects: unknown, options?: BreakpointPictureOptions): Picture;
  /** Draws what objects hold, `maxDepth` (3) steps far. @param objects as for `showBackrefs`. */
  showRefs(objects: unknown, options?: BreakpointPictureOptions): Picture;
  /** The shortest chain of holders from the object up to one that meets the predicate; `outcome` says if there is none. */
  findBackrefChain(object: unknown, predicate?: BreakpointPredicate, options?: BreakpointChainOptions): BreakpointChain;
  /** The shortest chain from the object over what it holds to one that meets the predicate. */
  findRefChain(object: unknown, predicate: BreakpointPredicate, options?: BreakpointChainOptions): BreakpointChain;
  /** Draws chains, as they were when they were found. */
  showChain(chains: BreakpointChain | readonly BreakpointChain[], options?: BreakpointChainPictureOptions): Picture;
  /** A predicate: a root that a Node developer would name. objgraph's `is_proper_module`. */
  readonly isProperRoot: BreakpointPredicate;
}

// `diff` and `statistics`: two views that DevTools has too, number for number.

import { type DiffResult, type DiffSort, diffRaw, diffSnapshots } from "../analysis/diff.ts";
import { type HeapStatistics, heapStatistics } from "../analysis/statistics.ts";
import { diffText } from "../report/diffText.ts";
import { statisticsText } from "../report/statisticsText.ts";
import { fromText, type Named, named } from "./named.ts";
import { forceOption, freshOption, internalsOption, limitOption, sourceArgument, toChoice } from "./options.ts";
import { compareFiles, pairArguments, pairOf, rawPairOption } from "./pair.ts";
import { defineVerb, type Verb } from "./verb.ts";

/** Words of `--sort`, as the columns are called, and what they sort by. */
const SORTS: Readonly<Record<string, DiffSort>> = {
  new: "added",
  deleted: "removed",
  delta: "delta",
  alloc: "addedSize",
  freed: "removedSize",
  size: "sizeDelta",
};

export const diffVerb: Verb = defineVerb<DiffResult & { before: string; now: string }>({
  name: "diff",
  summary: "two snapshots of one process compared as DevTools' Comparison view does, number for number",
  arguments: pairArguments,
  options: [
    {
      flags: "--sort <by>",
      help: "new, deleted or delta (objects); alloc, freed or size (bytes)",
      parse: toChoice("--sort", Object.keys(SORTS)),
      default: "alloc",
    },
    limitOption,
    rawPairOption,
    internalsOption,
  ],
  examples: ["leakhunt diff before.heapsnapshot after.heapsnapshot", "leakhunt diff --sort delta --limit 0 --internals --json"],
  async *run(session, [beforePath, nowPath], options) {
    const choices = {
      limit: options["limit"] as number,
      sort: SORTS[options["sort"] as string] as DiffSort,
      internals: options["internals"] === true,
    };
    const [before, now] = [beforePath as string | undefined, nowPath as string | undefined];
    if (options["raw"] === true) {
      yield { ...diffRaw(compareFiles("diff", before, now), choices), before: before as string, now: now as string };
      return;
    }
    const [older, newer] = await pairOf("diff", session, before, now);
    const result = diffSnapshots(older.graph, newer.graph, choices);
    session.remember(
      newer,
      result.rows.map(({ type }) => ({ type })),
    );
    yield { ...result, before: older.name, now: newer.name };
  },
  render: (value) => diffText(value),
});

export const statisticsVerb: Verb = defineVerb<HeapStatistics & Named>({
  name: "statistics",
  summary: "what the bytes are (code, strings, arrays, buffers), as DevTools' Statistics view",
  arguments: [sourceArgument],
  options: [freshOption, forceOption],
  examples: ["leakhunt statistics 4242", "leakhunt statistics heap.heapsnapshot --json"],
  async *run(session, [source], options) {
    const how = { fresh: options["fresh"] === true, force: options["force"] === true };
    const loaded = await session.load(source as string | undefined, how);
    yield { ...heapStatistics(loaded.graph), ...named(loaded) };
  },
  render: (value) => `${fromText({ name: value.snapshot, takenAt: value.takenAt })}\n${statisticsText(value)}`,
});

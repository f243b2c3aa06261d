// `common`, `count`, `ls`, `new`: what is there, and what is new.

import { type NewObjectsResult, newObjects, newObjectsRaw } from "../analysis/newObjects.ts";
import { countType, type ListResult, listType } from "../analysis/objects.ts";
import type { NodePredicate } from "../analysis/predicates.ts";
import { type CommonResult, mostCommonRaw, mostCommonTypes, type TypeSort } from "../analysis/typeTable.ts";
import { usage } from "../errors.ts";
import { countRawGraph, countRawTypes, type RawCount } from "../graph/rawTypes.ts";
import { questionText } from "../hunts/answers.ts";
import { allThreadsText } from "../report/allThreadsText.ts";
import { commonText, countText, listText, newText } from "../report/typesText.ts";
import { canScan, NodeScanner } from "../snapshot/scan.ts";
import { type AllThreads, commonOfAllThreads } from "./allThreads.ts";
import { fromLine, type Named, named } from "./named.ts";
import { filterOption, forceOption, freshOption, internalsOption, limitOption, sourceArgument, toChoice, toCount } from "./options.ts";
import { compareFiles, pairArguments, pairOf, rawPairOption } from "./pair.ts";
import type { Session } from "./session.ts";
import type { Loaded } from "./shelf.ts";
import { defineVerb, type Options, type Verb } from "./verb.ts";

function loadOptions(options: Options): { fresh: boolean; force: boolean } {
  return { fresh: options["fresh"] === true, force: options["force"] === true };
}

export const commonVerb: Verb = defineVerb<(CommonResult & Named) | AllThreads>({
  name: "common",
  summary: "the most common types: count, shallow and retained size, share of the heap",
  arguments: [sourceArgument],
  options: [
    {
      flags: "--sort <by>",
      help: "count, shallow or retained",
      parse: toChoice("--sort", ["count", "shallow", "retained"]),
      default: "count",
    },
    limitOption,
    filterOption,
    { flags: "--no-retained", help: "only counts and raw sizes: reads a quarter of the file, in a hundredth of the time and memory" },
    { flags: "--all-threads", help: "the main thread and all workers together: one snapshot each" },
    { flags: "--long", help: "tell classes of one name apart by where they are defined" },
    internalsOption,
    freshOption,
    forceOption,
  ],
  examples: ["leakhunt common 4242", "leakhunt common 4242 --all-threads", "leakhunt common heap.heapsnapshot --sort retained --limit 20"],
  async *run(session, [source], options) {
    if (options["retained"] === false) {
      yield await rawCommon(session, source as string | undefined, options);
      return;
    }
    const choices = {
      limit: options["limit"] as number,
      sort: options["sort"] as TypeSort,
      filter: options["filter"] as NodePredicate | undefined,
      long: options["long"] === true,
      internals: options["internals"] === true,
    };
    if (options["allThreads"] === true) {
      yield await commonOfAllThreads(session, source as string | undefined, options["force"] === true, choices);
      return;
    }
    const asked = questionText("common", choices);
    const how = { ...loadOptions(options), sizes: true };
    const { value, subject } = await session.answer(source as string | undefined, how, asked, async ({ graph }) => {
      await graph.computeSizes({ ids: choices.filter !== undefined, signal: session.signal });
      return mostCommonTypes(graph, choices);
    });
    session.remember(
      subject,
      value.rows.map(({ type }) => ({ type })),
    );
    yield { ...value, ...named(subject) };
  },
  render: (value) => ("threads" in value ? allThreadsText(value) : `${fromLine(value)}\n${commonText(value)}`),
});

/** Counts a file, or the last snapshot of the hunt, without building a graph. */
async function rawCommon(session: Session, sourceText: string | undefined, options: Options): Promise<CommonResult & Named> {
  for (const flag of ["filter", "long", "allThreads"]) {
    if (options[flag] !== undefined && options[flag] !== false)
      throw usage(`--${flag === "allThreads" ? "all-threads" : flag} needs the whole graph`, "leave out --no-retained");
  }
  if (options["sort"] === "retained") throw usage("--sort retained needs retained sizes", "leave out --no-retained");
  const { path, ...name } = await session.file(sourceText, loadOptions(options));
  const choices = { limit: options["limit"] as number, sort: options["sort"] as TypeSort, internals: options["internals"] === true };
  return { ...mostCommonRaw(await rawCounts(session, path), choices), ...name };
}

async function rawCounts(session: Session, path: string): Promise<Map<string, RawCount>> {
  if (!canScan(path)) return countRawGraph((await session.shelf.openFile(path)).graph);
  const scanner = NodeScanner.open(path);
  try {
    return countRawTypes(scanner);
  } finally {
    scanner.close();
  }
}

export const countVerb: Verb = defineVerb<{ type: string; count: number; shallow: number } & Named>({
  name: "count",
  summary: "how many objects of a type there are",
  arguments: [{ name: "<type>", help: "a type as `common` names it" }, sourceArgument],
  options: [freshOption, forceOption],
  examples: ["leakhunt count Session", 'leakhunt count "{id, user}" heap.heapsnapshot'],
  async *run(session, [type, source], options) {
    const loaded = await session.load(source as string | undefined, loadOptions(options));
    yield { ...countType(loaded.graph, type as string), ...named(loaded) };
  },
  render: (value) => `${countText(value)}   ${fromLine(value)}`,
});

export const lsVerb: Verb = defineVerb<ListResult & Named>({
  name: "ls",
  summary: "the objects of a type: id, preview, sizes, since which snapshot",
  arguments: [{ name: "<type>", help: "a type as `common` names it" }, sourceArgument],
  options: [
    {
      flags: "--sort <by>",
      help: "newest, oldest (by id: true for what this session saw being made), shallow or retained",
      parse: toChoice("--sort", ["newest", "oldest", "shallow", "retained"]),
      default: "newest",
    },
    limitOption,
    filterOption,
    freshOption,
    forceOption,
  ],
  examples: ["leakhunt ls Session", "leakhunt ls Session --sort retained --limit 3"],
  async *run(session, [type, source], options) {
    const loaded = await session.load(source as string | undefined, loadOptions(options));
    await loaded.graph.computeSizes({ signal: session.signal });
    const result = listType(loaded.graph, type as string, {
      limit: options["limit"] as number,
      sort: options["sort"] as "newest",
      filter: options["filter"] as NodePredicate | undefined,
      earlier: await earlierSnapshots(session, loaded),
    });
    session.remember(
      loaded,
      result.objects.map(({ id }) => ({ id })),
    );
    yield { ...result, ...named(loaded) };
  },
  render: (value) => `${fromLine(value)}\n${listText(value)}`,
});

/** Ids of the hunt's older snapshots of the same epoch, so that `ls` can say since when an object is there. */
async function earlierSnapshots(session: Session, loaded: Loaded): Promise<{ label: string; has(id: number): boolean }[]> {
  if (!("hunt" in loaded.from)) return [];
  const { snapshot } = loaded.from;
  const hunt = session.currentHunt();
  const { snapshots } = hunt.record;
  const me = snapshots.find((s) => s.number === snapshot);
  const before = snapshots.filter((s) => me && s.number < snapshot && s.epoch === me.epoch);
  const sets: { label: string; has(id: number): boolean }[] = [];
  for (const entry of before) {
    const ids = await session.shelf.idsOf(hunt, entry);
    sets.push({ label: `snapshot ${entry.number}`, has: (id) => ids.has(id) });
  }
  return sets;
}

export const newVerb: Verb = defineVerb<NewObjectsResult & { before: string; now: string }>({
  name: "new",
  summary: "the objects that are new since the last round, by type, with their ids",
  arguments: pairArguments,
  options: [
    limitOption,
    { flags: "--ids <n>", help: "ids shown per type; 0 for all", parse: toCount("--ids"), default: 5 },
    rawPairOption,
    internalsOption,
  ],
  examples: ["leakhunt new", "leakhunt new before.heapsnapshot after.heapsnapshot"],
  async *run(session, [beforePath, nowPath], options) {
    if (options["raw"] === true) {
      const [before, now] = [beforePath as string | undefined, nowPath as string | undefined];
      const choices = { limit: options["limit"] as number, internals: options["internals"] === true };
      yield { ...newObjectsRaw(compareFiles("new", before, now), choices), before: before as string, now: now as string };
      return;
    }
    const [before, now] = await pairOf("new", session, beforePath as string | undefined, nowPath as string | undefined);
    const result = newObjects(before.graph, now.graph, {
      limit: options["limit"] as number,
      ids: options["ids"] as number,
      internals: options["internals"] === true,
    });
    session.remember(
      now,
      result.rows.map(({ type }) => ({ type })),
    );
    yield { ...result, before: before.name, now: now.name };
  },
  render: (value) => newText(value),
});

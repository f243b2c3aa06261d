// `show`, `path`, `leaking`: one object, and why it is alive.

import { type LeakingResult, leakingObjects, type ShownObject, showObject } from "../analysis/objects.ts";
import { findChain, type PathResult, retainingPaths } from "../analysis/paths.ts";
import { isProperRoot, parsePredicate } from "../analysis/predicates.ts";
import { usage } from "../errors.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import { questionText } from "../hunts/answers.ts";
import { leakingText, pathText, showText } from "../report/pathText.ts";
import { fromText, type Named, named, stale } from "./named.ts";
import {
  forceOption,
  freshOption,
  internalsOption,
  limitOption,
  moreIds,
  sizesOption,
  sourceArgument,
  sourceOption,
  timingOption,
  toCount,
} from "./options.ts";
import type { Session } from "./session.ts";
import type { Subject } from "./shelf.ts";
import { looksLikeSource } from "./source.ts";
import { defineVerb, type Options, type Verb } from "./verb.ts";

const objectArgument = {
  name: "[object]",
  help: "@id, a row of the last table (a typical new object of it), or at the prompt an expression",
};
const plumbingOption = { ...internalsOption, help: "show V8's plumbing instead of looking through it" };
const idOption = { flags: "--id <@id>", help: "the object, as an option", parse: moreIds };

/** Words that name objects: the arguments and --id together. */
export function objectWords(args: readonly unknown[], options: Options): string[] {
  const words = args.filter((arg): arg is string => typeof arg === "string");
  const ids = (options["id"] as number[] | undefined) ?? [];
  return [...words, ...ids.map((id) => `@${id}`)];
}

/** Ids to leave out, as a condition. */
export function ignored(options: Options): ((graph: unknown, node: number) => boolean) | undefined {
  const ids = options["ignore"] as number[] | undefined;
  if (!ids || ids.length === 0) return undefined;
  const set = new Set(ids);
  return (graph, node) => set.has((graph as { id(n: number): number }).id(node));
}

/** What the words of `show` and `path` name: objects, and a source if one is given. */
function wordsOf(args: readonly unknown[], options: Options): { words: string[]; source: string | undefined } {
  // With --id the only word is the source: `path --id @1234 heap.heapsnapshot`.
  const first = args[0] as string | undefined;
  const onlySource = options["id"] !== undefined && first !== undefined && args[1] === undefined && looksLikeSource(first);
  const [object, source] = onlySource ? [undefined, first] : args;
  return { words: objectWords([object], options), source: (source as string | undefined) ?? (options["source"] as string | undefined) };
}

/** Answers a question about one object. */
function ofOne<V>(
  session: Session,
  verb: string,
  args: readonly unknown[],
  options: Options,
  compute: (graph: HeapGraph, node: number) => Promise<V> | V,
): Promise<{ value: V; subject: Subject }> {
  const { words, source } = wordsOf(args, options);
  const { id, json, timing, ...choices } = options;
  return session.answerAbout(words, source, questionText(verb, choices), ({ graph }, nodes) =>
    compute(options["internals"] === true ? graph.withInternals() : graph, nodes[0] as number),
  );
}

export const showVerb: Verb = defineVerb<ShownObject & Named>({
  name: "show",
  line: "object",
  summary: "one object: class, preview, sizes, properties and entries, where it is defined",
  arguments: [objectArgument, sourceArgument],
  options: [idOption, { ...limitOption, default: 20, help: "parts shown; 0 for all" }, plumbingOption, timingOption, sourceOption],
  examples: ["leakhunt show @1234", "leakhunt show 1"],
  async *run(session, args, options) {
    const { value, subject } = await ofOne(session, "show", args, options, async (graph, node) => {
      await graph.computeSizes({ signal: session.signal });
      return showObject(graph, node, options["limit"] as number);
    });
    yield { ...value, ...named(subject) };
  },
  render: (value) => stale(value) + showText(value),
});

type PathValue = PathResult & Named & { condition: string | undefined; forward: boolean };

export const pathVerb: Verb = defineVerb<PathValue>({
  name: "path",
  line: "object",
  summary: "why an object is alive: the path from a root that a Node developer would call the reason",
  arguments: [objectArgument, sourceArgument],
  options: [
    idOption,
    { flags: "--all <n>", help: "this many paths, each over another holder", parse: toCount("--all", 1), default: 1 },
    { flags: "--to <condition>", help: "the shortest chain of holders up to an object that meets it: SessionStore, @12, module, root" },
    { flags: "--forward", help: "follow what it holds instead, to the object that --to names" },
    { flags: "--max-depth <n>", help: "steps searched with --to", parse: toCount("--max-depth", 1), default: 20 },
    { flags: "--ignore <@ids>", help: "objects the path must avoid", parse: moreIds },
    sizesOption,
    plumbingOption,
    timingOption,
    sourceOption,
  ],
  examples: ["leakhunt path @1234", "leakhunt path 1 --all 3", "leakhunt path @1234 --to SessionStore"],
  async *run(session, args, options) {
    const to = options["to"] as string | undefined;
    const forward = options["forward"] === true;
    const ignore = ignored(options);
    if (forward && to === undefined) throw usage("--forward to what?", "add --to <condition>, for example --to Socket");
    const { value, subject } = await ofOne<PathResult>(session, "path", args, options, async (graph, node) => {
      if (options["sizes"] === true) await graph.computeSizes({ signal: session.signal });
      if (to === undefined) return retainingPaths(graph, node, { all: options["all"] as number, ignore });
      return findChain(graph, node, to === "root" ? isProperRoot : parsePredicate(to), forward, {
        maxDepth: options["maxDepth"] as number,
        ignore,
      });
    });
    yield { ...value, ...named(subject), condition: to, forward };
  },
  render: (value) => stale(value) + pathText(value),
});

export const leakingVerb: Verb = defineVerb<LeakingResult & Named>({
  name: "leaking",
  summary: "objects that only native handles or weak edges hold: nothing in JavaScript refers to them",
  arguments: [sourceArgument],
  options: [{ ...limitOption, default: 20 }, freshOption, forceOption],
  examples: ["leakhunt leaking"],
  async *run(session, [source], options) {
    const loaded = await session.load(source as string | undefined, { fresh: options["fresh"] === true, force: options["force"] === true });
    const result = leakingObjects(loaded.graph, options["limit"] as number);
    session.remember(
      loaded,
      result.objects.map(({ id }) => ({ id })),
    );
    yield { ...result, ...named(loaded) };
  },
  render: (value) => `${fromText({ name: value.snapshot, takenAt: value.takenAt })}\n${leakingText(value)}`,
});

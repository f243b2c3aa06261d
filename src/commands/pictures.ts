// `backrefs` and `refs`: the picture, both ways; a tree in the terminal when no file is asked for.

import { extname, resolve } from "node:path";
import { backrefs } from "../analysis/backrefs.ts";
import { type PathResult, retainingPaths } from "../analysis/paths.ts";
import type { Picture } from "../analysis/picture.ts";
import type { PictureOptions } from "../analysis/pictureBuilder.ts";
import { type NodePredicate, parsePredicate } from "../analysis/predicates.ts";
import { refs } from "../analysis/refs.ts";
import { usage } from "../errors.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import { questionText } from "../hunts/answers.ts";
import { forTerminal } from "../report/escape.ts";
import { reasonText } from "../report/pathText.ts";
import { drawPicture, type PictureFormat } from "../report/picture.ts";
import { renderTree } from "../report/tree.ts";
import { formatCount, formatNoun } from "../report/units.ts";
import { openWithViewer } from "../report/viewer.ts";
import { writeBeside } from "../report/writeFile.ts";
import { type Named, named, stale } from "./named.ts";
import { ignored, objectWords } from "./objects.ts";
import { filterOption, internalsOption, moreIds, sizesOption, sourceOption, timingOption, toChoice, toCount } from "./options.ts";
import { looksLikeSource } from "./source.ts";
import { defineVerb, type Options, type Verb } from "./verb.ts";

const FORMATS: readonly PictureFormat[] = ["png", "svg", "dot", "pdf"];

interface Written {
  readonly path: string;
  /** Pixels of a PNG, points otherwise. */
  readonly width: number;
  readonly height: number;
  readonly notes: readonly string[];
}

interface Answer {
  readonly picture: Picture;
  /** Why the one object that was asked about is alive, in the same words as `path`: the picture has it in red. */
  readonly path: PathResult | undefined;
}

type PictureValue = Named & Answer & { readonly file: Written | undefined };

const OPTIONS = [
  { flags: "--id <@id>", help: "the object; may be given several times", parse: moreIds },
  { flags: "-o, --output <file>", help: "write .png, .svg, .dot or .pdf; without it a tree is printed" },
  { flags: "--open", help: "show the file in the desktop's viewer" },
  {
    flags: "--too-many <n>",
    help: "holders drawn per object before the rest becomes one box",
    parse: toCount("--too-many", 1),
    default: 10,
  },
  { flags: "--max-nodes <n>", help: "cards in all", parse: toCount("--max-nodes", 1) },
  filterOption,
  { flags: "--ignore <@ids>", help: "objects that are not drawn", parse: moreIds },
  { flags: "--highlight <condition>", help: "objects that get a blue frame", parse: parsePredicate },
  { flags: "--refcounts", help: "show how many holders each object has" },
  sizesOption,
  { flags: "--long", help: "show where each class is defined" },
  { ...internalsOption, help: "show V8's plumbing (hash tables, element arrays, cells) instead of looking through it" },
  { flags: "--rankdir <dir>", help: "TB or LR", parse: toChoice("--rankdir", ["TB", "LR"]), default: "TB" },
  { flags: "--title <text>", help: "title of the picture" },
  timingOption,
  sourceOption,
] as const;

function pictureVerb(
  name: "backrefs" | "refs",
  summary: string,
  depth: { help: string; default?: number },
  select: (graph: HeapGraph, nodes: readonly number[], options: PictureOptions) => Answer,
): Verb {
  return defineVerb<PictureValue>({
    name,
    line: "object",
    summary,
    arguments: [
      {
        name: "[objects...]",
        help: "@ids, rows of the last table (a typical new object of each), or at the prompt an expression; last, a snapshot file",
      },
    ],
    options: [
      ...OPTIONS,
      {
        flags: "--max-depth <n>",
        help: depth.help,
        parse: toCount("--max-depth", 1),
        ...(depth.default ? { default: depth.default } : {}),
      },
    ],
    examples: [`leakhunt ${name} --id @1234 -o refs.png`, `leakhunt ${name} 1`, `leakhunt ${name} @1234 heap.heapsnapshot -o refs.svg`],
    async *run(session, [objects], options) {
      const given = (objects as string[] | undefined) ?? [];
      const from = given.find(looksLikeSource) ?? (options["source"] as string | undefined);
      const words = objectWords(
        given.filter((word) => !looksLikeSource(word)),
        options,
      );
      const output = options["output"] as string | undefined;
      const format = output === undefined ? undefined : formatOf(output);
      if (options["open"] === true && output === undefined) throw usage("--open what?", "add -o refs.png");
      const { id, output: _output, open, json, rankdir, title, refcounts, timing, ...choice } = options;
      const { value, subject } = await session.answerAbout(words, from, questionText(name, choice), async (loaded, nodes) => {
        const graph = options["internals"] === true ? loaded.graph.withInternals() : loaded.graph;
        if (options["sizes"] === true) await graph.computeSizes({ signal: session.signal });
        return select(graph, [...new Set(nodes)], choices(options));
      });
      const file = output && format ? await write(value.picture, output, format, options, session.signal) : undefined;
      if (file && options["open"] === true) await openWithViewer(file.path);
      yield { ...value, ...named(subject), file };
    },
    render: (value, { color }) => stale(value) + (value.file ? fileText(value, value.file) : renderTree(value.picture, { color })),
  });
}

export const backrefsVerb: Verb = pictureVerb(
  "backrefs",
  "the picture of what keeps an object alive (a tree without -o)",
  { help: "cut paths farther than this from the object" },
  (graph, nodes, options) => ({ picture: backrefs(graph, nodes, options), path: reason(graph, nodes, options) }),
);

export const refsVerb: Verb = pictureVerb(
  "refs",
  "the picture of what an object holds (a tree without -o)",
  { help: "levels drawn", default: 3 },
  (graph, nodes, options) => ({ picture: refs(graph, nodes, options), path: undefined }),
);

/** After the picture was made, this costs next to nothing. A filter is about the picture alone. */
function reason(graph: HeapGraph, [node, ...others]: readonly number[], { extraIgnore, filter }: PictureOptions): PathResult | undefined {
  if (node === undefined || others.length > 0 || filter !== undefined) return undefined;
  return retainingPaths(graph, node, { ignore: extraIgnore });
}

function choices(options: Options): PictureOptions {
  return {
    maxDepth: options["maxDepth"] as number | undefined,
    tooMany: options["tooMany"] as number,
    maxNodes: options["maxNodes"] as number | undefined,
    filter: options["filter"] as NodePredicate | undefined,
    extraIgnore: ignored(options),
    highlight: options["highlight"] as NodePredicate | undefined,
    shortnames: options["long"] !== true,
  };
}

function formatOf(path: string): PictureFormat {
  const format = extname(path).slice(1).toLowerCase();
  if ((FORMATS as readonly string[]).includes(format)) return format as PictureFormat;
  throw usage(`${JSON.stringify(path)} has no picture format`, "write a .png, .svg, .dot or .pdf");
}

async function write(picture: Picture, output: string, format: PictureFormat, options: Options, signal: AbortSignal): Promise<Written> {
  const drawn = await drawPicture(picture, {
    format,
    rankdir: options["rankdir"] as "TB",
    refcounts: options["refcounts"] === true,
    signal,
    ...(options["title"] === undefined ? {} : { title: options["title"] as string }),
  });
  const path = resolve(output);
  await writeBeside(path, drawn.bytes);
  return { path: output, width: drawn.width, height: drawn.height, notes: drawn.notes };
}

/** `refs.png  1248 × 1988, 17 retainers drawn, 1,004 alike grouped, 3 cut (--too-many)`, and the path as text. */
function fileText({ picture, path }: Answer, file: Written): string {
  const drawn = picture.nodes.length - picture.nodes.filter((node) => node.isTarget).length;
  const noun = picture.direction === "backrefs" ? "retainer" : "reference";
  const parts = [file.width > 0 ? `${Math.round(file.width)} × ${Math.round(file.height)}` : "DOT", `${formatNoun(drawn, noun)} drawn`];
  if (picture.grouped > 0) parts.push(`${formatCount(picture.grouped)} alike grouped`);
  const cut = picture.more.reduce((sum, box) => sum + box.count, 0);
  if (cut > 0) parts.push(`${formatCount(cut)} cut (--too-many, --max-nodes)`);
  if (picture.cutByDepth > 0) parts.push(`${formatCount(picture.cutByDepth)} cut (--max-depth)`);
  return [
    `${forTerminal(file.path, 300)}  ${parts.join(", ")}`,
    ...[...picture.notes, ...file.notes].map((note) => forTerminal(note, 300)),
    ...(path?.outcome === "found" ? [reasonText(path)] : []),
  ].join("\n");
}

// `leakhunt` at a breakpoint: objgraph's functions, synchronous, inside the program. This file only says what is asked; ask.ts
// asks, live.ts finds the objects themselves.

import { resolve } from "node:path";
import type { GrowthRound } from "../analysis/growth.ts";
import type { Picture } from "../analysis/picture.ts";
import type { CommonResult } from "../analysis/typeTable.ts";
import { noSuchRelativeFile, usage } from "../errors.ts";
import { ask, plain } from "./ask.ts";
import { liveObject, liveObjects } from "./live.ts";
import type { NewIdsResult } from "./newIds.ts";
import { keepOut } from "./ours.ts";
import type { QuestionName, SentFunction, Wanted } from "./request.ts";
import { asList, checkSubject, type Subjects, subjectsOf } from "./subject.ts";
import type {
  Asking,
  Breakpoint,
  BreakpointChain,
  BreakpointChainOptions,
  BreakpointGrowthOptions,
  BreakpointPictureOptions,
  BreakpointPredicate,
} from "./types.ts";

const isProperRoot: BreakpointPredicate = "root";

/** What `growth` remembers, by the object given as `peakStats`. Bytes outside the JavaScript heap. */
const peaks = new WeakMap<object, Buffer>();
const defaultPeaks = {};
let idsBefore: Buffer | undefined;

/** What `import { breakpoint } from "leakhunt"` and `globalThis.leakhunt` are. */
export const breakpoint: Breakpoint = Object.freeze({
  typestats: (options) => plainly(() => ask<Record<string, number>>({ ...parts("typestats", options), show: false })),
  mostCommonTypes: (options) => plainly(() => ask<CommonResult>({ ...parts("common", options), show: false })),
  showMostCommonTypes: (options) => plainly(() => shown(ask<CommonResult>({ ...parts("common", options), show: true }))),
  count: (type, options) => plainly(() => ask<number>({ ...parts("count", { ...options, type: text(type) }), show: false })),
  byType: (type, options) => plainly(() => live("list", { ...options, type: text(type) })),
  at: (id) => plainly(() => liveObject(objectId(id))),
  growth: (options) => plainly(() => growth(options, false)),
  showGrowth: (options) => plainly(() => shown(growth(options, true))),
  getNewIds: (options = {}) => plainly(() => newIds(options)),
  getLeakingObjects: (options) => plainly(() => live("leaking", options)),
  showBackrefs: (objects, options) => plainly(() => picture("backrefs", objects, options)),
  showRefs: (objects, options) => plainly(() => picture("refs", objects, options)),
  findBackrefChain: (object, predicate = isProperRoot, options = {}) => plainly(() => chain(object, predicate, options, false)),
  findRefChain: (object, predicate, options = {}) => plainly(() => chain(object, predicate, options, true)),
  showChain: (chains, options = {}) => plainly(() => showChain(chains, options)),
  isProperRoot,
} satisfies Breakpoint);
const PRINTED: object = Object.create(Object.prototype, {
  [Symbol.for("nodejs.util.inspect.custom")]: { value: () => "(printed above)" },
});
keepOut(PRINTED, breakpoint, peaks, defaultPeaks);

/** Whatever goes wrong is one line at a stop. */
function plainly<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw plain(error);
  }
}

/** Options as they can leave the program: functions as their text. */
function parts(
  question: QuestionName,
  given: (Asking & Readonly<Record<string, unknown>>) | object | undefined,
): { question: QuestionName; options: Record<string, unknown>; timing: boolean | undefined } {
  const { timing, ...rest } = (given ?? {}) as Asking & Record<string, unknown>;
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) options[name] = CONDITIONS.has(name) ? sent(value) : value;
  return { question, options, timing };
}

const CONDITIONS: ReadonlySet<string> = new Set(["filter", "extraIgnore", "highlight", "extraInfo", "extraNodeAttrs", "predicate"]);

function sent(value: unknown): SentFunction | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return { condition: value };
  if (typeof value === "function") return { source: Function.prototype.toString.call(value) };
  throw usage("a condition is a text or a function", 'such as "Session", "/Req|Res/" or (object) => object.retainedSize > 1e6');
}

function text(type: unknown): string {
  if (typeof type !== "string") throw usage("a type is named by a text", 'as the tables name it: "Session", "Map", "{id, user}"');
  return type;
}

function objectId(id: unknown): number {
  const number = Number(String(id).replace(/^@/, ""));
  if (!Number.isSafeInteger(number) || number <= 0) throw usage(`${JSON.stringify(String(id))} is no object id`, 'ids look like "@1234"');
  return number;
}

function live(question: "list" | "leaking", options: object | undefined): object[] {
  return asList(liveObjects(ask<Wanted[]>({ ...parts(question, options), show: false })));
}

function growth(options: BreakpointGrowthOptions = {}, show: boolean): GrowthRound {
  const { peakStats = defaultPeaks, ...rest } = options;
  return ask<GrowthRound>({
    ...parts("growth", rest),
    show,
    memory: peaks.get(peakStats),
    remember: (memory) => void peaks.set(peakStats, memory),
  });
}

function newIds({ skipUpdate = false, ...options }: { skipUpdate?: boolean | undefined }): NewIdsResult {
  const remember = (memory: Buffer): void => {
    idsBefore = memory;
  };
  return shown(ask<NewIdsResult>({ ...parts("newIds", options), show: true, memory: idsBefore, ...(skipUpdate ? {} : { remember }) }));
}

function picture(question: "backrefs" | "refs", objects: unknown, options: BreakpointPictureOptions = {}): Picture {
  const about = subjectsOf(objects);
  return shown(ask<Picture>({ ...parts(question, { ...options, ...fileOf(options) }), show: true, about }));
}

function chain(object: unknown, predicate: BreakpointPredicate, options: BreakpointChainOptions, forward: boolean): BreakpointChain {
  checkSubject(object);
  if (predicate === undefined) throw usage("findRefChain needs a predicate", 'such as "Session" or (object) => object.type === "Session"');
  const about: Subjects = { subjects: [object], mayBeList: false };
  return ask<BreakpointChain>({ ...parts("chain", { ...options, predicate, forward }), show: false, about });
}

function showChain(chains: unknown, options: BreakpointPictureOptions): Picture {
  const given = [chains].flat() as (Partial<BreakpointChain> | undefined)[];
  const pictures = given.filter((one) => (one?.paths?.length ?? 0) > 0).map((one) => one?.picture);
  if (pictures.length === 0 || pictures.includes(undefined)) throw usage("showChain needs a chain that was found", "look at its `outcome`");
  return shown(ask<Picture>({ ...parts("draw", { ...options, ...fileOf(options), pictures }), show: true, snapshot: false }));
}

/** The file as an absolute path: the analyser works in another folder. */
function fileOf({ filename }: BreakpointPictureOptions): { filename?: string } {
  if (filename === undefined) return {};
  if (typeof filename !== "string") throw usage("filename is a text", "such as refs.png");
  if (!/\.(png|svg|dot|pdf)$/i.test(filename))
    throw usage(`${JSON.stringify(filename)} has no picture format`, "write a .png, .svg, .dot or .pdf");
  try {
    return { filename: resolve(filename) };
  } catch {
    throw noSuchRelativeFile(filename);
  }
}

/**
 * A value that was printed already: a console that prints results shows no more than a word of it. By a prototype, because some
 * consoles list an object's own symbols.
 */
function shown<T extends object>(value: T): T {
  return Object.setPrototypeOf(value, PRINTED);
}

// Places as their authors know them. A snapshot knows scripts as they ran; what a compiler made of TypeScript has a source
// map beside it or inside. Whatever a result says of places (`location` in words, `place` in full) is put into the words of
// the original file. Only files of this machine are read, and only those that have not changed since the program started.

import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { pathOfUrl, type SourcePlace } from "../graph/scripts.ts";
import { loadSourceMap, type Original, type SourceMap } from "../target/sourceMap.ts";
import { callLine } from "./callLine.ts";

/** Bigger scripts and maps are left alone. */
const MOST_BYTES = 32 << 20;
/** A program starts some moments after it was compiled, and clocks of file systems are coarse. */
const SLACK_MS = 1000;
/** So many folders above the scripts' own, originals are still told relative to them. */
const FOLDERS_UP = 3;

interface Where {
  readonly location: string;
  readonly place: SourcePlace;
}

/** Something that says where it is; frames of stacks also say what they call from there. */
interface Placed extends Where {
  readonly calls?: string | undefined;
}

interface Script {
  readonly text: string;
  readonly map: SourceMap | undefined;
}

/**
 * The same value with original places instead of generated ones, and the line of the call instead of the function's first
 * where frames say what they call. Never rejects: what cannot be read stays as it is.
 * @param since milliseconds of Date.now() when the scripts were in use for sure.
 */
export async function withOriginals<T>(value: T, since: number): Promise<T> {
  const scripts = new Map<string, Script | undefined>();
  for (const url of urlsIn(value)) if (!scripts.has(url)) scripts.set(url, await readScript(url, since));
  const exists = new Map<string, boolean>();
  for (const path of foreignOriginals(scripts)) exists.set(path, await isFile(path));
  return translated(value, (placed) => originalPlace(placed, scripts.get(placed.place.url), exists)) as T;
}

function isPlaced(value: object): value is Placed {
  const { location, place } = value as { location?: unknown; place?: { url?: unknown; line?: unknown } | null };
  return typeof location === "string" && typeof place === "object" && typeof place?.url === "string" && typeof place.line === "number";
}

function urlsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const own = isPlaced(value) ? [value.place.url] : [];
  return [...own, ...Object.values(value).flatMap(urlsIn)];
}

function translated(value: unknown, translate: (placed: Placed) => Where): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => translated(each, translate));
  const copy = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, translated(each, translate)]));
  return isPlaced(value) ? { ...copy, ...translate(value) } : copy;
}

async function readScript(url: string, since: number): Promise<Script | undefined> {
  const path = pathOfUrl(url);
  if (!path.startsWith("/") && !/^[A-Za-z]:[\\/]/.test(path)) return undefined;
  try {
    if (!(await isUnchanged(path, since))) return undefined;
    const text = await readFile(path, "utf8");
    const mapUrl = await mapUrlOf(path, text, since);
    return { text, map: mapUrl === undefined ? undefined : await loadSourceMap(pathToFileURL(path).href, mapUrl) };
  } catch {
    return undefined;
  }
}

/** The map that a script names; without a name, the one beside it. */
async function mapUrlOf(path: string, text: string, since: number): Promise<string | undefined> {
  const named = [...text.matchAll(/^\s*\/[/*][#@]\s*sourceMappingURL=(\S+?)(?:\s*\*\/)?\s*$/gm)].at(-1)?.[1];
  const beside = named ?? `${encodeURIComponent(basename(path))}.map`;
  if (beside.startsWith("data:")) return beside;
  const url = new URL(beside, pathToFileURL(path));
  return url.protocol === "file:" && (await isUnchanged(pathOfUrl(url.href), since)) ? beside : undefined;
}

/** Whether a file is of a size to be read and no newer than `since`. */
export async function isUnchanged(path: string, since: number): Promise<boolean> {
  return stat(path).then(
    ({ size, mtimeMs }) => size <= MOST_BYTES && mtimeMs <= since + SLACK_MS,
    () => false,
  );
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isFile(),
    () => false,
  );
}

/** Originals of packages: many name files that nobody has. */
function foreignOriginals(scripts: ReadonlyMap<string, Script | undefined>): string[] {
  return [...scripts].flatMap(([url, script]) => (isForeign(url) ? (script?.map?.sources ?? []) : []));
}

function isForeign(url: string): boolean {
  return pathOfUrl(url).includes("/node_modules/");
}

function originalPlace({ place, calls, location }: Placed, script: Script | undefined, exists: ReadonlyMap<string, boolean>): Where {
  if (!script) return { location, place };
  const called = calls === undefined ? undefined : callLine(script.text, place, calls);
  const at = called ? { ...place, ...called } : place;
  const found = script.map && originalOf(script.map, at);
  const file = nameOf(location, place.line);
  if (!found || (isForeign(place.url) && !exists.get(found.path) && script.map?.content(found.path) === undefined))
    return { location: located(file, at.line), place: at };
  const path = pathOfUrl(place.url);
  const name = shortened(found.path, path.endsWith(file) ? path.slice(0, -file.length) : "");
  return { location: located(name, found.line), place: { url: found.path, line: found.line, column: found.column } };
}

/** A whole script, line 0, has an original only if it was made of one file. */
function originalOf(map: SourceMap, { line, column }: SourcePlace): Original | undefined {
  if (line > 0) return map.original(line - 1, column - 1);
  const [only, ...others] = map.sources;
  return only !== undefined && others.length === 0 ? { path: only, line: 0, column: 0 } : undefined;
}

function nameOf(location: string, line: number): string {
  const end = `:${line}`;
  return line > 0 && location.endsWith(end) ? location.slice(0, -end.length) : location;
}

function located(file: string, line: number): string {
  return line > 0 ? `${file}:${line}` : file;
}

/** A path relative to the folder that the scripts share, or to one not far above. */
function shortened(path: string, base: string): string {
  let folder = base;
  for (let i = 0; i <= FOLDERS_UP && folder.length > 1; i++) {
    if (path.startsWith(folder)) return path.slice(folder.length);
    folder = folder.slice(0, folder.lastIndexOf("/", folder.length - 2) + 1);
  }
  return path;
}

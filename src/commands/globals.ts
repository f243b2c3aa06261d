// Who made a global? What only the global object holds lies in no module's scope, so a heap cannot say which script is to
// blame. The scripts that the program runs can: the line that assigns `global.name`. Only files of this machine are read, and
// only those that have not changed since the program started.

import { readFile } from "node:fs/promises";
import { packageOf, SYMBOLS } from "../analysis/hunt/naming.ts";
import type { HuntResult, Place, Suspect } from "../analysis/hunt/result.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import { isBuiltinScript, pathOfUrl, type SourcePlace } from "../graph/scripts.ts";
import { codeOnly, positionAt } from "./callLine.ts";
import { isUnchanged } from "./originals.ts";

/** Text looked at for one hunt, at most: some ten thousand files of packages. */
const MOST_TEXT = 128 << 20;

/**
 * The same result, where each suspect in the hands of a global that has no place yet has the line that makes that global, when
 * a script is found that does. Never rejects: what cannot be read is passed over.
 * @param since milliseconds of Date.now() when the scripts were in use for sure.
 */
export async function withGlobals(result: HuntResult, graph: HeapGraph, since: number): Promise<HuntResult> {
  const wanted = new Set(result.suspects.flatMap((suspect) => globalOf(suspect) ?? []));
  if (wanted.size === 0) return result;
  const found = await findMakers(wanted, graph, since);
  const suspects = result.suspects.map((suspect) => {
    const place = found.get(globalOf(suspect) ?? "");
    return place ? placed(suspect, place, graph) : suspect;
  });
  return { ...result, suspects };
}

/** The global variable that a suspect hangs on and that nobody knows the place of; or the registry that everybody shares. */
function globalOf({ holder, path }: Suspect): string | undefined {
  if (holder.name === SYMBOLS && holder.location === undefined) return SYMBOLS;
  const label = path?.steps[0]?.label;
  if (path?.root.kind !== "global" || holder.location !== undefined || label?.kind !== "property") return undefined;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(label.name) ? label.name : undefined;
}

function placed(suspect: Suspect, place: SourcePlace, graph: HeapGraph): Suspect {
  const location = `${graph.scripts.display(place.url)}:${place.line}`;
  const from = packageOf(place.url);
  const name = globalOf(suspect) as string;
  const maker: Place = { role: "holder", name: name === SYMBOLS ? "Symbol.for()" : `global ${name}`, location, place, package: from };
  return {
    ...suspect,
    holder: { ...suspect.holder, location, place, package: from },
    where: [maker, ...suspect.where.filter((known) => known.location !== location)],
  };
}

/** The program's own scripts first. A line that assigns wins over one that only reads. */
async function findMakers(names: ReadonlySet<string>, graph: HeapGraph, since: number): Promise<Map<string, SourcePlace>> {
  const urls = [...graph.scripts.all()].filter((url) => !isBuiltinScript(url));
  urls.sort((a, b) => Number(packageOf(a) !== undefined) - Number(packageOf(b) !== undefined));
  const makers = new Map<string, SourcePlace>();
  const readers = new Map<string, SourcePlace>();
  let left = MOST_TEXT;
  for (const url of urls) {
    if (left <= 0 || makers.size === names.size) break;
    const text = await textOf(url, since);
    left -= text.length;
    for (const name of names) {
      if (makers.has(name) || !text.includes(name === SYMBOLS ? "Symbol" : name)) continue;
      const { made, read } = name === SYMBOLS ? { made: makesSymbols(text), read: undefined } : mentions(text, name);
      if (made !== undefined) makers.set(name, { url, ...positionAt(text, made) });
      else if (read !== undefined && !readers.has(name)) readers.set(name, { url, ...positionAt(text, read) });
    }
  }
  return new Map([...readers, ...makers]);
}

/** Where a text makes a global of this name, and where it merely speaks of it. */
export function mentions(text: string, name: string): { readonly made?: number; readonly read?: number } {
  const code = codeOnly(text);
  const word = name.replaceAll("$", "\\$");
  const start = "(?<![\\p{ID_Continue}$.])";
  const end = "(?![\\p{ID_Continue}$])";
  const assigned = "\\s*(?:=(?![=>])|\\?\\?=|\\|\\|=)";
  const dotted = `${start}${GLOBAL}\\s*\\??\\.\\s*${word}${end}`;
  // Where code has become blanks, this is inside a comment or a text.
  const inCode = (source: string): number =>
    [...text.matchAll(new RegExp(source, "gu"))].find(({ index }) => code[index] !== " ")?.index ?? -1;
  const quoted = `${start}${GLOBAL}\\s*\\[\\s*(["'])${word}\\1\\s*\\]`;
  const made = [inCode(dotted + assigned), inCode(quoted + assigned)].filter((at) => at >= 0);
  if (made.length > 0) return { made: Math.min(...made) };
  // In sloppy code whatever nobody declares becomes a global.
  const declared = `${start}(?:const|let|var|class|function\\s*\\*?|import)\\s+${word}${end}|\\([^()]*${start}${word}${end}[^()]*\\)\\s*(?:=>|\\{)`;
  const bare = new RegExp(declared, "u").test(code) ? -1 : code.search(new RegExp(`(?<=^|[;{}\\n)])[ \\t]*${word}${assigned}`, "u"));
  if (bare >= 0) return { made: code.indexOf(name, bare) };
  const read = Math.max(inCode(dotted), inCode(quoted));
  return read >= 0 ? { read } : {};
}

/** Where a text makes symbols under names that it puts together: those of fixed names are few. */
export function makesSymbols(text: string): number | undefined {
  const code = codeOnly(text);
  for (const { index, 0: call } of code.matchAll(/(?<![\p{ID_Continue}$.])Symbol\s*\.\s*for\s*\(/gu)) {
    const argument = text.slice(index + call.length).trimStart();
    if (!/^(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\$])*`)\s*\)/.test(argument)) return index;
  }
  return undefined;
}

const GLOBAL = "(?:globalThis|global|self|window|root)";

async function textOf(url: string, since: number): Promise<string> {
  const path = pathOfUrl(url);
  try {
    return path.startsWith("/") && (await isUnchanged(path, since)) ? await readFile(path, "utf8") : "";
  } catch {
    return "";
  }
}

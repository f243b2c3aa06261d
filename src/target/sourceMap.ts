// A source map of one script: from where V8 stands to where a person wrote it, and back. Maps come inline (esbuild,
// tsx, ts-node, Node's own transforms) or as a file beside the script; nothing is fetched from a network.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { TraceMap } from "@jridgewell/trace-mapping";

type Tracing = typeof import("@jridgewell/trace-mapping");

/** A place in an original file: line from 1, column from 1. */
export interface Original {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

export class SourceMap {
  /** Original files: absolute paths, or the names that a bundler gave them. */
  readonly sources: readonly string[];
  readonly #tracing: Tracing;
  readonly #map: TraceMap;

  constructor(tracing: Tracing, map: TraceMap) {
    this.#tracing = tracing;
    this.#map = map;
    this.sources = map.resolvedSources.map(pathOfUrl);
  }

  /** The original of a place of the script (both from 0); undefined for code that no person wrote. */
  original(line: number, column: number): Original | undefined {
    const { originalPositionFor, GREATEST_LOWER_BOUND, LEAST_UPPER_BOUND } = this.#tracing;
    for (const bias of [GREATEST_LOWER_BOUND, LEAST_UPPER_BOUND]) {
      const found = originalPositionFor(this.#map, { line: line + 1, column, bias } as Parameters<typeof originalPositionFor>[1]);
      if (found.source !== null) return { path: pathOfUrl(found.source), line: found.line, column: found.column + 1 };
    }
    return undefined;
  }

  /**
   * Where the first code of a line of an original file is in the script (lines and columns from 0); of the next line
   * that has code, when this one has none. More than one place, when a compiler wrote the line several times.
   */
  generated(path: string, line: number): { line: number; column: number }[] {
    let best = { line: Number.POSITIVE_INFINITY, column: 0 };
    let places: { line: number; column: number }[] = [];
    this.#tracing.eachMapping(this.#map, (mapping) => {
      if (mapping.source === null || mapping.originalLine < line || pathOfUrl(mapping.source) !== path) return;
      const later = mapping.originalLine - best.line || mapping.originalColumn - best.column;
      if (later > 0) return;
      if (later < 0) {
        best = { line: mapping.originalLine, column: mapping.originalColumn };
        places = [];
      }
      const place = { line: mapping.generatedLine - 1, column: mapping.generatedColumn };
      if (places.at(-1)?.line !== place.line) places.push(place);
    });
    return places;
  }

  /** The text of an original file where the map brings it along. */
  content(path: string): string | undefined {
    return this.#map.sourcesContent?.[this.sources.indexOf(path)] ?? undefined;
  }
}

/** Reads the map that a script names, or undefined when it cannot be read or is none: the script then stands for itself. */
export async function loadSourceMap(scriptUrl: string, mapUrl: string): Promise<SourceMap | undefined> {
  try {
    const base = URL.canParse(scriptUrl) ? scriptUrl.replace(/[?#].*$/, "") : undefined;
    const inline = /^data:[^,]*?(;base64)?,(.*)$/s.exec(mapUrl);
    const url = inline !== null ? base : new URL(mapUrl, base).href;
    if (inline === null && url?.startsWith("file:") !== true) return undefined;
    const text =
      inline === null
        ? await readFile(fileURLToPath(url as string), "utf8")
        : inline[1] === undefined
          ? decodeURIComponent(inline[2] as string)
          : Buffer.from(inline[2] as string, "base64").toString();
    const tracing = await import("@jridgewell/trace-mapping");
    // some servers put a line before the JSON that keeps it from being run as a script
    const json = JSON.parse(text.replace(/^\)\]\}'[^\n]*\n/, ""));
    return new SourceMap(tracing, tracing.AnyMap(json, url));
  } catch {
    return undefined;
  }
}

/** The path of a file url; any other name as it is, without what bundlers put in between. */
export function pathOfUrl(url: string | null): string {
  const bare = (url ?? "").replace(/[?#].*$/, "");
  try {
    return bare.startsWith("file:") ? fileURLToPath(bare) : bare.replace("/./", "/");
  } catch {
    return bare;
  }
}

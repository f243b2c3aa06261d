// The scripts of a target as its debugger told of them, and the files a person knows them by: a script stands for
// itself, or for the files that its source map names.
import { readFile } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import type { SourcePlace } from "./debugger.ts";
import type { Inspector } from "./inspector.ts";
import type { RawLocation, RawScript } from "./protocol.ts";
import { loadSourceMap, pathOfUrl, type SourceMap } from "./sourceMap.ts";
import { type Surroundings, Syntax } from "./syntax.ts";

export interface Script {
  readonly id: string;
  readonly url: string;
  /** Where it was loaded from; the url, when that is no file. */
  readonly path: string;
  /** Number of lines. */
  readonly lines: number;
  readonly mapped: boolean;
  /** Part of Node itself. */
  readonly internal: boolean;
  /** An ES module. */
  readonly module: boolean;
}

/** A file that a breakpoint can be asked for by name: a script, or an original of one. */
export interface Match {
  readonly script: Script;
  readonly path: string;
  /** Undefined where the script itself is meant. */
  readonly map: SourceMap | undefined;
}

/** So many scripts that are no files are remembered. */
const MOST_MADE = 1000;
/** Scripts whose syntax is kept: a tree takes many times the memory of its text. */
const MOST_PARSED = 8;

export class Scripts {
  readonly #inspector: Inspector;
  readonly #cwd: string | undefined;
  readonly #byId = new Map<string, Script>();
  readonly #mapUrls = new Map<string, string>();
  readonly #maps = new Map<string, Promise<SourceMap | undefined>>();
  /** Scripts that are no files, oldest first. */
  readonly #made: string[] = [];
  /** The last few that were asked about, oldest first. */
  readonly #parsed = new Map<string, Promise<Syntax | undefined>>();
  /** The last script that a file was seen in: where its text is to be had. */
  readonly #seen = new Map<string, { id: string; path: string }>();

  constructor(inspector: Inspector, cwd: string | undefined) {
    this.#inspector = inspector;
    this.#cwd = cwd;
  }

  /** Takes note of a script; those without a name (what a console evaluates) are left out, for there is no end of them. */
  add(raw: RawScript): Script | undefined {
    if (raw.url === "") return undefined;
    const mapUrl = raw.sourceMapURL ?? "";
    const internal = raw.url.startsWith("node:");
    const script = {
      id: raw.scriptId,
      url: raw.url,
      path: pathOfUrl(raw.url),
      lines: raw.endLine + Number(raw.endColumn > 0),
      mapped: mapUrl !== "",
      internal,
      module: raw.isModule === true && !internal,
    };
    this.#byId.set(script.id, script);
    if (script.mapped) this.#mapUrls.set(script.id, mapUrl);
    if (!internal && !raw.url.startsWith("file:")) this.#forgetOldest(script.id);
    return script;
  }

  /** A program may make scripts without end (templates, `vm`); they are files of no one. */
  #forgetOldest(newest: string): void {
    this.#made.push(newest);
    if (this.#made.length <= MOST_MADE) return;
    const oldest = this.#made.shift() as string;
    this.#byId.delete(oldest);
    this.#mapUrls.delete(oldest);
    this.#maps.delete(oldest);
  }

  /** Whether a script was made of other files, and its map says how. */
  async isCompiled(scriptId: string): Promise<boolean> {
    const script = this.#byId.get(scriptId);
    return script !== undefined && (await this.#mapOf(script)) !== undefined;
  }

  /** Whether a script is Node's own. */
  isInternal(scriptId: string): boolean {
    return this.#byId.get(scriptId)?.internal === true;
  }

  /** Whether any is an ES module of the program's. */
  get haveModules(): boolean {
    return [...this.#byId.values()].some((script) => script.module);
  }

  /** The code around a place; undefined when its text is not to be had, or cannot be read. */
  async surroundings({ scriptId, lineNumber, columnNumber = 0 }: RawLocation, importing: boolean): Promise<Surroundings | undefined> {
    const syntax = this.#parsed.get(scriptId) ?? this.#parse(scriptId);
    this.#parsed.delete(scriptId);
    this.#parsed.set(scriptId, syntax);
    const [oldest] = this.#parsed.keys();
    if (this.#parsed.size > MOST_PARSED && oldest !== undefined) this.#parsed.delete(oldest);
    return (await syntax)?.around(lineNumber, columnNumber, importing);
  }

  async #parse(scriptId: string): Promise<Syntax | undefined> {
    const script = this.#byId.get(scriptId);
    return script && Syntax.of(await this.#sourceOf(scriptId), script.module);
  }

  /** The place a person would name for a place of V8's. */
  async place(location: RawLocation): Promise<SourcePlace> {
    const { scriptId, lineNumber, columnNumber = 0 } = location;
    const script = this.#byId.get(scriptId);
    const original = script === undefined ? undefined : (await this.#mapOf(script))?.original(lineNumber, columnNumber);
    const path = original?.path ?? script?.path ?? `<script ${scriptId}>`;
    const file = this.#short(path);
    this.#seen.set(file, { id: scriptId, path });
    return { file, line: original?.line ?? lineNumber + 1, column: original?.column ?? columnNumber + 1 };
  }

  /** All lines of a file that a place named; `[]` when its text is nowhere to be had. */
  async text(file: string): Promise<readonly string[]> {
    const seen = this.#seen.get(file);
    const script = seen && this.#byId.get(seen.id);
    const map = script && (await this.#mapOf(script));
    const original = seen !== undefined && map?.sources.includes(seen.path) === true;
    const stripped = seen !== undefined && !original && /\.[cm]?tsx?$/.test(seen.path) ? await this.#withTypes(seen) : undefined;
    const text =
      stripped ??
      (original ? map.content(seen.path) : undefined) ??
      (seen === undefined || original ? await readFile(this.#absolute(file), "utf8").catch(() => "") : await this.#sourceOf(seen.id));
    return text === "" ? [] : text.split(/\r\n|\n|\r/);
  }

  /**
   * The files that a name means: the one with exactly this path when there is one, else all that end with it. Maps of
   * installed packages are read only when nothing else has the name.
   */
  async find(name: string): Promise<readonly Match[]> {
    const scripts = [...this.#byId.values()].filter(({ internal }) => !internal || name.startsWith("node:"));
    const own = scripts.filter(({ path }) => !path.includes("/node_modules/"));
    const found = await this.#matches(own, name);
    return found.length > 0 ? found : this.#matches(scripts, name);
  }

  /** What a name means in one script. */
  async matchesIn(script: Script, name: string): Promise<readonly Match[]> {
    return this.#matches([script], name);
  }

  /** The absolute path of a name, where the target's working directory is known. */
  absolute(name: string): string | undefined {
    return isAbsolute(name) || this.#cwd !== undefined ? this.#absolute(name) : undefined;
  }

  async #matches(scripts: readonly Script[], name: string): Promise<readonly Match[]> {
    const exact = this.#absolute(name);
    const ending = `/${name.replace(/^(\.?\/)+/, "")}`;
    const matches: Match[] = [];
    for (const script of scripts) {
      const map = await this.#mapOf(script);
      for (const path of new Set(map?.sources)) if (path.endsWith(ending) || path === exact) matches.push({ script, path, map });
      // compiled on the fly, a script has the name of its own original
      const itself = script.path.endsWith(ending) || script.path === exact || script.url === name;
      if (itself && map?.sources.includes(script.path) !== true) matches.push({ script, path: script.path, map: undefined });
    }
    const best = matches.filter(({ path }) => path === exact);
    return best.length > 0 ? best : matches;
  }

  #mapOf(script: Script): Promise<SourceMap | undefined> {
    if (!script.mapped) return Promise.resolve(undefined);
    const known = this.#maps.get(script.id) ?? loadSourceMap(script.url, this.#mapUrls.get(script.id) ?? "");
    this.#maps.set(script.id, known);
    return known;
  }

  /** Node blanks out the types of a TypeScript file; the file itself has them, unless it has changed since. */
  async #withTypes({ id, path }: { id: string; path: string }): Promise<string | undefined> {
    const [file, script] = await Promise.all([readFile(path, "utf8").catch(() => ""), this.#sourceOf(id)]);
    return file.split("\n").length === script.replace(/\n\n\/\/# sourceURL=.*$/, "").split("\n").length ? file : undefined;
  }

  async #sourceOf(scriptId: string): Promise<string> {
    const answer = await this.#inspector.send("Debugger.getScriptSource", { scriptId }).catch(() => ({}));
    return (answer as { scriptSource?: string }).scriptSource ?? "";
  }

  #short(path: string): string {
    return this.#cwd !== undefined && path.startsWith(`${this.#cwd}/`) ? path.slice(this.#cwd.length + 1) : path;
  }

  #absolute(name: string): string {
    return this.#cwd === undefined ? name : resolve(this.#cwd, name);
  }
}

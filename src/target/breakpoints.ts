// Our breakpoints, by number. V8 waits by itself for scripts that it has not seen; for files that only a source map
// names, it is asked to stand still before any script with a map runs, until the file has come.
import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type LeakhuntError, usage } from "../errors.ts";
import type { Breakpoint, SourcePlace } from "./debugger.ts";
import type { Inspector } from "./inspector.ts";
import type { RawLocation } from "./protocol.ts";
import type { Match, Script, Scripts } from "./scripts.ts";

interface Point {
  readonly number: number;
  readonly asked: { readonly file: string; readonly line: number };
  readonly condition: string | undefined;
  /** V8's names for it. */
  readonly ids: Set<string>;
  readonly places: SourcePlace[];
  /** V8's name for the one that waits for a script of that name. */
  waiting: string | undefined;
}

export class Breakpoints {
  readonly #inspector: Inspector;
  readonly #scripts: Scripts;
  readonly #points = new Map<number, Point>();
  /** Work that must be done before a script with a map may run. */
  readonly #placing = new Set<Promise<void>>();
  #next = 1;
  #watch: string | undefined;

  constructor(inspector: Inspector, scripts: Scripts) {
    this.#inspector = inspector;
    this.#scripts = scripts;
  }

  list(): readonly Breakpoint[] {
    return [...this.#points.values()].map(shown);
  }

  /** See Debugger.setBreakpoint. */
  async add(file: string, line: number, condition: string | undefined): Promise<Breakpoint> {
    if (!Number.isInteger(line) || line < 1) throw usage("a line is a number from 1 on");
    if (condition !== undefined) checkCondition(condition);
    const point: Point = { number: this.#next, asked: { file, line }, condition, ids: new Set(), places: [], waiting: undefined };
    const matches = await this.#scripts.find(file);
    const paths = [...new Set(matches.map(({ path }) => path))];
    if (paths.length > 1)
      throw usage(`${file} may be any of ${paths.length} files`, `say more of its path: ${paths.slice(0, 3).join(", ")}`);
    if (matches.length === 0) await this.#await(point);
    for (const match of matches) await this.#place(point, match);
    this.#next++;
    this.#points.set(point.number, point);
    await this.#watchMapped();
    return shown(point);
  }

  async remove(number: number): Promise<void> {
    const point = this.#points.get(number);
    if (point === undefined)
      throw usage(
        `there is no breakpoint ${number}`,
        this.#points.size === 0 ? "none is set" : `there is ${[...this.#points.keys()].join(", ")}`,
      );
    this.#points.delete(number);
    await this.#drop(point);
    await this.#watchMapped();
  }

  /** Removes all; what cannot be removed goes with the session. */
  async clear(): Promise<void> {
    const points = [...this.#points.values()];
    this.#points.clear();
    await Promise.all(points.map((point) => this.#drop(point).catch(() => {})));
    await this.#watchMapped().catch(() => {});
  }

  /** Numbers of the breakpoints that V8 calls by these names. */
  numbers(ids: readonly string[]): number[] {
    return [...this.#points.values()].filter((point) => ids.some((id) => point.ids.has(id))).map((point) => point.number);
  }

  /** V8 found the place of one that waited. */
  async resolved(id: string, location: RawLocation): Promise<void> {
    const point = [...this.#points.values()].find(({ ids }) => ids.has(id));
    if (point === undefined) return;
    point.places.push(await this.#scripts.place(location));
    await this.#watchMapped();
  }

  /** To be told of every new script. */
  loaded(script: Script): void {
    const asked = [...this.#points.values()].filter((point) => point.places.length === 0 || (script.mapped && point.waiting !== undefined));
    if (!script.mapped || asked.length === 0) return;
    const work = this.#placeIn(script, asked).catch(() => {});
    this.#placing.add(work);
    void work.then(() => this.#placing.delete(work));
  }

  /** Resolves when every script that came so far has its breakpoints. */
  async settled(): Promise<void> {
    await Promise.all(this.#placing);
  }

  async #placeIn(script: Script, points: readonly Point[]): Promise<void> {
    for (const point of points) {
      const [match] = (await this.#scripts.matchesIn(script, point.asked.file)).filter(({ map }) => map !== undefined);
      if (match === undefined) continue;
      // lines are the original's: what V8 made of them in the script that was compiled from it is wrong
      if (point.waiting !== undefined) await this.#drop(point);
      point.places.length = 0;
      await this.#place(point, match);
    }
    await this.#watchMapped();
  }

  async #place(point: Point, { script, path, map }: Match): Promise<void> {
    const { line } = point.asked;
    const last = map === undefined ? script.lines : Math.max(0, map.content(path)?.split("\n").length ?? Number.POSITIVE_INFINITY);
    if (line > last) throw usage(`${point.asked.file} has ${last} lines`);
    const spots = map === undefined ? [{ line: line - 1, column: 0 }] : map.generated(path, line);
    if (spots.length === 0) throw usage(`${point.asked.file} has no code from line ${line} on`);
    for (const spot of spots) {
      const location = { scriptId: script.id, lineNumber: spot.line, columnNumber: spot.column };
      const placed = await this.#set("Debugger.setBreakpoint", { location }, point);
      if (placed === undefined) continue;
      point.places.push(await this.#scripts.place(placed));
    }
    if (point.places.length === 0) throw usage(`${point.asked.file} has no code from line ${line} on`);
  }

  /** Leaves it to V8 to stop at that line of whatever script comes with that name. */
  async #await(point: Point): Promise<void> {
    const path = this.#scripts.absolute(point.asked.file);
    const here = path !== undefined && existsSync(path);
    if (here) {
      const lines = readFileSync(path, "utf8").split("\n").length;
      if (point.asked.line > lines) throw usage(`${point.asked.file} has ${lines} lines`);
    }
    const name = here ? pathToFileURL(path).href : pathToFileURL(`/${point.asked.file.replace(/^(\.?\/)+/, "")}`).pathname;
    const urlRegex = `${here ? "^" : ""}${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(\\?.*)?$`;
    await this.#set("Debugger.setBreakpointByUrl", { urlRegex, lineNumber: point.asked.line - 1, columnNumber: 0 }, point);
    [point.waiting] = point.ids;
  }

  /** Sets one of V8's breakpoints; where it is, or undefined when it waits or V8 finds no place for it. */
  async #set(method: string, where: object, point: Point): Promise<RawLocation | undefined> {
    const condition = point.condition === undefined ? {} : { condition: point.condition };
    const answer = await this.#inspector.send(method, { ...where, ...condition }).catch((error: LeakhuntError) => {
      if (error.code === "PROTOCOL_REFUSED") return undefined;
      throw error;
    });
    const { breakpointId, actualLocation } = (answer ?? {}) as { breakpointId?: string; actualLocation?: RawLocation };
    if (breakpointId !== undefined) point.ids.add(breakpointId);
    return actualLocation;
  }

  async #drop(point: Point): Promise<void> {
    const ids = [...point.ids];
    point.ids.clear();
    point.waiting = undefined;
    await Promise.all(ids.map((breakpointId) => this.#inspector.send("Debugger.removeBreakpoint", { breakpointId })));
  }

  /** Lets V8 stand still before scripts with maps as long as a breakpoint has no place. */
  async #watchMapped(): Promise<void> {
    const needed = [...this.#points.values()].some(({ places }) => places.length === 0);
    if (needed === (this.#watch !== undefined)) return;
    if (!needed) {
      const breakpointId = this.#watch;
      this.#watch = undefined;
      await this.#inspector.send("Debugger.removeBreakpoint", { breakpointId });
      return;
    }
    this.#watch = "asked for";
    const instrumentation = "beforeScriptWithSourceMapExecution";
    const answer = await this.#inspector.send("Debugger.setInstrumentationBreakpoint", { instrumentation });
    this.#watch = String(answer["breakpointId"]);
  }
}

function shown({ number, asked, places, condition }: Point): Breakpoint {
  return { number, asked, places: [...places], condition };
}

/** V8 takes any text and never stops at one that is no expression; private names are left to V8, which knows the class. */
function checkCondition(condition: string): void {
  try {
    if (!condition.includes("#")) new Function(`return (${condition}\n)`);
  } catch (error) {
    throw usage(`the condition ${JSON.stringify(condition)} is no expression: ${(error as Error).message}`);
  }
}

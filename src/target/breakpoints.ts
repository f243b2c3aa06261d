// Our breakpoints, by number. V8 waits by itself for scripts that it has not seen. A file that only a source map names is
// another matter: a script must stand still before it runs, so that its map can be read. V8 does that for ES modules
// with a map; CommonJS modules that may have one are stopped at their first statement, all but those of installed
// packages. Both only as long as a breakpoint has no place.
import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type LeakhuntError, usage } from "../errors.ts";
import { checkCondition, failureOf, holds, stoppingIfItThrows } from "./conditions.ts";
import type { Breakpoint, FailedCondition, SourcePlace } from "./debugger.ts";
import { builtin, type Inspector } from "./inspector.ts";
import type { RawFrame, RawLocation } from "./protocol.ts";
import type { Match, Script, Scripts } from "./scripts.ts";

interface Point {
  readonly number: number;
  readonly asked: { readonly file: string; readonly line: number };
  readonly condition: string | undefined;
  /** V8's names for it. */
  readonly ids: Set<string>;
  readonly places: SourcePlace[];
  /** The same as V8 counts, for those that we placed. */
  readonly spots: RawLocation[];
  /** V8's name for the one that waits for a script of that name. */
  waiting: string | undefined;
}

/**
 * True at the first statement of a CommonJS module that names a map, or is compiled while it is loaded. Asked by V8
 * inside the target, since each stop costs some milliseconds and a program may have thousands of modules. False in ES
 * modules. Not seen: plain .js files that a hook compiles; breakpoints in them miss what runs while they are loaded.
 */
const MAY_HAVE_MAP = `typeof __filename==='string'&&(!/\\.c?js$/.test(__filename)||${builtin("fs")}.readFileSync(__filename,'latin1').includes('sourceMappingURL='))`;

export class Breakpoints {
  readonly #inspector: Inspector;
  readonly #scripts: Scripts;
  readonly #points = new Map<number, Point>();
  /** Work that must be done before a script with a map may run. */
  readonly #placing = new Set<Promise<void>>();
  /** V8's names for those that are no more, for a stop that was under way. */
  readonly #dropped = new Set<string>();
  /** Scripts that come while somebody looks through those that are there. */
  readonly #arriving = new Set<Script[]>();
  #next = 1;
  /** V8's names for the two that make scripts wait for us. */
  #watch: { readonly modules: string; readonly scripts: string } | undefined;
  #watching: Promise<void> = Promise.resolve();

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
    const point: Point = {
      number: this.#next,
      asked: { file, line },
      condition,
      ids: new Set(),
      places: [],
      spots: [],
      waiting: undefined,
    };
    const arriving: Script[] = [];
    this.#arriving.add(arriving);
    const matches = await this.#scripts.find(file).finally(() => this.#arriving.delete(arriving));
    const paths = [...new Set(matches.map(({ path }) => path))];
    if (paths.length > 1)
      throw usage(`${file} may be any of ${paths.length} files`, `say more of its path: ${paths.slice(0, 3).join(", ")}`);
    if (matches.length === 0) await this.#await(point);
    for (const match of matches) await this.#place(point, match);
    this.#next++;
    this.#points.set(point.number, point);
    for (const script of arriving) this.loaded(script);
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

  /**
   * Is a stop none but ours, to give a new script its breakpoints? True for the two that make scripts wait, and for
   * one that was taken away while it was hit.
   */
  isOurs(ids: readonly string[]): boolean {
    return ids.length > 0 && ids.every((id) => id === this.#watch?.scripts || this.#dropped.has(id));
  }

  /** Numbers of the breakpoints that were put right where a frame stands, after it had stopped there. */
  async numbersAt({ callFrameId, location }: RawFrame): Promise<number[]> {
    const here: number[] = [];
    for (const { number, spots, condition } of this.#points.values()) {
      const same = spots.some(
        (spot) =>
          spot.scriptId === location.scriptId && spot.lineNumber === location.lineNumber && spot.columnNumber === location.columnNumber,
      );
      if (same && (condition === undefined || (await holds(this.#inspector, condition, number, callFrameId)))) here.push(number);
    }
    return here;
  }

  /** Which of these breakpoints stopped the target in this frame because their condition threw. */
  async failures(numbers: readonly number[], frame: RawFrame | undefined): Promise<FailedCondition[]> {
    if (frame === undefined) return [];
    const conditional = numbers.filter((number) => this.#points.get(number)?.condition !== undefined);
    const asked = conditional.map(async (number) => ({ number, why: await failureOf(this.#inspector, number, frame.callFrameId) }));
    return (await Promise.all(asked)).flatMap(({ number, why }) => (why === undefined ? [] : [{ number, why }]));
  }

  /** V8 found the place of one that waited. */
  async resolved(id: string, location: RawLocation): Promise<void> {
    const point = [...this.#points.values()].find(({ ids }) => ids.has(id));
    // the line is the original's, and means nothing in a script that was compiled from it
    if (point === undefined || (await this.#scripts.isCompiled(location.scriptId))) return;
    const place = await this.#scripts.place(location);
    // Node 24 and 26 tell it twice
    if (point.places.some(({ file, line, column }) => file === place.file && line === place.line && column === place.column)) return;
    point.places.push(place);
    await this.#watchMapped();
  }

  /** To be told of every new script. */
  loaded(script: Script): void {
    for (const arriving of this.#arriving) arriving.push(script);
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
      await this.#place(point, match).catch(() => {});
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
      point.spots.push(placed);
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
    const condition = point.condition === undefined ? {} : { condition: stoppingIfItThrows(point.condition, point.number) };
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
    point.spots.length = 0;
    point.waiting = undefined;
    for (const id of ids) this.#dropped.add(id);
    await Promise.all(ids.map((breakpointId) => this.#inspector.send("Debugger.removeBreakpoint", { breakpointId })));
  }

  /** Makes scripts wait for us as long as a breakpoint has no place, one change after the other. */
  #watchMapped(): Promise<void> {
    const change = this.#watching.then(async () => {
      const needed = [...this.#points.values()].some(({ places }) => places.length === 0);
      if (needed && this.#watch === undefined) await this.#startWatching();
      else if (!needed && this.#watch !== undefined) await this.#stopWatching(this.#watch);
    });
    this.#watching = change.catch(() => {});
    return change;
  }

  async #startWatching(): Promise<void> {
    const instrumentation = "beforeScriptWithSourceMapExecution";
    const modules = await this.#inspector.send("Debugger.setInstrumentationBreakpoint", { instrumentation });
    const first = { urlRegex: "^file://(?!.*/node_modules/)", lineNumber: 0, columnNumber: 0, condition: MAY_HAVE_MAP };
    const scripts = await this.#inspector.send("Debugger.setBreakpointByUrl", first);
    this.#watch = { modules: String(modules["breakpointId"]), scripts: String(scripts["breakpointId"]) };
  }

  async #stopWatching({ modules, scripts }: { modules: string; scripts: string }): Promise<void> {
    this.#watch = undefined;
    this.#dropped.add(scripts);
    await this.#inspector.send("Debugger.removeBreakpoint", { breakpointId: modules });
    await this.#inspector.send("Debugger.removeBreakpoint", { breakpointId: scripts });
  }
}

function shown({ number, asked, places, condition }: Point): Breakpoint {
  return { number, asked, places: [...places], condition };
}

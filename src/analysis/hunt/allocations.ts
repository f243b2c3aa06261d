// Stacks that allocated survivors, as a person wants to read them: functions of the program and its packages only, alike
// stacks taken together, each with the suspect that it belongs to.

import { isBuiltinScript, type SourcePlace } from "../../graph/scripts.ts";
import { packageOf } from "./naming.ts";
import type { Finding } from "./suspects.ts";

/** A function on a stack, as V8 tells of it: where it begins, from 1. `url` is "" for V8's own functions. */
export interface RawFrame extends SourcePlace {
  readonly name: string;
}

/** A stack with what it allocated that is alive. Innermost frame first. */
export interface RawStack {
  readonly frames: readonly RawFrame[];
  readonly bytes: number;
  readonly objects?: number | undefined;
}

/** A frame of the program, and the name of what it called next on the way to the allocation. */
export interface SiteFrame extends RawFrame {
  readonly calls: string | undefined;
}

/** Alike stacks, reduced to the program's frames. */
export interface Site {
  readonly frames: readonly SiteFrame[];
  readonly bytes: number;
  readonly objects?: number | undefined;
}

/** What a suspect must tell to be found responsible. */
export type Accused = Pick<Finding, "type" | "gathers" | "where" | "holder" | "share" | "place">;

/** The innermost function of the program, and so many of its callers. */
const MOST_FRAMES = 6;
const SITES = 3;
const OVERALL = 5;
/** Sites with less than this part of the biggest one are noise: of sampling, or of V8's following objects that moved. */
const LEAST_SHARE = 0.1;
/** A stack of a leak gains as much between two rounds as before; this part of that is enough. */
const STEADY_GAIN = 0.3;
/** A suspect that keeps this part of all growth has allocated what grew, unless another is known to have. */
const MOST_GROWTH = 0.5;

/**
 * Stacks whose survivors became more from look to look, of several looks (each right after a snapshot) since the first
 * round. What a cache holds and replaces is there in each look, and no more of it. The biggest first.
 */
export function growingSites(looks: readonly (readonly RawStack[])[]): Site[] {
  const first = new Map(sitesOf(looks[0] ?? []).map((site) => [keyOf(site.frames), site.bytes]));
  const least = looks.length > 1 ? (STEADY_GAIN * (looks.length - 1)) / looks.length : 0;
  return sitesOf(looks.at(-1) ?? []).filter((site) => {
    const before = looks.length > 1 ? (first.get(keyOf(site.frames)) ?? 0) : 0;
    return site.bytes - before >= least * site.bytes;
  });
}

/** Stacks by the program's frames in them; those without any are left out. The biggest first. */
export function sitesOf(stacks: readonly RawStack[]): Site[] {
  return together(
    stacks.map(({ frames, ...amount }) => ({ frames: programFrames(frames), ...amount })).filter(({ frames }) => frames.length > 0),
  );
}

/** The sites of one suspect: its classes' constructors are no places of their own, since who called them matters. */
export function sitesFor(suspect: Accused, sites: readonly Site[]): Site[] {
  const classes = classesOf(suspect);
  const ranked = notable(together(sites.map((site) => withoutConstructors(site, classes, suspect.type))));
  // What comes along with the objects (their strings, their lists) is often more, but says less.
  const isMaking = ({ frames }: Site): boolean => classes.has(frames[0]?.calls ?? "");
  return [...ranked.filter(isMaking), ...ranked.filter((site) => !isMaking(site))].slice(0, SITES);
}

/**
 * Tells growing sites apart by suspect: of a site that names a suspect's class, or a function or class on its path, it is
 * known; of others it is likely that they belong to a suspect that keeps most of what grew. What is left stays without one.
 */
export function shareOut(suspects: readonly Accused[], sites: readonly Site[]): { of: Site[][]; others: Site[] } {
  const of = suspects.map((): Site[] => []);
  const others: Site[] = [];
  const main = suspects.findIndex(({ share }) => share >= MOST_GROWTH);
  for (const site of sites) {
    const scores = suspects.map((suspect) => kinship(site, suspect));
    const best = Math.max(0, ...scores);
    const owner = best > 0 && scores.filter((score) => score === best).length === 1 ? scores.indexOf(best) : main;
    (of[owner] ?? others).push(site);
  }
  return { of: of.map((own, i) => sitesFor(suspects[i] as Accused, own)), others: notable(others).slice(0, OVERALL) };
}

/** How sure it is that a site has to do with a suspect: 3 it names its class, 2 a place on its path, 1 it is in one of its scripts. */
function kinship({ frames }: Site, suspect: Accused): number {
  const classes = classesOf(suspect);
  if (frames.some(({ name }) => classes.has(name))) return 3;
  const places = [suspect.place, suspect.holder.place, ...suspect.where.map(({ place }) => place)].filter((place) => place !== undefined);
  if (frames.some((frame) => places.some((place) => place.url === frame.url && place.line === frame.line))) return 2;
  return frames.slice(0, 2).some((frame) => places.some(({ url }) => url === frame.url)) ? 1 : 0;
}

/** Names of the program's classes that gather. */
function classesOf({ type, gathers, place }: Accused): Set<string> {
  const own = gathers.filter((row) => row.place !== undefined && !isBuiltinScript(row.place.url)).map((row) => row.type);
  return new Set(
    [...own, ...(place && !isBuiltinScript(place.url) ? [type] : [])].filter((name) => /^[\p{L}$_][\p{L}\p{N}$_]*$/u.test(name)),
  );
}

function withoutConstructors(site: Site, classes: ReadonlySet<string>, type: string): Site {
  let { frames } = site;
  while (frames.length > 1 && classes.has((frames[0] as SiteFrame).name)) {
    const [made, caller, ...rest] = frames as [SiteFrame, SiteFrame, ...SiteFrame[]];
    frames = [{ ...caller, calls: made.name }, ...rest];
  }
  const [innermost, ...rest] = frames;
  // It allocates the object itself: what it says there is `new` and the class.
  if (innermost && innermost.calls === undefined && classes.has(type)) frames = [{ ...innermost, calls: type }, ...rest];
  return { ...site, frames };
}

/** Node's and V8's frames are left out: they are the same under all programs. */
function programFrames(frames: readonly RawFrame[]): SiteFrame[] {
  const own: SiteFrame[] = [];
  for (const [i, frame] of frames.entries()) {
    if (frame.url === "" || isBuiltinScript(frame.url)) continue;
    own.push({ ...frame, calls: frames[i - 1]?.name || undefined });
  }
  return own;
}

function together(sites: readonly Site[]): Site[] {
  const byKey = new Map<string, Site>();
  for (const site of sites) {
    const key = keyOf(site.frames);
    const known = byKey.get(key);
    const objects = site.objects === undefined ? undefined : site.objects + (known?.objects ?? 0);
    byKey.set(key, { frames: merged(known?.frames, site.frames), bytes: site.bytes + (known?.bytes ?? 0), objects });
  }
  return [...byKey.values()].sort((a, b) => (b.objects ?? 0) - (a.objects ?? 0) || b.bytes - a.bytes);
}

/** The innermost function may have allocated by several calls; none of them is then the one. */
function merged(known: readonly SiteFrame[] | undefined, frames: readonly SiteFrame[]): readonly SiteFrame[] {
  const [a, b] = [known?.[0], frames[0]];
  if (!known || !a || !b || a.calls === b.calls) return frames;
  // A part of an object says less than the object, a constructor more than a builtin.
  const calls = [a.calls, b.calls].find((name) => name !== undefined && /^\p{Lu}/u.test(name) && !BUILTINS.has(name));
  return [{ ...b, calls }, ...frames.slice(1)];
}

const BUILTINS: ReadonlySet<string> = new Set([
  "String",
  "Array",
  "Object",
  "Number",
  "Symbol",
  "BigInt",
  "Error",
  "Promise",
  "Map",
  "Set",
]);

function keyOf(frames: readonly SiteFrame[]): string {
  return frames.map(({ name, url, line, column }) => `${name} ${url}:${line}:${column}`).join("\n");
}

function notable(sites: readonly Site[]): Site[] {
  const amount = ({ objects, bytes }: Site): number => objects ?? bytes;
  const most = Math.max(0, ...sites.map(amount));
  return sites.filter((site) => amount(site) >= LEAST_SHARE * most).map((site) => ({ ...site, frames: shortened(site.frames) }));
}

/** The innermost frames; the last of them is one of the program's own code where only packages would be shown. */
function shortened(frames: readonly SiteFrame[]): readonly SiteFrame[] {
  const shown = frames.slice(0, MOST_FRAMES);
  const isOwn = ({ url }: SiteFrame): boolean => packageOf(url) === undefined;
  const own = shown.some(isOwn) ? undefined : frames.slice(MOST_FRAMES).find(isOwn);
  return own ? [...shown.slice(0, -1), own] : shown;
}

// What a person sees at a stop, as values: frames by name, source lines, and variables with their sizes where a snapshot
// of this stop knows them.

import { placeText } from "../report/places.ts";
import type { AsyncLines, FrameLine, LocalLine, ScopeLines, SourceLine, StopValue } from "../report/stopText.ts";
import type { AsyncCalls, Frame, Scope, Stop } from "../target/debugger.ts";
import { isUnset } from "../target/remoteValue.ts";
import type { Debugging } from "./debugging.ts";
import { nodeOf } from "./expression.ts";
import { frameName } from "./frameName.ts";

/** Lines shown around the place of a stop, on each side. */
const AROUND = 3;
/** Variables of a stop's scopes; `locals` shows all. */
const FEW = 12;
/** What Node gives each CommonJS module: there in every stop at its outermost code, and of no interest. */
const WRAPPER = new Set(["this", "exports", "require", "module", "__filename", "__dirname"]);
/** The scopes of the call itself; the others are around it. */
const OWN_SCOPES = new Set(["local", "block", "catch", "with", "eval"]);

export async function stopValue(debugging: Debugging, stop: Stop): Promise<StopValue | undefined> {
  const frame = debugging.frame;
  if (!frame) return undefined;
  const { breakpoints, failed, exception, others } = stop;
  const isStart = debugging.startedHere && debugging.session.stops.now?.number === 1;
  return {
    reason: isStart ? "start" : stop.reason,
    breakpoints,
    failed,
    exception,
    others,
    frame: frameLine(frame),
    source: await sourceAround(debugging, frame, frame.place.line, AROUND),
    scopes: await scopesOf(debugging, frame, FEW, true),
  };
}

export function frameLine(frame: Frame): FrameLine {
  return { index: frame.index, name: frameName(frame), place: placeText(frame.place) };
}

export function asyncLines({ description, frames }: AsyncCalls): AsyncLines {
  return { description, frames: frames.map((frame) => ({ name: frameName(frame), place: placeText(frame.place) })) };
}

export async function sourceAround(debugging: Debugging, frame: Frame, line: number, around: number): Promise<SourceLine[]> {
  const debug = await debugging.open();
  const lines = await debug.source({ ...frame.place, line }, around);
  return lines.map((each) => ({ ...each, isHere: each.line === frame.place.line }));
}

/** Variables of a frame, innermost scope first. `ownOnly` leaves out what is around the function. */
export async function scopesOf(debugging: Debugging, frame: Frame, limit: number, ownOnly: boolean): Promise<ScopeLines[]> {
  const debug = await debugging.open();
  const scopes = (await debug.scopes(frame)).filter((scope) => !ownOnly || isOwn(scope, frame));
  const shown: ScopeLines[] = [];
  for (const scope of scopes) {
    const named = limit === 0 || frame.functionName !== "" ? scope.variables : scope.variables.filter(({ name }) => !WRAPPER.has(name));
    const set = named.filter(({ value }) => !isUnset(value));
    const variables = limit === 0 ? set : set.slice(0, limit);
    shown.push({
      title: scopeTitle(scope, frame),
      variables: await Promise.all(variables.map(({ name, value }) => localLine(debugging, name, value))),
      unset: named.filter(({ value }) => isUnset(value)).map(({ name }) => name),
      omitted: scope.variables.length - named.length + set.length - variables.length,
    });
  }
  return shown;
}

function isOwn({ kind }: Scope, frame: Frame): boolean {
  return OWN_SCOPES.has(kind) || (frame.functionName === "" && (kind === "module" || kind === "script"));
}

function scopeTitle({ kind }: Scope, frame: Frame): string {
  if (kind === "local") return frame.functionName === "" ? "locals" : `locals of ${frameName(frame)}`;
  return kind === "closure" ? "closure" : `${kind} scope`;
}

async function localLine(debugging: Debugging, name: string, value: Scope["variables"][number]["value"]): Promise<LocalLine> {
  const found = await nodeOf(debugging, value);
  const sized = found?.graph.sizesAtHand ? found : undefined;
  return {
    name,
    value: value.text,
    shallow: sized?.graph.shallowSize(sized.node),
    retained: sized?.graph.retainedSize(sized.node),
  };
}

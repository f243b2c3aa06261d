// Object ids back into objects, which V8 does for debuggers only (session.ts). One id is found by a walk over the whole heap
// (some 15 ms in a small one), so objects of one prototype are found together: by the list of everything that has the
// prototype, with the id of each. Those without a prototype are found with what else their holder holds.

import { types } from "node:util";
import { idsResetAtStop, noLiveObject } from "../errors.ts";
import { lastSentinel } from "./ask.ts";
import { sentinel } from "./ours.ts";
import type { Wanted } from "./request.ts";
import { say } from "./say.ts";
import { post, type Remote } from "./session.ts";

const GROUP = "leakhunt";
/** Up to here single walks are cheaper than a list. */
const FEW = 2;
/** Walks of one question. */
const MOST_WALKS = 100;

/** The object with this id. @throws LeakhuntError `NO_LIVE_OBJECT` or `IDS_RESET`. */
export function liveObject(id: number): object {
  return withTaker((take) => {
    const known = lastSentinel;
    if (known !== undefined && idOf(remoteOf(sentinel)) !== known) throw idsResetAtStop();
    const object = one(id, take);
    if (object === undefined) throw noLiveObject(id);
    return object;
  });
}

/**
 * The objects with these ids, in the same order; those that are gone, or that JavaScript cannot hold, are left out. So are
 * all but the first of those that can only be found one by one (without a prototype, and each held by another object), and
 * that is said.
 */
export function liveObjects(wanted: readonly Wanted[]): object[] {
  return withTaker((take) => {
    const found = new Map<number, object>();
    const add = (more: ReadonlyMap<number, object>): void => {
      for (const [id, object] of more) found.set(id, object);
    };
    const rest: Wanted[] = [];
    for (const [prototype, group] of grouped(wanted, (each) => each.prototype)) {
      const all = prototype !== undefined && group.length > FEW ? heirs(prototype, idsOf(group), take) : undefined;
      if (all) add(all);
      // V8's list is empty at times where its context is another one.
      rest.push(...group.filter(({ id }) => !found.has(id)));
    }
    let walks = MOST_WALKS;
    const byHolder = [...grouped(rest, (each) => each.holder)].sort(([, a], [, b]) => b.length - a.length);
    for (const [holder, group] of byHolder) {
      if (holder === undefined || group.length <= FEW || walks === 0) continue;
      walks--;
      add(inside(one(holder, take), idsOf(group)));
    }
    const single = rest.filter(({ id }) => !found.has(id));
    for (const { id } of single.slice(0, walks)) {
      const object = one(id, take);
      if (object !== undefined) found.set(id, object);
    }
    const omitted = single.length - walks;
    if (omitted > 0) say(`${omitted} objects are left out: V8 would walk over the whole heap for each ({ filter } chooses fewer)`);
    return wanted.map(({ id }) => found.get(id)).filter((object) => object !== undefined);
  });
}

function grouped(wanted: readonly Wanted[], by: (each: Wanted) => number | undefined): Map<number | undefined, Wanted[]> {
  const groups = new Map<number | undefined, Wanted[]>();
  for (const each of wanted) {
    const group = groups.get(by(each));
    if (group) group.push(each);
    else groups.set(by(each), [each]);
  }
  return groups;
}

function idsOf(group: readonly Wanted[]): Set<number> {
  return new Set(group.map(({ id }) => id));
}

type Take = (remote: Remote | undefined) => unknown;

function one(id: number, take: Take): object | undefined {
  const reply = post("HeapProfiler.getObjectByHeapObjectId", { objectId: String(id), objectGroup: GROUP });
  const object = take(reply?.result as Remote | undefined);
  return isObject(object) ? object : undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Those of `ids` that inherit from a prototype; undefined when V8 does not list them. */
function heirs(prototype: number, ids: ReadonlySet<number>, take: Take): Map<number, object> | undefined {
  const remote = post("HeapProfiler.getObjectByHeapObjectId", { objectId: String(prototype), objectGroup: GROUP });
  const prototypeObjectId = (remote?.result as Remote | undefined)?.objectId;
  if (prototypeObjectId === undefined) return undefined;
  const listed = post("Runtime.queryObjects", { prototypeObjectId, objectGroup: GROUP })?.objects;
  const objects = take(listed);
  return Array.isArray(objects) ? among(listed, objects, ids) : undefined;
}

/** Those of `ids` that an object holds as properties, elements or entries. */
function inside(holder: object | undefined, ids: ReadonlySet<number>): Map<number, object> {
  // whatever is asked of a proxy runs the program's code
  if (holder === undefined || types.isProxy(holder)) return new Map();
  const held: unknown[] = Reflect.ownKeys(holder).map((key) => Reflect.getOwnPropertyDescriptor(holder, key)?.value);
  if (types.isMap(holder)) Map.prototype.forEach.call(holder, (value, key) => void held.push(key, value));
  if (types.isSet(holder)) Set.prototype.forEach.call(holder, (value) => void held.push(value));
  const objects = held.filter(isObject);
  return among(remoteOf(objects), objects, ids);
}

/** Those of `ids` that a list has, by their ids. @param listed the debugger's name for the list. */
function among(listed: Remote | undefined, objects: readonly object[], ids: ReadonlySet<number>): Map<number, object> {
  const found = new Map<number, object>();
  if (listed?.objectId === undefined) return found;
  const elements = post("Runtime.getProperties", { objectId: listed.objectId, ownProperties: true })?.result;
  for (const { name, value } of Array.isArray(elements) ? elements : []) {
    const id = idOf(value);
    const object = objects[Number(name)];
    if (id !== undefined && object !== undefined && ids.has(id)) found.set(id, object);
    if (found.size === ids.size) break;
  }
  return found;
}

function idOf(remote: Remote | undefined): number | undefined {
  if (remote?.objectId === undefined) return undefined;
  const id = post("HeapProfiler.getHeapObjectId", { objectId: remote.objectId })?.heapSnapshotObjectId;
  return id === undefined ? undefined : Number(id);
}

/** The debugger's name for one of our objects. */
function remoteOf(object: object): Remote | undefined {
  return handOver(object, (name) => post("Runtime.evaluate", { expression: `globalThis[${name}]`, objectGroup: GROUP })?.result as Remote);
}

/** Does something while `globalThis[Symbol.for(…)]` is this object: the only place that an expression can reach. */
function handOver<T>(object: object, work: (name: string) => T): T {
  const symbol = Symbol.for(HAND);
  Object.defineProperty(globalThis, symbol, { value: object, configurable: true, enumerable: false });
  try {
    return work(`Symbol.for(${JSON.stringify(HAND)})`);
  } finally {
    Reflect.deleteProperty(globalThis, symbol);
  }
}

const HAND = "leakhunt hand";

/** An object of another `vm` context cannot be handed to our function; but as the object that a person looks at, it is `$0` here. */
function takeFromFar(remote: Remote, taker: (value: unknown) => void): void {
  const id = idOf(remote);
  if (id === undefined) return;
  // Where that fails, $0 is still the object before.
  if (post("HeapProfiler.addInspectedHeapObject", { heapObjectId: String(id) }) === undefined) return;
  const how = { includeCommandLineAPI: true, objectGroup: GROUP, silent: true };
  handOver(taker, (name) => post("Runtime.evaluate", { expression: `globalThis[${name}]($0)`, ...how }));
}

/** Gives `work` the way from a debugger's name to the object; afterwards no name is left. */
function withTaker<T>(work: (take: Take) => T): T {
  let taken: unknown;
  const taker = (value: unknown): void => {
    taken = value;
  };
  try {
    const { objectId } = remoteOf(taker) ?? {};
    return work((remote) => {
      taken = undefined;
      if (remote?.objectId === undefined || objectId === undefined) return undefined;
      const call = { functionDeclaration: "function (take) { take(this); }", arguments: [{ objectId }], silent: true };
      if (post("Runtime.callFunctionOn", { objectId: remote.objectId, ...call }) === undefined) takeFromFar(remote, taker);
      const object = taken;
      taken = undefined;
      return object;
    });
  } finally {
    post("Runtime.releaseObjectGroup", { objectGroup: GROUP });
  }
}

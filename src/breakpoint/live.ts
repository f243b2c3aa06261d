// Object ids back into objects, which V8 does for debuggers only (session.ts). One id is found by a walk over the whole heap
// (some 15 ms in a small one), so objects of one prototype are found together: by the list of everything that has the
// prototype, with the id of each.

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
 * all but the first of those that can only be found one by one (without a prototype, or of another realm), and that is said.
 */
export function liveObjects(wanted: readonly Wanted[]): object[] {
  return withTaker((take) => {
    const found = new Map<number, object>();
    const single: number[] = [];
    for (const [prototype, ids] of byPrototype(wanted)) {
      const all = prototype !== undefined && ids.length > FEW ? heirs(prototype, new Set(ids), take) : undefined;
      if (all) for (const [id, object] of all) found.set(id, object);
      else single.push(...ids);
    }
    for (const id of single.slice(0, MOST_WALKS)) {
      const object = one(id, take);
      if (object !== undefined) found.set(id, object);
    }
    const omitted = single.length - MOST_WALKS;
    if (omitted > 0) say(`${omitted} objects are left out: V8 would walk over the whole heap for each ({ filter } chooses fewer)`);
    return wanted.map(({ id }) => found.get(id)).filter((object) => object !== undefined);
  });
}

function byPrototype(wanted: readonly Wanted[]): Map<number | undefined, number[]> {
  const groups = new Map<number | undefined, number[]>();
  for (const { id, prototype } of wanted) {
    const group = groups.get(prototype);
    if (group) group.push(id);
    else groups.set(prototype, [id]);
  }
  return groups;
}

type Take = (remote: Remote | undefined) => unknown;

function one(id: number, take: Take): object | undefined {
  const reply = post("HeapProfiler.getObjectByHeapObjectId", { objectId: String(id), objectGroup: GROUP });
  const object = take(reply?.result as Remote | undefined);
  return (typeof object === "object" && object !== null) || typeof object === "function" ? object : undefined;
}

/** Those of `ids` that inherit from a prototype; undefined when V8 does not list them. */
function heirs(prototype: number, ids: ReadonlySet<number>, take: Take): Map<number, object> | undefined {
  const remote = post("HeapProfiler.getObjectByHeapObjectId", { objectId: String(prototype), objectGroup: GROUP });
  const prototypeObjectId = (remote?.result as Remote | undefined)?.objectId;
  if (prototypeObjectId === undefined) return undefined;
  const listed = post("Runtime.queryObjects", { prototypeObjectId, objectGroup: GROUP })?.objects;
  const objects = take(listed);
  if (!Array.isArray(objects) || listed?.objectId === undefined) return undefined;
  const found = new Map<number, object>();
  const elements = post("Runtime.getProperties", { objectId: listed.objectId, ownProperties: true })?.result;
  for (const { name, value } of Array.isArray(elements) ? elements : []) {
    const id = idOf(value);
    if (id !== undefined && ids.has(id)) found.set(id, objects[Number(name)]);
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
      post("Runtime.callFunctionOn", { objectId: remote.objectId, ...call });
      const object = taken;
      taken = undefined;
      return object;
    });
  } finally {
    post("Runtime.releaseObjectGroup", { objectGroup: GROUP });
  }
}

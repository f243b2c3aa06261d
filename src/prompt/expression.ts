// From an expression to the very object in a snapshot: evaluate it in the frame that is looked at, take a snapshot while
// our handle holds the object, and ask V8 for the id of what the handle holds. An object that no snapshot has seen has no
// id, so the order matters; our handle is a debugger's, which paths and pictures leave out.

import type { Loaded } from "../commands/shelf.ts";
import { noIdentity, notInSnapshot } from "../errors.ts";
import type { HeapGraph } from "../graph/heapGraph.ts";
import type { Frame, RemoteValue } from "../target/debugger.ts";
import { HELD, holdValue } from "../target/heapIdentity.ts";
import type { Inspector } from "../target/inspector.ts";
import type { Debugging } from "./debugging.ts";
import { heapIdOf } from "./heapIds.ts";
import { nameStack } from "./stackNames.ts";

/** What an expression stands for, in which snapshot. */
export interface Found {
  readonly loaded: Loaded;
  /** V8's object id. */
  readonly id: number;
}

/** Reading one of these runs no code but getters. */
const PLAIN = /^[\w$.#?\s]+$/;

/**
 * The object that an expression means.
 * @throws LeakhuntError `EVALUATION_FAILED`; `NO_IDENTITY` for a value that is no object.
 */
export async function findObject(debugging: Debugging, expression: string, force: boolean): Promise<Found> {
  const { session } = debugging;
  const debug = await debugging.open();
  if (!(await isPure(debugging, expression))) session.stops.changed();
  const value = await debug.evaluate(expression, debugging.frame);
  if (value.type === "string") return findString(debugging, expression, force);
  if (value.objectId === undefined) throw noIdentity(withoutIdentity(expression, value));
  const found = (await inThisStop(debugging, value)) ?? (await inNewSnapshot(debugging, value, force));
  await nameStack(debugging, found.loaded.graph);
  return found;
}

/** V8 gives no handle to a string: it is found behind an object of ours that holds it. */
async function findString(debugging: Debugging, expression: string, force: boolean): Promise<Found> {
  const holder = await holdValue(await debugging.open(), expression, debugging.frame);
  const { loaded, id } = await inNewSnapshot(debugging, holder, force);
  const { graph } = loaded;
  const text = graph.follow(graph.byId(id) as number, HELD);
  if (text === undefined) throw notInSnapshot();
  await nameStack(debugging, graph);
  return { loaded, id: graph.id(text) };
}

/** The node of a value in the snapshot of this stop; undefined when there is no such snapshot, or it is not open. */
export async function nodeOf(debugging: Debugging, value: RemoteValue): Promise<{ graph: HeapGraph; node: number } | undefined> {
  const { session } = debugging;
  const entry = session.stops.now?.entry;
  if (!entry || value.objectId === undefined || !session.live) return undefined;
  const loaded = session.shelf.peek(session.live.hunt.pathOf(entry));
  const id = loaded && (await heapIdOf(debugging.inspector, value.objectId));
  const node = id === undefined ? undefined : loaded?.graph.byId(id);
  return loaded && node !== undefined ? { graph: loaded.graph, node } : undefined;
}

async function inThisStop(debugging: Debugging, value: RemoteValue): Promise<Found | undefined> {
  const { session } = debugging;
  const entry = session.stops.now?.entry;
  const id = entry && (await heapIdOf(debugging.inspector, value.objectId as string));
  if (!entry || id === undefined || !session.live) return undefined;
  const loaded = await session.shelf.open(session.live.hunt, entry);
  return loaded.graph.byId(id) === undefined ? undefined : { loaded, id };
}

async function inNewSnapshot(debugging: Debugging, value: RemoteValue, force: boolean): Promise<Found> {
  const { session } = debugging;
  const { loaded } = await session.take(await session.attach({ kind: "current" }), { force });
  const id = await heapIdOf(debugging.inspector, value.objectId as string);
  if (id === undefined || loaded.graph.byId(id) === undefined) throw notInSnapshot();
  return { loaded, id };
}

/** A value was looked at: unless that ran code of the program, the snapshot of this stop still shows the heap. */
export async function noteEvaluated(debugging: Debugging, expression: string): Promise<void> {
  if (!(await isPure(debugging, expression))) debugging.session.stops.changed();
}

/** Whether evaluating changes nothing. V8 itself tries, and refuses at the first thing that would. */
async function isPure(debugging: Debugging, expression: string): Promise<boolean> {
  const { session, frame } = debugging;
  if (PLAIN.test(expression) || session.stops.now?.entry === undefined || !frame) return true;
  return triesPurely(debugging.inspector, frame, expression);
}

async function triesPurely(inspector: Inspector, { callFrameId }: Frame, expression: string): Promise<boolean> {
  const how = { callFrameId, expression, throwOnSideEffect: true, silent: true, returnByValue: false, objectGroup: TRIAL };
  try {
    return (await inspector.send("Debugger.evaluateOnCallFrame", how))["exceptionDetails"] === undefined;
  } catch {
    return false;
  } finally {
    await inspector.send("Runtime.releaseObjectGroup", { objectGroup: TRIAL }).catch(() => {});
  }
}

const TRIAL = "leakhunt-trial";

/** `n is 42; numbers have` */
function withoutIdentity(expression: string, { type, text }: RemoteValue): string {
  if (type === "undefined" || text === "null") return `${expression} is ${text}, which has`;
  return `${expression} is ${text}; ${type}s have`;
}

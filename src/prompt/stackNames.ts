// What stopped calls hold, by name. A snapshot says of a local variable only that `(Stack roots)` holds its object; the
// frames of the stop know the name, and a hold that ends when the call returns should be told as one.

import type { HeapGraph } from "../graph/heapGraph.ts";
import type { Frame, RemoteValue } from "../target/debugger.ts";
import type { Debugging } from "./debugging.ts";
import { frameName } from "./frameName.ts";
import { heapIdOf } from "./heapIds.ts";

/** Deeper calls than this, and those of Node itself, have their holds told without a name. */
const FRAMES = 20;
const STACK_SCOPES = new Set(["local", "block", "catch", "with", "eval", "module", "script"]);

const named = new WeakSet<HeapGraph>();

/** Tells a snapshot of this stop what the variables of its calls are called. Once per snapshot. */
export async function nameStack(debugging: Debugging, graph: HeapGraph): Promise<void> {
  const { stop, session } = debugging;
  const entry = session.stops.now?.entry;
  if (!stop || !entry || !session.live || named.has(graph)) return;
  if (session.shelf.peek(session.live.hunt.pathOf(entry))?.graph !== graph) return;
  named.add(graph);
  // Each answer of a stopped target takes V8 some 40 ms to send, so all are asked for at once.
  const frames = stop.frames.slice(0, FRAMES).filter(({ place }) => !place.file.startsWith("node:"));
  const found = await Promise.all(frames.map((frame) => heldByFrame(debugging, graph, frame)));
  const names = new Map<number, string>();
  // The innermost call is named first and wins.
  for (const [node, name] of found.flat()) if (!names.has(node)) names.set(node, name);
  graph.stackNames = names;
}

async function heldByFrame(debugging: Debugging, graph: HeapGraph, frame: Frame): Promise<[number, string][]> {
  const debug = await debugging.open();
  const of = frame.functionName === "" ? frame.place.file : frameName(frame);
  const scopes = (await debug.scopes(frame)).filter(({ kind }) => STACK_SCOPES.has(kind));
  const variables = scopes.flatMap((scope) => scope.variables);
  const nodes = await Promise.all(variables.map(({ value }) => nodeIn(debugging, graph, value)));
  return variables.flatMap(({ name }, i) => {
    const node = nodes[i];
    return node === undefined ? [] : [[node, `${name === "this" ? name : `local ${name}`} of ${of}`]];
  });
}

async function nodeIn(debugging: Debugging, graph: HeapGraph, value: RemoteValue): Promise<number | undefined> {
  if (value.objectId === undefined) return undefined;
  const id = await heapIdOf(debugging.inspector, value.objectId).catch(() => undefined);
  return id === undefined ? undefined : graph.byId(id);
}

// The program as its own debugger: an inspector session inside the process answers at once, whether it is stopped or not. It
// stays open from the first question on, because V8 hands out all object ids anew when any session ends; it enables nothing
// that would stop the program or slow it down.

import { Session } from "node:inspector";
import { keepOut } from "./ours.ts";

/** What the protocol's answers have of interest here. */
export interface Reply {
  readonly result?: Remote | readonly { readonly name: string; readonly value?: Remote }[];
  readonly objects?: Remote;
  readonly heapSnapshotObjectId?: string;
}

/** A debugger's name for an object. */
export interface Remote {
  readonly objectId?: string;
}

let session: Session | undefined;

/** Opens the session. Without the right to (the permission model), `post` answers nothing. */
export function connect(): void {
  if (session) return;
  session = new Session();
  keepOut(session);
  try {
    session.connect();
  } catch {
    // post answers undefined
  }
}

/** Undefined when V8 refuses. */
export function post(method: string, parameters: object = {}): Reply | undefined {
  let reply: Reply | undefined;
  connect();
  try {
    session?.post(method, parameters, (error, result) => {
      if (!error) reply = result as Reply;
    });
  } catch {
    // not connected
  }
  return reply;
}

/**
 * Asks what V8 answers later, from a task of its own; `done` tells whether it did as asked. Never called when there is no
 * session: the result says whether the question was sent.
 */
export function postLater(method: string, done: (well: boolean) => void): boolean {
  connect();
  try {
    session?.post(method, (error) => done(!error));
    return session !== undefined;
  } catch {
    return false;
  }
}

/** The first Node whose V8 caches line tables by itself. */
const FIRST_WITH_LINE_TABLES = 22;

/**
 * Lets V8 build the line tables of all scripts before a snapshot, where it would count the lines of a big script anew for
 * every object that the script made (see target/lineTables.ts). Nothing can stop the program meanwhile.
 */
export function buildLineTables(): void {
  if (Number.parseInt(process.versions.node, 10) >= FIRST_WITH_LINE_TABLES) return;
  post("Debugger.enable");
  post("Debugger.setSkipAllPauses", { skip: true });
  post("Debugger.disable");
}

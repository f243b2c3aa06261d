// How an object of the program is found again in a snapshot of it. V8 tells nobody in the process an object's id, but it
// writes the name of every property: an object with a property of a name that nobody else has holds what is asked about
// while the snapshot is written. The same object holds what leakhunt itself has put into the program, which is then taken out.

import { randomBytes } from "node:crypto";
import { noIdentity } from "../errors.ts";

/** Names of what the holder's one property holds: the objects asked about, and what is leakhunt's own, the sentinel first. */
export const SUBJECTS = "subjects";
export const OWN = "own";

/** What a question is about. */
export interface Subjects {
  /** An array of our own, so that it can be left out of the answer. */
  readonly subjects: readonly unknown[];
  /** Whether the one subject is an array that may be meant as a list: that depends on who holds it, which only the snapshot tells. */
  readonly mayBeList: boolean;
}

/** A name that no other property of the program has. */
export function newKey(): string {
  return `__leakhunt_${randomBytes(9).toString("hex")}`;
}

/** @throws LeakhuntError `NO_IDENTITY` for a value that V8 does not keep as an object of its own. */
export function checkSubject(value: unknown): void {
  const type = typeof value;
  if (value === null || value === undefined) throw noIdentity(`${String(value)} has`);
  if (type === "number" || type === "boolean" || type === "bigint") throw noIdentity(`the ${type} ${String(value)} has`);
}

/** Arrays that leakhunt returned: lists of objects, whoever holds them. */
const lists = new WeakSet<object>();

export function asList<T extends readonly unknown[]>(list: T): T {
  lists.add(list);
  return list;
}

/** The objects that an argument means. @throws LeakhuntError `USAGE` when it has no identity. */
export function subjectsOf(value: unknown): Subjects {
  if (Array.isArray(value) && value.length > 0 && value.every(isObject)) {
    return lists.has(value) ? { subjects: [...value], mayBeList: false } : { subjects: [value], mayBeList: true };
  }
  checkSubject(value);
  return { subjects: [value], mayBeList: false };
}

function isObject(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

// Where the sections of a snapshot file lie. V8 writes the header and the nodes first and the strings last, so both
// ends are found without reading what is between them: the nodes right after the header, the strings by searching from
// the end for `"strings":[`, which is unmistakable because inside a string its quotes would be escaped.

import { readSync } from "node:fs";
import { badSnapshot } from "../errors.ts";
import { readHeader, type SnapshotHeader } from "./format.ts";

const WINDOW = 1 << 20;
const NODES_KEY = Buffer.from('"nodes"');
const STRINGS_KEY = Buffer.from('"strings"');

/** Positions are bytes from the beginning of the file. */
export interface Layout {
  readonly header: SnapshotHeader;
  /** First byte after the bracket of the nodes, and of the strings. */
  readonly nodesAt: number;
  readonly stringsAt: number;
}

/** @throws LeakhuntError `BAD_SNAPSHOT` when the file is cut off or its sections are not where V8 puts them. */
export function findLayout(fd: number, size: number): Layout {
  const tail = Buffer.alloc(Math.min(size, 256));
  readSync(fd, tail, 0, tail.length, size - tail.length);
  if (!tail.toString("latin1").trimEnd().endsWith("}")) throw badSnapshot(`it ends after ${size} bytes in the middle: it is cut off`);
  return { ...findNodes(fd, size), stringsAt: findStrings(fd, size) };
}

/**
 * The header, and where the nodes begin: all that is known while the rest is still being written.
 * @throws LeakhuntError `BAD_SNAPSHOT` when they are not where V8 puts them.
 */
export function findNodes(fd: number, size: number): Pick<Layout, "header" | "nodesAt"> {
  const head = Buffer.alloc(Math.min(size, WINDOW));
  readSync(fd, head, 0, head.length, 0);
  const key = head.indexOf(NODES_KEY);
  const colon = head.indexOf('"snapshot"');
  if (colon < 0 || key < colon) throw badSnapshot('its "snapshot" header is not followed by "nodes"');
  const open = head.indexOf("{", colon);
  const close = head.lastIndexOf("}", key);
  const header = readHeader(head.subarray(open, close + 1).toString("utf8"));
  const bracket = head.indexOf("[", key + NODES_KEY.length);
  const between = head.subarray(key + NODES_KEY.length, bracket).toString("latin1");
  if (bracket < 0 || !/^\s*:\s*$/.test(between)) throw badSnapshot('"nodes" is not an array');
  return { header, nodesAt: bracket + 1 };
}

/** Searches backwards for the key of the string section; returns the position after its bracket. */
function findStrings(fd: number, size: number): number {
  const window = Buffer.alloc(WINDOW + STRINGS_KEY.length);
  for (let end = size; end > 0; end -= WINDOW) {
    const start = Math.max(0, end - WINDOW);
    const read = readSync(fd, window, 0, Math.min(window.length, size - start), start);
    for (
      let found = window.subarray(0, read).lastIndexOf(STRINGS_KEY);
      found >= 0;
      found = found === 0 ? -1 : window.subarray(0, read).lastIndexOf(STRINGS_KEY, found - 1)
    ) {
      const after = afterBracket(fd, start + found + STRINGS_KEY.length);
      if (after !== undefined) return after;
    }
  }
  throw badSnapshot('it lacks "strings"');
}

/** Position after `: [` at `at`, or undefined when something else stands there. */
function afterBracket(fd: number, at: number): number | undefined {
  const few = Buffer.alloc(64);
  const read = readSync(fd, few, 0, few.length, at);
  const match = /^\s*:\s*\[/.exec(few.subarray(0, read).toString("latin1"));
  return match ? at + match[0].length : undefined;
}

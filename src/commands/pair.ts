// The two snapshots that `new` and `diff` compare: two files, or the last two of the hunt.

import { idsNotComparable, needsPlainFile, needsTwoSnapshots } from "../errors.ts";
import { compareRaw, type RawDifference } from "../graph/rawTypes.ts";
import { canScan, NodeScanner } from "../snapshot/scan.ts";
import type { Session } from "./session.ts";
import type { Loaded } from "./shelf.ts";
import { parseSource } from "./source.ts";
import type { ArgumentSpec, OptionSpec } from "./verb.ts";

type PairVerb = "new" | "diff";

export const pairArguments: readonly ArgumentSpec[] = [
  { name: "[before]", help: "older snapshot file; the hunt's last but one when left out" },
  { name: "[now]", help: "newer snapshot file" },
];

export const rawPairOption: OptionSpec = {
  flags: "--raw",
  help: "two plain files: sizes as V8 wrote them, plain objects in one row; reads a quarter of the files",
};

/**
 * Opens both snapshots, the older first.
 * @throws LeakhuntError `USAGE` when there are not two, `IDS_NOT_COMPARABLE` when V8 counted anew between them.
 */
export async function pairOf(verb: PairVerb, session: Session, beforePath?: string, nowPath?: string): Promise<[Loaded, Loaded]> {
  if (beforePath !== undefined && nowPath !== undefined)
    return [await fileOf(verb, session, beforePath), await fileOf(verb, session, nowPath)];
  if (beforePath !== undefined) throw needsTwoSnapshots(verb);
  const hunt = session.currentHunt();
  const pair = session.lastTwo(hunt);
  if (!pair) throw needsTwoSnapshots(verb);
  if (pair[0].epoch !== pair[1].epoch) throw idsNotComparable(pair[0].number, pair[1].number);
  return [await session.shelf.open(hunt, pair[0]), await session.shelf.open(hunt, pair[1])];
}

async function fileOf(verb: PairVerb, session: Session, path: string): Promise<Loaded> {
  const source = parseSource(path);
  if (source.kind !== "file") throw needsTwoSnapshots(verb);
  return session.shelf.openFile(source.path);
}

/**
 * Compares the node records of two plain files, without building graphs.
 * @throws LeakhuntError `USAGE` when there are not two, or one is packed or no file.
 */
export function compareFiles(verb: PairVerb, before: string | undefined, now: string | undefined): Map<string, RawDifference> {
  if (before === undefined || now === undefined) throw needsTwoSnapshots(verb);
  for (const path of [before, now]) if (!canScan(path)) throw needsPlainFile(path);
  const older = NodeScanner.open(before);
  try {
    const newer = NodeScanner.open(now);
    try {
      return compareRaw(older, newer);
    } finally {
      newer.close();
    }
  } finally {
    older.close();
  }
}

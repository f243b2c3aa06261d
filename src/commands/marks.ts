// `mark`, and what `growth` compares with when it is told: a named baseline, or the stop before this one.

import { addRound, type GrowthOptions, type GrowthRound, newGrowthState } from "../analysis/growth.ts";
import { noSuchMark, usage } from "../errors.ts";
import type { Hunt, SnapshotEntry } from "../hunts/hunt.ts";
import { forceOption } from "./options.ts";
import type { Session, TakeOptions } from "./session.ts";
import type { Loaded } from "./shelf.ts";
import { defineVerb, type Verb } from "./verb.ts";

/** What one diff was made of. */
export interface Since {
  readonly round: GrowthRound;
  readonly loaded: Loaded;
  /** The baseline, for a person; "" when this is one. */
  readonly since: string;
  readonly notes: readonly string[];
}

interface MarkValue {
  readonly name: string | undefined;
  readonly snapshot: number | undefined;
  readonly marks: readonly { readonly name: string; readonly snapshot: number; readonly takenAt: string | undefined }[];
}

export const markVerb: Verb = defineVerb<MarkValue>({
  name: "mark",
  summary: "name the heap as it is now, for `growth --since <name>`; without a name, list the names",
  arguments: [{ name: "[name]", help: "letters, digits, . - and _" }],
  options: [forceOption],
  examples: ["leakhunt mark warm", "leakhunt growth --since warm"],
  async *run(session, [name], options) {
    if (name === undefined) {
      yield { name: undefined, snapshot: undefined, marks: marksOf(session.currentHunt()) };
      return;
    }
    if (!/^[\w.-]{1,40}$/.test(name as string))
      throw usage(`${JSON.stringify(name)} cannot be a name`, "write letters, digits, . - and _, at most 40");
    const { hunt, entry } = await snapshotNow(session, { force: options["force"] === true });
    hunt.mark(name as string, entry);
    yield { name: name as string, snapshot: entry.number, marks: marksOf(hunt) };
  },
  render: ({ name, snapshot, marks }) => {
    if (name !== undefined) return `${name} is snapshot ${snapshot}: \`growth --since ${name}\` compares with it`;
    return marks.length === 0
      ? "no baseline has a name yet (`mark <name>`)"
      : marks
          .map((mark) => `${mark.name}  snapshot ${mark.snapshot}${mark.takenAt === undefined ? "" : `, taken ${mark.takenAt}`}`)
          .join("\n");
  },
});

function marksOf(hunt: Hunt): MarkValue["marks"] {
  const { marks = [], snapshots } = hunt.record;
  return marks.map(({ name, snapshot }) => ({ name, snapshot, takenAt: snapshots.find(({ number }) => number === snapshot)?.takenAt }));
}

/** The heap as it is now: the snapshot of this stop when there is one, else a new one. */
async function snapshotNow(session: Session, how: TakeOptions): Promise<{ hunt: Hunt; entry: SnapshotEntry; loaded: Loaded }> {
  const live = await session.attach({ kind: "current" });
  const { hunt } = live;
  const entry = session.stops.now?.entry;
  if (entry) return { hunt, entry, loaded: await session.shelf.open(hunt, entry) };
  const taken = await session.take(live, how);
  return { hunt, entry: taken.entry, loaded: taken.loaded };
}

/** What grew since the baseline of that name. @throws LeakhuntError `USAGE` when there is none. */
export async function sinceMark(session: Session, name: string, choices: GrowthOptions, how: TakeOptions): Promise<Since> {
  const hunt = session.currentHunt();
  const before = hunt.marked(name);
  if (!before)
    throw noSuchMark(
      name,
      marksOf(hunt).map((mark) => mark.name),
    );
  return between(session, before, choices, how, `${name} (snapshot ${before.number})`);
}

/** What grew since the stop before this one. Without a snapshot of an earlier stop, this one becomes the baseline. */
export async function sinceLastStop(session: Session, choices: GrowthOptions, how: TakeOptions): Promise<Since> {
  const { before, now } = session.stops;
  const hunt = session.currentHunt();
  const known = hunt.record.snapshots.find((entry) => entry.number === before?.entry?.number);
  // The new snapshot must not push out the one it is compared with.
  const keepBoth = { ...how, keep: Math.max(2, how.keep ?? 2) };
  if (before && known) return between(session, known, choices, keepBoth, `stop ${before.number} at ${before.place}`);
  const { loaded } = await snapshotNow(session, how);
  const round = await addRound(newGrowthState(), loaded.graph, choices);
  return {
    round,
    loaded,
    since: "",
    notes: [`no earlier stop has a snapshot: stop ${now?.number} is what the next \`growth\` compares with`],
  };
}

async function between(session: Session, before: SnapshotEntry, choices: GrowthOptions, how: TakeOptions, since: string): Promise<Since> {
  const { hunt, entry, loaded } = await snapshotNow(session, how);
  const state = newGrowthState();
  const older = await session.shelf.open(hunt, before);
  await addRound(state, older.graph, choices);
  const round = await addRound(state, loaded.graph, choices, async () => older.graph);
  // The rows that come now are about this one.
  session.shelf.keep(hunt.pathOf(entry), loaded.graph, hunt, entry);
  return { round, loaded, since, notes: [] };
}

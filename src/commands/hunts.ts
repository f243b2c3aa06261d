// `hunts`, `clean`, `detach`: what is remembered between commands, and letting go.

import { usage } from "../errors.ts";
import { Answers } from "../hunts/answers.ts";
import { Hunt, isAlive, readCurrent, startTimeOf, targetName, writeCurrent } from "../hunts/hunt.ts";
import { type HuntRow, huntsText } from "../report/processText.ts";
import { formatBytes, formatNoun } from "../report/units.ts";
import { attachTarget } from "../target/attach.ts";
import { endInspector } from "../target/ending.ts";
import { processFacts } from "../target/processes.ts";
import { connectHold } from "../target/shared.ts";
import { sourceArgument } from "./options.ts";
import { parseSource } from "./source.ts";
import { defineVerb, type Verb } from "./verb.ts";

function stateOf(hunt: Hunt): HuntRow["state"] {
  const { target } = hunt.record;
  const { holder } = hunt;
  if (holder && isAlive(holder.pid)) return "held";
  if (target.pid === undefined) return "unknown";
  if (!isAlive(target.pid) || startTimeOf(target.pid) !== target.startTime) return "ended";
  // whether a worker still runs, only its process can tell
  return target.worker === undefined ? "alive" : "unknown";
}

function rowOf(hunt: Hunt, current: string | undefined): HuntRow {
  const { target, snapshots, lastUsed } = hunt.record;
  return {
    key: hunt.key,
    pid: target.pid,
    worker: target.worker?.threadId,
    workerName: target.worker?.name,
    command: target.command,
    state: stateOf(hunt),
    current: hunt.key === current,
    snapshots: snapshots.length,
    bytes: hunt.size,
    lastUsed,
  };
}

export const huntsVerb: Verb = defineVerb<{ hunts: HuntRow[]; home: string; answers: number }>({
  name: "hunts",
  summary: "what is stored: targets, snapshots, and the room they take",
  arguments: [],
  options: [],
  examples: ["leakhunt hunts"],
  async *run({ home }) {
    const current = readCurrent(home).hunt;
    yield { hunts: Hunt.all(home).map((hunt) => rowOf(hunt, current)), home, answers: new Answers(home).size };
  },
  render: ({ hunts, home, answers }) =>
    huntsText(hunts, home) + (answers > 0 ? `\nanswers about other files: ${formatBytes(answers)} (\`leakhunt clean\` deletes them)` : ""),
});

export const cleanVerb: Verb = defineVerb<{ deleted: string[]; bytes: number; kept: string[] }>({
  name: "clean",
  summary: "delete stored hunts: those of ended processes, one by name, or --all that nobody holds",
  arguments: [{ name: "[hunt]", help: "a hunt as `hunts` names it, or a pid" }],
  options: [{ flags: "--all", help: "also hunts of processes that still run" }],
  examples: ["leakhunt clean", "leakhunt clean --all", "leakhunt clean 4242"],
  async *run({ home }, [name], { all }) {
    const hunts = Hunt.all(home);
    const chosen =
      name === undefined
        ? hunts.filter((hunt) => all === true || stateOf(hunt) === "ended")
        : hunts.filter((hunt) => hunt.key === name || String(hunt.record.target.pid) === name);
    if (name !== undefined && chosen.length === 0)
      throw usage(`no hunt is stored for ${JSON.stringify(name)}`, "`leakhunt hunts` lists them");
    const answers = name === undefined ? new Answers(home).clear() : 0;
    const free = chosen.filter((hunt) => stateOf(hunt) !== "held");
    const bytes = free.reduce((sum, hunt) => sum + hunt.size, answers);
    for (const hunt of free) hunt.delete();
    const current = readCurrent(home);
    if (current.hunt !== undefined && free.some((hunt) => hunt.key === current.hunt))
      writeCurrent({ hunt: undefined, table: undefined }, home);
    yield { deleted: free.map((hunt) => hunt.key), bytes, kept: chosen.filter((hunt) => !free.includes(hunt)).map((hunt) => hunt.key) };
  },
  render: ({ deleted, bytes, kept }) => {
    const lines = [
      deleted.length === 0 && bytes === 0
        ? "nothing to delete"
        : `deleted ${deleted.length === 0 ? "kept answers" : formatNoun(deleted.length, "hunt")}, ${formatBytes(bytes)}`,
    ];
    if (kept.length > 0) lines.push(`${kept.join(", ")} is held by a running leakhunt and was kept (\`leakhunt detach\` first)`);
    return lines.join("\n");
  },
});

interface DetachValue {
  readonly pid: number | undefined;
  readonly closed: boolean;
  readonly note: string | undefined;
}

/** Asks whoever holds the target to let go; closes an inspector that a leakhunt left open. */
export const detachVerb: Verb = defineVerb<DetachValue>({
  name: "detach",
  summary: "let the target go: close the inspector if leakhunt opened it",
  arguments: [sourceArgument],
  options: [],
  examples: ["leakhunt detach"],
  async *run(session, [source]) {
    if (session.live && source === undefined) {
      const { pid } = session.live.held.identity;
      const done = await session.release(true);
      const next = session.targets.resume();
      if (next) session.notice(`back at ${targetName(next.held.identity)}`);
      yield { pid, closed: done?.closed ?? false, note: done?.note };
      return;
    }
    const wanted = parseSource(source as string | undefined);
    const hunt = wanted.kind === "pid" ? Hunt.all(session.home).find((h) => h.record.target.pid === wanted.pid) : session.currentHunt();
    const target = hunt?.record.target;
    const holder = hunt?.holder;
    const held = holder && isAlive(holder.pid) ? await connectHold(holder.socket) : undefined;
    if (held) {
      const done = await held.detach(true);
      yield { pid: target?.pid, closed: done.closed, note: done.note };
      return;
    }
    yield await closeLeftOpen(target?.pid, target?.openedByUs === true && hunt !== undefined);
  },
  render: ({ pid, closed, note }) => {
    if (closed) return `inspector closed, ${pid ?? "the target"} runs on`;
    return note ?? `${pid ?? "the target"} runs on`;
  },
});

/** Closes the inspector of a target whose leakhunt is gone, if that leakhunt had opened it. */
async function closeLeftOpen(pid: number | undefined, ours: boolean): Promise<DetachValue> {
  const facts = pid === undefined ? undefined : await processFacts(pid);
  if (!facts || pid === undefined) return { pid, closed: false, note: "nothing is attached" };
  if (!facts.inspector) return { pid, closed: false, note: `nothing is attached to ${pid}; its inspector is closed` };
  if (!ours) return { pid, closed: false, note: `nothing is attached to ${pid}; its inspector was not opened by leakhunt and stays open` };
  const target = await attachTarget({ pid });
  await endInspector(target.inspector);
  await target.detach();
  const closed = (await processFacts(pid))?.inspector === undefined;
  return { pid, closed, note: closed ? undefined : `the inspector of ${pid} could not be closed` };
}

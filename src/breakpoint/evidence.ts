// What `leakhunt/test` asks: why one object is alive, and what stays behind when the same work is done over and over. The
// answer has the text of the failure, and its picture is drawn here: a picture that fails must not hide what failed.

import { readFileSync, writeFileSync } from "node:fs";
import { backrefs } from "../analysis/backrefs.ts";
import { type PathResult, retainingPaths } from "../analysis/paths.ts";
import type { Picture } from "../analysis/picture.ts";
import { type RunsJudgement, Survivors, type SurvivorsState } from "../analysis/survivors.ts";
import { idsResetInRounds, LeakhuntError } from "../errors.ts";
import { HeapGraph } from "../graph/heapGraph.ts";
import { pathText } from "../report/pathText.ts";
import { runsText } from "../report/runsText.ts";
import { readSnapshot } from "../snapshot/open.ts";
import { showPicture } from "./draw.ts";
import { programsHeap, sentinelIn } from "./own.ts";
import type { Evidence, Request } from "./request.ts";

/** Why this object is alive. */
export async function held(graph: HeapGraph, node: number, request: Request): Promise<Evidence<PathResult>> {
  const result = retainingPaths(graph, node);
  const drawn = result.outcome === "found" ? await draw(() => backrefs(graph, [node]), request) : {};
  return { result, text: forCode(pathText(result)), ...drawn };
}

/** The caller of an expectation waits for it, so its variables are held by us alone, and went with us. */
export function heldByCaller(): Evidence<undefined> {
  const text =
    "the object is still there, and only code that waits for this expectation holds it: a variable of an async function lives until the function ends; make the object in a function of its own";
  return { result: undefined, text };
}

/** What is kept of the snapshots that were asked about before. */
interface RunsMemory {
  readonly sentinel: number | undefined;
  readonly state: SurvivorsState;
}

/** Which objects stay, and with each run more. @throws LeakhuntError `IDS_RESET`. */
export async function runs(request: Request, ownFolder: string): Promise<Evidence<RunsJudgement>> {
  const counts = request.options["runs"] as readonly number[];
  const key = request.key as string;
  const memory: RunsMemory | undefined = request.stateIn === undefined ? undefined : JSON.parse(readFileSync(request.stateIn, "utf8"));
  const survivors = new Survivors(memory?.state);
  let sentinel = memory?.sentinel;
  let last: HeapGraph | undefined;
  for (const [i, file] of (request.files as readonly string[]).entries()) {
    last = new HeapGraph(await readSnapshot(file));
    const found = sentinelIn(last, key);
    if ((i > 0 || memory) && found !== sentinel) throw idsResetInRounds();
    sentinel = found;
    survivors.addRound(last, counts[i] as number);
  }
  if (request.stateOut !== undefined) {
    const now: RunsMemory = { sentinel, state: survivors.state };
    writeFileSync(request.stateOut, JSON.stringify(now), { mode: 0o600 });
  }
  const graph = new HeapGraph(programsHeap(last as HeapGraph, key, ownFolder).columns);
  const result = survivors.judge(graph);
  const [suspect] = result.suspects;
  const node = suspect && graph.byId(suspect.example.id);
  const drawn = node === undefined ? {} : await draw(() => backrefs(graph, [node]), request);
  return { result, text: forCode(runsText(result)), ...drawn };
}

async function draw(picture: () => Picture, { options }: Request): Promise<{ picture?: string; note?: string }> {
  const filename = options["filename"] as string | undefined;
  if (filename === undefined) return {};
  try {
    await showPicture(picture(), { filename });
    return { picture: filename };
  } catch (error) {
    if (error instanceof LeakhuntError) return { note: error.line };
    throw error;
  }
}

/** The texts name options of the command line, which has another door. */
function forCode(text: string): string {
  return text.replace(/ \(--(all \d+|sizes)\)/g, "");
}

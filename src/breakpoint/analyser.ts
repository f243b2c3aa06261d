// The process that answers a breakpoint's question: a request on standard input, an answer on standard output, the end.
// It runs beside the program, which stands still and waits; what it needs to read a heap is never in that heap.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Picture } from "../analysis/picture.ts";
import { builtFile } from "../builtFiles.ts";
import { LeakhuntError } from "../errors.ts";
import { HeapGraph } from "../graph/heapGraph.ts";
import { warmDrawing } from "../report/picture.ts";
import { readSnapshot } from "../snapshot/open.ts";
import { ANSWERS, type Answered } from "./answers.ts";
import { type Drawing, showPicture } from "./draw.ts";
import { runs } from "./evidence.ts";
import { mergePictures } from "./mergePictures.ts";
import { programsHeap } from "./own.ts";
import type { Answer, Refusal, Request } from "./request.ts";

/** Everything built from src/, by which leakhunt's own code in the program is known. */
const OWN_FOLDER = fileURLToPath(builtFile(""));

class Clock {
  readonly phases: Record<string, number> = {};
  #last = performance.now();

  lap(phase: string): void {
    const now = performance.now();
    this.phases[phase] = now - this.#last;
    this.#last = now;
  }
}

async function answer(request: Request): Promise<Answer> {
  const clock = new Clock();
  if (request.show && /\.(png|svg)$/i.test(String(request.options["filename"] ?? ""))) warmDrawing();
  if (request.question === "draw") {
    const picture = mergePictures(request.options["pictures"] as readonly Picture[]);
    const text = await showPicture(picture, request.options as Drawing);
    clock.lap("draw");
    return { value: picture, text, phases: clock.phases };
  }
  if (request.question === "runs") {
    const value = await runs(request, OWN_FOLDER);
    clock.lap("answer");
    return { value, phases: clock.phases };
  }
  const all = new HeapGraph(await readSnapshot(request.file as string));
  clock.lap("read");
  const { columns, ...facts } = programsHeap(all, request.key as string, OWN_FOLDER);
  clock.lap("own");
  const answered: Answered = await ANSWERS[request.question]({ graph: new HeapGraph(columns), request, facts });
  clock.lap("answer");
  const text = request.show ? await textOf(answered, request) : undefined;
  if (answered.picture) clock.lap("draw");
  return { value: answered.value, text, sentinel: facts.sentinel, phases: clock.phases };
}

async function textOf({ text, picture }: Answered, request: Request): Promise<string | undefined> {
  const shown = picture ? await showPicture(picture, request.options as Drawing) : text;
  // The tables name the command line's options.
  return shown?.replace(/\(--limit 0\)/g, "({ limit: 0 })").replace(/\(--internals\)/g, "({ internals: true })");
}

function refusal(error: unknown): Refusal {
  if (error instanceof LeakhuntError) {
    const { code, message, hint, exitCode } = error;
    return { error: { code, message, hint, exitCode } };
  }
  throw error;
}

const request = JSON.parse(readFileSync(0, "utf8")) as Request;
const answered = JSON.stringify(await answer(request).catch(refusal));
// The program stands still until this process has ended. Node's own way out takes the columns apart, and on Node 20 it was
// seen to wait for a background compiler without end (cli/main.ts): everything is said, so nothing is waited for.
process.stdout.write(answered, () => process.kill(process.pid, "SIGKILL"));

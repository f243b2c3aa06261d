// The conversation: lines come from a terminal or a pipe, each is one verb, and meanwhile the target may stop, end, or be
// wanted by somebody else. Errors are said where they happen, and the prompt lives on.

import { answer, toJson } from "../commands/answer.ts";
import { buildProgram, runWords } from "../commands/program.ts";
import type { Session } from "../commands/session.ts";
import { looksLikeFile } from "../commands/source.ts";
import type { Verb } from "../commands/verb.ts";
import { allVerbs } from "../commands/verbs.ts";
import { LeakhuntError, stillHeld } from "../errors.ts";
import { forTerminal } from "../report/escape.ts";
import { stopText } from "../report/stopText.ts";
import { completer } from "./completion.ts";
import type { Debugging } from "./debugging.ts";
import { arrived } from "./early.ts";
import { findObject } from "./expression.ts";
import { splitLine } from "./line.ts";
import { type Lines, openLines } from "./lines.ts";
import { readObjectLine, restOf } from "./objectLine.ts";
import { noteSaid, type PromptOutput } from "./output.ts";
import { stopValue } from "./scene.ts";
import { threadVerbs } from "./threads.ts";
import { debugVerbs } from "./verbs/index.ts";

const LEAVE = new Set(["quit", "exit", "q"]);
/** An empty line does again what these did. */
const REPEATED = new Set(["next", "n", "step", "s", "out", "o", "finish", "list", "l", "up", "down"]);

/** Answers lines until they end, or someone asks us to let go. */
export async function converse(session: Session, debugging: Debugging, output: PromptOutput, json: boolean): Promise<void> {
  session.shelf.claimStdin();
  const moved = (): Promise<void> => arrived(debugging, (text) => output.say(text));
  const verbs = [...debugVerbs(debugging), ...threadVerbs(moved), ...(await allVerbs())];
  const lines = openLines(session.home, completer(session, debugging, verbs));
  await new Conversation(session, debugging, output, json, verbs, lines).run();
}

class Conversation {
  readonly #session: Session;
  readonly #debugging: Debugging;
  readonly #output: PromptOutput;
  readonly #json: boolean;
  readonly #verbs: readonly Verb[];
  readonly #lines: Lines;
  #over = false;
  #last = "";
  #busy = false;
  #leave: () => void = () => {};

  constructor(session: Session, debugging: Debugging, output: PromptOutput, json: boolean, verbs: readonly Verb[], lines: Lines) {
    this.#session = session;
    this.#debugging = debugging;
    this.#output = output;
    this.#json = json;
    this.#verbs = verbs;
    this.#lines = lines;
  }

  async run(): Promise<void> {
    const session = this.#session;
    const outer = session.signal;
    const left = new Promise<"leave">((resolve) => {
      this.#leave = () => resolve("leave");
    });
    const leave = (why?: string): void => {
      if (this.#over) return;
      this.#over = true;
      if (why !== undefined) this.#beside(why);
      this.#lines.close();
      this.#leave();
    };
    session.onLost = (why) => {
      // Whoever debugs keeps the prompt: what was seen of the target can still be asked about.
      if (why === undefined || (!this.#lines.interactive && !this.#debugging.opened)) leave(why);
      else void this.#debugging.whyGone(why).then((told) => this.#beside(`${told} (\`quit\` leaves; kept snapshots can be asked about)`));
    };
    this.#debugging.onStop = () => void this.#showStop();
    this.#debugging.onNews = (text) => this.#beside(forTerminal(text, 300));
    outer.addEventListener("abort", () => leave(), { once: true });
    // What happened while the prompt was being opened tells nobody any more.
    const { gone, askedToEnd } = session.live ?? {};
    if (outer.aborted || askedToEnd) leave();
    else if (gone !== undefined) session.onLost(gone);
    if (!this.#over) await this.#showFirstStop();
    let failed: unknown;
    for await (const line of this.#lines) {
      if (this.#over) break;
      const cancel = new AbortController();
      const stop = this.#lines.onInterrupt(() => {
        // The first Ctrl-C ends the question, the second does not wait for it.
        if (cancel.signal.aborted) leave();
        else cancel.abort(new LeakhuntError({ code: "CANCELLED", message: "cancelled", exitCode: 1 }));
      });
      session.signal = AbortSignal.any([outer, cancel.signal]);
      this.#busy = true;
      try {
        if ((await Promise.race([this.#answer(line), left])) === "leave") break;
      } catch (error) {
        failed ??= error;
        this.#sayError(error, cancel.signal.aborted);
      } finally {
        stop();
        this.#busy = false;
        session.signal = outer;
        session.about = undefined;
      }
      if (session.live === undefined) break;
    }
    this.#over = true;
    session.onLost = undefined;
    this.#lines.close();
    this.#warnOfReset();
    // A script must notice that one of its lines failed; a person has seen it.
    if (failed !== undefined && !this.#lines.interactive) throw failed;
  }

  async #answer(given: string): Promise<"leave" | undefined> {
    const began = performance.now();
    const line = given.trim() === "" && this.#lines.interactive ? this.#last : given;
    const first = /^\s*(\S+)/.exec(line)?.[1];
    if (first === undefined || first.startsWith("#")) return undefined;
    this.#last = REPEATED.has(first) ? first : "";
    if (LEAVE.has(first)) return "leave";
    const session = this.#session;
    session.clock = { began, v8Ms: 0 };
    const program = buildProgram(
      this.#verbs,
      (verb, args, options) =>
        answer(verb, session, args, this.#json ? { ...options, json: true } : options, this.#output.style, (text) =>
          this.#output.print(text),
        ),
      { name: "", description: "", write: (text) => this.#output.print(helpText(text)) },
    );
    try {
      await runWords(program, await this.#words(line, first));
    } finally {
      await this.#debugging.opened?.release().catch(() => {});
    }
    return undefined;
  }

  /** The words of a line; an expression in it has become the id of its object. */
  async #words(line: string, first: string): Promise<readonly string[]> {
    const verb = this.#verbs.find(({ name, aliases = [] }) => name === first || aliases.includes(first));
    if (verb?.line === "rest") {
      const rest = restOf(line);
      if (/^(--help|-h)$/.test(rest)) return [first, rest];
      return rest === "" ? [first] : [first, "--", rest];
    }
    if (verb?.line !== "object") return splitLine(line);
    const { words, expression } = readObjectLine(line, verb.options, looksLikeFile);
    if (expression === undefined || words.includes("--source")) return words;
    const { loaded, id } = await findObject(this.#debugging, expression, words.includes("--force"));
    this.#session.about = loaded;
    return words.map((word) => (word === expression ? `@${id}` : word));
  }

  async #showStop(): Promise<void> {
    const { stop, opened } = this.#debugging;
    const { live } = this.#session;
    const value = stop && (await stopValue(this.#debugging, stop).catch(() => undefined));
    // A question that is under way still needs its handles; it lets go of all of them.
    if (!this.#busy) await opened?.release().catch(() => {});
    if (this.#over) return;
    // The prompt went elsewhere meanwhile, where the details are those of another.
    if (stop && live && this.#session.live !== live) {
      this.#debugging.tell(live, stop);
      await opened?.release().catch(() => {});
      return;
    }
    if (!value) return;
    this.#beside(undefined, this.#json ? toJson("stop", value) : stopText(value, this.#output.style.color));
  }

  /** The stop that was there before the first line; no prompt is shown yet that it would have to give way to. */
  async #showFirstStop(): Promise<void> {
    if (!this.#debugging.stop) return;
    this.#busy = true;
    await this.#showStop();
    this.#busy = false;
    await this.#debugging.opened?.release().catch(() => {});
  }

  /** Says something while the person may be typing: the line that is being typed comes back below it. */
  #beside(sentence: string | undefined, text?: string): void {
    const shown = !this.#busy && this.#lines.interrupt();
    if (sentence !== undefined) this.#output.say(sentence);
    if (text !== undefined) this.#output.print(text);
    if (shown && !this.#over) this.#lines.goOn();
  }

  /** Leaving resets the object ids of whoever else debugs the target; that is said before it happens. */
  #warnOfReset(): void {
    if (this.#debugging.stop?.others === true && this.#session.live?.gone === undefined) this.#output.say(stillHeld());
  }

  #sayError(error: unknown, cancelled: boolean): void {
    noteSaid(error);
    if (cancelled && !(error instanceof LeakhuntError && error.code === "PAUSE_PENDING")) this.#output.say("cancelled");
    else if (error instanceof LeakhuntError) this.#output.say(forTerminal(error.line, 2000));
    else this.#output.say(`internal error: ${forTerminal(error instanceof Error ? error.message : String(error), 500)}`);
  }
}

function helpText(text: string): string {
  return text.trimEnd().replace(/^Usage: program /, "Usage: ");
}

// Where the prompt's lines come from: a terminal with history and completion, or a pipe.

import { appendFileSync, chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { Verb } from "../commands/verb.ts";
import { privateFolder } from "../hunts/home.ts";

const HISTORY = 1000;

export interface Lines extends AsyncIterable<string> {
  readonly interactive: boolean;
  /** Calls back on Ctrl-C while a line is being answered; returns how to stop that. */
  onInterrupt(handler: () => void): () => void;
  close(): void;
}

/** Lines of standard input. On a terminal with a prompt, history (kept in `home`) and completion of verbs. */
export function openLines(home: string, verbs: readonly Verb[]): Lines {
  const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true;
  return interactive ? terminalLines(home, verbs) : pipedLines();
}

function pipedLines(): Lines {
  const input = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  return {
    interactive: false,
    onInterrupt: () => () => {},
    close: () => {
      input.close();
      process.stdin.destroy();
    },
    [Symbol.asyncIterator]: () => input[Symbol.asyncIterator](),
  };
}

function terminalLines(home: string, verbs: readonly Verb[]): Lines {
  const historyFile = join(privateFolder(home), "history");
  const input = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: "(leakhunt) ",
    history: readHistory(historyFile),
    historySize: HISTORY,
    removeHistoryDuplicates: true,
    completer: (line: string) => complete(line, verbs),
  });
  let onCancel: (() => void) | undefined;
  let warned = false;
  input.on("SIGINT", () => {
    if (onCancel) onCancel();
    else if (input.line !== "") {
      // As a shell: the line is given up, and stays to be read.
      process.stdout.write("\n");
      input.write(null, { ctrl: true, name: "e" });
      input.write(null, { ctrl: true, name: "u" });
      input.prompt();
    } else if (warned) input.close();
    else {
      warned = true;
      process.stdout.write("\n(Ctrl-C again, Ctrl-D or `quit` leaves)\n");
      input.prompt();
    }
  });
  return {
    interactive: true,
    onInterrupt(handler) {
      onCancel = handler;
      return () => {
        onCancel = undefined;
      };
    },
    close: () => input.close(),
    [Symbol.asyncIterator]: () =>
      readTerminal(input, historyFile, () => {
        warned = false;
      }),
  };
}

async function* readTerminal(input: Interface, historyFile: string, onLine: () => void): AsyncGenerator<string> {
  const queue: string[] = [];
  let closed = false;
  let wake: () => void = () => {};
  input.on("line", (line) => {
    queue.push(line);
    wake();
  });
  input.on("close", () => {
    closed = true;
    wake();
  });
  for (;;) {
    if (queue.length === 0 && !closed) {
      input.prompt();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const line = queue.shift();
    if (line === undefined) {
      if (closed) return;
      continue;
    }
    onLine();
    if (line.trim() !== "") appendHistory(historyFile, line);
    yield line;
  }
}

function readHistory(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean).reverse().slice(0, HISTORY);
  } catch {
    return [];
  }
}

function appendHistory(file: string, line: string): void {
  try {
    appendFileSync(file, `${line}\n`, { mode: 0o600 });
    const lines = readFileSync(file, "utf8").split("\n");
    if (lines.length > 2 * HISTORY) writeFileSync(file, lines.slice(-HISTORY).join("\n"), { mode: 0o600 });
    chmodSync(file, 0o600);
  } catch {
    // A history that cannot be kept must not stop a hunt.
  }
}

/** Verbs for the first word, options of the verb for words that begin with a dash. */
export function complete(line: string, verbs: readonly Verb[]): [string[], string] {
  const words = line.split(/\s+/);
  const last = words[words.length - 1] ?? "";
  if (words.length <= 1) {
    const names = [...verbs.map((verb) => verb.name), "help", "quit"];
    return [names.filter((name) => name.startsWith(last)).map((name) => `${name} `), last];
  }
  if (words[0] === "help") return [verbs.map((verb) => verb.name).filter((name) => name.startsWith(last)), last];
  const verb = verbs.find((v) => v.name === words[0]);
  if (!verb || !last.startsWith("-")) return [[], last];
  const flags = verb.options.flatMap((option) => /--[\w-]+/.exec(option.flags)?.[0] ?? []);
  return [[...flags, "--json"].filter((flag) => flag.startsWith(last)).map((flag) => `${flag} `), last];
}

// Where the prompt's lines come from: a terminal with history and completion, or a pipe.

import { appendFileSync, chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { privateFolder } from "../hunts/home.ts";
import type { Completer } from "./completion.ts";

const HISTORY = 1000;

export interface Lines extends AsyncIterable<string> {
  readonly interactive: boolean;
  /** Calls back on Ctrl-C while a line is being answered; returns how to stop that. */
  onInterrupt(handler: () => void): () => void;
  /** Clears the line that is being typed, to write something in its place; false when none is. */
  interrupt(): boolean;
  /** Shows that line again. */
  goOn(): void;
  close(): void;
}

/** Whether a person sits there. */
export function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

/** Lines of standard input. On a terminal with a prompt, history (kept in `home`) and completion. */
export function openLines(home: string, complete: Completer): Lines {
  return isInteractive() ? terminalLines(home, complete) : pipedLines();
}

function pipedLines(): Lines {
  const input = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  // Begun now: lines that come before somebody reads them would be lost.
  const iterator = input[Symbol.asyncIterator]();
  return {
    interactive: false,
    onInterrupt: () => () => {},
    interrupt: () => false,
    goOn: () => {},
    close: () => {
      input.close();
      process.stdin.destroy();
    },
    [Symbol.asyncIterator]: () => iterator,
  };
}

function terminalLines(home: string, complete: Completer): Lines {
  const historyFile = join(privateFolder(home), "history");
  const input = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: "(leakhunt) ",
    history: readHistory(historyFile),
    historySize: HISTORY,
    removeHistoryDuplicates: true,
    completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
      void complete(line).then((result) => done(null, result));
    },
  });
  const typed = collect(input);
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
    interrupt: () => {
      process.stdout.write("\r\u001b[2K");
      return true;
    },
    goOn: () => input.prompt(true),
    close: () => input.close(),
    [Symbol.asyncIterator]: () =>
      readTerminal(input, typed, historyFile, () => {
        warned = false;
      }),
  };
}

/** Lines that were typed and not read yet. */
interface Typed {
  readonly queue: string[];
  closed: boolean;
  wake: () => void;
}

function collect(input: Interface): Typed {
  const typed: Typed = { queue: [], closed: false, wake: () => {} };
  input.on("line", (line) => {
    typed.queue.push(line);
    typed.wake();
  });
  input.on("close", () => {
    typed.closed = true;
    typed.wake();
  });
  return typed;
}

async function* readTerminal(input: Interface, typed: Typed, historyFile: string, onLine: () => void): AsyncGenerator<string> {
  for (;;) {
    if (typed.queue.length === 0 && !typed.closed) {
      input.prompt();
      await new Promise<void>((resolve) => {
        typed.wake = resolve;
      });
    }
    const line = typed.queue.shift();
    if (line === undefined) {
      if (typed.closed) return;
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

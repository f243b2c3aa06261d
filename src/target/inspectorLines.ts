// What a Node under an inspector writes to its standard error of its own accord is between it and us. Everything else
// there is the program's, and goes through at once: only the beginning of a line that may become one of Node's waits.

const LINES: readonly RegExp[] = [
  /^Debugger listening on ws:\/\/\S+$/,
  /^For help, see: https:\/\/nodejs\.org\/\S+$/,
  /^Debugger attached\.$/,
  /^Waiting for the debugger to disconnect\.\.\.$/,
  /^Debugger ending on ws:\/\/\S+$/,
];
const BEGINNINGS: readonly string[] = [
  "Debugger listening on ws://",
  "For help, see: https://nodejs.org/",
  "Debugger attached.",
  "Waiting for the debugger to disconnect...",
  "Debugger ending on ws://",
];

/** Splits the standard error of a program; feed it bytes in order, and call `end` after the last ones. */
export class InspectorLines {
  readonly #pass: (bytes: Buffer) => void;
  readonly #onUrl: (url: string) => void;
  /** The line that is being looked at, or undefined in the middle of one of the program's. */
  #line: Buffer | undefined = Buffer.alloc(0);

  /** `pass` gets what is the program's; `onUrl` the address of its inspector. */
  constructor(pass: (bytes: Buffer) => void, onUrl: (url: string) => void) {
    this.#pass = pass;
    this.#onUrl = onUrl;
  }

  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const newline = bytes.indexOf(10, at);
      const to = newline < 0 ? bytes.length : newline + 1;
      this.#take(bytes.subarray(at, to), newline >= 0);
      at = to;
    }
  }

  end(): void {
    if (this.#line !== undefined && this.#line.length > 0) this.#pass(this.#line);
    this.#line = undefined;
  }

  #take(piece: Buffer, whole: boolean): void {
    if (this.#line === undefined) {
      this.#pass(piece);
      if (whole) this.#line = Buffer.alloc(0);
      return;
    }
    const line = Buffer.concat([this.#line, piece]);
    const text = line.toString("latin1").trimEnd();
    this.#line = whole ? Buffer.alloc(0) : line;
    if (whole && LINES.some((known) => known.test(text))) {
      const url = /^Debugger listening on (ws:\S+)$/.exec(text)?.[1];
      if (url !== undefined) this.#onUrl(url);
    } else if (whole || !BEGINNINGS.some((known) => known.startsWith(text) || text.startsWith(known))) {
      this.#pass(line);
      if (!whole) this.#line = undefined;
    }
  }
}

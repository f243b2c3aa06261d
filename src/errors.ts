// Every sentence a user can be told when something goes wrong, with its next step and exit code. One factory
// per message, so that the wording is written once, tests can name an error, and no other file invents one.

/** 2 usage, 3 target unreachable, 4 bad snapshot, 1 anything else. */
export type ExitCode = 1 | 2 | 3 | 4;

interface ErrorParts {
  readonly code: string;
  readonly message: string;
  /** What to do next; printed on the same line. */
  readonly hint?: string | undefined;
  readonly exitCode: ExitCode;
  readonly cause?: unknown;
}

/** The one error class. `message` is a whole sentence without a full stop; `hint` is the way out. */
export class LeakhuntError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  constructor(parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = "LeakhuntError";
    this.code = parts.code;
    this.hint = parts.hint;
    this.exitCode = parts.exitCode;
  }

  /** The same error, naming the file it speaks of. */
  about(what: string): LeakhuntError {
    const { code, hint, exitCode, cause } = this;
    return new LeakhuntError({ code, message: `${what}: ${this.message}`, hint, exitCode, cause });
  }

  /** One line for a terminal: message, then the way out. */
  get line(): string {
    return this.hint === undefined ? this.message : `${this.message}; ${this.hint}`;
  }
}

// ── files and snapshots ──────────────────────────────────────────────────────────────────────────────────

export const badSnapshot = (what: string, cause?: unknown): LeakhuntError =>
  new LeakhuntError({ code: "BAD_SNAPSHOT", message: `not a usable heap snapshot: ${what}`, exitCode: 4, cause });

export const cannotReadFile = (path: string, why: string, cause?: unknown): LeakhuntError =>
  new LeakhuntError({ code: "CANNOT_READ", message: `cannot read ${path}: ${why}`, exitCode: 2, cause });

export const cannotWriteFile = (path: string, why: string, cause?: unknown): LeakhuntError =>
  new LeakhuntError({ code: "CANNOT_WRITE", message: `cannot write ${path}: ${why}`, exitCode: 1, cause });

// ── questions ────────────────────────────────────────────────────────────────────────────────────────────

export const usage = (message: string, hint?: string): LeakhuntError =>
  new LeakhuntError({ code: "USAGE", message, hint, exitCode: 2 });

export const noSuchObject = (id: number, where: string): LeakhuntError =>
  new LeakhuntError({
    code: "NO_SUCH_OBJECT",
    message: `there is no @${id} in ${where}`,
    hint: "ids are those printed by `common`, `growth` and `ls` for this same snapshot",
    exitCode: 2,
  });

export const noSuchType = (name: string, close: readonly string[]): LeakhuntError =>
  new LeakhuntError({
    code: "NO_SUCH_TYPE",
    message: `no object is counted under the type ${JSON.stringify(name)}`,
    hint: close.length > 0 ? `there is ${close.join(", ")}` : "`common --limit 0` lists every type",
    exitCode: 2,
  });

// ── the target ───────────────────────────────────────────────────────────────────────────────────────────

const unreachable = (code: string, message: string, hint?: string, cause?: unknown): LeakhuntError =>
  new LeakhuntError({ code, message, hint, exitCode: 3, cause });

export const noSuchProcess = (pid: number): LeakhuntError =>
  unreachable("NO_SUCH_PROCESS", `there is no process ${pid}`, "`leakhunt ps` lists the Node processes of this machine");

export const inspectorUnreachable = (where: string, cause?: unknown): LeakhuntError =>
  unreachable("INSPECTOR_UNREACHABLE", `no inspector answers at ${where}`, "start the program with --inspect, or give its pid", cause);

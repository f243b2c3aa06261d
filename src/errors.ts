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

export const usage = (message: string, hint?: string): LeakhuntError => new LeakhuntError({ code: "USAGE", message, hint, exitCode: 2 });

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

// ── pictures ─────────────────────────────────────────────────────────────────────────────────────────────

const drawing = (code: string, message: string, hint?: string, cause?: unknown): LeakhuntError =>
  new LeakhuntError({ code, message, hint, exitCode: 1, cause });

export const loadFailed = (command: string, ended: string, said: string): LeakhuntError =>
  new LeakhuntError({
    code: "LOAD_FAILED",
    message: `the load \`${command}\` failed (${ended})${said === "" ? "" : `: ${said}`}`,
    hint: "run it by hand first: it must end by itself, with exit code 0",
    exitCode: 1,
  });

export const cannotDraw = (why: string, cause?: unknown): LeakhuntError =>
  drawing("CANNOT_DRAW", `the picture cannot be drawn: ${why}`, "write a .dot file instead: it needs no drawing", cause);

export const drawTimedOut = (timeoutMs: number): LeakhuntError =>
  drawing(
    "DRAW_TIMED_OUT",
    `the picture could not be laid out in ${timeoutMs / 1000} s, nor could half of it`,
    "write a .dot file instead, or ask for less with --max-nodes or --max-depth",
  );

export const noFontFiles = (cause?: unknown): LeakhuntError =>
  drawing("NO_FONT_FILES", "the font files of the package @expo-google-fonts/arimo are missing", "install leakhunt again", cause);

export const noDrawWorker = (path: string): LeakhuntError =>
  drawing("NO_DRAW_WORKER", `pictures are drawn by ${path}, which is not there`, "run `npm run build`");

export const noDotProgram = (cause?: unknown): LeakhuntError =>
  drawing(
    "NO_DOT_PROGRAM",
    "a PDF needs the program `dot`, which is not on the PATH",
    "install Graphviz, or write an .svg and print that",
    cause,
  );

export const noViewer = (program: string, path: string, cause?: unknown): LeakhuntError =>
  drawing("NO_VIEWER", `${path} was written, but ${program} cannot show it here`, "open the file yourself, or copy it to a desktop", cause);

export const badNodeAttribute = (name: string, allowed: readonly string[]): LeakhuntError =>
  new LeakhuntError({
    code: "BAD_NODE_ATTRIBUTE",
    message: `extraNodeAttrs cannot set ${JSON.stringify(name)}`,
    hint: `it can set ${allowed.join(", ")}`,
    exitCode: 2,
  });

export const allocationsBusy = (): LeakhuntError =>
  new LeakhuntError({
    code: "ALLOCATIONS_BUSY",
    message: "the allocations of this target are being recorded already, by a profiler inside it or by another client",
    hint: "stop that one first, or hunt without --allocations",
    exitCode: 1,
  });

export const notRecorded = (): LeakhuntError =>
  new LeakhuntError({
    code: "NOT_RECORDED",
    message: "the leakhunt that holds this target cannot record allocations",
    hint: "let it go there (quit), or hunt without --allocations",
    exitCode: 1,
  });

// ── the target ───────────────────────────────────────────────────────────────────────────────────────────

const unreachable = (code: string, message: string, hint?: string, cause?: unknown): LeakhuntError =>
  new LeakhuntError({ code, message, hint, exitCode: 3, cause });

export const noSuchProcess = (pid: number): LeakhuntError =>
  unreachable("NO_SUCH_PROCESS", `there is no process ${pid}`, "`leakhunt ps` lists the Node processes of this machine");

export const inspectorUnreachable = (where: string, cause?: unknown): LeakhuntError =>
  unreachable("INSPECTOR_UNREACHABLE", `no inspector answers at ${where}`, "start the program with --inspect, or give its pid", cause);

export const inspectorHidesUrl = (where: string): LeakhuntError =>
  unreachable(
    "INSPECTOR_HIDES_URL",
    `the inspector at ${where} does not tell its address (--inspect-publish-uid)`,
    "give the whole ws:// url; the program printed it on its stderr",
  );

export const notNodeProcess = (pid: number, exe: string): LeakhuntError =>
  unreachable(
    "NOT_NODE",
    `process ${pid} is not a Node process (it runs ${exe})`,
    "`leakhunt ps` lists the Node processes of this machine",
  );

export const pidReused = (pid: number): LeakhuntError =>
  unreachable("PID_REUSED", `process ${pid} is another process by now`, "`leakhunt ps` lists the Node processes of this machine");

export const otherUser = (pid: number, uid: number): LeakhuntError =>
  unreachable("OTHER_USER", `process ${pid} belongs to another user (uid ${uid})`, "run leakhunt as that user, or as root");

export const signalWouldKill = (pid: number): LeakhuntError =>
  unreachable(
    "SIGNAL_WOULD_KILL",
    `process ${pid} does not handle SIGUSR1, so asking it for an inspector would kill it`,
    "it once had a SIGUSR1 listener of its own; restart it with --inspect",
  );

export const signalDisabled = (pid: number): LeakhuntError =>
  unreachable(
    "SIGNAL_DISABLED",
    `process ${pid} runs with SIGUSR1 blocked (--disable-sigusr1 or the permission model)`,
    "restart it with --inspect, or without that flag",
  );

export const inspectorPortTaken = (pid: number, port: number, holder: number | undefined): LeakhuntError =>
  unreachable(
    "INSPECTOR_PORT_TAKEN",
    `process ${pid} cannot open its inspector: port ${port} is held by ${holder === undefined ? "another process" : `process ${holder}`}`,
    "free that port and try again, or restart the program with --inspect-port=0",
  );

export const ownSignalHandler = (pid: number): LeakhuntError =>
  unreachable(
    "OWN_SIGNAL_HANDLER",
    `process ${pid} did not open an inspector: it has a SIGUSR1 handler of its own (which has now run)`,
    "restart it with --inspect",
  );

export const eventLoopBlocked = (pid: number): LeakhuntError =>
  unreachable(
    "EVENT_LOOP_BLOCKED",
    `process ${pid} did not open an inspector: it is blocked in native code (a synchronous child process, for example)`,
    "try again when that is over; an inspector that opens late is closed again",
  );

export const otherNetworkNamespace = (pid: number, prefix: readonly string[] | undefined): LeakhuntError & { readonly pid: number } =>
  Object.assign(
    unreachable(
      "OTHER_NETWORK_NAMESPACE",
      `process ${pid} lives in another network namespace (a container), so its inspector cannot be reached from here`,
      prefix === undefined
        ? `as root: nsenter -t ${pid} -n -- leakhunt attach ${pid}`
        : `run: ${[...prefix, "leakhunt", "attach", String(pid)].join(" ")}`,
    ),
    { pid },
  );

export const cannotSignal = (pid: number, cause?: unknown): LeakhuntError =>
  unreachable("CANNOT_SIGNAL", `process ${pid} cannot be sent a signal`, "run leakhunt as the user who runs it, or as root", cause);

export const wrongProcess = (where: string, wanted: number, found: number): LeakhuntError =>
  unreachable(
    "WRONG_PROCESS",
    `the inspector at ${where} belongs to process ${found}, not ${wanted}`,
    "give the pid of the process that you mean",
  );

export const noSuchThread = (pid: number | undefined, threadId: number, others: readonly string[]): LeakhuntError =>
  unreachable(
    "NO_SUCH_THREAD",
    `${pid === undefined ? "the target" : `process ${pid}`} has no worker thread ${threadId}`,
    others.length === 0 ? "it has no worker at all" : `it has ${others.join(", ")}`,
  );

export const targetGone = (why: string): LeakhuntError =>
  unreachable("TARGET_GONE", `the target is gone: ${why}`, "`leakhunt ps` lists the Node processes of this machine");

export const targetSilent = (what: string, ms: number): LeakhuntError =>
  unreachable(
    "TARGET_SILENT",
    `the target did not answer within ${Math.round(ms / 1000)} s (${what})`,
    "it may be blocked in native code; try again",
  );

export const evaluationFailed = (why: string): LeakhuntError =>
  new LeakhuntError({ code: "EVALUATION_FAILED", message: `an expression threw inside the target: ${why}`, exitCode: 1 });

export const protocolRefused = (method: string, why: string, cause?: unknown): LeakhuntError =>
  new LeakhuntError({ code: "PROTOCOL_REFUSED", message: `the target refused ${method}: ${why}`, exitCode: 1, cause });

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;

export const captureTooBig = (needs: number, free: number, limit: "cgroup" | "machine"): LeakhuntError =>
  new LeakhuntError({
    code: "CAPTURE_TOO_BIG",
    message: `a snapshot may need ${megabytes(needs)} inside the target, and its ${limit === "cgroup" ? "container" : "machine"} has ${megabytes(free)} left`,
    hint: "give --force to take it all the same (the target may be killed for lack of memory)",
    exitCode: 1,
  });

export const captureStalled = (seconds: number): LeakhuntError =>
  unreachable(
    "CAPTURE_STALLED",
    `the snapshot stopped coming for ${Math.round(seconds)} s`,
    "nothing was kept; the target goes on, try again",
  );

export const captureFailed = (why: string): LeakhuntError =>
  new LeakhuntError({
    code: "CAPTURE_FAILED",
    message: `the target could not write its snapshot: ${why}`,
    hint: "nothing was kept",
    exitCode: 1,
  });

export const aborted = (what: string): LeakhuntError =>
  new LeakhuntError({ code: "ABORTED", message: `${what} was cancelled`, exitCode: 1 });

export const holderGone = (): LeakhuntError =>
  unreachable("HOLDER_GONE", "the leakhunt that held the target has ended", "ask again: this one will attach itself");

export const noCurrentHunt = (): LeakhuntError =>
  new LeakhuntError({
    code: "NO_CURRENT_HUNT",
    message: "nothing is being hunted yet",
    hint: "`leakhunt attach <pid>` makes a process the current hunt, or give a pid, host:port or a snapshot file",
    exitCode: 2,
  });

export const noSuchRow = (row: number, rows: number): LeakhuntError =>
  usage(
    rows === 0 ? "no table has been printed yet" : `the last table has no row ${row}`,
    rows === 0 ? "give an @id, or ask `common` first" : `it has rows 1 to ${rows}`,
  );

export const noSuchMark = (name: string, names: readonly string[]): LeakhuntError =>
  usage(`no baseline is called ${JSON.stringify(name)}`, names.length > 0 ? `there is ${names.join(", ")}` : "`mark <name>` makes one");

export const noSnapshots = (): LeakhuntError => usage("this hunt has no snapshot yet", "`leakhunt snapshot` takes one");

export const needsTwoSnapshots = (verb: "new" | "diff" = "new"): LeakhuntError =>
  usage(`\`${verb}\` compares two snapshots`, "take a second one with `growth` or `snapshot`, or give two files, the older first");

export const needsPlainFile = (path: string): LeakhuntError =>
  usage(`--raw reads plain snapshot files, and ${path} is none`, "unpack it first, or leave out --raw");

export const idsNotComparable = (before: number, now: number): LeakhuntError =>
  new LeakhuntError({
    code: "IDS_NOT_COMPARABLE",
    message: `V8 handed out its object ids anew between snapshots ${before} and ${now}, so new objects cannot be told from old ones`,
    hint: "keep one session (`attach`, or `growth --interval`) for both, or use `growth`, which counts by type",
    exitCode: 1,
  });

// ── the debugger ─────────────────────────────────────────────────────────────────────────────────────────

const stoppedOnly = (message: string, hint: string): LeakhuntError =>
  new LeakhuntError({ code: "NOT_STOPPED", message, hint, exitCode: 1 });

export const notStopped = (): LeakhuntError =>
  stoppedOnly("the target runs, and this can be asked only where it stands still", "`pause` stops it, `break file:line` stops it there");

export const frameGone = (): LeakhuntError =>
  stoppedOnly("that frame is gone: the target moved on", "`where` lists those of the last stop");

export const pausePending = (): LeakhuntError =>
  new LeakhuntError({
    code: "PAUSE_PENDING",
    message: "the target waits for events, so there is no JavaScript to stop",
    hint: "it will stop at the next line of JavaScript that runs",
    exitCode: 1,
  });

export const pauseBlocked = (): LeakhuntError =>
  unreachable(
    "TARGET_SILENT",
    "the target sits in native code and runs no JavaScript that could be stopped",
    "it will stop as soon as it comes back to JavaScript",
  );

/** An expression of the user's that threw or cannot be understood. */
export const expressionFailed = (why: string, hint?: string): LeakhuntError =>
  new LeakhuntError({ code: "EVALUATION_FAILED", message: why, hint, exitCode: 1 });

export const noIdentity = (kind: string): LeakhuntError =>
  new LeakhuntError({
    code: "NO_IDENTITY",
    message: `${kind} no identity in the heap`,
    hint: "ask about the object that holds it",
    exitCode: 2,
  });

export const notInSnapshot = (): LeakhuntError =>
  new LeakhuntError({
    code: "NOT_IN_SNAPSHOT",
    message: "that object is not in the snapshot: it is newer",
    hint: "take another one with `snapshot`",
    exitCode: 1,
  });

export const cannotRun = (what: string, why: string, hint?: string, cause?: unknown): LeakhuntError =>
  new LeakhuntError({ code: "CANNOT_RUN", message: `cannot run ${what}: ${why}`, hint, exitCode: 2, cause });

/** `how` is "with exit code 3" or "by SIGKILL". */
export const programEnded = (how: string): LeakhuntError => unreachable("TARGET_GONE", `the program ended ${how}`);

export const busyDebugging = (pid: number | undefined): LeakhuntError =>
  usage(`this prompt debugs ${pid === undefined ? "a target" : `process ${pid}`}`, "ask about another process in a second terminal");

export const debuggedElsewhere = (holder: number | undefined): LeakhuntError =>
  usage(
    `another leakhunt${holder === undefined ? "" : ` (process ${holder})`} holds the target, and only it can debug it`,
    "ask there, or `leakhunt detach` first",
  );

export const noSuchFrame = (index: number, count: number): LeakhuntError =>
  usage(`there is no frame ${index}`, `the stack has frames 0 to ${count - 1} (\`where\` lists them)`);

/** Said on the way out of a stop that another debugger holds. */
export const stillHeld = (): string =>
  "leaving: another debugger holds the target, so nothing is resumed; the object ids it has seen (@1234) become invalid";

// ── check ───────────────────────────────────────────────────────────────────────────────────────────────────

export const badAssertion = (flag: string, text: string, hint: string): LeakhuntError =>
  usage(`${flag} does not understand ${JSON.stringify(text)}`, hint);

/** `how` is "with exit code 3" or "by SIGKILL". */
export const checkedProgramFailed = (how: string, rounds: number): LeakhuntError =>
  unreachable(
    "PROGRAM_FAILED",
    `the program ended ${how} ${rounds === 0 ? "before the first round" : `after ${rounds} ${rounds === 1 ? "round" : "rounds"}`}, so it was not checked`,
    "what it said is above",
  );

export const neverReady = (text: string, seconds: number): LeakhuntError =>
  unreachable(
    "NEVER_READY",
    `the program did not print ${JSON.stringify(text)} within ${seconds} s`,
    "--ready is looked for in its output, --ready-within says how long",
  );

// ── at a breakpoint ──────────────────────────────────────────────────────────────────────────────────────

export const noAnalyser = (program: string, why: string, cause?: unknown): LeakhuntError =>
  new LeakhuntError({
    code: "NO_ANALYSER",
    message: `the analyser cannot be started with ${program}: ${why}`,
    hint: "the program needs the right to start a child process",
    exitCode: 1,
    cause,
  });

export const analyserFailed = (how: string, said: string): LeakhuntError =>
  new LeakhuntError({ code: "ANALYSER_FAILED", message: `the analyser ended with ${how}: ${said}`, exitCode: 1 });

export const noGarbageCollection = (): LeakhuntError =>
  new LeakhuntError({
    code: "NO_GARBAGE_COLLECTION",
    message: "V8 cannot be asked to collect garbage",
    hint: "the program needs the right to use the inspector (--allow-inspector under the permission model)",
    exitCode: 1,
  });

export const noLiveObject = (id: number): LeakhuntError =>
  new LeakhuntError({
    code: "NO_LIVE_OBJECT",
    message: `@${id} is no object that JavaScript can hold, or not any more`,
    hint: "it was collected, or it is a string, a scope or something of V8's own",
    exitCode: 2,
  });

export const idsResetAtStop = (): LeakhuntError =>
  new LeakhuntError({
    code: "IDS_RESET",
    message: "V8 handed out its object ids anew, because a debugger left the program",
    hint: "ask again for the table that the id is from",
    exitCode: 1,
  });

export const idsResetInRounds = (): LeakhuntError =>
  new LeakhuntError({
    code: "IDS_RESET",
    message: "V8 handed out its object ids anew between two rounds, because a debugger or another inspector session left the program",
    hint: "run it again without one",
    exitCode: 1,
  });

export const objectNotFound = (): LeakhuntError =>
  new LeakhuntError({
    code: "OBJECT_NOT_FOUND",
    message: "V8 did not write the object into the snapshot",
    hint: "V8 makes no node for some values, such as small strings of its own",
    exitCode: 1,
  });

export const heldFromOutside = (): LeakhuntError =>
  new LeakhuntError({
    code: "HELD_FROM_OUTSIDE",
    message: "nothing in the program holds it: only leakhunt or a debugger does",
    hint: "it goes when they let go",
    exitCode: 1,
  });

export const badFunction = (why: string): LeakhuntError =>
  usage(
    `a function given to leakhunt cannot run outside the program: ${why}`,
    "it sees its argument only, not the variables around it; a condition as text does as well",
  );

export const noSuchRelativeFile = (filename: string): LeakhuntError =>
  usage(`${JSON.stringify(filename)} cannot be written: the program's working folder is gone`, "give an absolute path");

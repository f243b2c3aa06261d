// Preloaded into the processes that a followed program starts: each opens its inspector at a port of its own, when asked
// to. The flag --inspect-port=0 would do the same, but makes the cluster module start its workers with a port that Node
// refuses (measured on Node 20 to 26).
//
// Before its own first line each also tells leakhunt that it is there, by a file of its pid, and waits until leakhunt
// has taken that away: then it is held, and its first `debugger` statement stops it. It waits a second until leakhunt
// has written into the file that it is coming, and some more until it has come, never longer, and not for a leakhunt that
// has ended. Its inspector answers meanwhile, since V8 does so between two instructions.

const NOTICED_NS = 1_000_000_000n;
const HELD_NS = 5_000_000_000n;
const LOOK_MS = 5;

process.debugPort = 0;

/** "4242:/folder": the pid of leakhunt, and where births are told. */
const told = /^(\d+):(.+)$/s.exec(process.env["LEAKHUNT_BIRTHS"] ?? "");
// what leakhunt itself has started stands still before its first line anyway
if (told !== null && process.ppid !== Number(told[1])) tell(Number(told[1]), told[2] as string);

function tell(leakhunt: number, folder: string): void {
  const fs = require("node:fs") as typeof import("node:fs");
  const threads = require("node:worker_threads") as typeof import("node:worker_threads");
  if (!threads.isMainThread) return;
  const file = `${folder}/${process.pid}`;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  try {
    fs.writeFileSync(file, "", { mode: 0o600 });
    const born = process.hrtime.bigint();
    for (;;) {
      const { size } = fs.statSync(file);
      if (process.hrtime.bigint() - born > (size > 0 ? HELD_NS : NOTICED_NS)) return;
      process.kill(leakhunt, 0);
      Atomics.wait(cell, 0, 0, LOOK_MS);
    }
  } catch {
    // it is held, or nobody is there any more, or this process may not write there
  }
}

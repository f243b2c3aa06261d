// A program that leakhunt started ends when leakhunt ends, however that comes about: a tiny process of its own holds a
// pipe from us, and when that breaks without the word "done" it ends the program and what the program started.
import { lifeLine } from "./guard.ts";

export interface ProgramJob {
  /** The leader of a process group of its own. */
  readonly pid: number;
  /** Clock ticks since boot; undefined where there is no /proc. */
  readonly startTime: string | undefined;
}

/** Starts the guard; call the result when the program has ended. */
export function guardProgram(job: ProgramJob): () => void {
  const line = lifeLine(PROGRAM, job);
  return () => void line.end("done\n");
}

const PROGRAM = `
const fs = require("fs"), job = JSON.parse(process.argv[1]);
let said = "";
for (const name of ["SIGINT", "SIGHUP", "SIGTERM"]) process.on(name, () => {});
process.stdin.on("data", (text) => { said += text; });
process.stdin.on("error", act).on("end", act);

function same() {
  if (job.startTime === undefined) { try { process.kill(job.pid, 0); return true; } catch { return false; } }
  try {
    const stat = fs.readFileSync("/proc/" + job.pid + "/stat", "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] !== "Z" && fields[19] === job.startTime;
  } catch { return false; }
}
function end(signal) { try { process.kill(-job.pid, signal); } catch {} }
function act() {
  if (/^done$/m.test(said) || !same()) process.exit(0);
  end("SIGTERM");
  const began = Date.now();
  setInterval(() => {
    if (same() && Date.now() - began < 3000) return;
    if (same()) end("SIGKILL");
    process.exit(0);
  }, 50);
}
`;

// Questions about a big file run through columns of hundreds of megabytes in no order at all. In pages of 4 kB nearly each step
// misses the processor's table of pages; in pages of 2 MB few do: a file of 787 MB was answered in 4.1 s instead of 5.6, with 5.1 seconds
// of processor time instead of 6.9. Linux gives such pages to whoever asks, and the allocator asks only if it is told to before
// the process begins. So for such a file leakhunt begins again.

import { readFileSync, statSync } from "node:fs";

/** Smaller files are answered before a second start has paid. */
const BIG = 400_000_000;
/** What follows these is another program's, big files too. */
const PROGRAMS: readonly string[] = ["run", "check"];
/** These read a file record by record, in little memory. */
const SMALL_WAYS: readonly string[] = ["--no-retained", "--raw"];
/** The other two keep such pages from being spread over many half-empty pools: 20 MB less. */
const WISH = "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1:glibc.malloc.trim_threshold=0";

/** Says that this process is the second one. */
const MARK = "LEAKHUNT_IN_HUGE_PAGES";

type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never;

/**
 * Answers in a process with huge pages if the words name a big snapshot and the system has pages to give.
 * @returns the exit code, or undefined when this process is to answer.
 */
export async function answerInHugePages(words: readonly string[]): Promise<number | undefined> {
  if (process.env[MARK] !== undefined) {
    // Our wish is not for the programs that we start.
    delete process.env[MARK];
    delete process.env["GLIBC_TUNABLES"];
    return undefined;
  }
  const script = process.argv[1];
  if (script === undefined || !isWorthIt(words) || !areOnOffer()) return undefined;
  const args = [...process.execArgv, script, ...words];
  const env = { ...process.env, GLIBC_TUNABLES: WISH, [MARK]: "1" };
  const { execve } = process as { execve?: Execve };
  if (execve) {
    // Node calls it experimental, in a warning that comes too late for this process.
    return execve.call(process, process.execPath, [process.execPath, ...args], env);
  }
  return begin(args, env);
}

function isWorthIt(words: readonly string[]): boolean {
  if (PROGRAMS.includes(words[0] ?? "")) return false;
  return !words.some((word) => SMALL_WAYS.includes(word)) && words.some(isBigFile);
}

function isBigFile(word: string): boolean {
  try {
    const facts = statSync(word, { throwIfNoEntry: false });
    return facts?.isFile() === true && facts.size >= BIG;
  } catch {
    return false;
  }
}

/** Whether asking makes a difference: elsewhere all memory is in huge pages already, or none ever. */
function areOnOffer(): boolean {
  if (process.platform !== "linux" || process.env["GLIBC_TUNABLES"] !== undefined) return false;
  try {
    return readFileSync("/sys/kernel/mm/transparent_hugepage/enabled", "utf8").includes("[madvise]");
  } catch {
    return false;
  }
}

/** Runs Node with these arguments, as if it were this process. */
async function begin(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number | undefined> {
  const [{ spawn }, { constants }] = await Promise.all([import("node:child_process"), import("node:os")]);
  const child = spawn(process.execPath, args, { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // A terminal tells both of Ctrl-C, and a second one would mean more.
    process.on(signal, () => void (signal === "SIGINT" && process.stdin.isTTY ? true : child.kill(signal)));
  }
  return new Promise((resolve) => {
    child.on("error", () => resolve(undefined));
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

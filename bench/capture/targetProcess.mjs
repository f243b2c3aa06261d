// One fresh target of the capture bench, and what the kernel and its own heartbeat tell about it.
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** USER_HZ of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Time for the compilers and collectors that its start left behind. */
const SETTLE_MS = 700;

export class TargetProcess {
  #child;

  static async start(kind, size, { execPath, folder, memlab }) {
    const target = new TargetProcess();
    const program = fileURLToPath(new URL(`../capture-targets/${kind}.mjs`, import.meta.url));
    // a free port, because other processes of this machine may have the usual one
    const execArgv = ["--expose-gc", "--inspect-port=0"];
    const env = { ...process.env, NODE_OPTIONS: "", TMPDIR: folder, ...(memlab ? { BENCH_MEMLAB: "1" } : {}) };
    target.#child = fork(program, [String(size)], { execPath, execArgv, env, stdio: ["ignore", "ignore", "ignore", "ipc"] });
    target.pid = target.#child.pid;
    target.heapUsed = await target.#answer("ready");
    await sleep(SETTLE_MS);
    return target;
  }

  /** Lets the target do one of its orders; rejects when it ends first. */
  ask(order, value) {
    const answer = this.#answer(order);
    this.#child.send({ order, value });
    return answer;
  }

  async #answer(order) {
    const ended = new AbortController();
    const { signal } = ended;
    const end = once(this.#child, "exit", { signal }).then(([code, name]) => {
      throw new Error(`the target ended with ${name ?? code}`);
    });
    end.catch(() => {});
    try {
      for (;;) {
        const [message] = await Promise.race([once(this.#child, "message", { signal }), end]);
        if (message.order === order) return message.value;
      }
    } finally {
      ended.abort();
    }
  }

  /** Makes the peak of its memory what it has now, where the kernel allows that; else the peak since its start counts. */
  resetPeak() {
    try {
      writeFileSync(`/proc/${this.pid}/clear_refs`, "5");
    } catch {}
  }

  /** Bytes: resident now, and at the most since resetPeak. */
  memory() {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    const bytes = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) * 1024;
    return { resident: bytes("VmRSS"), peak: bytes("VmHWM") };
  }

  cpuSeconds() {
    const stat = readFileSync(`/proc/${this.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  /** Times that its event loop stood still since "begin": [from, to] in nanoseconds of the monotonic clock. */
  async gaps() {
    return (await this.ask("gaps")).map(([from, to]) => [BigInt(from), BigInt(to)]);
  }

  async end() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }
}

// What recording allocations costs a target: processor time of fixed work before, during and after a recording, in three
// kinds of work. Prints a table. `node bench/allocation-costs.mjs [node …]`
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { insides } from "./insides.mjs";

const [{ attachTarget }] = await insides(["target/attach"]);

const WORK = `
const kept = [];
class Part { constructor(i) { this.i = i; this.data = { at: i, list: [i, i + 1] }; } }
const make = (i) => new Part(i);
const text = JSON.stringify(Array.from({ length: 200 }, (_, i) => ({ id: i, name: "n" + i, tags: ["a", "b"] })));
const keep = (x) => x.id % 3, nameOf = (x) => x.name + x.id;
const mix = (h, i) => (h * 31 + (i ^ h)) | 0, get = (list, i) => list[i];
const numbers = new Int32Array(2000);
const work = {
  allocating() { let x = 0; for (let i = 0; i < 2000; i++) { const part = make(i); x += part.data.list[1]; if (i % 200 === 0) kept.push(part); } if (kept.length > 20000) kept.length = 0; return x; },
  mixed() { let n = 0; for (let k = 0; k < 10; k++) { const list = JSON.parse(text); n += list.filter(keep).map(nameOf).join("").length + JSON.stringify(list).length; } return n; },
  calling() { let h = 0; for (let r = 0; r < 50; r++) for (let i = 0; i < 2000; i++) h = mix(h, get(numbers, i) + i); return h; },
};
const spent = {};
const turn = () => {
  for (const name in work) {
    const before = process.cpuUsage();
    for (let i = 0; i < 4; i++) work[name]();
    const { user, system } = process.cpuUsage(before);
    (spent[name] ??= []).push((user + system) / 4000);
  }
  setTimeout(turn, 1);
};
globalThis.take = () => {
  const told = { rss: process.memoryUsage().rss };
  for (const name in work) {
    const sorted = (spent[name] ?? []).sort((a, b) => a - b);
    told[name] = sorted[sorted.length >> 1];
    spent[name] = [];
  }
  return told;
};
turn();
`;

for (const node of process.argv.length > 2 ? process.argv.slice(2) : ["node"]) {
  for (const mode of ["sampling", "exact"]) await measure(node, mode);
}

async function measure(node, mode) {
  const file = join(tmpdir(), `leakhunt-allocation-costs-${process.pid}.heapsnapshot`);
  const child = spawn(node, ["--inspect-port=0", "-e", WORK], { stdio: "ignore" });
  await sleep(3000);
  const target = await attachTarget({ pid: child.pid });
  const take = () => target.inspector.evaluate("take()", { timeoutMs: 60_000 });
  const phase = async (settle, ms) => {
    await sleep(settle);
    await take();
    await sleep(ms);
    return take();
  };
  try {
    const before = await phase(1000, 4000);
    const recording = await target.recordAllocations(mode);
    await recording.begin();
    const during = await phase(2000, 5000);
    const { pauseMs } = await target.capture(file, { force: true });
    await recording.stacks();
    await recording.stop();
    const after = await phase(5000, 4000);
    const times = (now) => ["allocating", "mixed", "calling"].map((name) => `${name} ${(now[name] / before[name]).toFixed(2)}×`).join("  ");
    const memory = `rss ${(before.rss / 1e6).toFixed(0)} → ${(during.rss / 1e6).toFixed(0)} MB, snapshot ${pauseMs.toFixed(0)} ms`;
    console.log(`${target.identity.nodeVersion} ${mode.padEnd(8)}  during: ${times(during)}  after: ${times(after)}  ${memory}`);
  } finally {
    await target.detach();
    child.kill("SIGKILL");
    rmSync(file, { force: true });
  }
}

// Real snapshots of real processes, by every way in which Node writes them.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A folder that is gone after the tests. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "leakhunt-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Those of the newer Nodes that this machine has. */
export const otherNodes: readonly string[] = ["node22", "node24", "node26"].filter(
  (node) => spawnSync(node, ["-v"], { stdio: "ignore" }).status === 0,
);

/** A program with a little of everything that makes a node or an edge of its own kind. */
export const PROGRAM = `
  class Session { #secret = { hidden: true }; constructor(n) { this.n = n; this.half = n + 0.5; } get secret() { return this.#secret; } }
  const map = new Map([["user:1", new Session(1)], [2, new Session(2)], [2.5, { two: "and a half" }]]);
  const weak = new WeakMap([[map, new Session(3)]]);
  let cons = "left part of a long string, "; for (let i = 0; i < 50; i++) cons += "piece " + i + ";";
  const odd = ["quote \\" backslash \\\\ newline \\n nul \\0 del \\x7f", "\\ud800 lone", "☂ é 😀", "x".repeat(5000), cons, cons.slice(20, 80)];
  const big = { symbol: Symbol("tag"), big: 12345678901234567890n, date: new Date(0), regexp: /a"b/g, buffer: Buffer.alloc(9000), sparse: [1, , 3] };
  function outer(kept) { return { bound: outer.bind(big, kept), inner: () => kept, async wait() { await new Promise(() => {}); return kept; } }; }
  globalThis.all = { map, weak, odd, big, outer: outer(new Session(4)), ref: new WeakRef(map), set: new Set(odd), gen: (function* () { yield odd; })() };
  globalThis.all.outer.wait();
`;

/** Runs the program and then `last` in a fresh process, in the given folder. */
function run(node: string, folder: string, last: string, flags: readonly string[] = []): void {
  execFileSync(node, [...flags, "-e", `${PROGRAM}\n${last}`], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: ["ignore", "ignore", "pipe"],
  });
}

export function byWriteHeapSnapshot(folder: string, options: object, node: string = process.execPath): Buffer {
  run(node, folder, `require("v8").writeHeapSnapshot("written.heapsnapshot", ${JSON.stringify(options)})`);
  return readFileSync(join(folder, "written.heapsnapshot"));
}

export function byInspector(folder: string, options: object): Buffer {
  run(
    process.execPath,
    folder,
    `const { Session: Inspector } = require("inspector");
     const inspector = new Inspector();
     inspector.connect();
     const chunks = [];
     inspector.on("HeapProfiler.addHeapSnapshotChunk", ({ params }) => chunks.push(params.chunk));
     inspector.post("HeapProfiler.takeHeapSnapshot", ${JSON.stringify(options)}, () => {
       require("fs").writeFileSync("inspected.heapsnapshot", chunks.join(""));
       inspector.disconnect();
     });`,
  );
  return readFileSync(join(folder, "inspected.heapsnapshot"));
}

export async function bySignal(folder: string): Promise<Buffer> {
  const child = spawn(
    process.execPath,
    ["--heapsnapshot-signal=SIGUSR2", "-e", `${PROGRAM}; setInterval(() => {}, 1000); console.log("ready")`],
    {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: "" },
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  try {
    await once(child.stdout, "data");
    child.kill("SIGUSR2");
    for (;;) {
      await sleep(50);
      const name = readdirSync(folder).find((file) => /^Heap\..*\.heapsnapshot$/.test(file));
      const file = name === undefined ? Buffer.alloc(0) : readFileSync(join(folder, name));
      if (file.subarray(-4).toString().trimEnd().endsWith("]}")) return file;
    }
  } finally {
    child.kill("SIGKILL");
  }
}

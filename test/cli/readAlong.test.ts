// A snapshot that is read while the target writes it gives the graph that its file gives.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { Session } from "../../src/commands/session.ts";
import { readSnapshot } from "../../src/snapshot/open.ts";
import { newHome } from "../support/leakhunt.ts";

/** V8 writes this for long enough to be seen at it. */
const BIG = "globalThis.big=Array.from({length:600000},(_,i)=>({i,text:'t'+i}));setInterval(()=>{},1000);console.log('ready')";

test("the graph is built from the file as it grows", async (context) => {
  const child = spawn(process.execPath, ["--inspect-port=0", "-e", BIG], { stdio: ["ignore", "pipe", "ignore"] });
  context.onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  const phases = new Set<string>();
  const session = new Session({
    home: newHome(context),
    signal: new AbortController().signal,
    onProgress: (progress) => progress && phases.add(progress.phase),
  });
  try {
    const { entry, captured, loaded } = await session.take(await session.attach({ kind: "pid", pid: child.pid as number }));
    expect(captured.how).toBe("file");
    // the finished file was not read a second time
    expect([...phases]).toEqual(["building graph", "writing"]);
    const again = await readSnapshot(captured.path);
    const { columns } = loaded.graph;
    expect(entry.nodes).toBe(again.nodeCount);
    expect(columns.edgeCount).toBe(again.edgeCount);
    expect(Buffer.compare(Buffer.from(columns.nodeId.buffer), Buffer.from(again.nodeId.buffer))).toBe(0);
    expect(columns.strings.count).toBe(again.strings.count);
  } finally {
    await session.release();
  }
}, 120_000);

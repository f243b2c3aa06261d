// Attaching: who may be attached to, who is refused and stays unharmed, and that it is all as before afterwards.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { attachTarget } from "../../src/target/attach.ts";
import { nodeBinaryOf } from "../../src/target/nodeBinary.ts";
import { startTimeOf } from "../../src/target/proc.ts";
import { BUSY, begin, cleanUp, codeOf, freePort, IDLE, isAlive, NODE, openPorts, run, start } from "./programs.ts";

afterEach(cleanUp);

describe("a process without an inspector", () => {
  test("is attached to, left as it was, and can be attached to again", async () => {
    const program = await start(IDLE);
    for (let round = 0; round < 2; round++) {
      const target = await attachTarget({ pid: program.pid });
      expect(target.identity).toMatchObject({
        pid: program.pid,
        openedByUs: true,
        nodeVersion: nodeBinaryOf(program.pid)?.version,
        startTime: startTimeOf(program.pid),
      });
      expect(await target.inspector.evaluate("process.pid")).toBe(program.pid);
      expect(openPorts(program.pid)).toEqual([target.identity.port]);
      expect(await target.detach()).toEqual({ closed: true });
      expect(await target.detach()).toEqual({ closed: true });
      expect(await target.gone).toBe("leakhunt detached from it");
      expect(openPorts(program.pid)).toEqual([]);
    }
    expect(isAlive(program.pid)).toBe(true);
  });

  test("in a busy loop answers, and its inspector is closed again", async () => {
    const program = await start(BUSY);
    const target = await attachTarget({ pid: program.pid });
    const memory = await target.memory();
    expect(memory.heapUsed).toBeGreaterThan(1e6);
    expect(memory.heapLimit).toBeGreaterThan(memory.heapTotal);
    expect(await target.detach()).toEqual({ closed: true });
    expect(openPorts(program.pid)).toEqual([]);
    expect(isAlive(program.pid)).toBe(true);
  });

  test("among several opens its own, also when it just started", async () => {
    const programs = await Promise.all([start(IDLE), start(IDLE), start(`setTimeout(()=>{},1e6);${IDLE}`)]);
    const targets = await Promise.all(programs.map(({ pid }) => attachTarget({ pid })));
    const pids = await Promise.all(targets.map((target) => target.inspector.evaluate("process.pid")));
    expect(pids).toEqual(programs.map(({ pid }) => pid));
    await Promise.all(targets.map((target) => target.detach()));
  });

  test("that has not even begun to run is waited for", async () => {
    for (let round = 0; round < 6; round++) {
      const target = await attachTarget({ pid: begin(IDLE, ["--inspect-port=0"]) });
      expect(target.identity.openedByUs).toBe(true);
      expect(await target.detach()).toEqual({ closed: true });
    }
  });

  test("takes its port from NODE_OPTIONS", async () => {
    const port = await freePort();
    const program = await run(NODE, ["-e", IDLE], { NODE_OPTIONS: `--inspect-port=${port}` });
    const target = await attachTarget({ pid: program.pid });
    expect(target.identity.port).toBe(port);
    await target.detach();
  });

  test("whose port is taken is told apart, with the process that holds it", async () => {
    const holder = await start(IDLE, ["--inspect=0"]);
    const port = openPorts(holder.pid)[0] as number;
    const program = await start(IDLE, [`--inspect-port=${port}`]);
    await expect(attachTarget({ pid: program.pid })).rejects.toMatchObject({
      code: "INSPECTOR_PORT_TAKEN",
      exitCode: 3,
      message: expect.stringContaining(`held by process ${holder.pid}`),
    });
    expect(isAlive(program.pid)).toBe(true);
    const target = await attachTarget({ pid: holder.pid });
    await target.detach();
  });
});

describe("a process with an inspector", () => {
  test("is attached to without a signal, and keeps its inspector", async () => {
    const program = await start(`process.on('SIGUSR1',()=>console.log('signalled'));${IDLE}`, ["--inspect=0"]);
    const ports = openPorts(program.pid);
    const target = await attachTarget({ pid: program.pid });
    expect(target.identity).toMatchObject({ openedByUs: false, port: ports[0] });
    expect((await target.detach()).closed).toBe(false);
    expect(openPorts(program.pid)).toEqual(ports);
    expect(program.said()).not.toContain("signalled");
  });

  test("that is about to open it is waited for: it is not ours to close", async () => {
    for (const flags of [["--inspect=0"], ["--inspect-brk=0"]]) {
      for (let round = 0; round < 4; round++) {
        const pid = begin(IDLE, flags);
        const target = await attachTarget({ pid });
        expect(target.identity.openedByUs).toBe(false);
        expect((await target.detach()).closed).toBe(false);
        expect(openPorts(pid)).toHaveLength(1);
      }
    }
  });

  test("is found by host and port and by url, and known by its pid", async () => {
    const program = await start(IDLE, ["--inspect=0"]);
    const byPort = await attachTarget({ host: "127.0.0.1", port: openPorts(program.pid)[0] as number });
    expect(byPort.identity).toMatchObject({ pid: program.pid, startTime: startTimeOf(program.pid), openedByUs: false });
    await byPort.detach();
    const byUrl = await attachTarget({ url: byPort.identity.url });
    expect(byUrl.identity).toMatchObject({ pid: program.pid, command: expect.stringContaining("--inspect=0") });
    await byUrl.detach();
  });

  test("may hide its url, and may listen on every address", async () => {
    const hidden = await start(IDLE, ["--inspect=0", "--inspect-publish-uid=stderr"]);
    expect(await codeOf(attachTarget({ host: "127.0.0.1", port: openPorts(hidden.pid)[0] as number }))).toBe("INSPECTOR_HIDES_URL");
    const open = await start(IDLE, ["--inspect=0.0.0.0:0"]);
    const notices: string[] = [];
    const target = await attachTarget({ pid: open.pid }, { onNotice: (text) => notices.push(text) });
    expect(notices).toEqual([expect.stringContaining("0.0.0.0")]);
    await target.detach();
  });

  test("and an application port of its own is not confused by it", async () => {
    const program = await start(`require('http').createServer((q,s)=>s.end('hello')).listen(0,'127.0.0.1',()=>{${IDLE}})`);
    const target = await attachTarget({ pid: program.pid });
    expect(openPorts(program.pid)).toHaveLength(2);
    await target.detach();
    expect(openPorts(program.pid)).toHaveLength(1);
  });
});

describe("refused, and unharmed", () => {
  test("a process that takes SIGUSR1 itself", async () => {
    const program = await start(`process.on('SIGUSR1',()=>console.log('signalled'));${IDLE}`);
    expect(await codeOf(attachTarget({ pid: program.pid }))).toBe("OWN_SIGNAL_HANDLER");
    expect(program.said()).toContain("signalled");
    expect(isAlive(program.pid)).toBe(true);
  }, 15_000);

  test("a process that took SIGUSR1 itself and would now be killed by it", async () => {
    const program = await start(`const f=()=>{};process.on('SIGUSR1',f);process.off('SIGUSR1',f);${IDLE}`);
    expect(await codeOf(attachTarget({ pid: program.pid }))).toBe("SIGNAL_WOULD_KILL");
    expect(isAlive(program.pid)).toBe(true);
  }, 15_000);

  test("a process blocked in a child of its own; an inspector that opens late is closed again", async () => {
    const program = await start(
      "console.log('ready');require('child_process').execSync('sleep 7');setInterval(()=>{},1000);console.log('free')",
    );
    expect(await codeOf(attachTarget({ pid: program.pid }))).toBe("EVENT_LOOP_BLOCKED");
    await expect.poll(() => program.said(), { timeout: 6000 }).toContain("free");
    await expect.poll(() => openPorts(program.pid), { timeout: 6000 }).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(openPorts(program.pid)).toEqual([]);
    expect(isAlive(program.pid)).toBe(true);
  }, 25_000);

  test("a pid that is gone, that is another process by now, that is no Node", async () => {
    expect(await codeOf(attachTarget({ pid: 4_194_303 }))).toBe("NO_SUCH_PROCESS");
    const program = await start(IDLE);
    expect(await codeOf(attachTarget({ pid: program.pid, expectStartTime: "1" }))).toBe("PID_REUSED");
    const sleeper = await run("sh", ["-c", "echo ready; exec sleep 60"]);
    expect(await codeOf(attachTarget({ pid: sleeper.pid }))).toBe("NOT_NODE");
    expect(isAlive(sleeper.pid) && isAlive(program.pid)).toBe(true);
  });

  test("a port where nobody listens, one that is no inspector, a url that is none", async () => {
    expect(await codeOf(attachTarget({ host: "127.0.0.1", port: await freePort() }))).toBe("INSPECTOR_UNREACHABLE");
    const server = createServer((_, answer) => answer.end("[]")).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    expect(await codeOf(attachTarget({ host: "127.0.0.1", port: (server.address() as AddressInfo).port }))).toBe("INSPECTOR_UNREACHABLE");
    server.close();
    expect(await codeOf(attachTarget({ url: "http://127.0.0.1/" }))).toBe("USAGE");
    expect(await codeOf(attachTarget({ url: `ws://127.0.0.1:${await freePort()}/x` }))).toBe("INSPECTOR_UNREACHABLE");
  });

  test("a cancelled attempt", async () => {
    const program = await start(IDLE);
    expect(await codeOf(attachTarget({ pid: program.pid }, { signal: AbortSignal.abort() }))).toBe("ABORTED");
    expect(openPorts(program.pid)).toEqual([]);
  });
});

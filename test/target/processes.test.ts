// Which processes are listed, what is said of them, and the namespaces that containers are made of.
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { attachTarget, nsenterCommand } from "../../src/target/attach.ts";
import { GUARD_NAME } from "../../src/target/guard.ts";
import { nodeBinaryOf } from "../../src/target/nodeBinary.ts";
import { allPids, argvOf, startTimeOf } from "../../src/target/proc.ts";
import { listNodeProcesses, processFacts } from "../../src/target/processes.ts";
import { cleanUp, codeOf, compiledHunter, folder, IDLE, isAlive, NODE, openPorts, run, start } from "./programs.ts";

afterEach(cleanUp);

test("Node processes are listed whatever they call themselves, others and ourselves are not", async () => {
  const plain = await start(IDLE);
  const copy = join(folder(), "shop-server");
  copyFileSync(spawnSync(NODE, ["-p", "process.execPath"]).stdout.toString().trim(), copy);
  const renamed = await run(copy, ["-e", `process.title='the shop';${IDLE}`]);
  const open = await start(IDLE, ["--inspect=0"]);
  const sleeper = await run("sh", ["-c", "echo ready; exec sleep 60"]);
  const listed = await listNodeProcesses();
  const of = ({ pid }: { pid: number }) => listed.find((each) => each.pid === pid);
  const version = nodeBinaryOf(plain.pid)?.version;
  expect(version).toMatch(/^v\d+\.\d+\.\d+$/);
  const facts = {
    nodeVersion: version,
    startTime: startTimeOf(plain.pid),
    attachable: { ok: true, how: "signal" },
    netNamespace: "same",
    pidInNamespace: plain.pid,
    uid: process.getuid?.(),
  };
  expect(of(plain)).toMatchObject({ ...facts, inspector: undefined, command: expect.stringContaining("--inspect-port=0 -e") });
  expect(of(plain)?.rssBytes).toBeGreaterThan(10e6);
  expect(of(plain)?.upSeconds).toBeLessThan(60);
  expect(of(renamed)).toMatchObject({ nodeVersion: version, command: "the shop", attachable: { ok: true } });
  expect(of(open)).toMatchObject({
    inspector: { host: "127.0.0.1", port: openPorts(open.pid)[0], url: expect.stringMatching(/^ws:/) },
    attachable: { how: "open" },
  });
  expect(of(sleeper)).toBeUndefined();
  expect(of(process)).toBeUndefined();
  expect(listed.some((each) => each.command.startsWith(GUARD_NAME))).toBe(false);
});

test("a process that a signal would kill, or that blocks it, is listed with the reason", async () => {
  const exposed = await start(`const f=()=>{};process.on('SIGUSR1',f);process.off('SIGUSR1',f);setTimeout(()=>{${IDLE}},2000)`);
  expect((await processFacts(exposed.pid))?.attachable).toMatchObject({ ok: false, why: "SIGUSR1 would kill it" });
  if (Number.parseInt(nodeBinaryOf(exposed.pid)?.version?.slice(1) ?? "0", 10) < 22) return;
  const blocked = await start(IDLE, ["--disable-sigusr1"]);
  expect((await processFacts(blocked.pid))?.attachable).toMatchObject({ ok: false, why: "SIGUSR1 blocked" });
  expect(await codeOf(attachTarget({ pid: blocked.pid }))).toBe("SIGNAL_DISABLED");
});

test("a process that is gone has no facts", async () => {
  expect(await processFacts(4_194_303)).toBeUndefined();
});

const canUnshare = spawnSync("unshare", ["-n", "-p", "-f", "-m", "true"]).status === 0;

describe.skipIf(!canUnshare)("a process in namespaces of its own", () => {
  /** Like a container: its own network with lo up, its own pids, and another folder in place of ours. */
  async function contained(hidden: string): Promise<number> {
    const mark = `marked-${Math.random()}`;
    const inside = `ip link set lo up; mount -t tmpfs none "${hidden}"; exec "$0" -e "$1" ${mark}`;
    await run("unshare", ["-n", "-p", "-f", "-m", "--kill-child", "sh", "-c", inside, NODE, IDLE]);
    return allPids().find((pid) => argvOf(pid).includes(mark) && argvOf(pid)[1] === "-e") as number;
  }

  test("is seen, not touched from outside, and attached to from within", async () => {
    const place = folder();
    const pid = await contained(place);
    expect(await processFacts(pid)).toMatchObject({ netNamespace: "other", pidInNamespace: 1, attachable: { ok: true, how: "signal" } });
    const error = await attachTarget({ pid }).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "OTHER_NETWORK_NAMESPACE", pid });
    expect(openPorts(pid)).toEqual([]);
    const [program, ...prefix] = nsenterCommand(pid) as [string, ...string[]];
    const path = join(place, "x.heapsnapshot");
    const hunter = await run(program, [...prefix, process.execPath, compiledHunter(), String(pid), path]);
    expect(await hunter.ended).toBe("0");
    expect(hunter.said()).toContain('"how":"stream"');
    expect(hunter.said()).toContain(`"pid":${pid}`);
    expect(hunter.said()).toContain('{"closed":true}');
    expect(JSON.parse(readFileSync(path, "utf8")).snapshot.node_count).toBeGreaterThan(1000);
    expect(openPorts(pid)).toEqual([]);
    expect(isAlive(pid)).toBe(true);
  }, 15_000);
});

// The main job on every Node.js that is alive: as the target, and as the host that runs leakhunt.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtures } from "../../fixtures/index.mjs";
import { folderWith, SEED } from "../prompt/programs.ts";
import { expectUntouched, leakhunt, lines, listening, newHome, target } from "../support/leakhunt.ts";
import { INSTALL_MS, installNodes, nodeOfVersion, removeNodes, VERSIONS } from "../support/nodes.ts";
import { writeSnapshots } from "../support/snapshots.ts";

const AS_TARGET = ["map-cache", "listeners", "timers", "promises", "esm-module", "http-server", "private-field"];
const WARM_UP = 200;
const STEPS = 100;
beforeAll(installNodes, INSTALL_MS);
afterAll(removeNodes);

function nodeOf(version: string): string {
  return version === "host" ? process.execPath : nodeOfVersion(version);
}

interface Job {
  readonly fixture: string;
  readonly targetNode: string;
  readonly hostNode: string;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  const free = await Promise.race([once(server, "listening").then(() => true), once(server, "error").then(() => false)]).catch(() => false);
  server.close();
  return free;
}

/** Attach by pid without --inspect, growth twice, path, backrefs, detach: what was printed. */
async function mainJob({ fixture: name, targetNode, hostNode }: Job, context: Parameters<typeof newHome>[0]): Promise<string> {
  const fixture = fixtures.find((one) => one.name === name);
  const home = newHome(context);
  // The port that Node takes by itself, unless somebody else on this machine has it: these tests run one after another.
  const it = await target(context, name, { node: targetNode, args: (await isFree(9229)) ? [] : ["--inspect-port=0"] });
  const ports = listening(it.pid);
  const run = async (args: readonly string[], input?: string) => {
    const done = await leakhunt(home, args, { cwd: home, node: hostNode, ...(input === undefined ? {} : { input }) });
    expect(done.code, done.stderr).toBe(0);
    return done;
  };
  await it.step(WARM_UP);
  const first = await run(["attach", String(it.pid)], "growth\n");
  expect(first.stdout).toMatch(/at 127\.0\.0\.1:\d+, opened by leakhunt/);
  await it.step(STEPS);
  const second = await run(["attach", String(it.pid), "--json"], "growth --limit 0\n");
  const [, grown] = lines(second.stdout);
  const row = grown.rows.findIndex(({ type }: { type: string }) => type === fixture?.leakingType);
  expect(row, JSON.stringify(grown.rows.slice(0, 8))).toBeGreaterThanOrEqual(0);
  expect(row).toBeLessThan(6);
  expect(grown.rows[row].delta).toBeGreaterThanOrEqual(STEPS);
  const path = await run(["path", String(row + 1)]);
  expect(path.stdout).toContain(`${fixture?.leakingType} @`);
  const picture = await run(["backrefs", String(row + 1), "-o", "refs.png"]);
  expect(readFileSync(join(home, "refs.png")).subarray(1, 4).toString()).toBe("PNG");
  const table = await run(["attach", String(it.pid)], "growth\ncommon --limit 3\n");
  const detached = await run(["detach"]);
  expect(detached.stdout).toContain("its inspector is closed");
  await expectUntouched(it, ports);
  await it.stop();
  return [first.stdout, table.stdout, path.stdout, picture.stdout, table.stderr, detached.stdout].join("");
}

describe("as the target", () => {
  for (const version of VERSIONS) {
    test.for(AS_TARGET)(`Node ${version}: %s`, async (fixture, context) => {
      const printed = await mainJob({ fixture, targetNode: nodeOf(version), hostNode: process.execPath }, context);
      console.log(`── Node ${version}, ${fixture}\n${printed}`);
      expect(printed).toContain(`node v${version}.`);
    });
  }
});

describe("as the host", () => {
  for (const version of VERSIONS) {
    test(`Node ${version}`, async (context) => {
      const printed = await mainJob({ fixture: "map-cache", targetNode: process.execPath, hostNode: nodeOf(version) }, context);
      console.log(`── leakhunt on Node ${version}, target on ${process.version}\n${printed}`);
    });
  }
});

describe("files written by", () => {
  for (const version of VERSIONS) {
    test(`Node ${version}`, async (context) => {
      const files = writeSnapshots(nodeOf(version));
      context.onTestFinished(() => files.remove());
      const home = newHome(context);
      const grown = await leakhunt(home, ["growth", files.before, files.after, "--limit", "3"]);
      expect(grown.stdout, grown.stderr).toMatch(/\n\d +Session +65 +\+25 /);
      const path = await leakhunt(home, ["path", "--id", `@${await anySession(home, files.after)}`, files.after]);
      console.log(`── files of Node ${version}\n${grown.stdout}${path.stdout}${path.stderr}`);
      expect(path.stdout).toMatch(
        /globalThis[^\n]*\n {2}└ \.store {2}Store @\d+[^\n]*\n {4}└ \.byUser {2}Map @\d+[^\n]*\n {6}└ \.get\("user:\d+"\) {2}Session @/,
      );
    });
  }
});

async function anySession(home: string, file: string): Promise<number> {
  const { stdout } = await leakhunt(home, ["ls", "Session", file, "--limit", "1", "--json"]);
  return lines(stdout)[0].objects[0].id;
}

describe.each(VERSIONS)("the debugger's prompt on Node %s", (version) => {
  test("stops at a statement, and says which variables hold an object", async (context) => {
    const cwd = folderWith(context, { "seed.cjs": SEED });
    const input = "c\npath y[2]\nbackrefs x -o refs.png\nc\ngrowth\nq\n";
    const done = await leakhunt(newHome(context), ["run", "--", nodeOf(version), "seed.cjs"], { cwd, input });
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toContain("└ local y of hunt() (until it returns)");
    expect(done.stdout).toMatch(/refs\.png {2}\d+ × \d+, 4 retainers drawn/);
    expect(done.stdout).toMatch(/since stop 2 at seed\.cjs:4/);
  });
});

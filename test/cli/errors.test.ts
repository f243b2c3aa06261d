// What goes wrong: one line that says the way out, the right exit code, nothing on standard output.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { leakhunt, listening, newHome, target } from "../support/leakhunt.ts";
import { type SnapshotFiles, writeSnapshots } from "../support/snapshots.ts";

vi.setConfig({ testTimeout: 180_000, maxConcurrency: 2 });

let files: SnapshotFiles;
beforeAll(() => {
  files = writeSnapshots();
});
afterAll(() => files.remove());

const VERBS = "attach ps snapshot common count ls growth new diff statistics show path backrefs refs leaking detach hunts clean".split(" ");

/** Runs leakhunt, which must fail in one line. */
async function fails(home: string, args: readonly string[], code: number, input?: string | Buffer): Promise<string> {
  const done = await leakhunt(home, args, { cwd: home, ...(input === undefined ? {} : { input }) });
  expect(done.stdout, args.join(" ")).toBe("");
  expect(done.stderr, args.join(" ")).toMatch(/^leakhunt: [^\n]+\n$/);
  expect(done.code, done.stderr).toBe(code);
  return done.stderr.slice("leakhunt: ".length).trimEnd();
}

test.concurrent.for([
  [["grwth"], "unknown command 'grwth' (Did you mean growth?); `leakhunt help` lists the verbs"],
  [["growth", "--intervall", "5s"], "unknown option '--intervall' (Did you mean --interval?); `leakhunt help` lists the verbs"],
  [["growth", "--interval"], "option '--interval <time>' argument missing; `leakhunt help` lists the verbs"],
  [["growth", "--interval", "soon"], '"soon" is no time span; write 5s, 500ms, 2m or 1h'],
  [["growth", "--interval", "-5s"], '"-5s" is no time span; write 5s, 500ms, 2m or 1h'],
  [["growth", "--interval", "0"], "0 cannot be waited for; write a time from 1ms to 24h"],
  [["growth", "--interval", "1000h"], "1000h cannot be waited for; write a time from 1ms to 24h"],
  [["growth", "--count", "0"], '--count takes a whole number from 1, not "0"'],
  [["growth", "--baseline", "best"], '--baseline takes peak, previous, first, not "best"'],
  [["common", "--limit", "ten"], '--limit takes a whole number, not "ten"'],
  [["common", "--limit", "-1"], '--limit takes a whole number, not "-1"'],
  [["snapshot", "--keep", "0"], '--keep takes a whole number from 1, not "0"'],
  [["count"], "missing required argument 'type'; `leakhunt help` lists the verbs"],
  [["growth", "1", "2", "3"], "too many arguments for 'growth'. Expected 2 arguments but got 3.; `leakhunt help` lists the verbs"],
  [["backrefs", "--id", "me", "-o", "x.png"], '"me" is no object id; ids look like @1234'],
  [["backrefs", "--id", "@1", "-o", "x.gif"], '"x.gif" has no picture format; write a .png, .svg, .dot or .pdf'],
  [["backrefs", "--id", "@1", "-o", "refs"], '"refs" has no picture format; write a .png, .svg, .dot or .pdf'],
  [["backrefs", "--id", "@1", "--open"], "--open what?; add -o refs.png"],
  [["path", "--forward", "@1"], "--forward to what?; add --to <condition>, for example --to Socket"],
  [["clean", "4242"], 'no hunt is stored for "4242"; `leakhunt hunts` lists them'],
] as const)("usage: %j", async ([args, said], context) => {
  expect(await fails(newHome(context), args, 2)).toBe(said);
});

test.concurrent.for(["growth", "common", "snapshot", "new", "detach", "leaking", "ls Session", "attach"])(
  "without a current hunt: %s",
  async (line, context) => {
    expect(await fails(newHome(context), line.split(" "), 2)).toBe(
      "nothing is being hunted yet; `leakhunt attach <pid>` makes a process the current hunt, or give a pid, host:port or a snapshot file",
    );
  },
);

test.concurrent("files that are no snapshots", async (context) => {
  const home = newHome(context);
  expect(await fails(home, ["common", "missing.heapsnapshot"], 2)).toBe(
    `cannot read ${join(home, "missing.heapsnapshot")}: there is no such file`,
  );
  mkdirSync(join(home, "folder"));
  expect(await fails(home, ["common", "folder"], 2)).toBe(`cannot read ${join(home, "folder")}: it is a directory`);
  const whole = readFileSync(files.after);
  for (const [name, content] of [
    ["empty", Buffer.alloc(0)],
    ["text", Buffer.from("hello, world\n")],
    ["json", Buffer.from('{"name":"leakhunt"}')],
    ["cut", whole.subarray(0, whole.length / 2)],
    ["zeros", Buffer.alloc(5000)],
    ["gzip", readFileSync(files.gzip).subarray(0, 20_000)],
    ["picture", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex")],
  ] as const) {
    writeFileSync(join(home, name), content);
    const said = await fails(home, ["common", name], 4);
    expect(said).toMatch(/not a usable heap snapshot: /);
    expect(said).toContain(name);
    expect(said.length).toBeLessThan(400);
  }
  expect(await fails(home, ["count", "Session", "-"], 4, "no snapshot")).toContain("standard input: not a usable heap snapshot: ");
  expect(await fails(home, ["growth", files.before], 2)).toBe(
    "growth of one file?; give two snapshot files, the older first, or a running process",
  );
  expect(await fails(home, ["attach", files.before], 2)).toBe(`${files.before} is a file, and this needs a running process`);
});

test.concurrent("objects, rows and types that are not there", async (context) => {
  const home = newHome(context);
  expect(await fails(home, ["path", "@123456789", files.after], 2)).toBe(
    `there is no @123456789 in ${files.after}; ids are those printed by \`common\`, \`growth\` and \`ls\` for this same snapshot`,
  );
  expect(await fails(home, ["path"], 2)).toBe("which object?; give an @id, or the number of a row of the last table");
  expect(await fails(home, ["path", "Session", files.after], 2)).toMatch(/^"Session" names no object; objects are @1234/);
  await leakhunt(home, ["common", files.after, "--limit", "2"]);
  expect(await fails(home, ["path", "9999"], 2)).toMatch(/^the last table has no row 9999; it has rows 1 to \d+$/);
  expect(await fails(home, ["path", "0"], 2)).toMatch(/^the last table has no row 0; it has rows 1 to \d+$/);
  const copy = join(home, "copy.heapsnapshot");
  writeFileSync(copy, readFileSync(files.before));
  await leakhunt(home, ["common", copy]);
  rmSync(copy);
  expect(await fails(home, ["path", "1"], 2)).toBe(`cannot read ${copy}: the last table is about it, and it is gone`);
  // A table about standard input is nobody's any more; the one before it must not answer in its place.
  await leakhunt(home, ["common", files.after]);
  await leakhunt(home, ["common", "-"], { input: readFileSync(files.before) });
  expect(await fails(home, ["path", "1"], 2)).toMatch(/^nothing is being hunted yet; /);
  expect(await fails(home, ["count", "Sessi", files.after], 2)).toMatch(/^no object is counted under the type "Sessi"; there is .*Session/);
  expect(await fails(home, ["ls", "session", files.after], 2)).toMatch(/; there is .*Session/);
  expect(await fails(home, ["count", "Zzzzzzzzzz", files.after], 2)).toBe(
    'no object is counted under the type "Zzzzzzzzzz"; `common --limit 0` lists every type',
  );
});

test.concurrent("pictures that cannot be written", async (context) => {
  const home = newHome(context);
  await leakhunt(home, ["common", files.after, "--filter", "Session"]);
  expect(await fails(home, ["backrefs", "1", "-o", "no/such/folder/refs.svg"], 1)).toMatch(/^cannot write .*no\/such\/folder\/refs\.svg: /);
  mkdirSync(join(home, "taken.png"));
  expect(await fails(home, ["backrefs", "1", "-o", "taken.png"], 1)).toMatch(/^cannot write .*taken\.png: /);
  expect(await fails(home, ["backrefs", "1", "-o", "/proc/refs.svg"], 1)).toMatch(/^cannot write \/proc\/refs\.svg: /);
  expect(await fails(home, ["snapshot", "1", "-o", "x.heapsnapshot"], 3)).toMatch(/^process 1 /);
});

test.concurrent("processes that cannot be attached to", async (context) => {
  const home = newHome(context);
  const dead = spawn(process.execPath, ["-e", ""], { stdio: "ignore" });
  await once(dead, "exit");
  expect(await fails(home, ["attach", String(dead.pid)], 3)).toBe(
    `there is no process ${dead.pid}; \`leakhunt ps\` lists the Node processes of this machine`,
  );
  const sleeper = spawn("sleep", ["60"], { stdio: "ignore" });
  context.onTestFinished(() => void sleeper.kill("SIGKILL"));
  expect(await fails(home, ["growth", String(sleeper.pid)], 3)).toMatch(
    new RegExp(`^process ${sleeper.pid} is not a Node process \\(it runs [^)]*(sleep|coreutils)[^)]*\\); .leakhunt ps. lists`),
  );
  expect(sleeper.exitCode).toBeNull();
  expect(await fails(home, ["attach", "127.0.0.1:1"], 3)).toMatch(/^no inspector answers at 127\.0\.0\.1:1; /);
  expect(await fails(home, ["attach", "ws://127.0.0.1:1/x"], 3)).toMatch(/^no inspector answers at /);
});

test.concurrent("a program with a SIGUSR1 handler of its own", async (context) => {
  const home = newHome(context);
  const it = await target(context, "own-sigusr1");
  const ports = listening(it.pid);
  expect(await fails(home, ["attach", String(it.pid)], 3)).toBe(
    `process ${it.pid} did not open an inspector: it has a SIGUSR1 handler of its own (which has now run); restart it with --inspect`,
  );
  await it.step(1);
  expect(listening(it.pid)).toEqual(ports);
  // From outside it looks like any other; once tried, it is known.
  const { stdout } = await leakhunt(home, ["ps"]);
  expect(stdout.split("\n").find((line) => line.includes(`${it.pid} `))).toContain("no: own SIGUSR1 handler (start it with --inspect)");
});

test.concurrent("a home that cannot be written", async (context) => {
  const home = newHome(context);
  const it = await target(context, "closures");
  const ports = listening(it.pid);
  writeFileSync(join(home, "file"), "");
  const done = await leakhunt(join(home, "file"), ["snapshot", String(it.pid)]);
  expect(done).toMatchObject({ code: 1, stdout: "" });
  expect(done.stderr).toMatch(/^leakhunt: cannot write [^\n]+\n$/);
  await it.step(1);
  expect(listening(it.pid)).toEqual(ports);
});

test.concurrent("a record that is no JSON, and a current hunt that is gone", async (context) => {
  const home = newHome(context);
  writeFileSync(join(home, "current.json"), "{ not json");
  mkdirSync(join(home, "hunts", "1-1"), { recursive: true });
  writeFileSync(join(home, "hunts", "1-1", "hunt.json"), "nor this");
  chmodSync(join(home, "hunts", "1-1", "hunt.json"), 0o600);
  expect(await fails(home, ["growth"], 2)).toMatch(/^nothing is being hunted yet; /);
  for (const verb of ["hunts", "clean"]) expect((await leakhunt(home, [verb])).code, verb).toBe(0);
  writeFileSync(join(home, "current.json"), JSON.stringify({ hunt: "4242-1" }));
  expect(await fails(home, ["growth"], 2)).toMatch(/^nothing is being hunted yet; /);
});

test.concurrent("in a script of several lines each error is told once, the rest is done, and the exit code tells", async (context) => {
  const home = newHome(context);
  const it = await target(context, "timers");
  const done = await leakhunt(home, ["attach", String(it.pid)], {
    input: "grwth\n\n# a comment\ncount Timeout\npath @99999999\nquit\ncount Map\n",
  });
  expect(done.code).toBe(2);
  expect(done.stdout).toMatch(/\n\d+ Timeout, [\d.]+ k?B shallow/);
  expect(done.stdout).not.toContain(" Map,");
  const told = done.stderr.split("\n").filter((line) => !/^a snapshot will|^$/.test(line));
  expect(told).toEqual([
    expect.stringMatching(/^unknown command 'grwth'/),
    expect.stringMatching(/^there is no @99999999 in snapshot 1 of \d+; /),
    `inspector closed, ${it.pid} runs on`,
  ]);
});

test.concurrent("help is there for leakhunt and for each verb", async (context) => {
  const home = newHome(context);
  const bare = await leakhunt(home, []);
  const help = await leakhunt(home, ["--help"]);
  expect(help).toMatchObject({ code: 0, stderr: "" });
  expect(bare).toMatchObject({ code: 0, stdout: help.stdout });
  for (const verb of VERBS) expect(help.stdout).toMatch(new RegExp(`\\n {2}${verb} [^\\n]+`));
  expect(help.stdout.split("\n").every((line) => line.length <= 120)).toBe(true);
  for (const verb of VERBS) {
    const one = await leakhunt(home, [verb, "--help"]);
    expect(one).toMatchObject({ code: 0, stderr: "" });
    expect(one.stdout).toMatch(new RegExp(`^Usage: leakhunt ${verb} [\\s\\S]*--json[\\s\\S]*Examples:\\n {2}(leakhunt|printf)`));
    if (verb === "growth") expect((await leakhunt(home, ["help", verb])).stdout).toBe(one.stdout);
  }
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(await leakhunt(home, ["--version"])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
});

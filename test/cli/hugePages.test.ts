// A big file is answered by a process that asks for huge pages. The file is big but holds nothing, so the answer is one line.
import { spawn } from "node:child_process";
import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { temporaryFolder } from "../builder/captures.ts";

const { path: folder, remove } = temporaryFolder();
afterAll(remove);

const big = join(folder, "big.heapsnapshot");
const fd = openSync(big, "w");
ftruncateSync(fd, 450_000_000);
closeSync(fd);
const small = join(folder, "small.heapsnapshot");
writeFileSync(small, "no snapshot");
const preload = join(folder, "say.cjs");
writeFileSync(
  preload,
  `process.stderr.write("<" + (process.env.GLIBC_TUNABLES ?? "as usual") + ">\\n");
process.on("exit", () => process.stderr.write("at the end: " + process.env.GLIBC_TUNABLES + " " + process.env.LEAKHUNT_IN_HUGE_PAGES + "\\n"));`,
);

function onOffer(): boolean {
  if (process.platform !== "linux") return false;
  return readFileSync("/sys/kernel/mm/transparent_hugepage/enabled", "utf8").includes("[madvise]");
}

async function run(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number | null; said: string[] }> {
  const child = spawn(process.execPath, ["dist/cli/main.js", ...words], {
    env: { ...process.env, LEAKHUNT_HOME: join(folder, "home"), NODE_OPTIONS: `--require=${preload}`, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let text = "";
  child.stderr.on("data", (part) => {
    text += part;
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, said: text.trim().split("\n") };
}

const WITH_WISH = /^<glibc\.malloc\.hugetlb=1/;

test("a big file is read in huge pages, where there are any, and its error and exit code are the same", async () => {
  const { code, said } = await run(["common", big]);
  const processes = said.filter((line) => line.startsWith("<"));
  expect(processes[0]).toBe("<as usual>");
  if (onOffer()) expect(processes[1]).toMatch(WITH_WISH);
  expect(said.filter((line) => line.startsWith("leakhunt:"))).toEqual([expect.stringContaining("big.heapsnapshot")]);
  // Programs that it starts do not inherit the setting.
  expect(new Set(said.filter((line) => line.startsWith("at the end")))).toEqual(new Set(["at the end: undefined undefined"]));
  expect(code).toBe(4);
});

test("a program's own big file is no question about it", async () => {
  const { said } = await run(["run", "--", process.execPath, "-e", "0", big]);
  expect(said.filter((line) => WITH_WISH.test(line))).toEqual([]);
});

test.each([
  ["a small file", ["common", small], {}],
  ["a question that needs little memory", ["common", "--no-retained", big], {}],
  ["a setting of the user's own", ["common", big], { GLIBC_TUNABLES: "glibc.malloc.check=0" }],
])("%s: in the process that was started", async (_, words, env) => {
  const { code, said } = await run(words, env);
  expect(said.filter((line) => WITH_WISH.test(line))).toEqual([]);
  expect(code).toBe(4);
});

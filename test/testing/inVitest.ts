// The matchers in a Vitest of their own: its own references, its mocks of timers, its way of loading modules.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type TestContext } from "vitest";
import { run } from "../breakpoint/programs.ts";
import { project } from "./programs.ts";

const TESTS = `import { expectCollected, expectNoLeak } from "leakhunt/test";
import { expect, test, vi } from "vitest";
class Session { at = [1]; }
const kept = new Map<string, Session>();
let i = 0;
const quick = { picture: false, settle: 0 } as const;
test("clean", async () => { await expect(() => { new Session(); }).not.toLeak({ runs: 10 }); });
test("leaking", async () => { await expect(() => { kept.set("s" + i++, new Session()); }).not.toLeak(quick); });
test("meant to leak", async () => { await expect(() => { kept.set("s" + i++, new Session()); }).toLeak(quick); });
test("meant to leak but clean", async () => { await expect(() => { new Session(); }).toLeak(quick); });
test("in a variable", async () => { const mine: Session[] = []; await expectNoLeak(() => { mine.push(new Session()); }, quick); });
test("collected", async () => { await expect(new WeakRef(new Session())).toBeCollected(); await expectCollected(async () => new Session()); });
test("kept", async () => { await expect(() => kept.get("s1")).toBeCollected({ within: 50, picture: false }); });
test("meant to be kept", async () => { await expect(() => kept.get("s1")).not.toBeCollected({ within: 50, picture: false }); });
test("fake timers", async () => {
  vi.useFakeTimers();
  try { await expectCollected(() => new Session()); await expectNoLeak(() => {}); } finally { vi.useRealTimers(); }
});
test("printing", async () => { await expectNoLeak(() => { console.log("hello", i++); }, { runs: 5 }); });
`;

/** Runs them in a pool of Vitest, and looks at each verdict. */
export async function vitestIsRight(context: Pick<TestContext, "onTestFinished">, pool: "forks" | "vmThreads"): Promise<void> {
  const at = project(context, ["vitest", "vite"]);
  at.write("setup.ts", 'import "leakhunt/test/vitest";\n');
  at.write("leak.test.ts", TESTS);
  const config = `{ test: { pool: "${pool}", setupFiles: ["./setup.ts"], testTimeout: 600000, maxWorkers: 1 } }`;
  at.write("vitest.config.mjs", `export default ${config};\n`);
  const args = ["node_modules/vitest/vitest.mjs", "run", "--reporter=json", "--outputFile=out.json"];
  const done = await run(at, args, { env: { NO_COLOR: "1" } });
  expect(resultsIn(join(at.folder, "out.json")), done.stdout + done.stderr).toEqual({
    clean: "passed",
    leaking: expect.stringMatching(/Session leaks: 1 per run[\s\S]*Map @\d+, 150 entries/),
    "meant to leak": "passed",
    "meant to leak but clean": expect.stringMatching(/nothing grows with the runs \(60 runs in 4 rounds\)/),
    "in a variable": expect.stringMatching(/LeakFound: Session leaks: 1 per run[\s\S]*└ mine {2}Array/),
    collected: "passed",
    kept: expect.stringMatching(/Session @\d+ is alive because[\s\S]*\.get\("s1"\)/),
    "meant to be kept": "passed",
    "fake timers": "passed",
    printing: "passed",
  });
}

/** "passed", or why not, by title. */
function resultsIn(file: string): Record<string, string> {
  const { testResults } = JSON.parse(readFileSync(file, "utf8"));
  const results = testResults[0].assertionResults as { title: string; status: string; failureMessages: string[] }[];
  return Object.fromEntries(
    results.map(({ title, status, failureMessages }) => [title, status === "passed" ? status : failureMessages.join("\n")]),
  );
}

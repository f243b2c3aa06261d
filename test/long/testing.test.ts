// No flakes: a clean function and a leaking one, two hundred times each; and the matchers in a real Jest and Mocha, installed for the occasion.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { run } from "../breakpoint/programs.ts";
import { vitestIsRight } from "../testing/inVitest.ts";
import { emptyProject, install, project } from "../testing/programs.ts";

vi.setConfig({ testTimeout: 4 * 3_600_000 });

const TIMES = 200;

test(`${TIMES} runs of a clean function and of a leaking one: always right`, async (context) => {
  const at = project(context);
  const program = at.write(
    "flakes.mjs",
    `import { findLeak } from "leakhunt/test";
class Small { constructor(i) { this.i = i; } }
const kept = []; const lru = new Map(); let i = 0; let last;
const busy = async () => {
  last = new Small(i++);
  lru.set(i % 8, { i, text: "t" + i });
  await new Promise((settle) => setImmediate(settle));
  return JSON.stringify({ i, a: [1, 2, { i }] });
};
const leaking = async () => { kept.push(new Small(i++)); await busy(); };
const options = { picture: false, settle: 0 };
const wrong = [];
for (let n = 0; n < ${TIMES}; n++) {
  const clean = await findLeak(busy, options);
  if (clean.result.leaks) wrong.push(clean.text);
  const leak = await findLeak(leaking, options);
  if (!leak.text.startsWith("Small leaks: 1 per run;")) wrong.push(leak.text);
  kept.length = 0;
}
console.log(JSON.stringify(wrong));
`,
  );
  const done = await run(at, [program]);
  expect(done).toMatchObject({ code: 0, stderr: "", stdout: "[]\n" });
});

test("every verdict is right in Vitest's pool of vm contexts", (context) => vitestIsRight(context, "vmThreads"));

test("Jest and Mocha: every verdict is right", async (context) => {
  const at = emptyProject(context);
  writeFileSync(join(at.folder, "package.json"), '{"private":true}');
  execFileSync("npm", ["i", "--no-audit", "--no-fund", "--ignore-scripts", "jest@30", "mocha@11"], { cwd: at.folder, stdio: "pipe" });
  install(at.folder);
  at.write("jest.config.json", '{ "setupFilesAfterEnv": ["leakhunt/test/jest"], "testTimeout": 600000, "testMatch": ["**/*.jest.js"] }');
  at.write(
    "leak.jest.js",
    `const { expectCollected, expectNoLeak } = require("leakhunt/test");
class Session { constructor() { this.at = [1]; } }
const kept = new Map(); let i = 0;
const quick = { picture: false, settle: 0 };
test("clean", () => expect(() => { new Session(); }).not.toLeak());
test("leaking", () => expect(() => { kept.set("s" + i++, new Session()); }).not.toLeak(quick));
test("meant to leak", () => expect(() => { kept.set("s" + i++, new Session()); }).toLeak(quick));
test("in a variable", async () => { const mine = []; await expectNoLeak(() => { mine.push(new Session()); }, quick); });
test("collected", async () => { await expect(new WeakRef(new Session())).toBeCollected(); await expectCollected(async () => new Session()); });
test("kept", () => expect(() => kept.get("s1")).toBeCollected({ within: 50, picture: false }));
test("fake timers", async () => {
  jest.useFakeTimers();
  try { await expectCollected(() => new Session()); await expectNoLeak(() => {}); } finally { jest.useRealTimers(); }
});
`,
  );
  const jest = await run(at, ["node_modules/jest/bin/jest.js", "--json"], { env: { NO_COLOR: "1" } });
  const results = JSON.parse(jest.stdout).testResults[0].assertionResults as { title: string; status: string; failureMessages: string[] }[];
  expect(Object.fromEntries(results.map(({ title, status, failureMessages }) => [title, failureMessages.join("\n") || status]))).toEqual({
    clean: "passed",
    leaking: expect.stringMatching(
      /Session leaks: 1 per run[\s\S]*module scope of leak\.jest\.js\n {6}└ kept|└ kept {2}Map @\d+, 150 entries/,
    ),
    "meant to leak": "passed",
    "in a variable": expect.stringMatching(/Session leaks: 1 per run[\s\S]*└ mine {2}Array/),
    collected: "passed",
    kept: expect.stringMatching(/Session @\d+ is alive because[\s\S]*└ kept {2}Map/),
    "fake timers": "passed",
  });
  const file = at.write(
    "leak.mocha.mjs",
    `import { expectCollected, expectNoLeak } from "leakhunt/test";
const kept = [];
it("clean", () => expectNoLeak(() => ({ a: 1 })));
it("collected", () => expectCollected(() => ({ a: 1 })));
it("leaking", () => expectNoLeak(() => { kept.push({ a: 1 }); }, { picture: false, settle: 0 }));
`,
  );
  const mocha = await run(at, ["node_modules/mocha/bin/mocha.js", "--timeout", "600000", file]);
  expect(mocha.stdout).toMatch(
    /✔ clean[\s\S]*✔ collected[\s\S]*1\) leaking[\s\S]*2 passing[\s\S]*1 failing[\s\S]*\{a\} leaks: 1 per run[\s\S]*└ kept/,
  );
});

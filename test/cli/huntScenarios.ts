// The hunt on fixtures, from the files of its rounds: what gathers, in whose hands; and nothing where nothing does. npm test
// runs it on one of each kind, npm run test:long on the others.
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, type TestContext, test } from "vitest";
import { type FixtureInfo, fixtures } from "../../fixtures/index.mjs";
import { leakhunt, lines, newHome, start, target } from "../support/leakhunt.ts";

/** Leaks that `npm test` hunts: a Map and timers at once, closures, listeners, bytes, a long chain, compiled source. */
export const HUNTED_OFTEN: ReadonlySet<string> = new Set(["http-server", "closures", "listeners", "buffers", "linked-list", "typescript"]);

const WARM_UP = 200;
const STEPS = 60;
const ROUNDS = 5;

/** Takes the rounds in one session, so that object ids compare, and hunts in the files. */
async function huntFixture(fixture: FixtureInfo, context: TestContext, steps = STEPS) {
  const home = newHome(context);
  const it = await target(context, fixture.name);
  await it.step(WARM_UP);
  const prompt = start(home, ["attach", String(it.pid)]);
  const files: string[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    await it.step(steps);
    const file = join(home, `${round}.heapsnapshot`);
    const from = prompt.length();
    prompt.say(`snapshot -o ${file}`);
    await prompt.sees(/the target stood still/, from);
    files.push(file);
  }
  prompt.say("quit");
  await prompt.ended;
  const done = await leakhunt(home, ["hunt", ...files, "--json"]);
  return { ...done, result: lines(done.stdout)[0], home, files };
}

/** Where the holder has one name only; the type is looked at in all of them. */
const HOLDERS: Readonly<Record<string, RegExp>> = {
  closures: /^exitHooks$/,
  listeners: /^bus\.on\("data"\)$/,
  buffers: /^PacketLog\.(headers|packets)$/,
  "plain-objects": /^app\.audit\.entries$/,
  "busy-loop": /^Simulation\.samples$/,
};

const tried = fixtures.filter(({ name, inWorker }) => name !== "own-sigusr1" && !inWorker);

/** Tests of the leaks with these names. */
export function leakTests(isHunted: (name: string) => boolean): void {
  test.concurrent.for(tried.filter(({ name, leaks }) => leaks && isHunted(name)).map((fixture) => [fixture.name, fixture] as const))(
    "%s: the hunt names what leaks and its holder",
    async ([name, fixture], context) => {
      const { code, result, stderr } = await huntFixture(fixture, context);
      expect(code, stderr).toBe(10);
      const [suspect] = result.suspects;
      const types = [suspect.type, ...suspect.gathers.map((row: { type: string }) => row.type)];
      expect(types).toContain(fixture.leakingType === "Function" ? "onExit()" : fixture.leakingType);
      expect(result.verdict).toBe("leak");
      expect(suspect.holder.name).toMatch(HOLDERS[name] ?? /./);
    },
  );
}

/** The report: the text says where it and its pictures are, as a reader would open them. */
export function reportTest(): void {
  test.concurrent("the report and its picture are where the text says", async (context) => {
    const fixture = fixtures.find(({ name }) => name === "closures") as FixtureInfo;
    const { home, files } = await huntFixture(fixture, context);
    const { stdout } = await leakhunt(home, ["hunt", ...files, "-o", join(home, "report.html")]);
    for (const [label, name] of Object.entries({ "   picture    ": "report-1.png", "report: ": "report.html" })) {
      expect(stdout).toContain(`\n${label}${join(home, name)}`);
      expect(statSync(join(home, name)).size).toBeGreaterThan(1000);
    }
  });
}

/** Tests of all healthy fixtures. */
export function healthyTests(): void {
  test.concurrent.for(tried.filter(({ leaks }) => !leaks).map((fixture) => [fixture.name, fixture] as const))(
    "%s: the hunt accuses nobody",
    async ([, fixture], context) => {
      const { code, result, stderr } = await huntFixture(fixture, context, fixture.steadyAfter ? 150 : 170);
      expect(result.suspects, stderr).toEqual([]);
      expect(code).toBe(0);
      expect(result.conclusion).toMatch(/^no leak found: /);
    },
  );
}

// The XML that CI servers read, whatever the heap has in it.
import { expect, test } from "vitest";
import type { Asserted } from "../../src/analysis/assertions.ts";
import type { CheckResult } from "../../src/analysis/checkResult.ts";
import type { HuntResult, Suspect } from "../../src/analysis/hunt/result.ts";
import { checkText } from "../../src/report/checkText.ts";
import { junitXml } from "../../src/report/junit.ts";
import { parseXml } from "../support/xml.ts";
import { NASTY } from "./nastyStrings.ts";

function suspect(text: string): Suspect {
  return {
    number: 1,
    fingerprint: "f",
    kind: "map",
    type: text,
    location: undefined,
    measure: "objects",
    series: [1, 2, 3],
    grewIn: 2,
    of: 2,
    objects: 2,
    bytes: 64,
    objectsPerSecond: 1,
    bytesPerSecond: 32,
    objectsPerRun: undefined,
    share: 1,
    holder: { name: text, object: undefined, location: undefined, package: undefined, alike: 1 },
    gathers: [],
    path: undefined,
    example: undefined,
    alsoHeldBy: [],
    where: [],
    allocatedAt: [],
    advice: text,
    picture: undefined,
  };
}

function hunt(suspects: readonly Suspect[], conclusion: string): HuntResult {
  return {
    verdict: suspects.length > 0 ? "leak" : "no leak",
    conclusion,
    stopped: "x",
    target: "t",
    rounds: [],
    heap: { delta: 0, perSecond: undefined },
    suspects,
    cleared: [],
    offHeap: undefined,
    counters: [],
    notes: [],
  };
}

function result(parts: Partial<CheckResult>): CheckResult {
  return {
    verdict: "passed",
    conclusion: "fine",
    command: "app.js",
    assertions: [],
    hunt: undefined,
    rounds: 3,
    seconds: 1.5,
    notes: [],
    ...parts,
  };
}

const FAILED: Asserted = {
  assertion: "growth Session <= 10",
  passed: false,
  series: [1, 50],
  delta: 49,
  most: 10,
  unit: "objects",
  seen: true,
};
const AT = new Date("2026-01-02T03:04:05.678Z");
const read = (value: CheckResult) => parseXml(junitXml(value, AT)).children[0];

test("a case per assertion; the suspects are the evidence of those that failed", () => {
  const assertions = [FAILED, { ...FAILED, assertion: "heap +5%", passed: true, unit: "bytes" } as const];
  const suite = read(result({ verdict: "failed", assertions, hunt: hunt([suspect("Session")], "leak: Session") }));
  expect(suite).toMatchObject({
    name: "testsuite",
    attributes: { tests: "2", failures: "1", errors: "0", timestamp: "2026-01-02T03:04:05", time: "1.500" },
    children: [
      { name: "testcase", attributes: { name: "growth Session <= 10", classname: "leakhunt.app.js" }, children: [{ name: "failure" }] },
      { attributes: { name: "heap +5%" }, children: [] },
    ],
  });
  const [failure] = suite?.children[0]?.children ?? [];
  expect(failure?.attributes["message"]).toContain("growth Session <= 10: +49, 1 to 50 in 2 rounds");
  expect(failure?.text).toContain("1  Session +1/s");
});

test("without assertions a case per suspect, or one that says `no leak`", () => {
  const two = hunt([suspect("A"), { ...suspect("B"), measure: "bytes" }], "leak: A");
  const failing = read(result({ verdict: "failed", conclusion: "leak: A", hunt: two }));
  expect(failing?.attributes).toMatchObject({ tests: "2", failures: "2" });
  expect(failing?.children.map(({ attributes }) => attributes["name"])).toEqual(["no A gathers in A", "B does not grow"]);
  expect(read(result({ hunt: hunt([], "no leak found") }))?.children).toMatchObject([{ attributes: { name: "no leak" }, children: [] }]);
  const undecided = read(result({ verdict: "undecided", conclusion: "too few", notes: ["it ended"] }));
  expect(undecided?.attributes).toMatchObject({ tests: "1", failures: "0", errors: "1" });
  expect(undecided?.children.map(({ name }) => name)).toEqual(["testcase", "system-out"]);
});

test.each(Object.entries(NASTY))("stays well-formed, and the terminal safe, with heap text of the kind: %s", (_, text) => {
  const assertions = [{ ...FAILED, assertion: text }];
  for (const parts of [{}, { assertions }]) {
    const value = result({
      verdict: "failed",
      conclusion: text,
      command: text,
      notes: [text],
      hunt: hunt([suspect(text)], text),
      ...parts,
    });
    const suite = read(value);
    expect(suite?.children[0]?.children[0]?.name).toBe("failure");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(checkText(value)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028\ufeff\ud800-\udfff]/u);
  }
});

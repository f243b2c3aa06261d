// Kept answers: about the very file they were computed from, private, and bounded.
import { mkdirSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { Answers, questionText } from "../../src/hunts/answers.ts";
import { temporaryFolder } from "../builder/captures.ts";

const { path: folder, remove } = temporaryFolder();
afterAll(remove);
let home = "";
let file = "";
let made = 0;

beforeEach(() => {
  home = join(folder, `home${made++}`);
  file = join(folder, `${made}.heapsnapshot`);
  writeFileSync(file, "a snapshot");
});

test("an answer comes back, whatever the file is called by, and for its question alone", () => {
  new Answers(home).put(file, "common []", { rows: [1, "zwei", undefined] });
  const answers = new Answers(home);
  expect(answers.get(file, "common []")).toEqual({ rows: [1, "zwei", null] });
  expect(answers.get(file, "common [1]")).toBeUndefined();
  symlinkSync(file, `${file}.link`);
  expect(answers.get(`${file}.link`, "common []")).toBeDefined();
});

test("a file that changed has no answers, and the next answer replaces the old ones", () => {
  const answers = new Answers(home);
  answers.put(file, "a", 1);
  answers.put(file, "b", 2);
  expect([answers.get(file, "a"), answers.get(file, "b")]).toEqual([1, 2]);
  utimesSync(file, new Date(), new Date(Date.now() + 5000));
  expect(answers.get(file, "a")).toBeUndefined();
  answers.put(file, "b", 3);
  expect([answers.get(file, "a"), answers.get(file, "b")]).toEqual([undefined, 3]);
  writeFileSync(file, "another snapshot");
  expect(answers.get(file, "b")).toBeUndefined();
});

test("nobody else can read them", () => {
  const answers = new Answers(home);
  answers.put(file, "a", "hunter2");
  const kept = join(home, "answers");
  expect(statSync(kept).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(kept)) expect(statSync(join(kept, name)).mode & 0o777).toBe(0o600);
});

test("answers about a hunt's snapshot lie beside it; others are counted and cleared", () => {
  const answers = new Answers(home);
  const hunt = join(home, "hunts", "1-2");
  mkdirSync(hunt, { recursive: true });
  const own = join(hunt, "1.heapsnapshot");
  writeFileSync(own, "x");
  answers.put(own, "a", 1);
  expect(readdirSync(hunt).sort()).toEqual(["1.heapsnapshot", "1.heapsnapshot.answers.json"]);
  expect(answers.size).toBe(0);
  answers.put(file, "a", 1);
  const { size } = answers;
  expect(size).toBeGreaterThan(0);
  expect(answers.clear()).toBe(size);
  expect(answers.size).toBe(0);
  expect(answers.get(file, "a")).toBeUndefined();
  expect(answers.get(own, "a")).toBe(1);
});

test("what is kept for one snapshot is bounded: the oldest answers go", () => {
  const answers = new Answers(home);
  const big = "x".repeat(1_500_000);
  for (const question of ["a", "b", "c"]) answers.put(file, question, big);
  expect(answers.get(file, "a")).toBeUndefined();
  expect(answers.get(file, "c")).toBe(big);
  expect(answers.size).toBeLessThan(4_100_000);
});

test("a home that cannot be written costs nothing but the time saved", () => {
  writeFileSync(join(folder, "blocked"), "a file where the home should be");
  const answers = new Answers(join(folder, "blocked"));
  expect(() => answers.put(file, "a", 1)).not.toThrow();
  expect(answers.get(file, "a")).toBeUndefined();
});

test("questions as text: in any order of options, and none for a condition", () => {
  expect(questionText("common", { limit: 10, sort: "count" })).toBe(
    questionText("common", { sort: "count", limit: 10, filter: undefined }),
  );
  expect(questionText("common", { filter: () => true })).toBeUndefined();
});

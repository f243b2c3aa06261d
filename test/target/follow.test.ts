// A file read while it is written: every byte once and in order, also across its renaming, and never at the writer's cost.
import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { follow } from "../../src/target/follow.ts";
import { cleanUp, folder, until } from "./programs.ts";

afterEach(cleanUp);

/** Follows a new file; what was read so far, and the ends of both. */
function following(isCoreFree: () => boolean) {
  const path = join(folder(), "x.part");
  writeFileSync(path, "begin ");
  let end = (): void => {};
  let fail = (_: Error): void => {};
  const complete = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  const seen = { text: "" };
  const read = (async () => {
    for await (const chunk of follow(path, complete, isCoreFree)) seen.text += Buffer.from(chunk).toString();
  })();
  read.catch(() => {});
  return { path, seen, read, end, fail };
}

test("what is appended is read while the file grows, and what is left when it is complete", async () => {
  const { path, seen, read, end } = following(() => true);
  await until(() => seen.text === "begin ");
  appendFileSync(path, "middle ");
  await until(() => seen.text === "begin middle ");
  const long = "x".repeat(3 << 20);
  appendFileSync(path, long);
  renameSync(path, path.replace(".part", ""));
  end();
  await read;
  expect(seen.text).toBe(`begin middle ${long}`);
});

test("while no core is free nothing is read until the file is complete", async () => {
  let asked = 0;
  const { seen, read, end } = following(() => ++asked < 0);
  await until(() => asked > 3);
  expect(seen.text).toBe("");
  end();
  await read;
  expect(seen.text).toBe("begin ");
});

test("a writer that fails ends the reading, whether it waits for bytes or for a core", async () => {
  for (const free of [true, false]) {
    const { read, fail } = following(() => free);
    await sleep(30);
    fail(new Error("the target is gone"));
    await expect(read).rejects.toThrow("the target is gone");
  }
});

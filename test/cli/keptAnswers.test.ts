// A question that took long is not computed twice: not by another command, not for the rows of its table.
import { rmSync, utimesSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeById } from "../../src/analysis/objects.ts";
import { mostCommonTypes } from "../../src/analysis/typeTable.ts";
import { Session } from "../../src/commands/session.ts";
import { temporaryFolder } from "../builder/captures.ts";
import { type SnapshotFiles, writeSnapshots } from "../support/snapshots.ts";

const { path: home, remove } = temporaryFolder();
let files: SnapshotFiles;
beforeAll(() => {
  files = writeSnapshots();
});
afterAll(() => {
  files.remove();
  remove();
});

const session = (): Session => new Session({ home, signal: new AbortController().signal });

test("another command gets the answer without reading the snapshot, until the file changes", async () => {
  let computed = 0;
  const ask = (one: Session) =>
    one.answer(files.after, {}, "common", async ({ graph }) => {
      computed++;
      await sleep(300);
      return mostCommonTypes(graph, { limit: 3 });
    });
  const first = await ask(session());
  const second = await ask(session());
  expect(computed).toBe(1);
  expect(second.value).toEqual(JSON.parse(JSON.stringify(first.value)));
  expect(second.subject).toEqual({ name: files.after, takenAt: undefined, from: { file: files.after } });
  // Its rows can be asked for, as those of a table that was just computed.
  const next = session();
  const again = await ask(next);
  next.remember(
    again.subject,
    again.value.rows.map(({ type }) => ({ type })),
  );
  expect((await session().objects(["1"], undefined)).nodes).toHaveLength(1);
  utimesSync(files.after, new Date(), new Date(Date.now() + 3000));
  await ask(session());
  expect(computed).toBe(2);
});

test("answers about objects are kept by id, not by row", async () => {
  let computed = 0;
  const ask = (words: string[]) =>
    session().answerAbout(words, files.before, "path", async ({ graph }, nodes) => {
      computed++;
      await sleep(300);
      return nodes.map((n) => graph.id(n));
    });
  const one = session();
  const { loaded, nodes } = await one.objects(["@1"], files.before);
  const id = loaded.graph.id(nodes[0] as number);
  one.remember(loaded, [{ id }]);
  expect((await ask([`@${id}`])).value).toEqual([id]);
  expect((await ask([`@${id}`])).value).toEqual([id]);
  expect(computed).toBe(1);
  await ask(["1"]);
  await ask(["1"]);
  expect(computed).toBe(3);
  expect(nodeById(loaded.graph, id, "here")).toBe(nodes[0]);
});

test("what is quickly computed is not kept, and neither is what has no file", async () => {
  let computed = 0;
  const ask = () => session().answer(files.before, {}, "quick", () => ++computed);
  await ask();
  await ask();
  expect(computed).toBe(2);
  const gone = `${files.folder}/gone.heapsnapshot`;
  rmSync(gone, { force: true });
  await expect(session().answer(gone, {}, "common", () => 1)).rejects.toMatchObject({ exitCode: 2 });
});

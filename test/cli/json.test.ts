// What programs read: one JSON value a line, its keys pinned; and files as sources of every question.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { json, leakhunt, lines, newHome, target } from "../support/leakhunt.ts";
import { type SnapshotFiles, writeSnapshots } from "../support/snapshots.ts";

vi.setConfig({ testTimeout: 60_000 });

let files: SnapshotFiles;
beforeAll(() => {
  files = writeSnapshots();
});
afterAll(() => files.remove());

/** The keys of a value and, behind a dot, of the first object in each of its lists and objects. */
function keys(value: unknown): string {
  const described = (object: object): string[] =>
    Object.entries(object).map(([key, inner]) => {
      const first = Array.isArray(inner) ? inner[0] : inner;
      return first !== null && typeof first === "object" ? `${key}(${Object.keys(first).join(" ")})` : key;
    });
  return described(value as object).join(" ");
}

test("every verb about a file", async (context) => {
  const home = newHome(context);
  const ask = async (...args: string[]) => (await json(home, args, { cwd: home }))[0];
  const { before, after } = files;

  const common = await ask("common", after);
  expect(keys(common)).toMatchInlineSnapshot(
    `"schemaVersion verb rows(type count shallow rawSize retained share) omitted internal(rows count shallow) total(count shallow) sort raw snapshot"`,
  );
  expect(common).toMatchObject({ verb: "common", snapshot: after });
  expect(keys(await ask("count", "Session", after))).toMatchInlineSnapshot(`"schemaVersion verb type count shallow snapshot"`);
  expect(await ask("count", "Session", after)).toMatchObject({ type: "Session", count: 65 });

  const ls = await ask("ls", "Session", after, "--limit", "2");
  expect(keys(ls)).toMatchInlineSnapshot(
    `"schemaVersion verb type count omitted objects(id type kind title preview location place shallowSize retainedSize distance) snapshot"`,
  );
  expect(ls).toMatchObject({ count: 65, omitted: 63 });
  const id = `@${ls.objects[0].id}`;

  const growth = await ask("growth", before, after);
  expect(keys(growth)).toMatchInlineSnapshot(
    `"schemaVersion verb round baseline heapBytes heapDelta rows(type total delta bytes bytesDelta trend grewIn of) omitted internal(rows delta bytesDelta) snapshot notes"`,
  );
  expect(growth.rows.find((row: { type: string }) => row.type === "Session")).toMatchObject({ total: 65, delta: 25, trend: [40, 65] });

  const fresh = await ask("new", before, after, "--ids", "0");
  expect(keys(fresh)).toMatchInlineSnapshot(
    `"schemaVersion verb rows(type before now added removed bytes ids) omitted added removed raw before now"`,
  );
  const sessions = fresh.rows.find((row: { type: string }) => row.type === "Session");
  expect(sessions).toMatchObject({ before: 40, now: 65, added: 25, removed: 0 });
  expect(sessions.ids).toContain(ls.objects[0].id);

  const diff = await ask("diff", before, after, "--limit", "0");
  expect(keys(diff)).toMatchInlineSnapshot(
    `"schemaVersion verb rows(type classKey added removed delta addedSize removedSize sizeDelta) omitted internal(rows delta sizeDelta) total(added removed delta addedSize removedSize sizeDelta) sort raw before now"`,
  );
  const changed = diff.rows.filter((row: { type: string }) => row.type === "Session");
  expect(changed).toMatchObject([{ added: 25, removed: 0, delta: 25, removedSize: 0 }]);
  const rawDiff = await ask("diff", before, after, "--raw");
  expect(keys(rawDiff)).toBe(keys(diff));
  expect(rawDiff).toMatchObject({ raw: true, before, now: after });
  const statistics = await ask("statistics", after);
  expect(keys(statistics)).toMatchInlineSnapshot(
    `"schemaVersion verb total v8heap(total code jsArrays strings system) native(total typedArrays) snapshot"`,
  );
  expect(statistics.v8heap.total + statistics.native.total).toBe(statistics.total);

  expect(keys(await ask("show", id, after))).toMatchInlineSnapshot(
    `"schemaVersion verb id type kind title preview location place(url line column) shallowSize retainedSize distance nodeType rawSize dominatedBy(id type kind title preview shallowSize retainedSize distance) parts(label value) moreParts holders snapshot"`,
  );
  const path = await ask("path", id, after);
  expect(keys(path)).toMatchInlineSnapshot(
    `"schemaVersion verb target(id type kind title preview location place shallowSize retainedSize distance) paths(root steps alike) outcome more backPointers snapshot forward"`,
  );
  expect(keys(path.paths[0])).toMatchInlineSnapshot(`"root(kind name object) steps(label object folded) alike"`);
  expect(path.paths[0].root.name).toBe("globalThis");
  expect(await ask("path", id, after, "--to", "Store")).toMatchObject({ outcome: "found", condition: "Store" });
  expect(await ask("path", id, after, "--forward", "--to", "Array")).toMatchObject({ outcome: "found", forward: true });

  for (const verb of ["backrefs", "refs"]) {
    const tree = await ask(verb, id, after);
    expect(tree.file).toBeUndefined();
    expect(tree.picture.direction).toBe(verb);
  }
  const drawn = await ask("backrefs", "--id", id, after, "-o", "refs.svg");
  expect(keys(drawn)).toMatchInlineSnapshot(
    `"schemaVersion verb picture(direction nodes edges more cutByDepth grouped backPointers notes) path(target paths outcome more backPointers) snapshot file(path width height notes)"`,
  );
  expect(keys(drawn.picture)).toMatchInlineSnapshot(
    `"direction nodes(key id kind title preview shallowSize retainedSize isTarget alike more retainerCount highlighted hasFinalizer attributes) edges(from to labels moreLabels alike onPath) more cutByDepth grouped backPointers notes"`,
  );
  expect(readFileSync(join(home, "refs.svg"), "utf8")).toMatch(/^<\?xml|^<svg/);
  expect(keys(await ask("leaking", after))).toMatchInlineSnapshot(
    `"schemaVersion verb objects(id type kind title preview shallowSize retainedSize heldBy) byType(type count shallow) omitted snapshot"`,
  );
});

test("every verb about a process, and about what is stored", async (context) => {
  const home = newHome(context);
  const it = await target(context, "map-cache");
  const pid = String(it.pid);

  const { processes } = (await json(home, ["ps"]))[0];
  const me = processes.find((row: { pid: number }) => row.pid === it.pid);
  expect(keys(me)).toMatchInlineSnapshot(
    `"pid startTime upSeconds rssBytes command nodeVersion attachable(ok how) uid netNamespace pidInNamespace"`,
  );
  expect(me).toMatchObject({ nodeVersion: process.version, attachable: { ok: true, how: "signal" } });

  const [snapshot] = await json(home, ["snapshot", pid, "-o", join(home, "mine.heapsnapshot")]);
  expect(keys(snapshot)).toMatchInlineSnapshot(
    `"schemaVersion verb number path bytes nodes edges pauseMs predicted(pauseMs extraBytes fileBytes) how idsKept"`,
  );
  expect(JSON.parse(readFileSync(join(home, "mine.heapsnapshot"), "utf8")).snapshot.node_count).toBe(snapshot.nodes);

  await it.step(10);
  const session = await leakhunt(home, ["attach", pid, "--json"], { input: "growth\ncommon --limit 1\ngrowth --limit 2\nnew\ndetach\n" });
  const values = lines(session.stdout);
  expect(values.map(({ verb }) => verb)).toEqual(["attach", "growth", "common", "growth", "new", "detach"]);
  expect(keys(values[0])).toMatchInlineSnapshot(
    `"schemaVersion verb pid nodeVersion command host port openedByUs shared heapUsed cost(pauseMs extraBytes fileBytes freeBytes limit fits)"`,
  );
  expect(keys(values[4])).toMatchInlineSnapshot(
    `"schemaVersion verb rows(type before now added removed bytes ids) omitted added removed raw before now"`,
  );
  expect(keys(values[5])).toMatchInlineSnapshot(`"schemaVersion verb pid closed"`);
  expect(values[5]).toMatchObject({ pid: it.pid, closed: true });

  const rounds = await json(home, ["growth", "--interval", "200ms", "--count", "2"]);
  expect(rounds.map(({ round }) => round)).toEqual([1, 2, 3]);

  const [hunts] = await json(home, ["hunts"]);
  expect(keys(hunts)).toMatchInlineSnapshot(
    `"schemaVersion verb hunts(key pid command state current snapshots bytes lastUsed) home answers"`,
  );
  expect(keys((await json(home, ["detach"]))[0])).toMatchInlineSnapshot(`"schemaVersion verb pid closed note"`);
  expect(keys((await json(home, ["clean", "--all"]))[0])).toMatchInlineSnapshot(`"schemaVersion verb deleted bytes kept"`);
});

test("a snapshot may be gzipped, or come on standard input", async (context) => {
  const home = newHome(context);
  const asked = ["count", "Session"];
  expect((await json(home, [...asked, files.gzip]))[0]).toMatchObject({ count: 65, snapshot: files.gzip });
  for (const file of [files.after, files.gzip]) {
    const [answer] = await json(home, [...asked, "-"], { input: readFileSync(file) });
    expect(answer).toMatchObject({ count: 65, snapshot: "standard input" });
  }
});

test("row numbers go on from the last table, in the next command as well", async (context) => {
  const home = newHome(context);
  const run = async (...args: string[]) => {
    const done = await leakhunt(home, args, { cwd: home });
    expect(done.code, done.stderr).toBe(0);
    return done.stdout;
  };
  const table = await run("common", files.after, "--filter", "/Session|Store/");
  expect(table).toMatch(/\n1 {2}Session +65 /);
  expect(table).toMatch(/\n2 {2}Store +1 /);
  expect(await run("path", "2")).toMatch(
    /^Store @\d+ is alive because\n {2}globalThis(, [\d.]+ MB retained)?\n {2}└ \.store {2}Store @\d+\n/,
  );
  expect(await run("path", "1")).toMatch(/\.get\("user:\d+"\) {2}Session @\d+\n$/);
  expect(await run("show", "2")).toMatch(/^Store @\d+\n/);
  expect(await run("refs", "2")).toContain(".byUser");
  expect(await run("backrefs", "1", "2", "-o", "two.svg")).toMatch(/^two\.svg {2}\d+ × \d+, \d+ retainers? drawn/);
  expect(readFileSync(join(home, "two.svg"), "utf8")).toContain("Session");
  expect(await run("growth", files.before, files.after)).toContain("round 2");
});

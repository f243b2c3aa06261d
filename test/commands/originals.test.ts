// Places by their original files: maps beside a script and inside it, and all the cases in which the place stays as it is.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, expect, test } from "vitest";
import { withOriginals } from "../../src/commands/originals.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const SOURCE = `interface Order {
  readonly id: number;
}

class Kept implements Order {
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
}

export function keep(id: number): Order {
  return new Kept(id);
}
`;

/** Compiles src/store.ts to dist/store.js with these flags; the folder. */
function compiled(...flags: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "leakhunt-originals-"));
  folders.push(folder);
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "src", "store.ts"), SOURCE);
  const tsc = join(process.cwd(), "node_modules/typescript/bin/tsc");
  const settings = ["--ignoreConfig", "--outDir", "dist", "--rootDir", "src", "--module", "nodenext", "--target", "es2022", "--types", ""];
  const done = spawnSync(process.execPath, [tsc, ...settings, "--removeComments", ...flags, "src/store.ts"], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(done.stdout).toBe("");
  return folder;
}

/** Place of a text in the compiled file, as V8 would tell it, in words relative to the folder. */
function placed(folder: string, text: string, file = "dist/store.js") {
  const lines = readFileSync(join(folder, file), "utf8").split("\n");
  const line = lines.findIndex((each) => each.includes(text));
  expect(line).toBeGreaterThanOrEqual(0);
  const column = (lines[line] as string).indexOf(text) + text.length + 1;
  return { location: `${file}:${line + 1}`, place: { url: pathToFileURL(join(folder, file)).href, line: line + 1, column } };
}

const original = (text: string): string => `src/store.ts:${SOURCE.split("\n").findIndex((line) => line.includes(text)) + 1}`;
const now = (): number => Date.now();

test.each([
  ["beside it", ["--sourceMap"]],
  ["inside it", ["--inlineSourceMap"]],
  ["inside it with the text", ["--inlineSourceMap", "--inlineSources"]],
])("with a map %s, class, function and script are told by the TypeScript", async (_, flags) => {
  const folder = compiled(...flags);
  const script = { location: "dist/store.js", place: { url: pathToFileURL(join(folder, "dist/store.js")).href, line: 0, column: 0 } };
  const value = { list: [{ made: placed(folder, "constructor") }, placed(folder, "function keep")], holder: script, other: null };
  const { list, holder, other } = await withOriginals(value, now());
  const [first, second] = list as [{ made: ReturnType<typeof placed> }, ReturnType<typeof placed>];
  expect(first.made).toEqual({
    location: original("constructor"),
    place: { url: join(folder, "src/store.ts"), line: 7, column: expect.any(Number) },
  });
  expect(second.location).toBe(original("function keep"));
  expect(holder).toEqual({ location: "src/store.ts", place: { url: join(folder, "src/store.ts"), line: 0, column: 0 } });
  expect(other).toBeNull();
});

test("a frame that says what it calls is told by that line, with a map and without", async () => {
  const folder = compiled("--sourceMap");
  const frame = { ...placed(folder, "function keep"), name: "keep", calls: "Kept" };
  expect((await withOriginals(frame, now())).location).toBe(original("new Kept(id)"));
  rmSync(join(folder, "dist/store.js.map"));
  const line =
    readFileSync(join(folder, "dist/store.js"), "utf8")
      .split("\n")
      .findIndex((each) => each.includes("new Kept(id)")) + 1;
  expect((await withOriginals(frame, now())).location).toBe(`dist/store.js:${line}`);
});

test("a map without a comment that names it is found beside the script", async () => {
  const folder = compiled("--sourceMap");
  const path = join(folder, "dist/store.js");
  writeFileSync(path, readFileSync(path, "utf8").replace(/\/\/# sourceMappingURL=.*/, ""));
  expect((await withOriginals(placed(folder, "constructor"), now())).location).toBe(original("constructor"));
});

test.each([
  [
    "the script is newer than the program",
    (folder: string) => utimesSync(join(folder, "dist/store.js"), now() / 1000 + 60, now() / 1000 + 60),
  ],
  [
    "the map is newer than the program",
    (folder: string) => utimesSync(join(folder, "dist/store.js.map"), now() / 1000 + 60, now() / 1000 + 60),
  ],
  ["the script is gone", (folder: string) => rmSync(join(folder, "dist/store.js"))],
  ["the map is gone", (folder: string) => rmSync(join(folder, "dist/store.js.map"))],
  ["the map is damaged", (folder: string) => writeFileSync(join(folder, "dist/store.js.map"), "{")],
  [
    "the map is a folder",
    (folder: string) => {
      rmSync(join(folder, "dist/store.js.map"));
      mkdirSync(join(folder, "dist/store.js.map"));
    },
  ],
])("a place stays as it is when %s", async (_, happens) => {
  const folder = compiled("--sourceMap");
  const place = placed(folder, "constructor");
  happens(folder);
  expect(await withOriginals(place, now())).toEqual(place);
});

test("originals of a package count when they are there, or in the map; else its own file is what can be opened", async () => {
  for (const [flags, isThere] of [
    [["--sourceMap"], false],
    [["--sourceMap"], true],
    [["--sourceMap", "--inlineSources"], false],
  ] as const) {
    const folder = compiled(...flags);
    mkdirSync(join(folder, "node_modules"));
    mkdirSync(join(folder, "node_modules", "lib"));
    renameSync(join(folder, "dist"), join(folder, "node_modules", "lib", "dist"));
    if (isThere) renameSync(join(folder, "src"), join(folder, "node_modules", "lib", "src"));
    const place = placed(folder, "constructor", "node_modules/lib/dist/store.js");
    const { location } = await withOriginals(place, now());
    const isTold = isThere || flags.length > 1;
    expect(location).toBe(isTold ? `node_modules/lib/${original("constructor")}` : place.location);
  }
});

test("what is no place, or in no file, is left alone", async () => {
  const value = {
    location: "elsewhere",
    place: { url: "evalmachine.<anonymous>", line: 3, column: 1 },
    path: { location: undefined, place: undefined },
    numbers: [1, 2],
    frame: { location: "node:timers:3", place: { url: "node:timers", line: 3, column: 1 }, calls: "x" },
  };
  expect(await withOriginals(value, now())).toEqual(value);
});

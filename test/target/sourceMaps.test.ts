// A TypeScript user sees TypeScript: breakpoints, frames and source by original files, whether the map is a file beside
// the script or in it, and whether the script is there already or comes later.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Frame } from "../../src/target/debugger.ts";
import { debug, endPrograms, files, launch, lineOf, onward, stopOf, where } from "./debugged.ts";
import { cleanUp, NODE, until } from "./programs.ts";

afterEach(async () => {
  await endPrograms();
  cleanUp();
});

const LIB = `interface Order {
  id: number;
  price: number;
}

export const first: Order = { id: 0, price: 1 };
export function place(price: number): Order {
  const order: Order = { id: first.id + 1, price };
  return order;
}
`;
const LOADS = `process.once("SIGHUP", async () => {
  const lib = process.argv[2].endsWith("mjs") ? await import(process.argv[2]) : require(process.argv[2]);
  setInterval(() => lib.place(7), 50);
});
setInterval(() => {}, 1e6);
console.log("ready");
`;

/** Compiles lib.ts with these flags and the program that loads it; the folder. */
function compiled(name: "lib.cts" | "lib.mts", flags: readonly string[]): string {
  const place = files({ [name]: LIB, "main.cjs": LOADS });
  const tsc = join(process.cwd(), "node_modules/typescript/bin/tsc");
  const settings = [
    "--ignoreConfig",
    "--outDir",
    join(place, "out"),
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--removeComments",
    "--types",
    "",
  ];
  const done = spawnSync(process.execPath, [tsc, ...settings, ...flags, join(place, name)], { encoding: "utf8", cwd: place });
  expect(done.stdout).toBe("");
  return place;
}

const FORMS = [
  ["a CommonJS module with a map beside it", "lib.cts", "lib.cjs", ["--sourceMap"]],
  ["a CommonJS module with its map inside", "lib.cts", "lib.cjs", ["--inlineSourceMap", "--inlineSources"]],
  ["an ES module with a map beside it", "lib.mts", "lib.mjs", ["--sourceMap"]],
  ["an ES module with its map inside", "lib.mts", "lib.mjs", ["--inlineSourceMap", "--inlineSources"]],
] as const;

test.each(FORMS)("%s: breakpoints wait for the original file, and stop at its first line already", async (_, source, script, flags) => {
  const place = compiled(source, flags);
  const program = await launch([join(place, "main.cjs"), join(place, "out", script)], place);
  const live = program.debugger;
  expect(await live.setBreakpoint(source, 6)).toMatchObject({ number: 1, places: [] });
  expect(await live.setBreakpoint(join(place, source), 8, "price === 7")).toMatchObject({ number: 2, places: [] });
  await live.resume();
  await until(() => program.said().includes("ready"));
  process.kill(program.pid, "SIGHUP");
  const top = await stopOf(live);
  expect(top).toMatchObject({ reason: "breakpoint", breakpoints: [1] });
  expect(top.frames[0]?.place).toMatchObject({ file: source, line: 6 });
  expect(live.breakpoints().map(({ places }) => places.map(({ line }) => line))).toEqual([[6], [8]]);
  const inside = await onward(live);
  expect([inside.breakpoints, where(inside)]).toEqual([[2], `place ${source}:8`]);
  expect(await live.source((inside.frames[0] as Frame).place, 1)).toEqual([
    { line: 7, text: "export function place(price: number): Order {" },
    { line: 8, text: "  const order: Order = { id: first.id + 1, price };" },
    { line: 9, text: "  return order;" },
  ]);
  expect(where(await live.move("next"))).toBe(`place ${source}:9`);
});

test("a condition that throws at the first line of a script that waited for its map stops it there", async () => {
  const place = compiled("lib.cts", ["--sourceMap"]);
  const program = await launch([join(place, "main.cjs"), join(place, "out", "lib.cjs")], place);
  const live = program.debugger;
  await live.setBreakpoint("lib.cts", 6, "nowhere > 1");
  await live.resume();
  await until(() => program.said().includes("ready"));
  process.kill(program.pid, "SIGHUP");
  const stop = await stopOf(live);
  expect([where(stop), stop.failed]).toEqual(["lib.cts:6", [{ number: 1, why: "ReferenceError: nowhere is not defined" }]]);
});

test("a script that is there already is known by its original; a line without code means the next that has some", async () => {
  const { program, live } = await debug(join(process.cwd(), "fixtures/typescript/dist/main.js"));
  const asked = await live.setBreakpoint("src/order-book.ts", 1);
  const line = asked.places[0]?.line as number;
  const text = readFileSync("fixtures/typescript/src/order-book.ts", "utf8").split("\n");
  expect(line).toBeGreaterThan(1);
  expect(await live.source(asked.places[0] as Frame["place"], 0)).toEqual([{ line, text: text[line - 1] }]);
  expect(await lineOf(live.setBreakpoint("order-book.ts", text.length + 5))).toMatch(
    /^order-book\.ts has (\d+ lines|no code from line \d+ on)$/,
  );
  await live.close();
  program.child.kill();
});

test("a map that cannot be read leaves the script to stand for itself", async () => {
  const broken = "console.log('ready');\nfunction tick() {\n  return 1;\n}\nsetInterval(tick, 50);\n";
  for (const map of ["nowhere.js.map", "data:application/json;base64,e30", "http://127.0.0.1:1/x.map", "%%%"]) {
    const place = files({ "app.cjs": `${broken}//# sourceMappingURL=${map}\n` });
    const { live, program } = await debug(join(place, "app.cjs"));
    await live.setBreakpoint("app.cjs", 3);
    expect(where(await stopOf(live))).toBe("tick app.cjs:3");
    await live.close();
    program.child.kill();
  }
});

test.skipIf(Number(/\d+/.exec(spawnSync(NODE, ["-v"], { encoding: "utf8" }).stdout)?.[0]) < 24)(
  "Node's own type stripping: the file is shown with its types",
  async () => {
    const place = files({ "lib.mts": LIB, "main.mts": `import { place } from "./lib.mts";\nplace(7 as number);\n` });
    const program = await launch([join(place, "main.mts")], place);
    expect((await program.debugger.setBreakpoint("lib.mts", 8)).places).toMatchObject([{ file: "lib.mts", line: 8 }]);
    const stop = await onward(program.debugger);
    expect(where(stop)).toBe("place lib.mts:8");
    expect(await program.debugger.source((stop.frames[0] as Frame).place, 0)).toEqual([
      { line: 8, text: "  const order: Order = { id: first.id + 1, price };" },
    ]);
  },
);

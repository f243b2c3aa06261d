import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openWithViewer, viewerProgram } from "../../src/report/viewer.ts";
import { writeBeside } from "../../src/report/writeFile.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leakhunt-write-"));
});
afterEach(() => rm(folder, { recursive: true }));

const refused = (why: string) => ({ code: "CANNOT_WRITE", message: expect.stringContaining(why) });

test("writes a file that only its owner can read, and replaces one", async () => {
  const path = join(folder, "a.png");
  await writeFile(path, "old", { mode: 0o644 });
  await writeBeside(path, new Uint8Array([1, 2, 3]));
  expect([...(await readFile(path))]).toEqual([1, 2, 3]);
  if (process.platform !== "win32") expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["a.png"]);
});

test("refuses a directory and leaves nothing behind", async () => {
  await mkdir(join(folder, "sub"));
  await expect(writeBeside(join(folder, "sub"), "x")).rejects.toMatchObject(refused("it is a directory"));
  expect(await readdir(folder)).toEqual(["sub"]);
});

test("a folder that is not there", async () => {
  await expect(writeBeside(join(folder, "no", "a.png"), "x")).rejects.toMatchObject(refused("its folder does not exist"));
});

test("leaves nothing behind when the content cannot be written", async () => {
  const path = join(folder, "a.png");
  await writeFile(path, "old");
  await expect(writeBeside(path, 7 as unknown as string)).rejects.toMatchObject(refused("cannot write"));
  expect(await readdir(folder)).toEqual(["a.png"]);
  expect(await readFile(path, "utf8")).toBe("old");
});

test("the viewer of each platform is started without a shell", () => {
  expect(viewerProgram("linux")).toEqual(["xdg-open"]);
  expect(viewerProgram("darwin")).toEqual(["open"]);
  expect(viewerProgram("win32")[0]).toBe("rundll32.exe");
});

test("no viewer is a clear error", async () => {
  await expect(openWithViewer("a.png", ["leakhunt-no-such-viewer"])).rejects.toMatchObject({ code: "NO_VIEWER" });
  await expect(openWithViewer("a.png", [process.execPath, "-e", "process.exit(3)"])).rejects.toMatchObject({ code: "NO_VIEWER" });
});

test.skipIf(process.platform === "win32")("the viewer gets the absolute path as one argument", async () => {
  const [script, out] = [join(folder, "view"), join(folder, "out")];
  await writeFile(script, `#!/bin/sh\nprintf %s "$1" > '${out}'\n`);
  await chmod(script, 0o755);
  await openWithViewer(join(folder, "a b; $(x).png"), [script]);
  expect(await readFile(out, "utf8")).toBe(join(folder, "a b; $(x).png"));
});

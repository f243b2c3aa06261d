// The table of a live process, whose snapshot is decoded while V8 writes it, is the table of the file that it leaves.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { json, newHome, target } from "../support/leakhunt.ts";

test("common of a pid says what common of its snapshot says, all rows and columns", async (context) => {
  const home = newHome(context);
  const { pid } = await target(context, "closures");
  const flags = ["--limit", "0", "--internals"];
  const [live] = await json(home, ["common", String(pid), ...flags]);
  const files = readdirSync(home, { recursive: true }) as string[];
  expect(files.filter((file) => file.endsWith(".part"))).toEqual([]);
  const file = join(home, files.find((name) => name.endsWith(".heapsnapshot")) as string);
  const [read] = await json(newHome(context), ["common", file, ...flags]);
  expect(live.rows.length).toBeGreaterThan(50);
  expect({ ...live, snapshot: "", takenAt: "" }).toEqual({ ...read, snapshot: "", takenAt: "" });
});

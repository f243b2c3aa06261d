import { expect, test } from "vitest";
import { renderTree } from "../../src/report/tree.ts";
import { edge, grouped, node, picture, property, refs, request, simple, twoTargets } from "./samplePictures.ts";

const samples = { simple, request, grouped, "two-targets": twoTargets, refs };

test.each(Object.entries(samples))("golden: %s", async (name, sample) => {
  await expect(`${renderTree(sample, { color: false })}\n`).toMatchFileSnapshot(`golden/${name}.tree.txt`);
});

test("colour adds sequences and changes no text", () => {
  const plain = renderTree(request, { color: false });
  const coloured = renderTree(request, { color: true });
  expect(coloured).toContain("\x1b[1;31mRequestContext\x1b[0m");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  expect(coloured.replace(/\x1b\[[\d;]*m/g, "")).toBe(plain);
});

test("the rest is counted when lines are limited", () => {
  const lines = renderTree(request, { color: false, maxLines: 5 }).split("\n");
  expect(lines).toHaveLength(5);
  expect(lines[4]).toBe("… 19 more lines");
});

test("a cycle ends", () => {
  const cycle = picture(
    [node(0, "object", "A", { isTarget: true }), node(1, "object", "B")],
    [edge(1, 0, property("a")), edge(0, 1, property("b"))],
  );
  expect(renderTree(cycle, { color: false })).toBe(
    ["A @50001  56 B", "└─ .a ← B @50003  56 B", "   └─ .b ← A @50001  56 B  ↑ see above"].join("\n"),
  );
});

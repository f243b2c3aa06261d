import { Resvg } from "@resvg/resvg-js";
import { describe, expect, test } from "vitest";
import type { Picture } from "../../src/analysis/picture.ts";
import { renderDot } from "../../src/report/dot.ts";
import { drawPicture } from "../../src/report/picture.ts";
import { renderTree } from "../../src/report/tree.ts";
import { NASTY } from "./nastyStrings.ts";
import { edge, node, picture } from "./samplePictures.ts";

/** The text in every place where a picture shows text of the heap or of a caller. */
function poisoned(text: string): Picture {
  const everywhere = { preview: text, location: text, extra: text, attributes: { tooltip: text, xlabel: text } };
  return picture(
    [
      node(0, "object", text, { ...everywhere, isTarget: true }),
      node(1, "scope", text, { ...everywhere, alike: 7 }),
      node(2, "root", text),
    ],
    [
      edge(1, 0, [
        { kind: "property", name: text },
        { kind: "symbol", name: text },
        { kind: "map value", key: { kind: "string", text } },
      ]),
      edge(2, 1, [
        { kind: "internal", name: text },
        { kind: "variable", name: text },
        { kind: "map value", key: { kind: "object", className: text, id: 7 } },
      ]),
      edge(2, 0, { kind: "root", name: text }, { onPath: true }),
    ],
    { more: [{ at: 0, count: 3, byClass: [{ name: text, count: 3 }] }], notes: [text] },
  );
}

describe.each(Object.entries(NASTY))("%s", (_, text) => {
  test("gives exactly the cards and arrows of the picture, in well-formed SVG", async () => {
    const { bytes } = await drawPicture(poisoned(text), { format: "svg", title: text });
    const svg = new TextDecoder().decode(bytes);
    expect(svg.match(/class="node"/g)).toHaveLength(4);
    expect(svg.match(/class="edge"/g)).toHaveLength(4);
    expect(svg).not.toMatch(/<(script|image|img|evil|iframe|foreignObject)\b/i);
    expect(svg).not.toMatch(/href="/);
    expect(svg.length).toBeLessThan(60_000);
    expect(() => new Resvg(svg, { font: { loadSystemFonts: false } })).not.toThrow();
  });

  test("stays inside its quotes in DOT, and inside its line in a terminal", () => {
    const dot = renderDot(poisoned(text), { title: text });
    expect(dot.split("\n").filter((line) => line !== "")).toHaveLength(3 + 1 + 3 + 3 + 2 + 2 + 1);
    expect(dot).not.toContain("\0");
    const tree = renderTree(poisoned(text), { color: false });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(tree).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
    expect(tree.split("\n").length).toBeLessThanOrEqual(8);
  });
});

test("all of it at once gives a PNG", async () => {
  const text = Object.values(NASTY).filter((nasty) => nasty.length < 1000);
  const all = picture(
    text.map((title, key) => node(key, "object", title, { preview: title, isTarget: key === 0 })),
    text.map((name, key) => edge(key, 0, { kind: "property", name })),
  );
  const { bytes, width } = await drawPicture(all, { format: "png" });
  expect(Buffer.from(bytes.subarray(1, 4)).toString()).toBe("PNG");
  expect(width).toBeGreaterThan(1000);
}, 20_000);

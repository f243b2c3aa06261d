import { describe, expect, test } from "vitest";
import { renderDot } from "../../src/report/dot.ts";
import { drawPicture } from "../../src/report/picture.ts";
import { edge, element, grouped, node, picture, property, refs, request, simple, twoTargets } from "./samplePictures.ts";
import { cardsOf } from "./svgText.ts";

const samples = { simple, request, grouped, "two-targets": twoTargets, refs };

test.each(Object.entries(samples))("golden: %s", async (name, sample) => {
  await expect(renderDot(sample, { refcounts: name === "two-targets" })).toMatchFileSnapshot(`golden/${name}.dot`);
});

describe("text fits", () => {
  const wide = picture(
    [
      node(0, "object", "Привет Мир Ленинград", { isTarget: true, preview: "{ключ, значение, 日本語の名前}", hasFinalizer: true }),
      node(1, "root", "globalThis → ✓ … · — ××××"),
      node(2, "object", "Ελληνικά".repeat(6), { extra: "ёёёёёёёёёёёёёёёёёё", highlighted: true, location: "путь/к/файлу.ts:17" }),
    ],
    [edge(1, 2, property("имя")), edge(2, 0, [property("очень длинное имя"), element(1_000_000)], { onPath: true })],
    { notes: ["Ничто другое его не держит. ".repeat(8)] },
  );

  test.each(Object.entries({ ...samples, wide }))("%s: at least 5 points from every border of its card", async (_, sample) => {
    for (const format of ["TB", "LR"] as const) {
      const drawn = await drawPicture(sample, { format: "svg", rankdir: format });
      for (const card of cardsOf(new TextDecoder().decode(drawn.bytes))) {
        for (const line of card.texts) {
          expect(line.left - card.left, line.text).toBeGreaterThan(5);
          expect(card.right - line.right, line.text).toBeGreaterThan(5);
          expect(line.base, line.text).toBeGreaterThan(card.top + 8);
          expect(card.bottom - line.base, line.text).toBeGreaterThan(5);
        }
      }
    }
  });
});

describe("what is drawn", () => {
  test("the legend has the kinds drawn and no other", () => {
    const heading = renderDot(simple).split("\n")[1] ?? "";
    expect(["GC root", "Array / Map / Set", "object", "shortest path"].every((text) => heading.includes(` ${text} `))).toBe(true);
    expect(heading).not.toMatch(/closure scope|function|native/);
  });

  test("titles name the targets, and count them from four on", () => {
    expect(renderDot(twoTargets)).toContain("What keeps Session @50001 and Session @50003 alive");
    expect(renderDot(refs)).toContain("What Server @50001 holds");
    const many = picture(
      [0, 1, 2, 3].map((key) => node(key, "object", "A", { isTarget: true })),
      [],
    );
    expect(renderDot(many)).toContain("What keeps these 4 objects alive");
    expect(renderDot(simple, { title: "<mine>" })).toContain("<B>&lt;mine&gt;</B>");
  });

  test("roots at the top, targets at the bottom; mirrored for references", () => {
    expect(renderDot(request)).toContain("{rank=source; n1; n13}\n  {rank=sink; n0}");
    expect(renderDot(refs)).toContain("{rank=source; n0}");
    expect(renderDot(refs)).not.toContain("rank=sink");
  });

  test("a target on the way to another one is not pulled to the bottom", () => {
    const chain = picture(
      [node(0, "object", "A", { isTarget: true }), node(1, "object", "B", { isTarget: true })],
      [edge(0, 1, property("b"))],
    );
    expect(renderDot(chain)).toContain("{rank=sink; n1}");
  });

  test("reference counts only when asked for", () => {
    expect(renderDot(simple)).not.toContain("held by");
    expect(renderDot(simple, { refcounts: true })).toContain("held by 1 reference<");
  });

  test("glyphs the font lacks are kept in DOT and spelled out for PNG", () => {
    expect(renderDot(grouped)).toContain("日本");
    expect(renderDot(grouped, { pngSafe: true }).replace(/tooltip="(\\.|[^"\\])*"/g, "")).not.toContain("日");
  });
});

describe("extraNodeAttrs", () => {
  const withAttributes = (attributes: Record<string, string>): string =>
    renderDot(picture([node(0, "object", "A", { isTarget: true, attributes })], []));

  test("harmless ones replace ours, escaped", () => {
    const dot = withAttributes({ fillcolor: "#00ff00", xlabel: 'a"];\n b' });
    expect(dot).toContain('fillcolor="#00ff00"');
    expect(dot).not.toContain("#FFF1F1");
    expect(dot).toContain('xlabel="a\\"];\\\\n b"];');
  });

  test.each(["image", "URL", "href", "shapefile", "imagepath", "label", "id", "fontname", "a]", "__proto__x", "IMAGE"])(
    "%s is refused",
    (name) => {
      expect(() => withAttributes({ [name]: "/etc/passwd" })).toThrow(expect.objectContaining({ code: "BAD_NODE_ATTRIBUTE" }));
    },
  );

  test.each(["custom", "epsf", "../x", "A"])("shape=%s is refused", (shape) => {
    expect(() => withAttributes({ shape })).toThrow(expect.objectContaining({ code: "BAD_NODE_ATTRIBUTE" }));
  });
});

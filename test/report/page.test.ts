import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { HuntResult } from "../../src/analysis/hunt/result.ts";
import { huntPage, PAGE_LIMIT } from "../../src/report/page/huntPage.ts";
import { plainSvg } from "../../src/report/page/pictures.ts";
import { drawPicture } from "../../src/report/picture.ts";
import { leak, listeners, log, none, offHeap, rounds, sessions, undecided, withTexts } from "./huntResults.ts";
import { NASTY } from "./nastyStrings.ts";
import { readPage } from "./pageReader.ts";
import { request, simple } from "./samplePictures.ts";

const ALL = { leak, none, undecided, offHeap };
const WHEN = new Date("2026-03-04T12:33:00Z");
const flat = (text: string): string => text.replace(/\s+/g, " ");

describe("what is said, and in which order", () => {
  const { text, tags, attribute } = readPage(huntPage(leak, { when: WHEN, version: "1.2.3" }));
  const words = flat(text);

  test("the verdict comes first, with its reason, the target, when, how long and why it ended", () => {
    expect(words).toMatch(/leak found: 4242 .*leak found Session objects gather in SessionStore\.byId/);
    expect(words).toContain("Target4242 (node v20.20.2, server.mjs)");
    expect(words).toContain("When2026-03-04 12:33 UTC");
    expect(words).toContain("Rounds6 in 52 s");
    expect(words).toContain("Heap growth+2.9 MB, +3.4 MB/min");
    expect(words).toContain("Stopped becausethree rounds in a row named the same holder");
    expect(words.indexOf("Stopped because")).toBeLessThan(words.indexOf("3 suspects"));
  });

  test("each suspect has its growth, its holder, its path and its advice", () => {
    expect(words).toContain("1 Session +200/s +3.1 MB/min 92 % of all growth 5 of 5 rounds defined at lib/session-store.js:17");
    expect(words).toContain(
      "Held by SessionStore.byId Map @22301, 17,203 entries in lib/session-store.js:12: a Map that is only added to.",
    );
    expect(words).toContain(
      'module scope of lib/session-store.jsstore SessionStore @22299, 21.4 MB retained.byId Map @22301, 17,203 entries, 21.4 MB retained they gather here.get("s-8f21c07e") Session @391223',
    );
    expect(words).toContain("What to do Delete from SessionStore.byId on every way out");
    expect(words).toContain("Also held by audit.recent");
    expect(words).toContain("… 1,841 more steps alike");
    expect(words).toContain("(4 such holders gain together)");
    expect(words).toContain("package price-feed@2.1.0");
    expect(words).toContain("3 AccessLog.pending +227 kB/min no more objects 3 % of all growth 3 of 5 rounds");
  });

  test("the values of a sparkline can be pointed at and are read out", () => {
    expect(words).toContain("round 6: 17,203");
    expect(attribute("aria-label")).toContain("by round: 6,784, 8,874, 10,964, 13,055, 15,146, 17,203");
  });

  test("what is not accused is there with its reason", () => {
    expect(words).toContain("templates (LRU)Template");
    expect(words).toContain("180 → 250reached its bound and stays there");
  });

  test("headings go down in steps, tables have captions, links lead somewhere", () => {
    const levels = tags.flatMap((tag) => /^<h(\d)/.exec(tag)?.[1] ?? []).map(Number);
    expect(levels[0]).toBe(1);
    levels.slice(1).forEach((level, i) => {
      expect(level - (levels[i] as number)).toBeLessThanOrEqual(1);
    });
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(tags.filter((tag) => tag === "<table>")).toHaveLength(tags.filter((tag) => tag === "<caption>").length);
    const ids = attribute("id");
    expect(new Set(ids).size).toBe(ids.length);
    for (const to of [...attribute("href"), ...attribute("aria-labelledby").map((id) => `#${id}`)]) expect(ids).toContain(to.slice(1));
    expect(attribute("href").length).toBe(3);
  });

  test("the plain text that can be copied has the same in lines", () => {
    expect(text).toContain("Session +200/s (+3.1 MB/min, 92 % of all growth, 5 of 5 rounds)\n▁▂▄▅▇█  6,784, 8,874,");
    expect(text).toContain("  └ store  SessionStore @22299, 21.4 MB retained\n    └ .byId  Map @22301");
  });
});

test("without suspects there is no place for them; without counters the heap of the rounds is drawn", () => {
  const words = flat(readPage(huntPage(none)).text);
  expect(words).toContain("no leak found No leak found");
  expect(words).not.toContain("suspect-");
  expect(words).toContain("Reachable heap +4.8 kB41.2 MB → 41.2 MB");
});

test("undecided, and rounds without times: what was gained instead of rates", () => {
  const words = flat(readPage(huntPage(undecided)).text);
  expect(words).toContain("undecided Undecided: Job objects");
  expect(words).toContain("Session +10,419 +2.7 MB 92 % of all growth 2 of 3 rounds");
  expect(words).toContain("not decided: more rounds would tell");
});

test("growth outside the heap comes before anything else, with what is known of it", () => {
  const words = flat(readPage(huntPage({ ...offHeap, suspects: [listeners] })).text);
  expect(words.indexOf("Outside the JavaScript heap")).toBeLessThan(words.indexOf("1 suspect"));
  expect(words).toContain("The process gains 38.1 MB/min that no JavaScript object explains.");
  expect(words).toContain("zlib41.2 MB+31.9 MB");
  expect(flat(readPage(huntPage(leak)).text)).toMatch(/3 suspects.*Outside the JavaScript heap Nothing there grows/);
});

test("stacks of survivors: sampled or counted, and those that belong to nobody", () => {
  const frames = sessions.allocatedAt[0]?.frames ?? [];
  const counted = { ...sessions, allocatedAt: [{ frames, bytes: 1_500_000, objects: 10_419 }] };
  const words = flat(readPage(huntPage({ ...leak, suspects: [sessions, counted], allocations: [{ frames, bytes: 99_000 }] })).text);
  expect(words).toContain("about 2.4 MB, as sampledopen lib/session-store.js:21handle server.js:48");
  expect(words).toContain("10,419 objects, 1.5 MBopen lib/session-store.js:21");
  expect(words).toMatch(/Allocated besides.*belongs to no suspect for sure\. Innermost call first\.about 99 kB/);
});

test("odd figures make no odd drawing", () => {
  const odd: HuntResult = {
    ...leak,
    rounds: rounds(1, 0, 0, 0, 0),
    counters: leak.counters.map((at) => ({ ...at, rss: Number.NaN, heapUsed: 0, seconds: 0 })),
    suspects: [
      { ...sessions, series: [] },
      { ...listeners, series: [3], of: 0 },
      { ...log, series: [5, Number.NaN, 5] },
    ],
    cleared: [{ name: "", type: "", series: [], why: "too little" }],
  };
  const { text, attribute } = readPage(huntPage(odd));
  for (const name of ["points", "cx", "cy", "x", "y", "x1", "width"]) {
    for (const value of attribute(name)) expect(value).not.toMatch(/NaN|Infinity|undefined/);
  }
  expect(text).not.toMatch(/NaN|Infinity|undefined/);
});

describe("nothing but our own style and script runs, and nothing is loaded", () => {
  test.each(Object.entries(ALL))("%s", (_, result) => {
    const page = huntPage(result);
    const policy = readPage(page)
      .attribute("content")
      .find((content) => content.startsWith("default-src"));
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+'; img-src data:;/);
    for (const [element, name] of [
      ["style", "style-src"],
      ["script", "script-src"],
    ] as const) {
      const content = new RegExp(`<${element}>([^]*?)</${element}>`).exec(page)?.[1] ?? "";
      expect(policy).toContain(`${name} 'sha256-${createHash("sha256").update(content).digest("base64")}'`);
    }
    expect(page).not.toMatch(/https?:|url\(|@import| style=| on[a-z]+=/);
  });
});

describe("text of the heap is text and nothing else", () => {
  // No text is long enough to be cut, so every page has the same tags: anything more would come from a text.
  const tags = Object.values(ALL).map((result) => readPage(huntPage(withTexts(result, () => "x"))).tags);
  const expectText = (text: string): void => {
    Object.values(ALL).forEach((result, i) => {
      expect(readPage(huntPage(withTexts(result, () => text))).tags).toEqual(tags[i]);
    });
  };
  const short = Object.entries(NASTY).filter(([, text]) => [...text].length <= 40);

  test.each(short)("%s", (_, text) => expectText(text));

  test.each([
    "</script><img src=x onerror=a()>",
    "</title></style><script>a()</script>",
    '"><svg onload=a()>',
    "&lt;b&gt;&#x3c;img&#62;",
    "javascript:alert(1)",
    "--><!--[if IE]>",
    "__proto__",
    "constructor",
    "$& $1 $`",
  ])("%s", (text) => expectText(text));

  test("any text", () => {
    const any = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.string({
        unit: fc.constantFrom("<", ">", "&", '"', "'", "/", "s", "=", " ", "`", "\\", "\u202e", "\ud800", "\0", ";", "#"),
        maxLength: 40,
      }),
    );
    fc.assert(
      fc.property(any, (text) => {
        expect(readPage(huntPage(withTexts(leak, () => text))).tags).toEqual(tags[0]);
      }),
      { numRuns: 60 },
    );
  });

  test("a long name is cut, and whole where the mouse rests", () => {
    const name = `Begin${"n".repeat(10_000)}End`;
    const { text, attribute } = readPage(huntPage({ ...leak, suspects: [{ ...sessions, type: name }] }));
    expect(text).not.toContain("n".repeat(100));
    expect(text).toMatch(/Beginn+…n+End/);
    expect(attribute("title").some((title) => title.length > 9000)).toBe(true);
  });
});

describe("never over a megabyte", () => {
  const huge = (text: string): HuntResult => {
    const many = <T>(items: readonly T[], count = 300): T[] => Array.from({ length: count }, (_, i) => items[i % items.length] as T);
    const suspects = many([sessions, listeners, log]).map((suspect, i) => ({
      ...suspect,
      number: i + 1,
      series: many(suspect.series, 30),
      gathers: many(suspect.gathers, 30),
      where: many(sessions.where, 30),
      alsoHeldBy: many(["a", "b"], 30),
      allocatedAt: many(sessions.allocatedAt, 30).map((site) => ({ ...site, frames: many(site.frames, 30) })),
      path: suspect.path && { ...suspect.path, steps: many(suspect.path.steps) },
    }));
    const counters = Array.from({ length: 40_000 }, (_, i) => ({
      ...(leak.counters[i % 50] as HuntResult["counters"][number]),
      seconds: i,
    }));
    const result = { ...leak, suspects, counters, rounds: many(leak.rounds), cleared: many(leak.cleared), notes: many(leak.notes) };
    return text === "" ? result : withTexts(result, () => text);
  };

  test.each([
    ["many short texts", ""],
    ["many long texts", "x".repeat(10_000)],
    ["texts that become longer when they are written out", "\u{e0041}&<".repeat(5000)],
  ])("%s", (_, text) => {
    const page = huntPage(huge(text));
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(PAGE_LIMIT);
    expect(flat(readPage(page).text)).toMatch(/… 2\d\d more suspects not shown; --json/);
  });

  test("pictures in the order of the suspects, until there is no room; then it says where they are", async () => {
    const { bytes } = await drawPicture(request, { format: "svg" });
    const svg = new TextDecoder().decode(bytes);
    const png = Buffer.concat([(await drawPicture(simple, { format: "png" })).bytes, Buffer.alloc(700_000)]);
    const suspects = [sessions, { ...listeners, picture: "big.png" }, log];
    const pictures = new Map([
      [1, { svg }],
      [2, { png }],
      [3, { svg }],
    ]);
    const page = huntPage({ ...leak, suspects }, { pictures });
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(PAGE_LIMIT);
    const { attribute, text } = readPage(page);
    expect(attribute("src").map((src) => src.slice(0, 26))).toEqual(["data:image/svg+xml;base64,", "data:image/svg+xml;base64,"]);
    expect(flat(text)).toContain("Left out of this page, to keep it small; it was written to big.png.");
    expect(attribute("alt")[0]).toBe(
      "What keeps Session @391223 alive, over SessionStore.byId, as boxes and arrows; the path above says it in words",
    );
  });

  test("a PNG is shown in its size", async () => {
    const { bytes, width, height } = await drawPicture(simple, { format: "png" });
    const { attribute } = readPage(huntPage(leak, { pictures: new Map([[1, { png: bytes }]]) }));
    expect(attribute("src")).toEqual([`data:image/png;base64,${Buffer.from(bytes).toString("base64")}`]);
    expect(attribute("width")).toContain(String(width));
    expect(attribute("height")).toContain(String(height));
  });
});

describe("an SVG is taken only when it is a drawing and nothing else", () => {
  test("what Graphviz draws is", async () => {
    const { bytes } = await drawPicture(request, { format: "svg" });
    const svg = plainSvg(new TextDecoder().decode(bytes));
    expect(svg).toMatch(/^<svg width="\d+pt"/);
    expect(svg?.match(/class="node"/g)).toHaveLength(17);
  });

  const wrap = (inner: string): string =>
    `<svg width="1pt" height="1pt" viewBox="0 0 1 1" xmlns="http://www.w3.org/2000/svg">${inner}</svg>`;
  test("plain", () => expect(plainSvg(wrap('<g id="a"><text x="1">a &amp; b</text></g>'))).toBeDefined());
  test.each([
    "<script>a()</script>",
    '<g onload="a()"/>',
    "<g onload='a()'/>",
    '<image href="file:///etc/passwd"/>',
    '<a href="javascript:a()"><text>x</text></a>',
    '<a xlink:href="http://elsewhere/"><text>x</text></a>',
    '<use href="#x"/>',
    "<style>@import 'x'</style>",
    '<rect style="fill:red"/>',
    '<rect fill="url(http://elsewhere/)"/>',
    "<foreignObject><p>x</p></foreignObject>",
    "<text>&nbsp;</text>",
    "<text>a & b</text>",
    "<!-- x -->",
    "<![CDATA[x]]>",
    "<text",
    '<text x="<">',
    "<!ENTITY x 'y'>",
  ])("not %s", (inner) => {
    expect(plainSvg(wrap(inner))).toBeUndefined();
    const page = huntPage(leak, { pictures: new Map([[1, { svg: wrap(inner) }]]) });
    expect(page).not.toContain("<img");
    expect(page).toContain("Left out of this page; it was written to");
  });
  test("nor what is no SVG", () => {
    expect(plainSvg("")).toBeUndefined();
    expect(plainSvg('<!DOCTYPE svg [<!ENTITY x "y">]><svg ></svg>')).toBeUndefined();
  });
});

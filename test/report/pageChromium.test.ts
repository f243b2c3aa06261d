import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { HuntResult } from "../../src/analysis/hunt/result.ts";
import { huntPage } from "../../src/report/page/huntPage.ts";
import type { PagePicture } from "../../src/report/page/pictures.ts";
import { drawPicture } from "../../src/report/picture.ts";
import { type Chromium, findChromium, MUST_HAVE_CHROMIUM, startChromium, type Tab } from "../support/chromium.ts";
import { leak, none, offHeap, undecided, withTexts } from "./huntResults.ts";
import { NASTY } from "./nastyStrings.ts";
import { request, simple } from "./samplePictures.ts";

/** Every text of a heap replaced by hostile ones in turn. */
const hostile = (): HuntResult => {
  const texts = [
    ...Object.values(NASTY),
    "</script><img src=x onerror=window.harmed=1>",
    '"><svg onload=window.harmed=1>',
    "n".repeat(10_000),
  ];
  let next = 0;
  return withTexts(leak, () => texts[next++ % texts.length] as string);
};

const browser = findChromium();
if (browser === undefined && !MUST_HAVE_CHROMIUM) {
  console.warn("no Chromium found: the page is not tested in a browser (put chromium on PATH, or its path into LEAKHUNT_CHROMIUM)");
}

describe.skipIf(browser === undefined && !MUST_HAVE_CHROMIUM)("in a real Chromium", () => {
  const folder = mkdtempSync(join(tmpdir(), "leakhunt-page-"));
  const urls: Record<string, string> = {};
  let chromium: Chromium;
  let tab: Tab;

  beforeAll(async () => {
    if (browser === undefined) throw new Error("no Chromium found: install it, or name it in LEAKHUNT_CHROMIUM");
    const svg = new TextDecoder().decode((await drawPicture(request, { format: "svg" })).bytes);
    const png = (await drawPicture(simple, { format: "png" })).bytes;
    const pictures = new Map<number, PagePicture>([
      [1, { svg }],
      [2, { png }],
    ]);
    for (const [name, result] of Object.entries({ leak, none, undecided, offHeap, hostile: hostile() })) {
      const path = join(folder, `${name}.html`);
      writeFileSync(path, huntPage(result, { when: new Date("2026-03-04T12:33:00Z"), version: "1.2.3", pictures }));
      urls[name] = pathToFileURL(path).href;
    }
    chromium = await startChromium(browser);
    tab = await chromium.newTab();
  });

  afterAll(async () => {
    await tab?.close();
    await chromium?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (name: string): Promise<void> => {
    tab.complaints.length = 0;
    tab.requests.length = 0;
    await tab.open(urls[name] as string);
  };

  const look = async (width: number, scheme: "light" | "dark", media: "screen" | "print" = "screen"): Promise<void> => {
    await tab.client.Emulation.setDeviceMetricsOverride({ width, height: 800, deviceScaleFactor: 1, mobile: false });
    await tab.client.Emulation.setEmulatedMedia({ media, features: [{ name: "prefers-color-scheme", value: scheme }] });
  };

  describe.each(["leak", "none", "undecided", "offHeap", "hostile"])("%s", (name) => {
    test("opens without a complaint, and asks for nothing but itself", async () => {
      await look(1200, "light");
      await open(name);
      expect(await tab.value("document.querySelector('h1').textContent.length")).toBeGreaterThan(0);
      expect(await tab.value("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")).toBe(true);
      expect(tab.complaints).toEqual([]);
      expect(tab.requests.filter((url) => !url.startsWith("data:image/"))).toEqual([urls[name]]);
    });

    test.each([360, 800, 1400])("fits a window %d wide: only tables and pictures scroll sideways", async (width) => {
      await look(width, "light");
      await open(name);
      expect(await tab.value("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      expect(await tab.value(STICKING_OUT)).toEqual([]);
    });

    test.each(["light", "dark"] as const)("every text can be read against what is behind it: %s", async (scheme) => {
      await look(1200, scheme);
      await open(name);
      expect(await tab.value(PALE_TEXTS)).toEqual([]);
    });
  });

  test("hostile texts are only text", async () => {
    await look(1200, "light");
    await open("leak");
    const elements = "[...document.querySelectorAll('*')].map((element) => element.localName).join()";
    const own = await tab.value<string>(elements);
    await open("hostile");
    expect(await tab.value("window.harmed === undefined && document.images.length")).toBe(2);
    expect(await tab.value("[...document.querySelectorAll('script, iframe, object, embed, form, input, link, base')].length")).toBe(1);
    expect(new Set((await tab.value<string>(elements)).split(","))).toEqual(new Set(own.split(",")));
    expect(await tab.value("document.body.innerText")).toContain("<script>");
  });

  test("what is folded unfolds by mouse and by key; links lead to the cards", async () => {
    await look(1200, "light");
    await open("leak");
    const folds = "[...document.querySelectorAll('details')].map((fold) => fold.open)";
    const before = await tab.value<boolean[]>(folds);
    expect(before).toContain(false);
    await tab.value("document.querySelectorAll('summary').forEach((summary) => summary.click())");
    expect(await tab.value<boolean[]>(folds)).toEqual(before.map((open) => !open));
    await tab.value("document.querySelector('summary').focus()");
    await press("Enter", "\r");
    expect((await tab.value<boolean[]>(folds))[0]).toBe(before[0]);
    await tab.value("document.querySelector('nav a:last-of-type').focus()");
    await press("Enter", "\r");
    expect(await tab.value("location.hash")).toBe("#suspect-1");
    expect(tab.complaints).toEqual([]);
  });

  const press = async (key: string, text: string): Promise<void> => {
    await tab.client.Input.dispatchKeyEvent({ type: "keyDown", key, code: key, windowsVirtualKeyCode: 13, text });
    await tab.client.Input.dispatchKeyEvent({ type: "keyUp", key, code: key, windowsVirtualKeyCode: 13 });
  };

  test("everything that can be operated is reached by the Tab key, and shows that it is", async () => {
    await look(1200, "light");
    await open("leak");
    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) {
      await tab.client.Input.dispatchKeyEvent({ type: "keyDown", key: "Tab", code: "Tab", windowsVirtualKeyCode: 9 });
      const shown = "document.activeElement.localName + ' ' + (getComputedStyle(document.activeElement).outlineStyle !== 'none')";
      // A busy machine shows it a moment later.
      await vi.waitFor(async () => expect(await tab.value(shown)).not.toMatch(/^(a|summary|button) false/), 1000).catch(() => {});
      seen.add(await tab.value(shown));
    }
    expect([...seen]).toEqual(expect.arrayContaining(["a true", "summary true", "button true"]));
    expect([...seen].filter((element) => /^(a|summary|button) false/.test(element))).toEqual([]);
  });

  test("a suspect is copied as text; without the clipboard its text appears, selected", async () => {
    await look(1200, "light");
    await open("leak");
    await tab.value("Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied = text; } } })");
    await tab.value("document.querySelector('button.copy').click()");
    expect(await tab.value("window.copied")).toMatch(/^Session \+200\/s \(\+3\.1 MB\/min.*\n/);
    await open("leak");
    await tab.value("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
    await tab.value("document.querySelector('button.copy').click()");
    expect(await tab.value("getSelection().toString()")).toMatch(/^Session \+200\/s \(\+3\.1 MB\/min.*\n/);
  });

  test("it can be read without its script", async () => {
    await look(1200, "light");
    await tab.client.Emulation.setScriptExecutionDisabled({ value: true });
    await open("leak");
    const { root } = await tab.client.DOM.getDocument({ depth: 0 });
    const { outerHTML } = await tab.client.DOM.getOuterHTML({ nodeId: root.nodeId });
    await tab.client.Emulation.setScriptExecutionDisabled({ value: false });
    expect(outerHTML.match(/<button type="button" class="copy" hidden/g)).toHaveLength(3);
    expect(tab.complaints).toEqual([]);
  });

  test("on paper: white, without buttons, with all that was folded", async () => {
    await look(1200, "dark", "print");
    await open("leak");
    expect(await tab.value("getComputedStyle(document.documentElement).backgroundColor")).toBe("rgb(255, 255, 255)");
    expect(await tab.value("[...document.querySelectorAll('button')].every((button) => button.offsetHeight === 0)")).toBe(true);
    expect(
      await tab.value(
        "[...document.querySelectorAll('table')].every((table) => table.getClientRects().length > 0 && table.checkVisibility())",
      ),
    ).toBe(true);
    expect(await tab.value(PALE_TEXTS)).toEqual([]);
    await tab.client.Emulation.setEmulatedMedia({ media: "", features: [] });
    await tab.client.Emulation.clearDeviceMetricsOverride();
    const { data } = await tab.client.Page.printToPDF({ printBackground: false });
    const pdf = Buffer.from(data, "base64").toString("latin1");
    expect(pdf.startsWith("%PDF-")).toBe(true);
    expect(pdf.match(/\/Type \/Page\b/g)?.length).toBeGreaterThanOrEqual(3);
  });

  test("light and dark differ where they should, and both can be photographed", async () => {
    const colours: string[] = [];
    for (const scheme of ["light", "dark"] as const) {
      await look(1200, scheme);
      await open("leak");
      colours.push(
        await tab.value(
          "[document.documentElement, document.querySelector('.card')].map((e) => getComputedStyle(e).backgroundColor).join()",
        ),
      );
      const { data } = await tab.client.Page.captureScreenshot({ format: "png" });
      expect(Buffer.from(data, "base64").length).toBeGreaterThan(10_000);
    }
    expect(colours[0]).not.toBe(colours[1]);
  });
});

/** Elements that stand out of the window although nothing around them scrolls. */
const STICKING_OUT = `[...document.querySelectorAll("body *")]
  .filter((element) => !element.closest(".scroll, .picture, svg") && element.getBoundingClientRect().right > innerWidth + 0.5)
  .map((element) => element.outerHTML.slice(0, 200))`;

/** Texts with less contrast than WCAG AA asks for: 4.5, or 3 where they are large. */
const PALE_TEXTS = `(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const pale = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === "" || element.closest("script, title, [hidden]") || element.getClientRects().length === 0) continue;
    const style = getComputedStyle(element);
    const pair = [light(rgb(element.closest("svg") ? style.fill : style.color)), light(behind(element))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    if ((pair[0] + 0.05) / (pair[1] + 0.05) < needed) pale.push(node.data.slice(0, 40) + " " + style.color);
  }
  return pale;
})()`;

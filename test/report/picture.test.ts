import { createHash } from "node:crypto";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { renderDot } from "../../src/report/dot.ts";
import { dotToPdf } from "../../src/report/pdf.ts";
import { drawPicture } from "../../src/report/picture.ts";
import { rasterise, svgSize, zoomFor } from "../../src/report/raster.ts";
import { dense, node, picture, request, simple } from "./samplePictures.ts";

const sha = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Width and height as the header of a PNG says them. */
function pngSize(png: Uint8Array): [number, number] {
  const view = new DataView(png.buffer, png.byteOffset);
  expect([view.getUint32(0), view.getUint32(4)]).toEqual([0x89504e47, 0x0d0a1a0a]);
  return [view.getUint32(16), view.getUint32(20)];
}

describe("PNG", () => {
  test("has the size it says, twice the points of the SVG", async () => {
    const png = await drawPicture(simple, { format: "png" });
    expect(pngSize(png.bytes)).toEqual([png.width, png.height]);
    const svg = await drawPicture(simple, { format: "svg" });
    expect(png.width).toBeCloseTo(2 * svg.width, -1);
    expect(png).toMatchObject({ scaledDown: false, notes: [] });
  });

  test("is the same bytes every time, and shows text without any font of the machine", async () => {
    const first = await drawPicture(request, { format: "png" });
    expect(sha((await drawPicture(request, { format: "png" })).bytes)).toBe(sha(first.bytes));
    // Same width in Arimo, so only the glyphs differ.
    const draw = (name: string) => drawPicture(picture([node(0, "object", name, { isTarget: true })], []), { format: "png", title: "t" });
    const [b, d] = [await draw("bbb"), await draw("ddd")];
    expect([b.width, b.height]).toEqual([d.width, d.height]);
    expect(sha(b.bytes)).not.toBe(sha(d.bytes));
  });

  test("is the same bytes from the native and the WebAssembly build, which is used when the native one does not load", async () => {
    const svg = new TextDecoder().decode((await drawPicture(simple, { format: "svg" })).bytes);
    const [native, wasm] = [await rasterise(svg, "native"), await rasterise(svg, "wasm")];
    expect(sha(wasm.png)).toBe(sha(native.png));
    vi.doMock("@resvg/resvg-js", () => {
      throw new Error("no native build for this platform");
    });
    expect(sha((await rasterise(svg)).png)).toBe(sha(native.png));
    vi.doUnmock("@resvg/resvg-js");
  }, 20_000);

  test("stays within 40 million pixels and 16,384 a side", () => {
    expect(zoomFor({ width: 600, height: 900 })).toBe(1.5);
    for (const size of [
      { width: 20_000, height: 20_000 },
      { width: 90_000, height: 10 },
      { width: 100, height: 50_000 },
    ]) {
      const zoom = zoomFor(size);
      const [width, height] = [(zoom * size.width * 4) / 3, (zoom * size.height * 4) / 3];
      expect(width * height).toBeLessThan(40.1e6);
      expect(Math.max(width, height)).toBeLessThan(16385);
    }
  });

  test("says when it is drawn smaller", async () => {
    const chain = picture(
      Array.from({ length: 90 }, (_, key) => node(key, "object", `Link${key}`, { isTarget: key === 0 })),
      Array.from({ length: 89 }, (_, key) => ({ from: key + 1, to: key, labels: [], moreLabels: 0, alike: 1, onPath: false })),
    );
    const drawn = await drawPicture(chain, { format: "png", rankdir: "LR" });
    expect(drawn.width).toBeLessThanOrEqual(16384);
    expect(drawn.scaledDown).toBe(true);
    expect(drawn.notes[0]).toMatch(/^drawn at \d+ % of the usual size/);
  }, 20_000);
});

describe("SVG and DOT", () => {
  test("the SVG asks for faces of the same widths and shows no node names", async () => {
    const { bytes, width, height } = await drawPicture(request, { format: "svg" });
    const svg = new TextDecoder().decode(bytes);
    expect(svg).toContain("font-family=\"Arimo,Arial,'Liberation Sans',Helvetica,sans-serif\"");
    expect(svg).not.toContain('font-family="Arimo"');
    expect(svg).toContain("<title>What keeps RequestContext @50001 alive</title>");
    expect(svg).not.toMatch(/<title>n\d/);
    expect(svgSize(svg)).toEqual({ width, height });
  });

  test("DOT needs no drawing", async () => {
    const { bytes, width } = await drawPicture(request, { format: "dot" });
    expect(new TextDecoder().decode(bytes)).toBe(renderDot(request));
    expect(width).toBe(0);
  });
});

describe("a picture that takes too long", () => {
  test("is tried by half, then given up with the way out", async () => {
    await expect(drawPicture(request, { format: "svg", timeoutMs: 1 })).rejects.toMatchObject({
      code: "DRAW_TIMED_OUT",
      hint: expect.stringContaining(".dot"),
    });
  });

  test("is drawn by half, and says so", async () => {
    const drawn = await drawPicture(dense(60, 5), { format: "svg", timeoutMs: 4000 });
    expect(drawn.notes).toEqual(["only 30 of 60 cards drawn, to keep the picture readable"]);
    expect(new TextDecoder().decode(drawn.bytes).match(/class="node"/g)).toHaveLength(30);
  }, 20_000);

  test("stops when told", async () => {
    const started = performance.now();
    const signal = AbortSignal.timeout(200);
    await expect(drawPicture(dense(60, 5), { format: "png", signal })).rejects.toMatchObject({ name: "TimeoutError" });
    expect(performance.now() - started).toBeLessThan(3000);
    await expect(drawPicture(simple, { format: "png", signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });
});

describe("PDF", () => {
  test("without dot there is a clear error", async () => {
    await expect(dotToPdf("digraph {}", 5000, undefined, "leakhunt-no-such-dot")).rejects.toMatchObject({ code: "NO_DOT_PROGRAM" });
  });

  test("a program that fails is quoted", async () => {
    await expect(dotToPdf("digraph {}", 5000, undefined, process.execPath)).rejects.toMatchObject({
      code: "CANNOT_DRAW",
      message: expect.stringContaining("-Tpdf"),
    });
  });

  test.skipIf(process.platform === "win32")("bytes and size come from dot; a slow one is stopped", async () => {
    const folder = await mkdtemp(join(tmpdir(), "leakhunt-pdf-"));
    const script = async (name: string, body: string): Promise<string> => {
      await writeFile(join(folder, name), `#!/bin/sh\n${body}\n`);
      await chmod(join(folder, name), 0o755);
      return join(folder, name);
    };
    try {
      const good = await script("good", 'echo "%PDF-1.4 $1"; cat; echo "/MediaBox [ 0 0 120 80.5 ]"');
      const pdf = await dotToPdf("digraph {}", 5000, undefined, good);
      expect(pdf).toMatchObject({ width: 120, height: 80.5 });
      expect(pdf === "too late" ? "" : Buffer.from(pdf.bytes).toString()).toContain("-Tpdf\ndigraph {}");
      expect(await dotToPdf("digraph {}", 100, undefined, await script("slow", "exec sleep 20"))).toBe("too late");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

// Every program of fixtures/leaks and fixtures/npm-leaks says its truth in one form, about things that are there.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../fixtures/", import.meta.url));
const cases = ["leaks", "npm-leaks"].flatMap((group) =>
  readdirSync(join(root, group), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ group, name, folder: join(root, group, name) })),
);

const form = {
  title: expect.any(String),
  kind: expect.any(String),
  is_leak: expect.any(Boolean),
  in_js_heap: expect.any(Boolean),
  leaking_type: expect.any(String),
  rate_per_s: expect.any(Number),
  memory: expect.stringMatching(/^(js|external|native)$/),
};
const lists = ["also_accept", "retained_by", "cause_files", "must_not_accuse"];

function sources(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  const own = files.filter((file) => file.isFile() && /\.([cm]?js|ts)$/.test(file.name) && !file.parentPath.includes("node_modules"));
  return new Map(own.map((file) => [file.name, readFileSync(join(file.parentPath, file.name), "utf8")]));
}

describe.each(cases)("$group/$name", ({ group, name, folder }) => {
  const truth = JSON.parse(readFileSync(join(folder, "truth.json"), "utf8"));
  const files = sources(folder);

  test("has an app, a name of its own and a truth in the common form", () => {
    expect([...files.keys()].filter((file) => /^app\.[cm]?js$/.test(file))).toHaveLength(1);
    expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name).toBe(basename(folder));
    expect(truth).toMatchObject(form);
    for (const list of lists) expect(truth[list].every((item: unknown) => typeof item === "string")).toBe(true);
    expect(truth.is_leak).toBe(!name.startsWith("control-"));
  });

  test.runIf(truth.is_leak && truth.in_js_heap)("says what leaks, and a file that is there", () => {
    expect(truth.leaking_type).not.toBe("");
    expect(truth.cause_files).not.toEqual([]);
    if (group === "leaks") for (const file of truth.cause_files) expect([...files.keys()]).toContain(file);
  });

  test.runIf(!truth.is_leak && group === "leaks")("must not be accused of things that it has", () => {
    expect(truth.must_not_accuse).not.toEqual([]);
    const text = [...files.values()].join("\n");
    for (const word of truth.must_not_accuse.filter((word: string) => word !== "Module")) expect(text).toContain(word);
  });

  test.runIf(group === "npm-leaks")("names the versions of its packages, and no registry", () => {
    const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    for (const [dependency, version] of Object.entries(manifest.dependencies)) {
      expect(lock.packages[`node_modules/${dependency}`].version).toBe(version);
    }
    for (const entry of Object.values<object>(lock.packages)) expect(entry).not.toHaveProperty("resolved");
    if (truth.is_leak) expect(truth.source).toMatch(/^https:\/\/github\.com\//);
  });
});

test("the compiled program has its source maps", () => {
  const build = join(root, "leaks", "ts-mailer", "build");
  for (const name of ["main", "outbox"]) {
    expect(existsSync(join(build, `${name}.js.map`))).toBe(true);
    expect(readFileSync(join(build, `${name}.js`), "utf8")).toContain(`//# sourceMappingURL=${name}.js.map`);
  }
});

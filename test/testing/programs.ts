// A folder in which leakhunt is installed as npm would: files, not a link, because test runners treat linked packages as a user's own
// sources. What leakhunt needs is linked.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";
import type { Place } from "../breakpoint/programs.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** @param links packages of ours that programs there can use. */
export function project(context: Pick<TestContext, "onTestFinished">, links: readonly string[] = []): Place {
  const at = emptyProject(context);
  install(at.folder, links);
  return at;
}

/** The same without leakhunt: for whoever lets npm work there first. */
export function emptyProject({ onTestFinished }: Pick<TestContext, "onTestFinished">): Place {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "testing-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  return {
    folder,
    temporary,
    write(name, text) {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    leftovers: () => readdirSync(temporary),
  };
}

/**
 * Afterwards npm must not work there: it would clean up behind the links. So only packages are linked, never a folder of several,
 * and what is there already stays.
 */
export function install(folder: string, links: readonly string[] = []): void {
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "leakhunt"), { recursive: true });
  for (const name of ["dist", "package.json"]) cpSync(join(ROOT, name), join(modules, "leakhunt", name), { recursive: true });
  for (const name of [...NEEDED, ...links]) {
    if (existsSync(join(modules, name))) continue;
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
}

/** What drawing a picture needs. */
const NEEDED = ["@viz-js/viz", "@resvg/resvg-js", "@resvg/resvg-wasm", "@expo-google-fonts/arimo"];

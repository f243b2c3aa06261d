// leakhunt on a terminal: `script` (util-linux; Debian's package bsdutils, which every Debian and Ubuntu has) runs it
// under a pseudo-terminal and passes on what is typed here.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import type { TestContext } from "vitest";
import { MAIN } from "./leakhunt.ts";

export interface Typed {
  /** What is on the screen, with the control sequences taken out, since the last `type`. */
  screen(): string;
  /** Everything, control sequences included. */
  raw(): string;
  type(keys: string): void;
  /** Resolves when the screen, since the last `type`, shows the pattern. */
  sees(pattern: RegExp): Promise<void>;
  readonly ended: Promise<number>;
}

export const CTRL_C = "\u0003";
export const CTRL_D = "\u0004";
export const TAB = "\t";
export const UP = "\u001b[A";
export const ENTER = "\r";

const PATIENCE_MS = 20_000;

export function terminal({ onTestFinished }: Pick<TestContext, "onTestFinished">, home: string, args: readonly string[]): Typed {
  const quoted = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(" ");
  const { NO_COLOR: _, ...env } = process.env;
  const child = spawn("script", ["-qec", `stty cols 120 rows 40; exec ${quoted}`, "/dev/null"], {
    stdio: "pipe",
    env: { ...env, NODE_OPTIONS: "", SHELL: "/bin/sh", TERM: "xterm-256color", LEAKHUNT_HOME: home },
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let raw = "";
  let from = 0;
  const listeners = new Set<() => void>();
  child.stdin.on("error", () => {});
  child.stdout.setEncoding("utf8").on("data", (text) => {
    raw += text;
    for (const listener of listeners) listener();
  });
  const ended = once(child, "close").then(([code]) => code as number);
  const screen = (): string => stripVTControlCharacters(raw.slice(from)).replaceAll("\r", "");
  return {
    screen,
    raw: () => raw,
    type(keys) {
      from = raw.length;
      child.stdin.write(keys);
    },
    sees: (pattern) =>
      new Promise((resolve, reject) => {
        const done = (settle: () => void): void => {
          clearTimeout(late);
          listeners.delete(look);
          settle();
        };
        const look = (): void => {
          if (pattern.test(screen())) done(resolve);
        };
        const late = setTimeout(() => done(() => reject(new Error(`not on the screen: ${pattern}\n${screen()}`))), PATIENCE_MS);
        listeners.add(look);
        void ended.then(() => done(() => reject(new Error(`ended without ${pattern}\n${screen()}`))));
        look();
      }),
    ended,
  };
}

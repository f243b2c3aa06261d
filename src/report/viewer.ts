// Opens a written picture with the viewer of the desktop, if there is one.

import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { noViewer } from "../errors.ts";

/** The program that opens a file on this platform, with the arguments before the path. No shell is involved. */
export function viewerProgram(platform: NodeJS.Platform = process.platform): readonly [string, ...string[]] {
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["rundll32.exe", "url.dll,FileProtocolHandler"];
  return ["xdg-open"];
}

/** Time in which an opener that cannot show the file is expected to say so. */
const GRACE_MS = 1500;

/** Hands the file to the desktop and does not wait for it to be closed. Rejects with `noViewer`. */
export function openWithViewer(path: string, program: readonly [string, ...string[]] = viewerProgram()): Promise<void> {
  const [command, ...before] = program;
  return new Promise((settle, fail) => {
    const child = spawn(command, [...before, resolve(path)], { detached: true, stdio: "ignore" });
    const timer = setTimeout(settle, GRACE_MS);
    child.once("error", (cause) => {
      clearTimeout(timer);
      fail(noViewer(command, path, cause));
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      if (code === 0) settle();
      else fail(noViewer(command, path));
    });
    child.unref();
  });
}

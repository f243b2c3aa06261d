// PDF, the one format that needs a program of the machine: `dot` of Graphviz, fed through its standard input.

import { spawn } from "node:child_process";
import { cannotDraw, noDotProgram } from "../errors.ts";

export interface Pdf {
  readonly bytes: Uint8Array;
  /** In points. */
  readonly width: number;
  readonly height: number;
}

/**
 * Runs `program -Tpdf`. Resolves with "too late" after `timeoutMs`; rejects with `noDotProgram` when there is no such
 * program, with `cannotDraw` when it fails, with the signal's reason when aborted.
 */
export function dotToPdf(dot: string, timeoutMs: number, signal?: AbortSignal, program = "dot"): Promise<Pdf | "too late"> {
  return new Promise((settle, fail) => {
    const child = spawn(program, ["-Tpdf"], { stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
    const output: Buffer[] = [];
    let complaint = "";
    const stop = (): boolean => child.kill("SIGKILL");
    const timer = setTimeout(() => {
      settle("too late");
      stop();
    }, timeoutMs);
    const onAbort = (): void => {
      fail(signal?.reason);
      stop();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(0, 500);
    });
    // A program that ends early closes its input; its exit code says more than the EPIPE.
    child.stdin.on("error", () => {});
    child.once("error", (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      fail(cause.code === "ENOENT" ? noDotProgram(cause) : cannotDraw(cause.message, cause));
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      const bytes = Buffer.concat(output);
      if (code === 0 && bytes.length > 0) settle({ bytes, ...mediaBox(bytes) });
      else fail(cannotDraw(`dot ended with code ${code}: ${complaint.trim().split("\n")[0] ?? ""}`));
    });
    child.stdin.end(dot);
  });
}

function mediaBox(pdf: Buffer): { width: number; height: number } {
  const box = /\/MediaBox\s*\[\s*[\d.]+\s+[\d.]+\s+([\d.]+)\s+([\d.]+)/.exec(pdf.toString("latin1"));
  return { width: Number(box?.[1] ?? 0), height: Number(box?.[2] ?? 0) };
}

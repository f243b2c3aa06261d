// What a command can be pointed at, as typed: a pid, `host:port`, a ws:// url, a file, `-`, or nothing.

import { existsSync } from "node:fs";
import { resolve } from "node:path";

export type Source =
  | { readonly kind: "pid"; readonly pid: number }
  | { readonly kind: "port"; readonly host: string; readonly port: number }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "current" };

/** Reads a source. A number is a pid, unless a file of that very name is here. */
export function parseSource(text: string | undefined): Source {
  if (text === undefined) return { kind: "current" };
  if (text === "-") return { kind: "file", path: "-" };
  if (/^wss?:\/\//.test(text)) return { kind: "url", url: text };
  if (/^\d+$/.test(text) && !existsSync(text)) return { kind: "pid", pid: Number(text) };
  const address = /^(?:http:\/\/)?(\[[\da-fA-F:]+\]|[\w.-]*):(\d{1,5})\/?$/.exec(text);
  if (address && !existsSync(text)) {
    return { kind: "port", host: (address[1] || "127.0.0.1").replace(/^\[|\]$/g, ""), port: Number(address[2]) };
  }
  return { kind: "file", path: resolve(text) };
}

/** Whether a word of a list of objects is meant as a source: neither `@id` nor a row number. */
export function looksLikeSource(word: string): boolean {
  return !/^@?\d+$/.test(word);
}

/** Whether a word can only mean a source: an address, or a snapshot file that is here. Anything else may be an expression. */
export function looksLikeFile(word: string): boolean {
  if (/^wss?:\/\//.test(word)) return true;
  return /[./\\]/.test(word) && (/\.heapsnapshot(\.gz)?$/.test(word) || /[/\\]/.test(word)) && existsSync(word);
}

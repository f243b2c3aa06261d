// Two snapshots of one small program, as Node writes them: what `growth a b` is about.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const PROGRAM = `
class Session { constructor(user) { this.user = user; this.cart = ["book-" + user]; } }
class Store { constructor() { this.byUser = new Map(); } }
globalThis.store = new Store();
for (let i = 0; i < 40; i++) store.byUser.set("user:" + i, new Session("u" + i));
const { writeHeapSnapshot } = require("node:v8");
writeHeapSnapshot(process.argv[1]);
for (let i = 40; i < 65; i++) store.byUser.set("user:" + i, new Session("u" + i));
writeHeapSnapshot(process.argv[2]);
`;

export interface SnapshotFiles {
  readonly folder: string;
  /** 40 Sessions in `store.byUser`. */
  readonly before: string;
  /** 65 of them. */
  readonly after: string;
  readonly gzip: string;
  remove(): void;
}

export function writeSnapshots(node: string = process.execPath): SnapshotFiles {
  const folder = mkdtempSync(join(tmpdir(), "leakhunt-files-"));
  const [before, after] = [join(folder, "before.heapsnapshot"), join(folder, "after.heapsnapshot")];
  execFileSync(node, ["-e", PROGRAM, before, after], { env: { ...process.env, NODE_OPTIONS: "" } });
  const gzip = join(folder, "after.heapsnapshot.gz");
  writeFileSync(gzip, gzipSync(readFileSync(after)));
  return { folder, before, after, gzip, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

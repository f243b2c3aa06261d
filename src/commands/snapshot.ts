// `snapshot`: one heap snapshot, into the hunt or a file.

import { chmod, copyFile, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { cannotWriteFile } from "../errors.ts";
import { forTerminal } from "../report/escape.ts";
import { formatBytes, formatCount, formatDuration } from "../report/units.ts";
import { forceOption, keepOption, numbersOption, sourceArgument } from "./options.ts";
import { parseSource } from "./source.ts";
import { defineVerb, type Verb } from "./verb.ts";

interface SnapshotValue {
  readonly number: number;
  readonly path: string;
  readonly bytes: number;
  readonly nodes: number;
  readonly edges: number;
  readonly pauseMs: number;
  readonly predicted: { readonly pauseMs: number; readonly extraBytes: number; readonly fileBytes: number };
  readonly how: "file" | "stream";
  readonly idsKept: boolean;
}

export const snapshotVerb: Verb = defineVerb<SnapshotValue>({
  name: "snapshot",
  summary: "take a heap snapshot: says first what it costs the target, afterwards what it did cost",
  arguments: [sourceArgument],
  options: [
    { flags: "-o, --output <file>", help: "also write it to this file (an ordinary .heapsnapshot)" },
    numbersOption,
    keepOption,
    forceOption,
  ],
  examples: ["leakhunt snapshot 4242", "leakhunt snapshot 4242 -o before.heapsnapshot"],
  async *run(session, [source], { output, force, keep, numbers }) {
    const live = await session.attach(parseSource(source as string | undefined));
    const { entry, captured, cost, loaded } = await session.take(live, {
      force: force === true,
      keep: keep as number,
      numbers: numbers !== false,
    });
    const path = output === undefined ? captured.path : resolve(output as string);
    if (output !== undefined) await copyTo(captured.path, path);
    yield {
      number: entry.number,
      path,
      bytes: captured.bytes,
      nodes: loaded.graph.nodeCount,
      edges: loaded.graph.edgeCount,
      pauseMs: captured.pauseMs,
      predicted: { pauseMs: cost.pauseMs, extraBytes: cost.extraBytes, fileBytes: cost.fileBytes },
      how: captured.how,
      idsKept: captured.epochKept,
    };
  },
  render: (value) =>
    `snapshot ${value.number}  ${forTerminal(value.path, 300)}  ${formatBytes(value.bytes)}, ${formatCount(value.nodes)} nodes, ${formatCount(value.edges)} edges; ` +
    `the target stood still for ${formatDuration(value.pauseMs)} (predicted: ${formatDuration(value.predicted.pauseMs)})`,
});

async function copyTo(from: string, to: string): Promise<void> {
  const beside = `${to}.${process.pid}.part`;
  try {
    await copyFile(from, beside);
    await chmod(beside, 0o600);
    await rename(beside, to);
  } catch (error) {
    await rm(beside, { force: true });
    throw cannotWriteFile(to, (error as NodeJS.ErrnoException).code ?? String(error), error);
  }
}

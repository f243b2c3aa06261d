// DevTools' own heap engine on a file, in plain Node: its loader, its JSHeapSnapshot, and its second thread, fed as
// its panel feeds them. What leakhunt's numbers and times are compared with.
import { closeSync, openSync, readSync } from "node:fs";
import { MessageChannel, Worker } from "node:worker_threads";
import { ready } from "../setup.mjs";

await ready();
const { HeapSnapshot, HeapSnapshotLoader } = await import("./heapSnapshot.bundle.mjs");

/** DevTools' classes, for whoever needs more than a loaded snapshot. */
export { HeapSnapshot };

/** Bytes that DevTools' panel reads from a file at once. */
const CHUNK = 10 * 1000 * 1000;

const { initialize } = HeapSnapshot.JSHeapSnapshot.prototype;
// The loader's only way to hand out what it parsed is to analyse it; without a second thread, it shall not.
HeapSnapshot.JSHeapSnapshot.prototype.initialize = function (secondThread) {
  return secondThread ? initialize.call(this, secondThread) : Promise.resolve();
};

/**
 * Loads a .heapsnapshot file.
 * @param {string} file
 * @param {{ full?: boolean }} [options] `full: false` is the loader alone: columns and strings, no retainers, dominators,
 *   distances or class names. With `full` (the default), all that a user of DevTools waits for.
 * @returns {Promise<{ snapshot: object, ms: { parse: number, analyse: number } }>} DevTools' JSHeapSnapshot, and the
 *   milliseconds of both parts; `analyse` is 0 without `full`.
 * @throws Error what DevTools throws for a damaged file.
 */
export async function load(file, { full = true } = {}) {
  const began = performance.now();
  // The loader wants somebody to tell its progress to.
  const loader = new HeapSnapshotLoader.HeapSnapshotLoader({ sendEvent() {} });
  await feed(loader, file);
  const parsed = performance.now();
  if (!full) return { snapshot: await loader.buildSnapshot(undefined), ms: { parse: parsed - began, analyse: 0 } };
  const { port1, port2 } = new MessageChannel();
  const thread = new Worker(new URL("./dominatorsThread.mjs", import.meta.url), { workerData: { port: port2 }, transferList: [port2] });
  try {
    const snapshot = await Promise.race([loader.buildSnapshot(port1), failureOf(thread)]);
    return { snapshot, ms: { parse: parsed - began, analyse: performance.now() - parsed } };
  } finally {
    port1.close();
    await thread.terminate();
  }
}

function failureOf(thread) {
  return new Promise((_, reject) => thread.once("error", reject));
}

async function feed(loader, file) {
  let failure;
  loader.parsingComplete.catch((error) => {
    failure = error;
  });
  const decoder = new TextDecoder();
  const buffer = Buffer.allocUnsafe(CHUNK);
  const fd = openSync(file, "r");
  try {
    for (let bytes = read(fd, buffer); bytes > 0 && !failure; bytes = read(fd, buffer)) {
      loader.write(decoder.decode(buffer.subarray(0, bytes), { stream: true }));
      // The parser runs between chunks, as it does between the messages of the panel.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    closeSync(fd);
  }
  loader.write(decoder.decode());
  loader.close();
  await loader.parsingComplete;
}

function read(fd, buffer) {
  return readSync(fd, buffer, 0, buffer.length, null);
}

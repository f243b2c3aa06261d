// One small heap that has something of everything, as a file.

import { columnsOf, fileOf } from "./columns.ts";
import { HeapBuilder } from "./heap.ts";

export function sampleHeap(): HeapBuilder {
  const h = new HeapBuilder();
  const sessions = [1, 2, 3].map((i) => h.at(h.object("Session", { size: 40 + 8 * i }), 7, 11 * i, 4));
  const [first = 0, second = 0, third = 0] = sessions;
  h.property(first, "next", second);
  h.property(second, "previous", first);
  h.property(third, "self", third);
  h.global(
    "cache",
    h.map([
      [h.text("user:1"), first],
      [{ smi: 2 }, second],
    ]),
  );
  h.global("list", h.list([first, third]));
  h.moduleScope("file:///app/lib/store.js", { seen: h.set([second, third]), notes: h.weakMap([[first, h.text("weak ☂ \ud800 value")]]) });
  h.weak(h.object("WeakRef"), "target", third);
  h.held("(Global handles)", h.closure('say "hi"'), "4 / handle");
  return h;
}

export function sampleFile(): Buffer {
  return fileOf(columnsOf(sampleHeap().plain()));
}

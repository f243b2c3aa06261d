// The verbs that move the prompt from one thread of a program to another, and from one process to another. Where the
// prompt leaves stays as it is: held, with its object ids, and standing still if it does.

import { toCount } from "../commands/options.ts";
import type { Session } from "../commands/session.ts";
import { parseSource } from "../commands/source.ts";
import { threadsVerb } from "../commands/threads.ts";
import { defineVerb, type Verb } from "../commands/verb.ts";
import { type Attached, attachedValue, attachedWithCost } from "./attached.ts";

const toThread = toCount("a thread id");

/** `thread` and `process`, bound to what happens when the prompt has moved. */
export function threadVerbs(onMoved: () => Promise<void>): Verb[] {
  return [threadVerb(onMoved), processVerb(onMoved)];
}

function threadVerb(onMoved: () => Promise<void>): Verb {
  return defineVerb<Attached | { readonly threads: unknown }>({
    name: "thread",
    summary: "ask about another thread of the process: 0 is the main thread, `threads` lists them",
    arguments: [{ name: "[id]", help: "as worker_threads counts them" }],
    options: [],
    examples: ["thread 1", "thread 0"],
    async *run(session, [id]) {
      if (id === undefined) {
        yield* threadsVerb.run(session, [], {}) as AsyncIterable<{ threads: unknown }>;
        return;
      }
      yield* move(session, () => session.attach({ kind: "current", thread: toThread(id as string) }), onMoved);
    },
    render: (value, style) => ("threads" in value ? threadsVerb.render(value, style) : attachedWithCost(value)),
  });
}

function processVerb(onMoved: () => Promise<void>): Verb {
  return defineVerb<Attached>({
    name: "process",
    summary: "ask about another process, a child for example; this one stays held (`children` lists them)",
    arguments: [{ name: "<pid>", help: "a pid; 4242/1 is worker thread 1 of it" }],
    options: [],
    examples: ["process 4243"],
    async *run(session, [source]) {
      yield* move(session, () => session.targets.switchTo(parseSource(source as string)), onMoved);
    },
    render: attachedWithCost,
  });
}

async function* move(session: Session, go: () => Promise<unknown>, onMoved: () => Promise<void>): AsyncGenerator<Attached> {
  const before = session.live;
  await go();
  yield await attachedValue(session);
  if (session.live !== before) await onMoved();
}

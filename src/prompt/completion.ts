// What Tab offers: verbs; options of a verb; for objects the ids of the last table, the names in scope, and the properties
// of what is before the dot; for types the classes of the open snapshot.

import type { Session } from "../commands/session.ts";
import type { Verb } from "../commands/verb.ts";
import type { Debugging } from "./debugging.ts";

/** Names that begin like the last word, and that word. */
export type Completion = [string[], string];
export type Completer = (line: string) => Promise<Completion>;

const MOST = 200;
const TAKES_TYPE = new Set(["ls", "count"]);
/** `a.b[0].` before the name that is being typed; calls are not made for a completion. */
const BEFORE_DOT = /([\w$\]][\w$.[\]"'#]*)\.([\w$]*)$/;

export function completer(session: Session, debugging: Debugging, verbs: readonly Verb[]): Completer {
  return async (line) => {
    const words = line.split(/\s+/);
    const last = words[words.length - 1] ?? "";
    const [first = ""] = words;
    if (words.length <= 1 || (words.length === 2 && first === "help")) return completeVerb(last, verbs, words.length <= 1);
    const verb = verbs.find(({ name, aliases = [] }) => name === first || aliases.includes(first));
    if (!verb) return [[], last];
    if (last.startsWith("-") && verb.line !== "rest") return completeOption(last, verb);
    if (TAKES_TYPE.has(verb.name)) return completeType(session, line.slice(line.indexOf(first) + first.length).trimStart());
    if (verb.line === undefined) return [[], last];
    if (last.startsWith("@"))
      return [
        session
          .lastIds()
          .map((id) => `@${id}`)
          .filter((id) => id.startsWith(last)),
        last,
      ];
    return completeName(debugging, line).catch((): Completion => [[], last]);
  };
}

function completeVerb(last: string, verbs: readonly Verb[], isFirst: boolean): Completion {
  const names = [...verbs.map(({ name }) => name), ...(isFirst ? ["help", "quit"] : [])];
  return [names.filter((name) => name.startsWith(last)).map((name) => (isFirst ? `${name} ` : name)), last];
}

function completeOption(last: string, verb: Verb): Completion {
  const flags = verb.options.flatMap((option) => /--[\w-]+/.exec(option.flags)?.[0] ?? []);
  return [[...flags, "--json"].filter((flag) => flag.startsWith(last)).map((flag) => `${flag} `), last];
}

/** Classes of the snapshot that is open: opening one would take longer than a key press. */
function completeType(session: Session, typed: string): Completion {
  const graph = session.shelf.opened?.graph;
  if (!graph) return [[], typed];
  const names = graph.classes.classes.map(({ name }) => name).filter((name) => name.startsWith(typed) && /^[\w$.#]+$/.test(name));
  return [[...new Set(names)].sort().slice(0, MOST), typed];
}

async function completeName(debugging: Debugging, line: string): Promise<Completion> {
  const dotted = BEFORE_DOT.exec(line);
  const typed = dotted ? (dotted[2] as string) : (/[\w$]*$/.exec(line)?.[0] ?? "");
  const names = dotted ? await propertiesOf(debugging, dotted[1] as string) : await namesInScope(debugging);
  const found = names.filter((name) => name.startsWith(typed) && /^[\w$]+$/.test(name));
  return [[...new Set(found)].slice(0, MOST), typed];
}

async function namesInScope(debugging: Debugging): Promise<string[]> {
  const { frame, opened } = debugging;
  if (!frame || !opened) return opened ? propertiesOf(debugging, "globalThis") : [];
  const scopes = await opened.scopes(frame);
  await opened.release();
  return scopes.flatMap(({ variables }) => variables.map(({ name }) => name));
}

/** Names of an object's properties and of its prototypes'; getters are not run, nor is anything that could change the program. */
async function propertiesOf(debugging: Debugging, expression: string): Promise<string[]> {
  const { frame, opened, inspector } = debugging;
  if (!opened) return [];
  const how = { expression, silent: true, throwOnSideEffect: true, objectGroup: GROUP };
  try {
    const answer = frame
      ? await inspector.send("Debugger.evaluateOnCallFrame", { ...how, callFrameId: frame.callFrameId })
      : await inspector.send("Runtime.evaluate", how);
    const { objectId } = answer["result"] as { objectId?: string };
    if (objectId === undefined) return [];
    const { result } = await inspector.send("Runtime.getProperties", { objectId, ownProperties: false });
    return (result as { name: string }[]).map(({ name }) => name);
  } finally {
    await inspector.send("Runtime.releaseObjectGroup", { objectGroup: GROUP }).catch(() => {});
  }
}

const GROUP = "leakhunt-completion";

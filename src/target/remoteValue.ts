// One line of text for a value in the target, made of what V8 tells without running any of the program's code: the
// preview that comes with the value. Getters stay getters. Text is not cleaned for a terminal.
import type { RemoteValue } from "./debugger.ts";
import type { RawObject, RawPreview } from "./protocol.ts";

/** Longer strings are cut in a line. */
const LONGEST_STRING = 80;

export function remoteValue(raw: RawObject): RemoteValue {
  return { type: raw.type, subtype: raw.subtype, className: raw.className, text: textOf(raw), objectId: raw.objectId };
}

/** What stands for a variable that has no value yet or none that V8 kept. */
export const unavailable = (why: string): RemoteValue => ({
  type: "undefined",
  subtype: undefined,
  className: undefined,
  text: `<${why}>`,
  objectId: undefined,
});

const NO_VALUE = "no value";

/** A variable before its declaration ran, or one that V8 has optimised away. */
export const unset = (): RemoteValue => unavailable(NO_VALUE);

export function isUnset({ type, text }: RemoteValue): boolean {
  return type === "undefined" && text === `<${NO_VALUE}>`;
}

function textOf(raw: RawObject): string {
  switch (raw.type) {
    case "string":
      return quoted(String(raw.value));
    case "undefined":
      return "undefined";
    case "object":
      return raw.subtype === "null" ? "null" : objectText(raw);
    case "function":
      return functionText(raw.description ?? "");
    default:
      return raw.unserializableValue ?? raw.description ?? String(raw.value);
  }
}

function objectText(raw: RawObject): string {
  const name = (raw.description ?? raw.className ?? "Object").split("\n", 1)[0] as string;
  if (raw.preview === undefined || ["error", "date", "regexp"].includes(raw.subtype ?? "")) return name;
  const numbered = raw.subtype === "typedarray" ? raw.preview.properties.filter((property) => /^\d+$/.test(property.name)) : undefined;
  const preview = numbered === undefined ? raw.preview : { ...raw.preview, properties: numbered };
  const inside = previewText(preview, raw.subtype === "array" || raw.subtype === "typedarray");
  return name === "Object" ? inside : `${name} ${inside}`;
}

function previewText(preview: RawPreview, isArray: boolean): string {
  const parts =
    preview.entries?.map(({ key, value }) => (key === undefined ? partText(value) : `${partText(key)} => ${partText(value)}`)) ??
    preview.properties.map((property) => {
      const value = property.type === "accessor" ? "(getter)" : partText({ ...property, description: property.value });
      return isArray && /^\d+$/.test(property.name) ? value : `${property.name}: ${value}`;
    });
  if (preview.overflow) parts.push("…");
  return isArray ? `[${parts.join(", ")}]` : `{${parts.join(", ")}}`;
}

/** A value inside a preview: its text is cut by V8 already. */
function partText(part: { type: string; subtype?: string; description?: string | undefined }): string {
  const text = (part.description ?? "").split("\n", 1)[0] as string;
  if (part.type === "string") return quoted(text);
  if (part.type === "function") return "function";
  return text === "" ? (part.subtype ?? part.type) : text;
}

/** The head of a function's source: "class Session", "function handle", "(a, b) => …". */
function functionText(source: string): string {
  const head = /^(?:class(?:\s+[\w$]+)?|(?:async\s+)?function\s*\*?\s*[\w$]*)/.exec(source)?.[0].trim();
  if (head !== undefined) return head;
  const first = source.split("\n", 1)[0] as string;
  return first.length > LONGEST_STRING ? `${first.slice(0, LONGEST_STRING)}…` : first;
}

function quoted(text: string): string {
  return text.length > LONGEST_STRING
    ? `${JSON.stringify(text.slice(0, LONGEST_STRING))}… (${text.length} characters)`
    : JSON.stringify(text);
}

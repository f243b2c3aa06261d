// How one thing holds another, written the way a JavaScript developer would type it. Heap text inside a quoted key is
// written as a JSON string, so the result can be pasted; the rest is raw and is escaped by whoever shows it.

import type { HoldLabel, KeyPreview } from "../graph/labels.ts";
import { clip, LABEL_LIMIT } from "./escape.ts";
import { formatCount } from "./units.ts";

const IDENTIFIER = /^#?[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** `.name`, `["bob smith"]`, `[1,500]`, `.get("user:17")`, `scope`, …; heap text clipped, not yet escaped. */
export function holdLabelText(label: HoldLabel): string {
  switch (label.kind) {
    case "property":
      return propertyText(label.name);
    case "symbol":
      return `[${clip(label.name === "" ? "symbol" : label.name, LABEL_LIMIT)}]`;
    case "element":
      return `[${formatCount(label.index)}]`;
    case "map value":
      return `.get(${keyText(label.key)})`;
    case "listener":
      return `.on(${quoted(label.name)})`;
    case "bound":
      return `bound ${clip(label.name, LABEL_LIMIT)}`;
    case "internal":
      return `<${clip(label.name, LABEL_LIMIT)}>`;
    case "weak map value":
      return label.of === undefined ? label.kind : `value in ${clip(label.of, LABEL_LIMIT)} (weak map)`;
    case "variable":
    case "root":
      return clip(label.name, LABEL_LIMIT);
    default:
      return label.kind;
  }
}

function propertyText(name: string): string {
  return name.length < 1000 && IDENTIFIER.test(name) ? `.${clip(name, LABEL_LIMIT)}` : `[${quoted(name)}]`;
}

function keyText(key: KeyPreview): string {
  switch (key.kind) {
    case "string":
      return quoted(key.text);
    case "number":
      return key.text === undefined ? "<number>" : clip(key.text, LABEL_LIMIT);
    case "object":
      return `${clip(key.className, LABEL_LIMIT)} @${key.id}`;
  }
}

function quoted(text: string): string {
  return JSON.stringify(clip(text, LABEL_LIMIT));
}

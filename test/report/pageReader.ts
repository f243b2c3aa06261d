// Reads a page back more strictly than any browser would: every tag known and closed, every attribute in double quotes
// and known, every `&` an entity of ours, nothing invisible. Throws at the first thing that is not so.

export interface ReadPage {
  /** `<section aria-labelledby>`, `</section>`: the page without its texts and the values of its attributes. */
  readonly tags: readonly string[];
  /** All text, decoded. */
  readonly text: string;
  /** The values of an attribute, decoded. */
  attribute(name: string): string[];
}

const VOID = new Set(["meta", "img", "br"]);
const ELEMENTS = new Set(
  "html head meta title style body main header footer section article nav figure figcaption h1 h2 h3 h4 p b span code pre bdi br time a ul ol li dl div dt dd table caption thead tbody tr th td details summary button img svg g line polyline circle rect text script".split(
    " ",
  ),
);
const ATTRIBUTES = new Set(
  "lang charset http-equiv content name class id title hidden open type href datetime scope alt src width height role aria-label aria-labelledby aria-hidden viewBox preserveAspectRatio points cx cy r x y x1 x2 y1 y2".split(
    " ",
  ),
);
const TOKEN = /<(\/?)([a-z][a-z\d]*)((?:\s+[a-zA-Z\d-]+(?:="[^"<>]*")?)*)\s*(\/?)>|([^<>]+)/y;
const INVISIBLE = /(?!\u{fe0f})(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{DI}\p{Cs}\u{fffe}\u{ffff}]/u;

export function readPage(page: string): ReadPage {
  const unseen = INVISIBLE.exec(page);
  if (unseen !== null)
    throw new Error(`something invisible at ${unseen.index}: ${JSON.stringify(page.slice(unseen.index - 40, unseen.index + 40))}`);
  const start = "<!doctype html>\n";
  if (!page.startsWith(start)) throw new Error("no doctype");
  const tags: string[] = [];
  const attributes: [string, string][] = [];
  const open: string[] = [];
  let text = "";
  for (let at = start.length; at < page.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(page);
    if (token === null) throw new Error(`no markup at ${at}: ${JSON.stringify(page.slice(at - 60, at + 60))}`);
    const [, closes, name, attributeText = "", , words] = token;
    if (words !== undefined) {
      text += decode(words);
      continue;
    }
    if (name === undefined || !ELEMENTS.has(name)) throw new Error(`a strange element: ${token[0]}`);
    if (closes) {
      if (open.pop() !== name) throw new Error(`${token[0]} closes nothing at ${at}`);
      tags.push(token[0]);
      continue;
    }
    const found = [...attributeText.matchAll(/([a-zA-Z\d-]+)(?:="([^"]*)")?/g)].map(([, key = "", value = ""]): [string, string] => [
      key,
      decode(value),
    ]);
    for (const [key] of found) if (!ATTRIBUTES.has(key)) throw new Error(`a strange attribute: ${token[0]}`);
    attributes.push(...found);
    tags.push(`<${[name, ...found.map(([key]) => key)].join(" ")}>`);
    if (VOID.has(name) || token[4] === "/") continue;
    open.push(name);
    // their content is ours and is no markup
    if (name === "style" || name === "script") TOKEN.lastIndex = page.indexOf(`</${name}>`, at);
  }
  if (open.length > 0) throw new Error(`never closed: ${open}`);
  return { tags, text, attribute: (name) => attributes.filter(([key]) => key === name).map(([, value]) => value) };
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

function decode(text: string): string {
  return text.replace(/&(?:(amp|lt|gt|quot|#39);)?/g, (entity, name: string | undefined) => {
    if (name === undefined) throw new Error(`a strange entity: ${text.slice(0, 100)}`);
    return ENTITIES[name] ?? entity;
  });
}

// A strict reader of small XML documents: what it does not know is an error, as with the parsers of CI servers.

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

// What XML 1.0 allows in a document.
const FORBIDDEN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", "#39": "'" };

function decoded(text: string): string {
  return text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const character = ENTITIES[name];
    if (character === undefined || !whole.endsWith(";")) throw new Error(`unknown entity ${whole}`);
    return character;
  });
}

/** The root element. Throws for anything that is not well-formed. */
export function parseXml(document: string): Element {
  if (FORBIDDEN.test(document)) throw new Error("a character that XML forbids");
  const head = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/.exec(document);
  if (!head) throw new Error("no XML declaration");
  const top: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [top];
  const token = /<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*) ?(\/?)>|([^<]+)/gy;
  token.lastIndex = head[0].length;
  while (token.lastIndex < document.length) {
    const at = token.lastIndex;
    const found = token.exec(document);
    if (!found) throw new Error(`not well-formed at ${JSON.stringify(document.slice(at, at + 60))}`);
    const [, closing, name = "", attributes = "", empty, text] = found;
    const parent = open.at(-1) as Element;
    if (text !== undefined) {
      parent.text += decoded(text);
      continue;
    }
    if (closing) {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes another element`);
      continue;
    }
    const pairs = [...attributes.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, key, value]) => [key as string, decoded(value as string)]);
    if (new Set(pairs.map(([key]) => key)).size !== pairs.length) throw new Error(`an attribute of <${name}> is there twice`);
    const element: Element = { name, attributes: Object.fromEntries(pairs), children: [], text: "" };
    parent.children.push(element);
    if (!empty) open.push(element);
  }
  if (open.length !== 1 || top.children.length !== 1 || /\S/.test(top.text)) throw new Error("not one root element");
  return top.children[0] as Element;
}

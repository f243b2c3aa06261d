// What V8's own names for nodes mean. A question is asked of millions of nodes and of few names, so answers are kept by
// string number.

import type { StringTable } from "../snapshot/strings.ts";

/** Names that V8 gives its own objects; the memory behind buffers and strings is the program's. */
export function isSystemName(name: string): boolean {
  return name.startsWith("system / ") && name !== "system / JSArrayBufferData" && name !== "system / ExternalStringData";
}

function isContext(name: string): boolean {
  return name === "system / Context" || name.startsWith("system / Context / ");
}

/** One question about names, asked by string number. */
class Kept {
  readonly #known = new Map<number, boolean>();
  readonly #strings: StringTable;
  readonly #is: (name: string) => boolean;

  constructor(strings: StringTable, is: (name: string) => boolean) {
    this.#strings = strings;
    this.#is = is;
  }

  is(nameIndex: number): boolean {
    let answer = this.#known.get(nameIndex);
    if (answer === undefined) {
      answer = this.#is(this.#strings.get(nameIndex));
      this.#known.set(nameIndex, answer);
    }
    return answer;
  }
}

export class V8Names {
  /** One of V8's own objects. */
  readonly system: Kept;
  /** A closure scope, with or without its owner's name. */
  readonly context: Kept;
  /** The context of a realm (`vm` makes several). */
  readonly nativeContext: Kept;

  constructor(strings: StringTable) {
    this.system = new Kept(strings, isSystemName);
    this.context = new Kept(strings, isContext);
    this.nativeContext = new Kept(strings, (name) => name.startsWith("system / NativeContext"));
  }
}

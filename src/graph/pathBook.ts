// Abstract paths: what is left of the path to an object when everything that differs from one object to its neighbour
// is taken away. `sessions.get("17").cart[3]` and `sessions.get("99").cart[0]` are one abstract path, a list of a
// thousand nodes is one step that repeats, and V8's plumbing between an object and its parts belongs to the object. So
// the same place of the program has the same path in every snapshot, and what gathers there can be counted.
//
// The idea is LeakCanary's (shark's heap growth: a node is a set of objects that share a path, recursion is folded into
// its head), carried over to V8's heap; the paths are those of rootPaths.ts instead of merely shortest ones.

/** What a path leads to. */
export const PathFlag = {
  /** A part of the object before it: tables, elements, contexts of V8's own. It has bytes, but nobody gathers it. */
  plumbing: 1,
  /** Strings, symbols, big integers. */
  primitive: 2,
  /** Compiled code, feedback and hidden classes, and what only they hold. */
  v8: 4,
  /** Held by a running call or a debugger: it passes. */
  passing: 8,
  /** Objects further down the same recursion are counted here. */
  folded: 16,
} as const;

/** Flags that all below a path have too. */
const INHERITED = PathFlag.v8 | PathFlag.passing;

/** Steps that are looked back for the beginning of a recursion. */
const FOLD_WITHIN = 12;
/** Deeper paths count as their last kept step. */
const MAX_DEPTH = 120;

/** Words as numbers that stay the same over all snapshots of a hunt. */
export class Words {
  readonly #numbers = new Map<string, number>();
  readonly #words: string[] = [];

  /** From 1, so that 0 can say that nobody looked yet. */
  number(word: string): number {
    let n = this.#numbers.get(word);
    if (n === undefined) {
      n = this.#words.push(word);
      this.#numbers.set(word, n);
    }
    return n;
  }
  word(n: number): string {
    return this.#words[n - 1] as string;
  }
}

/**
 * All abstract paths of a hunt, as a tree. Path 0 is where all begin. A path is its parent, the word of the step that leads
 * to it, and the word of what is there. 40 bytes a path; a heap of a million objects has some ten thousand.
 */
export class PathBook {
  readonly words: Words = new Words();
  size = 1;
  #parent: Int32Array = new Int32Array(1024).fill(-1);
  #step: Int32Array = new Int32Array(1024);
  #type: Int32Array = new Int32Array(1024);
  #depth: Uint8Array = new Uint8Array(1024);
  #flags: Uint8Array = new Uint8Array(1024);
  // An open-addressed table of (parent, step, type) to path: several triples may lead to one path, where recursion is folded.
  #slots: Int32Array = new Int32Array(4 * 4096);
  #used = 0;

  parent(path: number): number {
    return this.#parent[path] as number;
  }
  /** Word number of the step that leads here. */
  step(path: number): number {
    return this.#step[path] as number;
  }
  /** Word number of what is here. */
  type(path: number): number {
    return this.#type[path] as number;
  }
  has(path: number, flag: number): boolean {
    return ((this.#flags[path] as number) & flag) !== 0;
  }

  /** The path one step on. Makes it when it is new; `flags` matter only then. */
  below(parent: number, step: number, type: number, flags: number): number {
    const at = this.#find(parent, step, type);
    const slots = this.#slots;
    if (slots[at + 3] !== 0) return (slots[at + 3] as number) - 1;
    const path = this.#place(parent, step, type, flags);
    slots[at] = parent;
    slots[at + 1] = step;
    slots[at + 2] = type;
    slots[at + 3] = path + 1;
    this.#used++;
    if (this.#used * 8 > slots.length) this.#rehash();
    return path;
  }

  /** The nearest path above that is an object: 0 where there is none. */
  above(path: number): number {
    let at = this.parent(path);
    while (at > 0 && this.has(at, PathFlag.plumbing)) at = this.parent(at);
    return at;
  }

  /** Words of the steps and types from the beginning on: the name of a path that another hunt has too. */
  text(path: number): string {
    const parts: string[] = [];
    for (let at = path; at > 0; at = this.parent(at)) parts.push(`${this.words.word(this.step(at))} ${this.words.word(this.type(at))}`);
    return parts.reverse().join(" > ");
  }

  #place(parent: number, step: number, type: number, flags: number): number {
    if (parent > 0 && (this.#depth[parent] as number) >= MAX_DEPTH) return parent;
    if ((flags & PathFlag.plumbing) === 0) {
      let at = parent;
      for (let i = 0; at > 0 && i < FOLD_WITHIN; i++, at = this.parent(at)) {
        if (this.#step[at] !== step || this.#type[at] !== type) continue;
        this.#flags[at] = (this.#flags[at] as number) | PathFlag.folded;
        return at;
      }
    }
    const path = this.size++;
    if (path === this.#parent.length) this.#grow();
    this.#parent[path] = parent;
    this.#step[path] = step;
    this.#type[path] = type;
    this.#depth[path] = (this.#depth[parent] as number) + 1;
    this.#flags[path] = flags | ((this.#flags[parent] as number) & INHERITED);
    return path;
  }

  #find(parent: number, step: number, type: number): number {
    const slots = this.#slots;
    const mask = slots.length / 4 - 1;
    let hash = Math.imul(parent, 0x9e3779b1) ^ Math.imul(step, 0x85ebca6b) ^ Math.imul(type, 0xc2b2ae35);
    hash ^= hash >>> 15;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = slot * 4;
      if (slots[at + 3] === 0) return at;
      if (slots[at] === parent && slots[at + 1] === step && slots[at + 2] === type) return at;
    }
  }

  #rehash(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    for (let at = 0; at < old.length; at += 4) {
      if (old[at + 3] === 0) continue;
      const to = this.#find(old[at] as number, old[at + 1] as number, old[at + 2] as number);
      this.#slots.set(old.subarray(at, at + 4), to);
    }
  }

  #grow(): void {
    const grown = <A extends Int32Array | Uint8Array>(column: A, bigger: A): A => {
      bigger.set(column);
      return bigger;
    };
    const length = this.#parent.length * 2;
    this.#parent = grown(this.#parent, new Int32Array(length));
    this.#step = grown(this.#step, new Int32Array(length));
    this.#type = grown(this.#type, new Int32Array(length));
    this.#depth = grown(this.#depth, new Uint8Array(length));
    this.#flags = grown(this.#flags, new Uint8Array(length));
  }
}

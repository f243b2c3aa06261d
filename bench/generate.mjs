// Makes the snapshot files of the benchmark: node --max-old-space-size=<MB> generate.mjs <size> <folder>
// writes <size>.heapsnapshot, lets the heap grow as a leaking server would, and writes <size>-after.heapsnapshot
// from the same process, so that object ids are comparable. The heap holds what heaps of real programs hold, because
// engines differ most on what is unusual: long chains break recursion, WeakMaps break dominators, odd strings break
// parsers. Everything is counted and seeded: two runs on one version of Node give files of the same size within 1 %.

import { EventEmitter } from "node:events";
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { writeHeapSnapshot } from "node:v8";

/**
 * How many of each kind. `compiler`: 1 loads TypeScript and parses its lib files, 2 also parses the compiler itself
 * and checks a program.
 */
const SIZES = {
  small: { compiler: 0, orders: 2_600, chain: 25_000, emitters: 300, documents: 1, pending: 800, texts: 500, buffers: 50 },
  medium: { compiler: 1, orders: 58_000, chain: 150_000, emitters: 3_000, documents: 4, pending: 8_000, texts: 4_000, buffers: 300 },
  large: { compiler: 2, orders: 160_000, chain: 250_000, emitters: 15_000, documents: 20, pending: 40_000, texts: 20_000, buffers: 1_000 },
  huge: {
    compiler: 2,
    orders: 600_000,
    chain: 1_000_000,
    emitters: 50_000,
    documents: 80,
    pending: 200_000,
    texts: 100_000,
    buffers: 3_000,
  },
  giant: {
    compiler: 2,
    orders: 1_710_000,
    chain: 2_850_000,
    emitters: 142_500,
    documents: 228,
    pending: 570_000,
    texts: 285_000,
    buffers: 8_550,
  },
};

let state = 20_241_124;
/** Numbers in [0, 1) that are the same in every run (a linear congruential generator modulo 2^31). */
function random() {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return state / 0x8000_0000;
}

class Customer {
  orders = [];
  constructor(number) {
    this.number = number;
    this.name = `customer ${number}`;
    this.groups = new Set([`group ${number % 9}`, `region ${number % 13}`]);
    this.facts = new Map([
      ["since", { year: 1990 + (number % 30) }],
      [`visits ${number % 6}`, number],
    ]);
  }
}

class LineItem {
  constructor(order, position) {
    this.order = order;
    this.article = `article ${(position * 7_919) % 6_000}`;
    this.pieces = 1 + (position % 5);
    this.price = random() * 100;
  }
}

class Order {
  items = [];
  constructor(customer, number) {
    this.customer = customer;
    this.number = number;
    this.placed = new Date(1_700_000_000_000 + number);
    for (let i = 0; i <= number % 4; i++) this.items.push(new LineItem(this, number * 4 + i));
    this.remark = number % 3 === 0 ? `remark ${number}: "as \\agreed"\t☂ ${String.fromCodePoint(0x1f680 + (number % 50))}` : null;
  }
}

class Link {
  constructor(value, next) {
    this.value = value;
    this.next = next;
  }
}

class Branch {
  low = null;
  high = null;
  constructor(key, parent) {
    this.key = key;
    this.parent = parent;
  }
}

class Connection {
  #secret;
  constructor(number) {
    this.#secret = { number };
    this.onData = () => this.#secret.number + number;
  }
}

class Session {
  constructor(number) {
    this.name = `session ${number}`;
    this.steps = Array.from({ length: 20 }, (_, i) => ({ step: i, page: `page ${(number * 20 + i) % 997}` }));
    this.body = Buffer.alloc(64 + (number % 100));
  }
}

class SessionCache {
  entries = new Map();
}

/** Everything below hangs here, as in a program whose state hangs at a few modules. */
const app = { orders: new Map(), customers: [], sessions: new SessionCache(), bus: new EventEmitter().setMaxListeners(0) };
globalThis.shop = app;

function placeOrders(count) {
  for (let i = 0; i < count / 10; i++) app.customers.push(new Customer(i));
  for (let i = 0; i < count; i++) {
    const customer = app.customers[(i * 31) % app.customers.length];
    const order = new Order(customer, i);
    customer.orders.push(order);
    app.orders.set(i, order);
  }
}

/** As deep as long: what recursion cannot walk. */
function growChain(length) {
  app.chain = null;
  for (let i = 0; i < length; i++) app.chain = new Link(i, app.chain);
}

/** A search tree with parent pointers: cycles of two. Keys are scattered, so it stays about 3 log2(n) deep. */
function growTree(count) {
  app.tree = new Branch(0, null);
  for (let i = 1; i < count; i++) {
    const key = Math.imul(i, 0x9e37_79b1) >> 0;
    let at = app.tree;
    for (;;) {
      const side = key < at.key ? "low" : "high";
      if (at[side] === null) {
        at[side] = new Branch(key, at);
        break;
      }
      at = at[side];
    }
  }
}

function connect(count) {
  app.emitters = [];
  for (let i = 0; i < count; i++) {
    const emitter = new EventEmitter();
    const upstream = app.emitters[i >> 1];
    emitter.on("data", (chunk) => emitter.emit("forward", chunk, upstream));
    emitter.on("close", function closed() {
      return emitter;
    });
    upstream?.on(`child ${i % 8}`, () => emitter);
    emitter.connection = new Connection(i);
    app.emitters.push(emitter);
  }
}

function parseDocuments(count) {
  const text = JSON.stringify(
    Array.from({ length: 500 }, (_, i) => ({
      key: `document ${i}`,
      position: i,
      open: i % 2 === 0,
      amount: `€${i}.50`,
      friends: [
        { rank: 0, name: `first ${i}` },
        { rank: 1, name: `second ${i}` },
      ],
      deep: { er: { and: { deeper: [1, 2.5, null, `leaf ${i}`] } } },
    })),
  );
  app.documents = Array.from({ length: count }, () => JSON.parse(text));
}

/** Promises with reactions, frames of async functions, and closures over shared scopes: all that waits. */
function wait(count) {
  app.waiting = [];
  app.callbacks = [];
  for (let i = 0; i < count; i++) {
    let settle;
    const promise = new Promise((resolve) => {
      settle = resolve;
    });
    app.waiting.push(
      promise.then((value) => value + i),
      i % 2 === 0 ? settle : null,
    );
    if (i % 10 === 0) {
      const frame = async () => {
        const local = { i };
        await new Promise(() => {});
        return local;
      };
      app.waiting.push(frame());
    }
    const captured = { few: [i, i, i, i], label: `captured ${i}` };
    app.callbacks.push(
      i % 2 === 0
        ? () => captured.label
        : function named() {
            return captured;
          },
    );
  }
}

/** Long, escaped, of two and four bytes a character, joined and cut (V8 keeps those as cons and sliced strings). */
function write(count) {
  app.texts = [];
  for (let i = 0; i < count; i++) {
    app.texts.push(`text ${i} "in quotes", \\in slashes\\, on\n lines \u2028 \u0007 Übung 漢字 ${"🎈".repeat(i % 5)}`);
    if (i % 50 === 0) app.texts.push(`long ${i} `.repeat(200));
    if (i % 40 === 0) app.texts.push(`界${'\\"'.repeat(400)}${i}`);
    const joined = `joined from ${i} and ${random()} and more`;
    app.texts.push(joined, app.texts[app.texts.length - 1].slice(2, 30));
  }
}

function allocate(count) {
  app.buffers = [];
  for (let i = 0; i < count; i++) {
    app.buffers.push(Buffer.alloc(1_000 + i * 37), new Float64Array(10 + i), new Uint8Array(new ArrayBuffer(256), 8));
  }
}

/** WeakMap entries, symbols, objects in dictionary mode, regular expressions, big integers. */
function addOddities(count) {
  app.weak = new WeakMap();
  app.keys = [];
  app.bySymbol = {};
  app.byWord = {};
  for (let i = 0; i < count; i++) {
    const key = { key: i };
    app.keys.push(key);
    app.weak.set(key, { value: i, list: [i] });
    if (i % 2 === 0) app.bySymbol[Symbol(`symbol ${i}`)] = { i };
    if (i % 2 === 0) app.byWord[`word ${i}`] = i % 3 === 0 ? 98_765_432_109_876_543_210n ** 3n : /wo+rd/g;
  }
}

/** A compiler with its syntax trees: the biggest program that most developers have on their machine. */
function compile(level) {
  const require = createRequire(import.meta.url);
  const ts = require("typescript");
  const folder = dirname(require.resolve("typescript"));
  buildLineTable(() => ts.createSourceFile(null, null));
  const parse = (name) => ts.createSourceFile(name, readFileSync(join(folder, name), "utf8"), ts.ScriptTarget.ESNext, true);
  app.compiler = ts;
  app.trees = readdirSync(folder)
    .filter((name) => /^lib\..*\.d\.ts$/.test(name))
    .map(parse);
  if (level < 2) return;
  app.trees.push(parse("typescript.js"));
  const options = { target: ts.ScriptTarget.ESNext, lib: ["lib.esnext.d.ts", "lib.dom.d.ts"] };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  const root = "checked.ts";
  const text = "const pages = new Map<string, Promise<number[]>>(); document.title = String(pages.size);";
  host.fileExists = (name) => name === root || fileExists(name);
  host.getSourceFile = (name, ...rest) => (name === root ? ts.createSourceFile(name, text, ...rest) : getSourceFile(name, ...rest));
  app.program = ts.createProgram([root], options, host);
  app.program.getSemanticDiagnostics();
}

/**
 * Node 20 counts the lines of a script anew for every object that was made in it, unless some stack trace went
 * through the script before: a heap with the compiler takes minutes to write instead of seconds.
 */
function buildLineTable(fail) {
  try {
    fail();
  } catch (error) {
    if (error.stack.length === 0) throw error;
  }
}

/** The leak: sessions kept by a cache and by listeners. And what a living program frees and makes meanwhile. */
function grow(orders) {
  for (let i = 0; i < Math.max(200, orders / 20); i++) {
    const session = new Session(i);
    app.sessions.entries.set(`key ${i}`, session);
    app.bus.on("tick", () => session.name);
    app.orders.delete(i * 2);
  }
  app.documents.length >>= 1;
  app.texts.splice(0, app.texts.length >> 2);
  app.callbacks.splice(0, 100);
}

/** Written beside and renamed, so that a file that is there is a whole one. */
function writeSnapshot(folder, name) {
  const started = performance.now();
  const path = join(folder, `${name}.heapsnapshot`);
  renameSync(writeHeapSnapshot(`${path}.part`), path);
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(`${name}.heapsnapshot  ${(statSync(path).size / 1e6).toFixed(1)} MB, written in ${seconds.toFixed(1)} s\n`);
}

const [, , size, folder] = process.argv;
const counts = SIZES[size];
if (!counts || folder === undefined) {
  process.stderr.write(`usage: node generate.mjs <${Object.keys(SIZES).join(" | ")}> <folder>\n`);
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
if (counts.compiler > 0) compile(counts.compiler);
placeOrders(counts.orders);
growChain(counts.chain);
growTree(counts.orders / 2);
connect(counts.emitters);
parseDocuments(counts.documents);
wait(counts.pending);
write(counts.texts);
allocate(counts.buffers);
addOddities(counts.orders / 20);
writeSnapshot(folder, size);
grow(counts.orders);
writeSnapshot(folder, `${size}-after`);
// Nothing here is to be freed politely: leaving by itself would first walk the whole heap.
process.exit(0);

// A program whose heap has something of every kind that an engine may count otherwise than another. It writes a snapshot,
// changes what real programs change, and writes a second one: node program.cjs BEFORE AFTER [OPTIONS as JSON].
// In a page it is only defined, and the page's snapshots are taken from outside.
"use strict";

class Customer {
  #secret = { token: "t".repeat(9) };
  constructor(number) {
    this.number = number;
    this.half = number + 0.5;
    this.name = `customer ${number}`;
    this.seen = new Date(number * 1e9);
    this.groups = new Set([`group ${number % 7}`, number % 5]);
    this.facts = new Map([
      ["since", { year: 1990 + (number % 30) }],
      [number, [number, number + 1]],
    ]);
  }
  get secret() {
    return this.#secret;
  }
}

class Premium extends Customer {
  discount = 0.1;
}

/** Two classes of one name: rows of their own, by their place. */
const makeItem = [
  class Item {
    first = true;
  },
  class Item {
    second = true;
  },
].map((Item) => () => new Item());

const heap = {
  customers: new Map(),
  orders: [],
  byCustomer: new WeakMap(),
  tagged: new WeakSet(),
  handlers: [],
  waiting: [],
  texts: [],
  buffers: [],
  odd: [],
};

function listen(customer) {
  // Keeps its scope, and with it the customer.
  heap.handlers.push(() => customer.name, customer.toString.bind(customer));
}

async function wait(customer) {
  const promise = new Promise((resolve) => heap.waiting.push(resolve));
  await promise;
  return customer;
}

function* count(from) {
  for (let i = from; ; i++) yield i;
}

function addCustomers(from, to) {
  for (let i = from; i < to; i++) {
    const customer = i % 3 ? new Customer(i) : new Premium(i);
    heap.customers.set(`customer ${i}`, customer);
    heap.byCustomer.set(customer, { notes: [`note ${i}`], of: customer });
    heap.byCustomer.set(heap.byCustomer.get(customer), new Customer(-i));
    heap.tagged.add(customer);
    heap.orders.push({ id: i, customer, lines: [{ sku: `sku-${i % 40}`, amount: i % 9 }] });
    heap.orders.push({ id: i, lines: [], paid: i % 2 === 0, customer });
    heap.orders.push(i % 2 ? { lines: [], id: i, note: "later" } : { "odd, name": i, '{"': i });
    heap.odd.push(makeItem[i % 2](), Object.create(null), count(i).next, new Proxy({ i }, {}), new Error(`no ${i}`));
    listen(customer);
    wait(customer);
  }
}

function addTexts(from, to) {
  for (let i = from; i < to; i++) {
    let cons = `the beginning of text ${i}, which is long enough to be kept as parts: `;
    for (let part = 0; part < 20; part++) cons += `part ${part} of ${i}; `;
    heap.texts.push(cons, cons.slice(30, 90), `☂ é 😀 ${i}`, 'quote " backslash \\ new line \n', Symbol(`symbol ${i}`), BigInt(i) ** 20n);
    const flat = `flattened ${i}: ${"x".repeat(40)}`;
    heap.texts.push(flat.slice(5, 35), new RegExp(`a${i}"b`, "gu"));
  }
}

function addBuffers(from, to) {
  for (let i = from; i < to; i++) {
    const memory = new ArrayBuffer(1000 + i);
    heap.buffers.push(new Uint8Array(memory), new Float64Array(memory, 8, 4), new DataView(memory), new WeakRef(heap.orders[i]));
  }
}

/** Objects of so many properties that V8 keeps them in tables, and arrays with holes. */
function addDictionaries(from, to) {
  // biome-ignore lint/complexity/noArguments: V8 has a kind of object for it
  heap.odd.push(arguments);
  for (let i = from; i < to; i++) {
    const dictionary = {};
    for (let key = 0; key < 60; key++) dictionary[`key ${key * (i + 1)}`] = { key };
    delete dictionary["key 0"];
    const holes = [];
    holes[5000 + i] = dictionary;
    heap.odd.push(dictionary, holes, Object.freeze({ a: i, b: { c: i } }), [i + 0.5, i + 0.25]);
  }
}

/** A list long enough to end any engine that walks by recursion. */
function addChain(length) {
  for (let i = 0; i < length; i++) heap.chain = { next: heap.chain, i };
}

/** Plain objects of which the first snapshot has too few for a row of their own; in the second they have one. */
function addRare(count) {
  for (let i = 0; i < count; i++) heap.odd.push({ rare: i, kind: "seldom" });
}

function begin() {
  addRare(1);
  addCustomers(0, 300);
  addTexts(0, 60);
  addBuffers(0, 40);
  addDictionaries(0, 12);
  addChain(20_000);
  return heap;
}

/** What a server does between two snapshots: more, fewer, and others in the place of those before. */
function goOn() {
  addCustomers(300, 420);
  for (let i = 0; i < 50; i++) heap.customers.delete(`customer ${i}`);
  heap.orders.splice(0, 200);
  addTexts(60, 75);
  addRare(90);
  addBuffers(40, 60);
  addDictionaries(12, 16);
  heap.buffers.splice(0, 8);
  for (const order of heap.orders.slice(0, 30)) order.late = true;
  for (const text of heap.texts.slice(0, 40)) if (typeof text === "string") heap.odd.push({ [text]: 1 });
  heap.waiting.splice(0, 10).forEach((resolve) => void resolve());
}

globalThis.parity = { heap, begin, goOn };

if (typeof require === "function") {
  const { EventEmitter } = require("node:events");
  const { AsyncLocalStorage } = require("node:async_hooks");
  const { writeHeapSnapshot } = require("node:v8");
  const { createServer } = require("node:net");
  const vm = require("node:vm");
  const [, , before, after, options = "{}"] = process.argv;
  const storage = new AsyncLocalStorage();
  begin();
  heap.bus = new EventEmitter().setMaxListeners(0);
  heap.realm = vm.createContext({ own: [1, 2, 3] });
  vm.runInContext("own.push(new Map([[own, { in: 'another realm' }]]))", heap.realm);
  for (const [i, order] of heap.orders.slice(0, 60).entries()) {
    heap.bus.on(`event ${i % 4}`, () => order);
    heap.bus.once(`event ${i % 4}`, () => order);
    storage.run({ order }, () =>
      heap.odd.push(
        setInterval(() => order, 3_600_000),
        setTimeout(wait, 3_600_000, order),
      ),
    );
  }
  heap.odd.push(Buffer.alloc(20_000), Buffer.from("small"), new AbortController(), new URL("http://localhost/a?b#c"), new TextDecoder());
  const server = createServer().listen(0, "127.0.0.1", async () => {
    writeHeapSnapshot(before, JSON.parse(options));
    goOn();
    heap.bus.off("event 1", heap.bus.listeners("event 1")[0]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeHeapSnapshot(after, JSON.parse(options));
    server.close();
    process.exit(0);
  });
}

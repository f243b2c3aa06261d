// What must work at a breakpoint, for any Node: npm test runs it with this one, npm run test:long with the others.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeInspect, place, run, stopped, talk } from "./programs.ts";

const REGISTER = ["--import", "leakhunt/register"];

const SEED = `x = [1];
y = [x, [x], { a: x }];
debugger;
console.log("went on");
`;

/** Every way that the picture must show of the seed: x of globalThis, y[0], y[1][0] and y[2].a, and no other. */
function expectSeedTree(tree: string): void {
  expect(tree).toMatch(/\.x ← ■ globalThis/);
  expect(tree).toMatch(/\[0\] ← Array @\d+ {2}3 elements/);
  expect(tree).toMatch(/\[0\] ← Array @\d+ {2}1 element/);
  expect(tree).toMatch(/\.a ← Object @\d+ {2}\{a\}/);
  expect(tree).not.toMatch(/scope|Stack|handle|leakhunt|subjects/);
}

const QUESTIONS = `
class Session { constructor(i) { this.i = i; } }
class Held {}
const sessions = Array.from({ length: 300 }, (_, i) => new Session(i));
globalThis.sessions = sessions;
globalThis.plain = Array.from({ length: 200 }, (_, id) => ({ id, user: "u" + id }));
globalThis.held = { by: { me: new Held() } };
globalThis.story = ["a string that only the program has", sessions[0]].join(" ");
const local = () => { const only = [new Held(), new Held()]; return [leakhunt.count("Held"), only.length]; };
const told = {};
told.count = [leakhunt.count("Session"), leakhunt.count("No such type"), leakhunt.typestats().Session, leakhunt.count("Held"), local()];
const all = leakhunt.byType("Session");
told.byType = [all.length, new Set(all).size, all.every((one) => sessions.includes(one))];
const without = (n) => Object.assign(Object.create(null), { bare: n, less: true });
globalThis.bare = { array: Array.from({ length: 130 }, (_, i) => without(i)), map: new Map(), lone: without(260) };
for (let i = 130; i < 260; i++) bare.map.set("k" + i, without(i));
// The order of the names is that of a hash table, and differs from run to run.
told.bare = new Set(leakhunt.byType(leakhunt.findBackrefChain(bare.lone).target.type).map((one) => one.bare)).size;
globalThis.far = require("node:vm").runInNewContext("class Far {} [new Far(), new Far(), new Far()]");
const nearer = leakhunt.byType("Far");
told.far = [nearer.length, nearer.every((one) => far.includes(one)), leakhunt.at(leakhunt.findBackrefChain(far[1]).target.id) === far[1]];
told.none = leakhunt.byType("No such type");
told.shapes = leakhunt.byType("{id, user}").every((one) => plain.includes(one)) && leakhunt.byType("{id, user}").length;
told.filtered = leakhunt.byType("Session", { filter: (one) => one.id === 1 }).length;
told.common = leakhunt.mostCommonTypes({ limit: 0 }).rows.find((row) => row.type === "Session").count;
leakhunt.growth(); globalThis.more = Array.from({ length: 25 }, () => new Session(0));
// What was there at the first question has ids in the order in which V8 walks over its pages; what came later has greater ones.
told.limited = leakhunt.byType("Session", { limit: 7 }).filter((one) => more.includes(one)).length;
told.growth = leakhunt.growth({ limit: 0 }).rows.find((row) => row.type === "Session").delta;
const mine = {}; leakhunt.growth({ peakStats: mine });
told.peaks = [leakhunt.growth({ peakStats: mine }).round, leakhunt.growth().round, Object.keys(mine).length];
leakhunt.getNewIds(); globalThis.newest = new Held();
const fresh = leakhunt.getNewIds({ limit: 0 }).rows.find((row) => row.type === "Held");
told.newIds = [fresh.added, leakhunt.at("@" + fresh.ids[0]) === newest, leakhunt.at(fresh.ids[0]) === newest];
const chain = leakhunt.findBackrefChain(held.by.me, leakhunt.isProperRoot);
told.chain = [chain.outcome, chain.paths[0].root.name, chain.paths[0].steps.map((step) => step.label.name)];
all.length = 0;
told.own = leakhunt.findBackrefChain(sessions[7], (object) => object.type === "Array").paths[0].steps.map((step) => step.label);
told.forward = leakhunt.findRefChain(held, "Held").paths[0].steps.length;
told.notFound = leakhunt.findBackrefChain(held.by.me, "No such type").outcome;
told.string = leakhunt.findBackrefChain(story, leakhunt.isProperRoot).paths[0].steps[0].label.name;
const many = leakhunt.showBackrefs([held.by.me, sessions[3]], { filename: "many.dot" });
told.many = many.nodes.filter((node) => node.isTarget).map((node) => node.title).sort();
const array = leakhunt.showBackrefs(sessions, { filename: "array.dot" });
told.array = array.nodes.filter((node) => node.isTarget).map((node) => [node.title, node.preview]);
told.listed = leakhunt.showBackrefs(leakhunt.byType("Held"), { filename: "listed.dot" }).nodes.filter((node) => node.isTarget).length;
const refs = leakhunt.showRefs(held, { filename: "refs.svg", maxDepth: 1, extraInfo: (object) => "is " + object.type, highlight: "Object" });
told.refs = [refs.nodes.length, refs.nodes.some((node) => node.extra === "is Object"), refs.nodes.some((node) => node.highlighted)];
leakhunt.showChain(chain, { filename: "chain.png" });
leakhunt.showChain([chain, leakhunt.findBackrefChain(sessions[7])], { filename: "chains.dot" });
told.leaking = Array.isArray(leakhunt.getLeakingObjects({ limit: 1 }));
const failed = (call) => { try { call(); } catch (error) { return error.name + " " + error.code + " " + error.stack; } };
const gone = { stands: "here" }; globalThis.hole = [gone];
const goneId = leakhunt.findBackrefChain(gone).target.id;
told.errors = [
  () => leakhunt.showBackrefs(1), () => leakhunt.showRefs(1.5), () => leakhunt.findBackrefChain(undefined), () => leakhunt.showBackrefs(null),
  () => leakhunt.at("Session"), () => leakhunt.at("@999999999"), () => leakhunt.count(Session), () => leakhunt.showBackrefs(held, { filename: "x.gif" }),
  () => leakhunt.showBackrefs(held, { filename: "no/such/folder/x.png" }), () => leakhunt.showRefs(held, { filter: () => told }),
  () => leakhunt.byType("Session", { filter: 5 }), () => leakhunt.showChain(leakhunt.findBackrefChain(held, "No such type")),
].map(failed);
require("node:fs").writeFileSync("told.json", JSON.stringify(told));
`;

/** The scenarios as tests of one Node. @param nodeOf called when a test runs. @param rounds of five questions that must leave nothing. */
export function breakpointTests(nodeOf: () => string, { rounds, kinds }: { rounds: number; kinds: readonly ("cjs" | "mjs")[] }): void {
  test.for(kinds)("every question, in a .%s program", async (kind, context) => {
    const at = place(context);
    const imports = kind === "mjs" ? 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' : "";
    const program = at.write(`program.${kind}`, imports + QUESTIONS);
    const done = await run(at, [...REGISTER, program], { node: nodeOf() });
    expect(done.stderr).toBe("");
    expect(done.code).toBe(0);
    const told = JSON.parse(readFileSync(join(at.folder, "told.json"), "utf8"));
    expect(told).toMatchObject({
      count: [300, 0, 300, 1, [3, 2]],
      byType: [300, 300, true],
      limited: 7,
      bare: 261,
      far: [3, true, true],
      none: [],
      shapes: 200,
      filtered: 0,
      common: 300,
      growth: 25,
      peaks: [2, 3, 0],
      newIds: [1, true, true],
      chain: ["found", expect.stringMatching(/^global/), ["held", "by", "me"]],
      own: [{ kind: "element", index: 7 }],
      forward: 2,
      notFound: "not found",
      string: "story",
      many: ["Held", "Session"],
      array: [["Array", "300 elements"]],
      listed: 2,
      refs: [2, true, true],
      leaking: true,
    });
    for (const error of told.errors) expect(error).toMatch(/^LeakhuntError [A-Z_]+ LeakhuntError: [^\n]+$/);
    expect(told.errors.join("\n").replaceAll(at.folder, "/home/me")).toMatchInlineSnapshot(`
      "LeakhuntError NO_IDENTITY LeakhuntError: the number 1 has no identity in the heap; ask about the object that holds it
      LeakhuntError NO_IDENTITY LeakhuntError: the number 1.5 has no identity in the heap; ask about the object that holds it
      LeakhuntError NO_IDENTITY LeakhuntError: undefined has no identity in the heap; ask about the object that holds it
      LeakhuntError NO_IDENTITY LeakhuntError: null has no identity in the heap; ask about the object that holds it
      LeakhuntError USAGE LeakhuntError: "Session" is no object id; ids look like "@1234"
      LeakhuntError NO_LIVE_OBJECT LeakhuntError: @999999999 is no object that JavaScript can hold, or not any more; it was collected, or it is a string, a scope or something of V8's own
      LeakhuntError USAGE LeakhuntError: a type is named by a text; as the tables name it: "Session", "Map", "{id, user}"
      LeakhuntError USAGE LeakhuntError: "x.gif" has no picture format; write a .png, .svg, .dot or .pdf
      LeakhuntError CANNOT_WRITE LeakhuntError: cannot write /home/me/no/such/folder/x.png: its folder does not exist
      LeakhuntError USAGE LeakhuntError: a function given to leakhunt cannot run outside the program: told is not defined; it sees its argument only, not the variables around it; a condition as text does as well
      LeakhuntError USAGE LeakhuntError: a condition is a text or a function; such as "Session", "/Req|Res/" or (object) => object.retainedSize > 1e6
      LeakhuntError USAGE LeakhuntError: showChain needs a chain that was found; look at its \`outcome\`"
    `);
    for (const [name, begin] of Object.entries({
      "many.dot": "digraph",
      "refs.svg": "<?xml",
      "chain.png": "\uFFFDPNG",
      "chains.dot": "digraph",
    }))
      expect(readFileSync(join(at.folder, name), "utf8").slice(0, begin.length), name).toBe(begin);
    expect(at.leftovers()).toEqual([]);
  });

  test("node inspect: exec and the REPL, at the seed's stop", async (context) => {
    const at = place(context);
    at.write("seed.js", SEED);
    const it = await nodeInspect(context, at, "seed.js", { node: nodeOf() });
    // The value comes last, after the text and one more prompt.
    const value = /direction: 'backrefs'/;
    expectSeedTree(await it.say("exec('leakhunt.showBackrefs(x)')", value));
    const file = join(at.folder, "backrefs.png");
    const drawn = await it.say(`exec('leakhunt.showBackrefs(x, { filename: ${JSON.stringify(file)} })')`, value);
    expect(drawn).toMatch(/backrefs\.png {2}\d+ × \d+, 4 retainers drawn/);
    expect(readFileSync(file).subarray(1, 4).toString()).toBe("PNG");
    const chained = await it.say("exec('leakhunt.showChain(leakhunt.findBackrefChain(x, leakhunt.isProperRoot))')", value);
    expect(chained).toMatch(/Array @\d+.*\n(< )?└─ \.x ← ■ globalThis/);
  });

  test("a client that evaluates in the stopped frame: the text is in its console, locals are objects", async (context) => {
    const at = place(context);
    at.write(
      "local.js",
      "function work() { const only = { mine: [1] }; const holder = [only]; debugger; return [only, holder]; }\nwork();\n",
    );
    const it = await stopped(context, at, "local.js", { node: nodeOf() });
    await it.evaluate("leakhunt.showBackrefs(only)");
    const tree = it.consoled.join("\n");
    expect(tree).toMatch(/^Object @\d+ {2}\{mine\}/);
    expect(tree).toMatch(/\[0\] ← Array @\d+ {2}1 element/);
    expect(tree).not.toMatch(/DevTools|scope of|leakhunt|mine ←|\.only/);
    expect(it.stdout()).toContain(tree);
    expect(await it.evaluate("leakhunt.byType('Array').includes(holder)")).toBe(true);
    expect(await it.evaluate("leakhunt.at(leakhunt.findBackrefChain(holder).target.id) === holder")).toBe(true);
    await expect(it.evaluate("leakhunt.showBackrefs(5)")).rejects.toThrow(
      /^LeakhuntError: the number 5 has no identity[^\n]*; ask about the object[^\n]*$/,
    );
    expect(await it.evaluate("leakhunt.count('Array') > 0")).toBe(true);
  });

  test("the REPL", async (context) => {
    const at = place(context);
    const it = await talk(context, at, [...REGISTER, "-i"], /> $/, { node: nodeOf() });
    await it.say("class Session {}; globalThis.one = new Session(); globalThis.two = { one }; 0");
    const shown = await it.say("leakhunt.showBackrefs(one)");
    expect(shown).toMatch(/\.one ← ■ globalThis/);
    expect(shown).toMatch(/\.one ← Object @\d+/);
    expect(shown).toContain("(printed above)");
    expect(await it.say("leakhunt.byType('Session')[0] === one")).toContain("true");
    expect(await it.say("leakhunt.showBackrefs(1)")).toMatch(/LeakhuntError: the number 1 has no identity/);
  });

  test("a worker thread speaks of its own heap", async (context) => {
    const at = place(context);
    at.write(
      "worker.mjs",
      `import { parentPort } from "node:worker_threads";
class InWorker {}
globalThis.kept = Array.from({ length: 40 }, () => new InWorker());
const found = leakhunt.byType("InWorker");
parentPort.postMessage([leakhunt.count("InWorker"), leakhunt.count("InMain"), found.length, found.every((one) => kept.includes(one))]);
`,
    );
    const program = at.write(
      "main.mjs",
      `import { once } from "node:events"; import { Worker } from "node:worker_threads";
class InMain {}
globalThis.kept = Array.from({ length: 30 }, () => new InMain());
const worker = new Worker(new URL("./worker.mjs", import.meta.url));
const [told] = await once(worker, "message");
console.log(JSON.stringify([told, leakhunt.count("InWorker"), leakhunt.count("InMain")]));
`,
    );
    const done = await run(at, [...REGISTER, program], { node: nodeOf() });
    expect(done.stderr).toBe("");
    expect(JSON.parse(done.stdout)).toEqual([[40, 0, 40, true], 0, 30]);
    expect(at.leftovers()).toEqual([]);
  });

  // Long: npm test leaves it to test:long, and asks the prompt the same (prompt/hundredStops.test.ts).
  test.skipIf(rounds === 0)(`${rounds * 5} questions leave no growth, no handle, no file and no listener behind`, async (context) => {
    const at = place(context);
    const program = at.write(
      "hundred.cjs",
      `const { readdirSync, writeFileSync } = require("node:fs");
class Session {}
globalThis.held = [new Session()];
const state = {}, mine = {};
const round = () => {
  leakhunt.count("Session"); leakhunt.byType("Session"); leakhunt.growth({ peakStats: mine }); leakhunt.findBackrefChain(held[0]);
  leakhunt.at(leakhunt.findBackrefChain(held[0]).target.id);
};
const listeners = () => [process, ...Object.values(process)].filter((one) => typeof one?.eventNames === "function")
  .map((one) => one.eventNames().reduce((sum, name) => sum + one.listenerCount(name), 0)).reduce((sum, n) => sum + n, 0);
const rest = () => ({ files: readdirSync("/proc/self/fd").length, handles: process._getActiveHandles().length,
  requests: process._getActiveRequests().length, listeners: listeners() });
for (let i = 0; i < 2; i++) round();
listeners(); rest();
leakhunt.growth({ peakStats: state });
const before = rest();
for (let i = 0; i < ${rounds}; i++) round();
const after = rest();
const grown = leakhunt.growth({ peakStats: state, limit: 0 });
writeFileSync("told.json", JSON.stringify({ before, after, rows: grown.rows, heapDelta: grown.heapDelta }));
`,
    );
    const done = await run(at, [...REGISTER, program], { node: nodeOf() });
    expect(done.stderr).toBe("");
    const { before, after, rows, heapDelta } = JSON.parse(readFileSync(join(at.folder, "told.json"), "utf8"));
    expect(after).toEqual(before);
    // A leak of one object a round would be a row of as many.
    expect(rows.filter((row: { delta: number }) => row.delta >= rounds)).toEqual([]);
    expect(heapDelta).toBeLessThan(400_000);
    expect(at.leftovers()).toEqual([]);
  });

  test("-r, NODE_OPTIONS, and a program without it", async (context) => {
    const at = place(context);
    const program = at.write("program.js", 'console.log(typeof globalThis.leakhunt, Object.keys(globalThis).includes("leakhunt"));\n');
    const node = nodeOf();
    const here = "object false\n";
    expect((await run(at, ["-r", "leakhunt/register", program], { node })).stdout).toBe(here);
    expect((await run(at, [program], { node, env: { NODE_OPTIONS: "--import leakhunt/register" } })).stdout).toBe(here);
    expect((await run(at, [program], { node, env: { NODE_OPTIONS: "-r leakhunt/register --import leakhunt/register" } })).stdout).toBe(
      here,
    );
    expect((await run(at, [program], { node })).stdout).toBe("undefined false\n");
    expect(existsSync(join(at.folder, "node_modules"))).toBe(true);
  });
}

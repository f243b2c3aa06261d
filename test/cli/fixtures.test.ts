// The main job on every fixture: attach by pid, growth twice, the path of what leaked, leave no trace.
import { expect, test, vi } from "vitest";
import { type FixtureInfo, fixtures } from "../../fixtures/index.mjs";
import { expectUntouched, leakhunt, lines, listening, newHome, target } from "../support/leakhunt.ts";

vi.setConfig({ testTimeout: 180_000, maxConcurrency: 2 });

const WARM_UP = 200;
const STEPS = 100;
/** Nobody reads further down a table than that. */
const FIRST_ROWS = 6;
/** What a healthy server may have more of at one moment than at another. */
const NOISE = 10;

/** What a developer would say keeps the object alive, root first. Numbers are written n. */
const PATHS: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  "map-cache": ["module scope of map-cache/server.js", "store SessionStore", ".byId Map", '.get("user:n") Session'],
  "number-keys": ["module scope of number-keys.cjs", "invoices InvoiceCache", ".byNumber Map", /^\.get\((n|<number>)\) Invoice$/],
  listeners: ["module scope of listeners.mjs", "bus EventEmitter", /^\.on\("data"\) /, /^bound this Dashboard$/],
  closures: ["module scope of closures.cjs", "exitHooks Array", "[n] onExit()"],
  timers: ["active timers", "pending timer Timeout", "._onTimeout (anonymous function)", "scope scope of watch()", "this UploadProgress"],
  promises: ["module scope of promises.mjs", "shuttingDown Promise", /runJob\(\)/, /JobResult$/],
  buffers: ["module scope of buffers.cjs", "log PacketLog", /^\.(packets|headers) Array$/, "[n] Buffer"],
  "plain-objects": ["module scope of plain-objects.mjs", "app Object", ".audit Object", ".entries Array", "[n] Object"],
  "esm-module": ["module lib/registry.mjs", "subscriptions Set", "set member Subscription"],
  "private-field": ["module scope of private-field.mjs", "outbox Outbox", ".#items Array", "[n] Mail"],
  weakmap: ["module scope of weakmap.cjs", "tenant Tenant", /^(weak map value|.*trails.*) Array$/, "[n] TrailEntry"],
  "linked-list": ["module scope of linked-list.cjs", "history UndoHistory", ".latest Edit", ".previous Edit"],
  "string-builder": [
    "module scope of string-builder.cjs",
    "report CsvExport",
    /^\.text "order,customer,cents/,
    /^<(first|second)> "order,/,
  ],
  typescript: ["module scope of typescript/dist/main.js", "book OrderBook", ".open Map", '.get("ACME-n") Order'],
  "two-places": ["module scope of typescript/dist/two-places.js", "desk Desk", ".filed Array", "[n] Ticket"],
  "http-server": ["module scope of http-server/lib/request-context.mjs", "active Map", '.get("req-n") RequestContext'],
  "busy-loop": ["module scope of busy-loop.cjs", "simulation Simulation", ".samples Array", "[n] Sample"],
  "nasty-strings": ["module scope of nasty-strings.cjs", "ledger Map", /^\.get\("<\/TD><script>alert/],
};

/** The steps of a printed path, without ids, sizes, places and indentation. */
function steps(text: string): string[] {
  const chain = text.split("\n").filter((line) => line.startsWith("  ") && !line.startsWith("  ("));
  const named = chain.map((line) =>
    line
      .replace(/^ +(└ )?/, "")
      .replace(/, [\d.]+ [kMG]?B retained$/, "")
      .replace(/ @\d+.*$/, "")
      .replace(/ {2}/, " ")
      .replace(/\d+/g, "n"),
  );
  // A chain is one step, however far down the object is and wherever it was folded.
  return named.filter(
    (step, i) => !step.startsWith("… ") && step !== named[i - 1] && !(named[i - 1]?.startsWith("… ") && step === named[i - 2]),
  );
}

const tried = fixtures.filter(({ name, inWorker }) => name !== "own-sigusr1" && !inWorker);

test.concurrent.for(tried.filter(({ leaks }) => leaks).map((fixture) => [fixture.name, fixture] as const))(
  "%s leaks, and leakhunt says who holds it",
  async ([name, fixture], context) => {
    const { run, grown } = await growTwice(fixture, STEPS, context);
    const type = grown.rows.findIndex((row: { type: string }) => row.type === fixture.leakingType);
    expect(type, JSON.stringify(grown.rows.map((row: { type: string }) => row.type))).toBeGreaterThanOrEqual(0);
    expect(type).toBeLessThan(FIRST_ROWS);
    expect(grown.rows[type].delta).toBeGreaterThanOrEqual(STEPS);
    expect(grown.rows[type].delta).toBeLessThanOrEqual(STEPS + NOISE);

    const { stdout } = await run(["path", String(type + 1)]);
    const expected = (PATHS[name] ?? []).map((step) => (typeof step === "string" ? step : expect.stringMatching(step)));
    expect(steps(stdout), stdout).toEqual(expected);
    const drawn = await run(["backrefs", String(type + 1), "-o", "refs.svg"]);
    expect(drawn.stdout).toMatch(/^refs\.svg {2}\d+ × \d+, \d+ retainers? drawn/);
  },
);

test.concurrent.for(tried.filter(({ leaks }) => !leaks).map((fixture) => [fixture.name, fixture] as const))(
  "%s is healthy, and leakhunt does not accuse it",
  async ([, fixture], context) => {
    const { grown } = await growTwice(fixture, fixture.period ?? STEPS, context);
    for (const { type, delta } of grown.rows) {
      const noisy = fixture.steady?.includes(type) || type.startsWith("(");
      expect(delta, type).toBeLessThanOrEqual(noisy ? NOISE : 3);
    }
  },
);

test("the path down a long chain is folded, and so is its picture", async (context) => {
  const home = newHome(context);
  const it = await target(context, "linked-list");
  await it.step(500);
  const listed = await leakhunt(home, ["ls", "Edit", String(it.pid), "--sort", "retained", "--limit", "0", "--json"]);
  // The farther down the list, the less it retains.
  const edits = lines(listed.stdout)[0].objects.filter(({ preview = "" }) => !preview.startsWith("prototype"));
  const id = `@${edits.at(-1).id}`;
  const { stdout } = await leakhunt(home, ["path", id]);
  expect(stdout).toMatch(/└ \.latest {2}Edit[\s\S]*└ … \d+ more steps alike\n/);
  expect(stdout.split("\n").length).toBeLessThan(12);
  const tree = await leakhunt(home, ["backrefs", id]);
  expect(tree.stdout).toMatch(/last of a chain: \d+ alike between/);
  expect(tree.stdout.split("\n").length).toBeLessThan(40);
});

test("worker: what leaks in a worker thread is not blamed on the main thread", async (context) => {
  const fixture = fixtures.find(({ inWorker }) => inWorker) as FixtureInfo;
  const { grown } = await growTwice(fixture, STEPS, context);
  expect(grown.rows.filter((row: { delta: number }) => row.delta > NOISE)).toEqual([]);
});

/** Attaches twice, with steps between: a baseline and a table. */
async function growTwice(fixture: FixtureInfo, steps: number, context: Parameters<typeof newHome>[0]) {
  const home = newHome(context);
  const it = await target(context, fixture.name);
  const ports = listening(it.pid);
  await it.step(WARM_UP + (fixture.steadyAfter ?? 0));
  const run = async (args: readonly string[], input?: string) => {
    const done = await leakhunt(home, args, { cwd: home, ...(input === undefined ? {} : { input }) });
    expect(done.code, done.stderr).toBe(0);
    return done;
  };
  const first = await run(["attach", String(it.pid), "--json"], "growth\n");
  await it.step(steps);
  const second = await run(["attach", String(it.pid), "--json"], "growth\n");
  for (const { stderr } of [first, second]) expect(stderr).toContain(`inspector closed, ${it.pid} runs on\n`);
  await expectUntouched(it, ports);
  const [attached, grown] = lines(second.stdout);
  expect(attached).toMatchObject({ verb: "attach", pid: it.pid, openedByUs: true, shared: false });
  expect(grown).toMatchObject({ verb: "growth", round: 2 });
  return { it, home, run, grown };
}

// Real programs: the retaining path of what they leak must name the holder that their author would name.
import { afterAll, expect, test } from "vitest";
import { fixtures } from "../../fixtures/index.mjs";
import { retainingPaths } from "../../src/analysis/paths.ts";
import { temporaryFolder } from "../builder/captures.ts";
import { fixtureHeap, instances, pathLine } from "../builder/fixtureHeap.ts";

const { path: folder, remove } = temporaryFolder();
afterAll(remove);

const COUNT = 12;

/** Class of what leaks (as it is in the snapshot), and the path of the newest one, without folders. */
const told: [fixture: string, path: RegExp][] = [
  ["map-cache", /^module scope of server\.js: \(variable store\) SessionStore \.byId Map \.get\("user:\d+"\) Session$/],
  ["number-keys", /^module scope of number-keys\.cjs: \(variable invoices\) InvoiceCache \.byNumber Map \.get\(.*\) Invoice$/],
  ["listeners", /^module scope of listeners\.mjs: \(variable bus\) EventEmitter \(listener data\) .* \(bound this\) Dashboard$/],
  ["timers", /^active timers: \(root pending timer\) Timeout \._onTimeout .* scope of watch\(\) \(variable this\) UploadProgress$/],
  ["promises", /^module scope of promises\.mjs: \(variable shuttingDown\) Promise \(waits\) runJob\(\) suspended \(suspended\) JobResult$/],
  ["esm-module", /^module registry\.mjs: \(variable subscriptions\) Set \(set member\) Subscription$/],
  ["private-field", /^module scope of private-field\.mjs: \(variable outbox\) Outbox \.#items Array \[\d+\] Mail$/],
  ["weakmap", /^module scope of weakmap\.cjs: \(variable tenant\) Tenant \(weak map value\) Array \[\d+\] TrailEntry$/],
  ["linked-list", /^module scope of linked-list\.cjs: \(variable history\) UndoHistory \.latest Edit( \.previous Edit)*$/],
  ["plain-objects", /^module scope of plain-objects\.mjs: \(variable app\) Object \.audit Object \.entries Array \[\d+\] Object$/],
  ["typescript", /^module scope of main\.js: \(variable book\) OrderBook \.open Map \.get\("[A-Z]+-\d+"\) Order$/],
  [
    "nasty-strings",
    /^module scope of nasty-strings\.cjs: \(variable (ledger|exhibits)\) Map \.get\("<\/TD>.*\) (Object \.instance )?<\/TD><script>alert\("leak"\)<\/script>$/,
  ],
];

test.each(told)("%s", async (name, path) => {
  const graph = await fixtureHeap(name, folder, COUNT);
  const type = fixtures.find((fixture) => fixture.name === name)?.leakingType as string;
  const found = instances(graph, type);
  expect(found.length).toBeGreaterThanOrEqual(COUNT);
  const [best] = retainingPaths(graph, found[0] as number).paths;
  expect(best && pathLine(best).replace(/^(module(?: scope of)?) \S*\//, "$1 ")).toMatch(path);
});

test("number-keys: keys that are heap numbers have their value, small integers have no node", async () => {
  const graph = await fixtureHeap("number-keys", folder, COUNT);
  const lines = instances(graph, "Invoice").map((n) => pathLine(retainingPaths(graph, n).paths[0] as never));
  const keys = lines.map((line) => /\.get\((.*)\) Invoice$/.exec(line)?.[1]);
  expect(keys).toHaveLength(COUNT);
  expect(keys.filter((key) => key === "undefined")).toHaveLength((COUNT * 3) / 4);
  expect(keys.filter((key) => /^\d+(\.\d+)?$/.test(key ?? ""))).toHaveLength(COUNT / 4);
});

test("http-server: both holders of the same object", async () => {
  const graph = await fixtureHeap("http-server", folder, COUNT);
  const [newest] = instances(graph, "RequestContext");
  const { paths } = retainingPaths(graph, newest as number, { all: 5 });
  const lines = paths.map(pathLine);
  expect(lines[0]).toMatch(/request-context\.mjs: \(variable active\) Map \.get\("req-\d+"\) RequestContext$/);
  expect(
    lines
      .slice(1)
      .some((line) =>
        /^active timers: \(root pending timer\) Timeout \(symbol (kResourceStore|kAsyncContextFrame)\) (AsyncContextFrame \.get\(AsyncLocalStorage\) )?RequestContext$/.test(
          line,
        ),
      ),
  ).toBe(true);
});

test("closures: functions that share a scope with one that needs a big object", async () => {
  const graph = await fixtureHeap("closures", folder, COUNT);
  const functions: number[] = [];
  for (let n = 0; n < graph.nodeCount; n++) if (graph.typeName(n) === "closure" && graph.name(n) === "onExit") functions.push(n);
  expect(functions).toHaveLength(COUNT);
  const last = functions.sort((a, b) => graph.id(b) - graph.id(a))[0] as number;
  expect(pathLine(retainingPaths(graph, last).paths[0] as never)).toMatch(
    /closures\.cjs: \(variable exitHooks\) Array \[\d+\] onExit\(\)$/,
  );
  const report = pathLine(retainingPaths(graph, instances(graph, "Report")[0] as number).paths[0] as never);
  expect(report).toMatch(/\(variable exitHooks\) Array \[\d+\] onExit\(\) \(scope\) scope of \w+\(\) \(variable report\) Report$/);
});

test("buffers: whole ones and slices, with their bytes", async () => {
  const graph = await fixtureHeap("buffers", folder, COUNT);
  const lines = instances(graph, "Buffer").map((n) => pathLine(retainingPaths(graph, n).paths[0] as never));
  expect(lines.filter((line) => /PacketLog \.packets Array \[\d+\] Buffer$/.test(line)).length).toBeGreaterThan(0);
  expect(lines.filter((line) => /PacketLog \.headers Array \[\d+\] Buffer$/.test(line)).length).toBeGreaterThan(0);
});

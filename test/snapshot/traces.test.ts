// Where objects were allocated, as a tracked snapshot says it: against traces written by hand, in any order of fields, in
// snapshots without any, and in damaged ones, which give one line and exit code 4 or an answer, never anything else.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LeakhuntError } from "../../src/errors.ts";
import { readTraces } from "../../src/snapshot/traces.ts";
import { parsed, type SnapshotJson, written } from "../builder/rewrite.ts";
import { sampleFile } from "../builder/sample.ts";

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "leakhunt-traces-"));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

function file(bytes: Uint8Array): string {
  const path = join(place, "x.heapsnapshot");
  writeFileSync(path, bytes);
  return path;
}

interface Trace {
  readonly id: number;
  readonly fn: number;
  readonly children: readonly Trace[];
}

const leaf = (id: number, fn: number, ...children: Trace[]): Trace => ({ id, fn, children });

/** main() calls open() and close(); open() calls the constructor. The root is V8's own. */
const TREE = [leaf(1, 0, leaf(2, 1, leaf(3, 2, leaf(4, 3)), leaf(5, 4)))];
const FUNCTIONS = [
  ["(root)", "", 0, 0],
  ["main", "/app/main.js", 3, 14],
  ["open", "/app/store.js", 17, 7],
  ["Session", "/app/store.js", 5, 14],
  ["close", "/app/store.js", 24, 8],
] as const;

/** The sample snapshot, tracked: node i has trace `traceOf(i)`. */
function tracked(traceOf: (node: number) => number, swap = false): SnapshotJson {
  const json = parsed(sampleFile());
  const { meta } = json.snapshot;
  const fields = meta.node_fields.length;
  const count = json.nodes.length / fields;
  const nodes: number[] = [];
  for (let n = 0; n < count; n++) nodes.push(...json.nodes.slice(n * fields, (n + 1) * fields), traceOf(n));
  const edgeFields = meta.edge_fields.length;
  const to = meta.edge_fields.indexOf("to_node");
  const edges = json.edges.map((value, i) => (i % edgeFields === to ? (value / fields) * (fields + 1) : value));
  const text = (value: string): number => json.strings.push(value) - 1;
  const infos = FUNCTIONS.flatMap(([name, script, line, column], id) =>
    swap ? [text(script), column, text(name), line] : [id, text(name), text(script), 9, line, column],
  );
  const list = (traces: readonly Trace[]): unknown[] =>
    traces.flatMap(({ id, fn, children }) => (swap ? [fn, id, list(children)] : [id, fn, 1, 16, list(children)]));
  const trace = {
    trace_function_info_fields: swap
      ? ["script_name", "column", "name", "line"]
      : ["function_id", "name", "script_name", "script_id", "line", "column"],
    trace_node_fields: swap ? ["function_info_index", "id", "children"] : ["id", "function_info_index", "count", "size", "children"],
  };
  return {
    snapshot: { ...json.snapshot, meta: { ...meta, node_fields: [...meta.node_fields, "trace_node_id"], ...trace } },
    nodes,
    edges,
    trace_function_infos: infos,
    trace_tree: list(TREE),
    samples: [],
    locations: [],
    strings: json.strings,
  };
}

const NAMES = ["Session", "open", "main", "(root)"];

test.each([false, true])("nodes get the stacks that their traces name, whatever the order of fields (%s)", (swap) => {
  const path = file(
    written(
      tracked((node) => (node === 3 ? 4 : node === 5 ? 5 : 0), swap),
      swap ? 1 : undefined,
    ),
  );
  const traces = readTraces(path, [2, 3, 5]);
  expect([...(traces?.ids ?? [])]).toEqual([0, 4, 5]);
  expect(traces?.stack(4).map(({ name }) => name)).toEqual(NAMES);
  expect(traces?.stack(4)[1]).toEqual({ name: "open", url: "/app/store.js", line: 17, column: 7 });
  expect(traces?.stack(4)[3]).toEqual({ name: "(root)", url: "", line: 0, column: 0 });
  expect(traces?.stack(5).map(({ name }) => name)).toEqual(["close", "main", "(root)"]);
  expect(traces?.stack(0)).toEqual([]);
});

test("snapshots that were taken without tracking have none", () => {
  expect(readTraces(file(sampleFile()), [1, 2])).toBeUndefined();
  const untracked = { ...tracked(() => 0), trace_function_infos: [], trace_tree: [] };
  expect(readTraces(file(written(untracked)), [1, 2])).toBeUndefined();
});

function refusal(json: SnapshotJson, nodes: readonly number[] = [1]): LeakhuntError {
  try {
    readTraces(file(written(json)), nodes);
  } catch (error) {
    expect(error).toBeInstanceOf(LeakhuntError);
    return error as LeakhuntError;
  }
  throw new Error("it was taken");
}

test("what cannot be is told in one sentence, exit code 4", () => {
  const good = tracked(() => 4);
  const cases: [SnapshotJson, RegExp][] = [
    [tracked(() => 77), /a node has the trace 77, which is not there/],
    [{ ...good, trace_tree: [1, 0, 1, 16, [1, 1, 1, 16, []]] }, /"trace_tree" has the number 1 twice/],
    [{ ...good, trace_tree: [1, 0, 1, 16] }, /"trace_tree" ends in the middle of a record/],
    [{ ...good, trace_tree: [1, 0, [], 16, []] }, /"trace_tree" is nested where it should not be/],
    [{ ...good, trace_tree: [4, 9, 1, 16, []] }, /"trace_function_infos" ends too early/],
    [{ ...good, trace_tree: [4, 0, 1, 16, 5] }, /"trace_tree" has a number where a list should be/],
    [{ ...good, trace_tree: [4, 1.5, 1, 16, []] }, /"trace_tree" has something that is no whole number/],
    [{ ...good, trace_function_infos: [0, 9e8, 1, 0, 0, 0] }, /uses string 900000000, which is not there|ends too early/],
  ];
  for (const [json, says] of cases) {
    const error = refusal(json);
    expect(error).toMatchObject({ code: "BAD_SNAPSHOT", exitCode: 4 });
    expect(error.message).toMatch(says);
    expect(error.line).not.toContain("\n");
  }
});

test("damage anywhere gives an answer or that one line, and never takes long", () => {
  const good = written(tracked((node) => node % 6));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: good.length - 1 }), fc.integer({ min: 0, max: 255 }), fc.boolean(), (at, byte, cut) => {
      const bytes = cut ? good.subarray(0, at) : Buffer.from(good);
      if (!cut) bytes[at] = byte;
      try {
        const traces = readTraces(file(bytes), [0, 1, 2, 7]);
        for (const id of traces?.ids ?? []) traces?.stack(id);
      } catch (error) {
        expect(error).toMatchObject({ code: "BAD_SNAPSHOT", exitCode: 4 });
      }
    }),
    { numRuns: 600 },
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { GrowthHunt, type Judgement } from "../../../src/analysis/hunt/growthHunt.ts";
import { NodeType } from "../../../src/graph/kinds.ts";
import { buildHeap } from "../../builder/heap.ts";
import { type Behaviour, type Container, type Planted, seeded, World } from "./world.ts";

const CONTAINERS: readonly Container[] = ["map", "set", "array", "dictionary", "list", "listeners", "nested maps"];
const CALM: readonly Behaviour[] = ["steady", "churns", "fills", "saws", "in flight", "bursts once"];

function hunt(planted: readonly Planted[], rounds: number, seed: number, ids = true): Judgement {
  const world = new World(planted, seeded(seed));
  const growth = new GrowthHunt();
  for (let i = 0; i < rounds; i++) {
    growth.rest();
    growth.add(world.next(), { seconds: i * 10, epoch: ids ? "one" : `epoch ${i}` });
  }
  return growth.judge();
}

const container = fc.constantFrom(...CONTAINERS);
const calm = fc.record({ container, behaviour: fc.constantFrom(...CALM), pace: fc.integer({ min: 4, max: 120 }) });
const leak = fc.record({ container, behaviour: fc.constant<Behaviour>("grows"), pace: fc.integer({ min: 4, max: 120 }) });

function named(parts: readonly { container: Container; behaviour: Behaviour; pace: number }[]): Planted[] {
  return parts.map((part, i) => ({ ...part, type: `Item${String.fromCharCode(65 + i)}`, name: `holder${String.fromCharCode(65 + i)}` }));
}

test("planted growth is found, each under its own holder, and nothing else is accused", () => {
  fc.assert(
    fc.property(fc.array(leak, { minLength: 1, maxLength: 3 }), fc.array(calm, { maxLength: 5 }), fc.integer(), (leaks, others, seed) => {
      const planted = named([...leaks, ...others]);
      const { verdict, findings } = hunt(planted, 6, seed);
      const wanted = planted.filter(({ behaviour }) => behaviour === "grows");
      expect(verdict).toBe("leak");
      expect(findings.map(({ type }) => type).sort()).toEqual(wanted.map(({ type }) => type).sort());
      for (const { type, name } of wanted) {
        const found = findings.find((finding) => finding.type === type);
        expect(JSON.stringify([found?.holder.name, found?.path])).toContain(name);
      }
    }),
    { numRuns: 40 },
  );
});

test("where nothing grows without end, nothing is accused", () => {
  fc.assert(
    fc.property(fc.array(calm, { minLength: 1, maxLength: 7 }), fc.integer(), fc.integer({ min: 4, max: 8 }), (others, seed, rounds) => {
      const { verdict, findings } = hunt(named(others), rounds, seed);
      expect(findings).toEqual([]);
      expect(verdict).not.toBe("leak");
    }),
    { numRuns: 40 },
  );
});

test("without comparable ids growth is found by counts alone", () => {
  fc.assert(
    fc.property(leak, fc.integer(), (one, seed) => {
      const { verdict, findings } = hunt(named([one]), 6, seed, false);
      expect(verdict).toBe("leak");
      expect(findings[0]?.type).toBe("ItemA");
    }),
    { numRuns: 15 },
  );
});

test("two rounds prove nothing", () => {
  expect(hunt(named([{ container: "map", behaviour: "grows", pace: 50 }]), 2, 1).verdict).toBe("undecided");
  expect(hunt(named([{ container: "map", behaviour: "steady", pace: 50 }]), 1, 1).verdict).toBe("undecided");
});

test.each(CONTAINERS)("what gathers in %s is told with its holder, its pace and its path", (kind) => {
  const [finding, ...others] = hunt(named([{ container: kind, behaviour: "grows", pace: 40 }]), 5, 7).findings;
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ number: 1, type: "ItemA", measure: "objects", grewIn: 4, of: 4 });
  expect(finding?.holder.name).toContain(kind === "list" ? "Queue.head" : "holderA");
  expect(finding?.objectsPerSecond).toBeGreaterThan(2.5);
  expect(finding?.objectsPerSecond).toBeLessThan(6);
  expect(finding?.share).toBeGreaterThan(0.9);
  const kinds = { "nested maps": "map", listeners: "listener" } as Record<string, string>;
  expect(finding?.kind).toBe(kinds[kind] ?? kind);
  expect(finding?.holder.alike).toBe(kind === "nested maps" ? 3 : 1);
});

test.each([
  { name: "tables that were there before and are reached another way by now", moved: true, verdict: "no leak" },
  { name: "tables that are new each time", moved: false, verdict: "leak" },
])("bytes: $name: $verdict", ({ moved, verdict }) => {
  const TABLES = 5;
  const growth = new GrowthHunt();
  for (let round = 0; round < TABLES; round++) {
    growth.rest();
    const heap = buildHeap((h) => {
      const [before, now] = ["Before", "Now"].map((type, i) => {
        const holder = h.object(type, { id: 101 + 2 * i });
        h.global(type.toLowerCase(), holder);
        return holder;
      });
      for (let i = 0; i < TABLES; i++) {
        const isHere = i <= round;
        if (!isHere && !moved) continue;
        const id = moved ? 201 + 2 * i : 10_001 + 2 * i;
        h.internal((isHere ? now : before) as number, `table${i}`, h.node(NodeType.array, "", { size: 20_000, id }));
      }
      h.object("Clock", { id: 10_001 + 2 * (TABLES + round) });
    });
    growth.add(heap, { seconds: round * 10, epoch: "one" });
  }
  const judgement = growth.judge();
  expect(judgement.verdict).toBe(verdict);
  expect(judgement.findings.map(({ measure }) => measure)).toEqual(moved ? [] : ["bytes"]);
});

test("the table of a cache that fills is as big as what is in it, and no growth of its own", () => {
  const growth = new GrowthHunt();
  for (const [round, entries] of [500, 1000, 2000, 4000].entries()) {
    growth.rest();
    const heap = buildHeap((h) => {
      // The ids go on: what was there is replaced as it expires.
      const rates = Array.from({ length: entries }, (_, i) => h.object("Rate", { id: 101 + 2 * (round * 4000 + i) }));
      h.global("rates", h.map(rates.map((rate, i) => [{ smi: i }, rate] as const)));
    });
    growth.add(heap, { seconds: round * 10, epoch: "one" });
  }
  expect(growth.judge().findings).toEqual([]);
});

test("what two leaks hold together counts for the one whose path leads to it", () => {
  const growth = new GrowthHunt();
  const ROUNDS = 5;
  const EACH = 50;
  for (let round = 1; round <= ROUNDS; round++) {
    growth.rest();
    const heap = buildHeap((h) => {
      const things = Array.from({ length: round * EACH }, (_, i) => h.object("Thing", { id: 10_001 + 6 * i, size: 1000 }));
      h.global("things", h.map(things.map((thing, i) => [{ smi: i }, thing] as const)));
      const watchers = things.map((thing, i) => {
        const watcher = h.object("Watcher", { id: 10_003 + 6 * i, size: 200 });
        h.property(watcher, "watched", thing);
        return watcher;
      });
      const registry = h.object("Registry");
      h.property(registry, "watchers", h.list(watchers));
      h.global("registry", registry);
    });
    growth.add(heap, { seconds: round * 10, epoch: "one" });
  }
  const { findings } = growth.judge();
  expect(findings.map(({ type }) => type)).toEqual(["Thing", "Watcher"]);
  expect(findings[0]?.bytes).toBeGreaterThan(4 * EACH * 1000);
  expect(findings[1]?.bytes).toBeLessThan(4 * EACH * 250);
  expect(findings.reduce((sum, { share }) => sum + share, 0)).toBeGreaterThan(0.98);
  expect(findings[0]?.alsoHeldBy.join()).toContain("watchers");
});
